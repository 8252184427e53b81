"""Who owns an open task is concerned by the goals it serves, as far as who wrote the link sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from goals import link
from persons import Person, new_person
from resources import DZOP, Resource, bundle, goal, participant, post, put, ref, task
from serving import ran, serving

SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}


def above(reference: str) -> Resource:
    """The extension by which a goal contributes to another."""
    return {
        "url": "http://hl7.org/fhir/StructureDefinition/goal-relationship",
        "extension": [
            {"url": "type", "valueCodeableConcept": {"text": "draagt bij aan"}},
            {"url": "target", "valueReference": ref(reference)},
        ],
    }


def secret(person: Person, **elements: Any) -> Resource:
    """A goal that the nurse sees only when it concerns her."""
    return {**goal(person.ref("Goal", "secret"), person.patient, **elements), "meta": SENSITIVE}


def written(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code in (200, 201), answer.text
    return answer


def own_task(person: Person, **elements: Any) -> Resource:
    """A task of the nurse's, open unless said otherwise."""
    return task(person.ref("Task", "own"), person.patient, owner=ref(person.who("nurse")), **elements)


def for_neighbour(person: Person, focus: str) -> Resource:
    return task(
        person.ref("Task", "own"), person.patient, owner=ref(person.who("neighbour")), focus=ref(focus)
    )


def sees(person: Person, actor: str, name: str) -> bool:
    answer = person.client(actor).get(person.ref("Goal", name))
    assert answer.status_code in (200, 404), answer.text
    return answer.status_code == 200


def stored(person: Person, actor: str, resource: Resource) -> None:
    written(person.client(actor).put(f"{resource['resourceType']}/{resource['id']}", json=resource))


def in_one(person: Person, actor: str, *resources: Resource) -> None:
    written(person.client(actor).post("/", json=bundle("transaction", *[put(each) for each in resources])))


# -- how the nurse tries ----------------------------------------------------------------------------------


def _by_focus(person: Person) -> None:
    stored(person, "nurse", own_task(person, focus=ref(person.ref("Goal", "secret"))))


def _by_ground(person: Person) -> None:
    stored(person, "nurse", own_task(person, basedOn=[ref(person.ref("Goal", "secret"))]))


def _by_reason(person: Person) -> None:
    stored(person, "nurse", own_task(person, reasonReference=ref(person.ref("Goal", "secret"))))


def _by_version(person: Person) -> None:
    stored(person, "nurse", own_task(person, focus=ref(person.ref("Goal", "secret") + "/_history/1")))


def _by_url(person: Person) -> None:
    stored(
        person, "nurse", own_task(person, focus=ref(f"{person.server.fhir}/{person.ref('Goal', 'secret')}"))
    )


def _by_a_later_version(person: Person) -> None:
    stored(person, "nurse", own_task(person, focus=ref(person.ref("Goal", "care"))))
    _by_focus(person)


def _by_a_goal_below(person: Person) -> None:
    step = person.ref("Goal", "step")
    below = goal(step, person.patient, extension=[above(person.ref("Goal", "secret"))])
    in_one(person, "nurse", below, own_task(person, focus=ref(step)))


def _by_lifting_a_goal(person: Person) -> None:
    step = person.ref("Goal", "step")
    stored(person, "nurse", goal(step, person.patient))
    stored(person, "nurse", own_task(person, focus=ref(step)))
    stored(person, "nurse", goal(step, person.patient, extension=[above(person.ref("Goal", "secret"))]))


def _by_a_goal_that_leads_there(person: Person) -> None:
    bridge = person.ref("Goal", "bridge")
    person.store(goal(bridge, person.patient, extension=[above(person.ref("Goal", "secret"))]))
    stored(person, "nurse", own_task(person, focus=ref(bridge)))
    assert sees(person, "nurse", "bridge")


def _by_two_goals_that_lead_there(person: Person) -> None:
    bridge, step = person.ref("Goal", "bridge"), person.ref("Goal", "step")
    person.store(goal(bridge, person.patient, extension=[above(person.ref("Goal", "secret"))]))
    stored(person, "nurse", own_task(person, focus=ref(step)))
    stored(person, "nurse", goal(step, person.patient, extension=[above(bridge)]))


def _by_taking_over(person: Person) -> None:
    stored(person, "nurse", for_neighbour(person, person.ref("Goal", "care")))
    stored(person, "person", for_neighbour(person, person.ref("Goal", "secret")))
    _by_focus(person)


def _by_opening_again(person: Person) -> None:
    focus = ref(person.ref("Goal", "secret"))
    stored(person, "person", own_task(person, focus=focus))
    assert sees(person, "nurse", "secret")
    stored(person, "person", {**own_task(person, focus=focus), "status": "completed"})
    again = person.client("nurse").put(person.ref("Task", "own"), json=own_task(person, focus=focus))
    assert again.status_code == 409


