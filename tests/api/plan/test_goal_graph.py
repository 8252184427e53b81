"""The goal graph is never cyclic, whatever is written in whatever order, by several at once too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from uuid import uuid4

import pytest
from goals import broken, link
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from persons import Person
from resources import Resource, bundle, goal, put

from dzop.fhir.validation import validate

GOALS = ("a", "b", "c", "d")
AHEAD = ("milestone", "predecessor")
Links = frozenset[tuple[str, str]]
Step = tuple[str, str, Links]

LINKS = st.frozensets(
    st.tuples(st.sampled_from(["other", "successor", *AHEAD]), st.sampled_from(GOALS)), max_size=2
)
STEPS = st.lists(st.tuples(st.sampled_from(["person", "system"]), st.sampled_from(GOALS), LINKS), max_size=7)
TOGETHER = st.dictionaries(st.sampled_from(GOALS), LINKS, max_size=4)


def is_cyclic(world: dict[str, Links]) -> bool:
    """Whether some goal is on the way to itself, by the definition of a closure."""
    before = {
        (other, mine) if type in AHEAD else (mine, other)
        for mine, linked in world.items()
        for type, other in linked
    }
    for middle, lower, above in product(GOALS, repeat=3):
        if (lower, middle) in before and (middle, above) in before:
            before.add((lower, above))
    return any(lower == above for lower, above in before)


def body(person: Person, mark: str, mine: str, linked: Links) -> Resource:
    extension = [link(person.ref("Goal", f"{other}{mark}"), type) for type, other in sorted(linked)]
    said = {"extension": extension} if extension else {}
    return goal(person.ref("Goal", f"{mine}{mark}"), person.patient, **said)


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(steps=STEPS, together=TOGETHER)
def test_a_write_is_refused_when_it_closes_a_circle_and_only_then(
    person: Person, steps: list[Step], together: dict[str, Links]
) -> None:
    mark, world = uuid4().hex[:8], dict[str, Links]()
    expected, found = [], []
    for name, mine, linked in steps:
        sent = body(person, mark, mine, linked)
        answer = person.client(name).put(f"/Goal/{sent['id']}", json=sent)
        expected.append(422 if is_cyclic({**world, mine: linked}) else 201 if mine not in world else 200)
        found.append(answer.status_code)
        world = {**world, mine: linked} if answer.is_success else world
    entries = [put(body(person, mark, mine, linked)) for mine, linked in together.items()]
    if entries:
        answer = person.client("person").post("/", json=bundle("transaction", *entries))
        expected.append(422 if is_cyclic({**world, **together}) else 200)
        found.append(answer.status_code)
    assert found == expected


@pytest.mark.parametrize("names", [("person", "person"), ("system", "person")])
def test_two_who_link_two_goals_at_once_close_no_circle(person: Person, names: tuple[str, str]) -> None:
    rounds = range(4)
    for number in rounds:
        person.store(*[body(person, str(number), each, frozenset()) for each in "ab"])

    def written(name: str, number: int, mine: str, other: str) -> int:
        sent = body(person, str(number), mine, frozenset({("other", other)}))
        return person.client(name).put(f"/Goal/{sent['id']}", json=sent).status_code

    works = [
        (name, number, *ends) for number in rounds for name, ends in zip(names, ("ab", "ba"), strict=True)
    ]
    with ThreadPoolExecutor(len(works)) as pool:
        found = list(pool.map(lambda work: written(*work), works))
    assert {tuple(sorted(pair)) for pair in zip(found[::2], found[1::2], strict=True)} == {(200, 422)}


def test_a_hundred_goals_in_one_transaction_may_stand_in_one_line_and_not_in_a_ring(person: Person) -> None:
    names = [person.ref("Goal", f"n{number}") for number in range(100)]
    line = [
        goal(mine, person.patient, extension=[link(above)])
        for mine, above in zip(names, [*names[1:], person.ref("Goal", "life")], strict=True)
    ]
    ring = [*line[:-1], {**line[-1], "extension": [link(names[0])]}]
    refused, done = (
        person.client("person").post("/", json=bundle("transaction", *[put(each) for each in goals]))
        for goals in (ring, line)
    )
    assert (broken(refused)[:2], done.status_code) == ((422, "goal-cycle"), 200)


def test_a_circle_that_was_refused_stands_in_the_log_of_the_person(person: Person) -> None:
    person.client("person").put(
        f"/{person.ref('Goal', 'ring')}", json=body(person, "", "ring", frozenset({("other", "ring")}))
    )
    log = person.client("person").get("/AuditEvent", params={"patient": person.patient, "action": "U"})
    newest = log.json()["entry"][0]["resource"]
    assert (newest["outcome"], validate(newest)) == ("4", [])