def _by_a_goal_that_another_corrects(person: Person) -> None:
    bridge = goal(
        person.ref("Goal", "bridge"), person.patient, extension=[above(person.ref("Goal", "secret"))]
    )
    person.store(bridge)
    stored(person, "nurse", own_task(person, focus=ref(person.ref("Goal", "bridge"))))
    stored(person, "person", {**bridge, "language": "nl"})


def _by_what_comes_after(person: Person) -> None:
    """What is above a goal that is not reached is not reached either, whoever puts it there."""
    person.store(goal(person.ref("Goal", "top"), person.patient) | {"meta": SENSITIVE})
    _by_focus(person)
    person.store(secret(person, extension=[above(person.ref("Goal", "top"))]))
    assert not sees(person, "nurse", "top")


WAYS = (
    _by_focus,
    _by_ground,
    _by_reason,
    _by_version,
    _by_url,
    _by_a_later_version,
    _by_a_goal_below,
    _by_lifting_a_goal,
    _by_a_goal_that_leads_there,
    _by_two_goals_that_lead_there,
    _by_taking_over,
    _by_opening_again,
    _by_a_goal_that_another_corrects,
    _by_what_comes_after,
)


@pytest.mark.parametrize("way", WAYS)
def test_nobody_opens_a_hidden_goal_with_a_reference_to_it(
    person: Person, way: Callable[[Person], None]
) -> None:
    person.store(secret(person))
    assert not sees(person, "nurse", "secret")
    way(person)
    assert not sees(person, "nurse", "secret")
    assert person.client("nurse").get(person.ref("Task", "own")).status_code == 200


def test_nor_is_it_opened_to_another_who_would_not_see_it(person: Person) -> None:
    person.store(secret(person))
    stored(person, "nurse", for_neighbour(person, person.ref("Goal", "secret")))
    assert not sees(person, "neighbour", "secret")


def test_a_reference_to_a_hidden_goal_is_answered_as_one_to_a_free_id(person: Person) -> None:
    person.store(secret(person))
    client, nurse = person.client("nurse"), person.who("nurse")
    told = []
    for name in (person.ref("Goal", "secret"), person.ref("Goal", "nobody")):
        made = client.post("/Task", json=task("Task/x", person.patient, owner=ref(nurse), focus=ref(name)))
        below = client.post("/Goal", json=goal("Goal/x", person.patient, extension=[above(name)]))
        answers = [
            *(made, client.get(made.headers["Location"])),
            *(below, client.get(below.headers["Location"])),
            client.get(name),
            client.put(name, json=goal(name, person.patient), headers={"If-Match": 'W/"1"'}),
            client.get(f"/Task?focus={name}&_include=Task:focus&_total=accurate"),
            client.get(f"/Goal?_id={name.partition('/')[2]}&_total=accurate"),
        ]
        told.append([(each.status_code, _alike(each.text, name)) for each in answers])
    assert told[0] == told[1]


def _alike(text: str, name: str) -> str:
    """Without what may differ: ids of new resources, times, and the id that was asked for."""
    text = text.replace(name.partition("/")[2], "it")
    return re.sub(r'"(id|lastUpdated)":"[^"]*"|(Task|Goal)/[0-9a-f-]{36}', "", text)


# -- what is as it should be ------------------------------------------------------------------------------


def test_a_task_on_a_goal_that_its_writer_sees_opens_that_goal_and_those_above(person: Person) -> None:
    assert not sees(person, "neighbour", "care")
    stored(person, "nurse", for_neighbour(person, person.ref("Goal", "care")))
    assert [sees(person, "neighbour", name) for name in ("care", "life")] == [True, True]


def test_a_goal_of_the_same_transaction_counts_in_whatever_order(person: Person) -> None:
    step = goal(person.ref("Goal", "step"), person.patient, extension=[above(person.ref("Goal", "care"))])
    in_one(person, "nurse", for_neighbour(person, person.ref("Goal", "step")), step)
    assert [sees(person, "neighbour", name) for name in ("step", "care", "life")] == [True] * 3


def test_a_goal_the_server_names_in_the_same_transaction_counts(person: Person) -> None:
    name = "urn:uuid:5bd3b9a8-0a3c-4d8f-9a0e-6f0c2d6b7f11"
    given = post(goal("Goal/x", person.patient), name)
    answer = written(
        person.client("nurse").post("/", json=bundle("transaction", post(for_neighbour(person, name)), given))
    )
    made = answer.json()["entry"][1]["response"]["location"].split("/_history")[0]
    assert person.client("neighbour").get(made).status_code == 200


def test_who_changes_the_task_without_seeing_the_goal_changes_nothing_in_it(person: Person) -> None:
    person.store(secret(person))
    given = own_task(person, focus=ref(person.ref("Goal", "secret")))
    stored(person, "person", given)
    stored(person, "carer", {**given, "priority": "urgent"})
    assert not sees(person, "carer", "secret")
    assert sees(person, "nurse", "secret")


def test_a_reference_counts_from_when_somebody_who_sees_the_goal_writes_the_task(person: Person) -> None:
    person.store(secret(person))
    _by_focus(person)
    assert not sees(person, "nurse", "secret")
    focus = ref(person.ref("Goal", "secret"))
    stored(person, "person", {**own_task(person, focus=focus), "status": "in-progress"})
    assert sees(person, "nurse", "secret")


def test_a_new_link_above_reaches_the_owners_of_tasks_below(person: Person) -> None:
    stored(person, "nurse", for_neighbour(person, person.ref("Goal", "life")))
    person.store(goal(person.ref("Goal", "top"), person.patient))
    life = person.client("person").get(person.ref("Goal", "life")).json()
    stored(person, "person", {**life, "extension": [above(person.ref("Goal", "top"))]})
    assert sees(person, "neighbour", "top")
    stored(person, "person", life)
    assert not sees(person, "neighbour", "top")


def test_what_is_loaded_may_come_in_any_order(person: Person) -> None:
    person.store(own_task(person, focus=ref(person.ref("Goal", "secret"))))
    person.store(secret(person, extension=[above(person.ref("Goal", "top"))]))
    person.store(goal(person.ref("Goal", "top"), person.patient) | {"meta": SENSITIVE})
    assert [sees(person, "nurse", name) for name in ("secret", "top")] == [True, True]


@pytest.mark.parametrize("type", ["milestone", "predecessor", "successor", "replacement"])
def test_a_goal_that_is_a_step_or_beside_is_not_opened_by_the_link(person: Person, type: str) -> None:
    top, care = person.ref("Goal", "top"), person.ref("Goal", "care")
    person.store(goal(top, person.patient))
    person.store(goal(care, person.patient, extension=[link(top, type)]))
    stored(person, "person", for_neighbour(person, care))
    assert [sees(person, "neighbour", name) for name in ("care", "top")] == [True, False]


def test_who_does_a_step_does_not_see_the_goal_that_names_it_as_a_step(person: Person) -> None:
    top, care = person.ref("Goal", "top"), person.ref("Goal", "care")
    stored(person, "person", goal(top, person.patient, extension=[link(care, "milestone")]))
    stored(person, "person", for_neighbour(person, care))
    assert [sees(person, "neighbour", name) for name in ("care", "top")] == [True, False]


@pytest.mark.parametrize("change", ["completed", "another owner", "deleted"])
def test_when_the_task_is_no_longer_theirs_to_do_that_ends(person: Person, change: str) -> None:
    given = for_neighbour(person, person.ref("Goal", "care"))
    stored(person, "person", given)
    assert sees(person, "neighbour", "care")
    if change == "deleted":
        person.server.client("system").delete(f"Task/{given['id']}")
    else:
        other = {"status": "completed"} if change == "completed" else {"owner": ref(person.who("helper"))}
        stored(person, "person", {**given, **other})
    assert not sees(person, "neighbour", "care")


def test_the_task_of_a_team_concerns_its_members(person: Person) -> None:
    only = person.team(participant(person.who("neighbour"), "informal-network"), name="Buurt")
    person.store({**only, "id": person.ref("CareTeam", "street").partition("/")[2]})
    given = for_neighbour(person, person.ref("Goal", "care"))
    person.store({**given, "owner": ref(person.ref("CareTeam", "street"))})
    assert [sees(person, "neighbour", name) for name in ("care", "life")] == [True, True]
    person.store(goal(person.ref("Goal", "care"), person.patient))
    assert [sees(person, "neighbour", name) for name in ("care", "life")] == [True, False]


def test_verify_finds_nothing_to_say_about_references_to_hidden_goals(tmp_path: Path) -> None:
    with serving(tmp_path, "serve", DZOP_SANDBOX="1", DZOP_CLIENT_IDS="any") as alone:
        person = new_person(alone)
        person.store(secret(person))
        _by_focus(person)
        assert ran(tmp_path, "verify").stdout.strip() == "No differences."


def test_links_written_at_the_same_time_lose_nothing(person: Person) -> None:
    names = [f"step{number}" for number in range(12)]
    steps = {name: goal(person.ref("Goal", name), person.patient) for name in names}
    tops = {name: goal(person.ref("Goal", f"top-{name}"), person.patient) for name in names}
    person.store(*steps.values(), *tops.values())

    def both(name: str) -> None:
        focus, linked = ref(person.ref("Goal", name)), above(person.ref("Goal", f"top-{name}"))
        serving = task(
            person.ref("Task", name), person.patient, owner=ref(person.who("neighbour")), focus=focus
        )
        changes = ("nurse", serving), ("person", {**steps[name], "extension": [linked]})
        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda change: stored(person, *change), changes))

    for name in names:
        both(name)
    assert [name for name in names if not sees(person, "neighbour", f"top-{name}")] == []
