"""Many at once: nothing is lost, nothing is made twice, nobody is told that something went wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any, TypeVar

import httpx
import pytest
from persons import Person, ids, new_person
from resources import (
    SINCE,
    Resource,
    bundle,
    communication,
    consent,
    entity,
    goal,
    post,
    provision,
    put,
    task,
)

Done = TypeVar("Done")
SYSTEM = "https://gp.example/goal"
CREATES, UPDATES, STORM, RACES = 50, 100, 20, 8


def at_once(*works: Callable[[], Done]) -> list[Done]:
    """What all of them return, begun together."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


def statuses(answers: Iterable[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def marked(person: Person, *values: str, **elements: Any) -> Resource:
    """A goal with identifiers."""
    identifier = [{"system": SYSTEM, "value": f"{value}-{person.mark}"} for value in values]
    return goal("Goal/x", person.patient, identifier=identifier, **elements)


def unnamed(resource: Resource) -> Resource:
    """The same without an id."""
    return {name: value for name, value in resource.items() if name != "id"}


def where(person: Person, value: str = "a") -> str:
    """The condition that finds it."""
    return f"identifier={SYSTEM}|{value}-{person.mark}"


def found(person: Person, value: str = "a") -> list[str]:
    return ids(person.client("gp").get(f"/Goal?{where(person, value)}"))


def versions(client: httpx.Client, reference: str) -> list[Resource]:
    """Its versions, oldest first."""
    entries = client.get(f"/{reference}/_history?_count=1000").json()["entry"]
    return [each.get("resource", {}) for each in reversed(entries)]


def numbers(history: list[Resource]) -> list[int]:
    return [int(each["meta"]["versionId"]) for each in history]


# -- conditions ------------------------------------------------------------------------------------------


def test_of_many_conditional_creates_one_makes_a_resource(person: Person) -> None:
    client, body = person.client("gp"), marked(person, "a")
    answers = at_once(
        *[lambda: client.post("/Goal", json=body, headers={"If-None-Exist": where(person)})] * CREATES
    )
    assert (statuses(answers), len(found(person))) == ({201: 1, 200: CREATES - 1}, 1)


def test_all_conditional_creates_answer_with_the_same_resource(person: Person) -> None:
    client, body = person.client("gp"), marked(person, "a")
    answers = at_once(
        *[lambda: client.post("/Goal", json=body, headers={"If-None-Exist": where(person)})] * RACES
    )
    assert {answer.json()["id"] for answer in answers} == set(found(person))


def test_conditions_on_either_of_two_identifiers_meet(person: Person) -> None:
    client, body = person.client("gp"), marked(person, "a", "b")
    answers = at_once(
        *[
            lambda value=value: client.post(
                "/Goal", json=body, headers={"If-None-Exist": where(person, value)}
            )
            for value in ("a", "b") * RACES
        ]
    )
    assert statuses(answers) == {201: 1, 200: 2 * RACES - 1}


def test_conditions_without_a_code_meet_too(person: Person) -> None:
    client, body = person.client("gp"), marked(person, "a", startDate="1987-06-05")
    condition = f"patient={person.patient}&start-date=1987-06-05"
    answers = at_once(
        *[lambda: client.post("/Goal", json=body, headers={"If-None-Exist": condition})] * RACES
    )
    assert statuses(answers) == {201: 1, 200: RACES - 1}


def test_many_conditional_updates_make_one_resource_and_all_its_versions(person: Person) -> None:
    client, body = person.client("gp"), unnamed(marked(person, "a"))
    answers = at_once(*[lambda: client.put(f"/Goal?{where(person)}", json=body)] * CREATES)
    (made,) = found(person)
    assert (statuses(answers), numbers(versions(client, f"Goal/{made}"))) == (
        {201: 1, 200: CREATES - 1},
        list(range(1, CREATES + 1)),
    )


def test_a_conditional_update_and_a_conditional_create_make_one_resource(person: Person) -> None:
    client, body = person.client("gp"), unnamed(marked(person, "a"))
    answers = at_once(
        *chain(
            [lambda: client.put(f"/Goal?{where(person)}", json=body)] * RACES,
            [lambda: client.post("/Goal", json=body, headers={"If-None-Exist": where(person)})] * RACES,
        )
    )
    assert (statuses(answers)[201], len(found(person))) == (1, 1)


def note(person: Person) -> Resource:
    """An entry of the person's own journal, which the condition `a` finds."""
    entry = communication("Communication/x", person.patient, "journal", person.patient)
    return unnamed(entry) | {"identifier": marked(person, "a")["identifier"]}


def notes(person: Person) -> list[str]:
    return ids(person.client("person").get(f"/Communication?{where(person)}"))


@pytest.fixture
def noted(person: Person) -> str:
    """That entry, in its first version."""
    answer = person.client("person").post("/Communication", json=note(person))
    assert answer.status_code == 201
    return f"Communication/{answer.json()['id']}"


def test_a_conditional_update_never_brings_back_what_is_being_deleted(person: Person, noted: str) -> None:
    client, body = person.client("person"), note(person)
    answers = at_once(
        lambda: client.delete(noted),
        *[lambda: client.put(f"/Communication?{where(person)}", json=body)] * RACES,
    )
    made = {answer.json()["id"] for answer in answers[1:] if answer.status_code == 201}
    assert (client.get(noted).status_code, set(notes(person))) == (410, made)


def test_a_conditional_create_beside_a_delete_answers_with_what_was_there_or_a_new_one(
    person: Person, noted: str
) -> None:
    client, body = person.client("person"), note(person)
    answers = at_once(
        lambda: client.delete(noted),
        *[lambda: client.post("/Communication", json=body, headers={"If-None-Exist": where(person)})] * RACES,
    )
    made = [answer.json()["id"] for answer in answers[1:] if answer.status_code == 201]
    assert (made, statuses(answers).keys() <= {200, 201, 204}) == (notes(person), True)


def test_of_many_conditional_deletes_one_deletes(person: Person, noted: str) -> None:
    client = person.client("person")
    answers = at_once(*[lambda: client.delete(f"/Communication?{where(person)}")] * RACES)
    assert (statuses(answers), sum("ETag" in answer.headers for answer in answers)) == ({204: RACES}, 1)


# -- versions --------------------------------------------------------------------------------------------


def test_no_update_of_many_is_lost(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    body = client.get(weigh).json()
    texts = [f"versie {number}" for number in range(UPDATES)]
    answers = at_once(
        *[lambda text=text: client.put(weigh, json=body | {"description": text}) for text in texts]
    )
    history = versions(client, weigh)
    assert (statuses(answers), numbers(history), {each["description"] for each in history[1:]}) == (
        {200: UPDATES},
        list(range(1, UPDATES + 2)),
        set(texts),
    )


def test_no_patch_of_many_is_lost(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    client.put(weigh, json=client.get(weigh).json() | {"note": [{"text": "begin"}]})
    patches = [
        json.dumps([{"op": "add", "path": "/note/-", "value": {"text": f"{number}"}}])
        for number in range(UPDATES)
    ]
    form = {"Content-Type": "application/json-patch+json"}
    answers = at_once(
        *[lambda each=each: client.patch(weigh, content=each, headers=form) for each in patches]
    )
    notes = sorted(each["text"] for each in client.get(weigh).json()["note"])
    assert (statuses(answers), notes) == (
        {200: UPDATES},
        sorted(["begin", *(f"{number}" for number in range(UPDATES))]),
    )


def test_of_many_updates_of_one_version_one_is_stored(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    body, first = client.get(weigh).json(), {"If-Match": 'W/"1"'}
    answers = at_once(*[lambda: client.put(weigh, json=body, headers=first)] * STORM)
    assert (statuses(answers), len(versions(client, weigh))) == ({200: 1, 412: STORM - 1}, 2)


def test_an_update_beside_a_delete_leaves_no_gap(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    body = client.get(journal).json()
    answers = at_once(*[lambda: client.delete(journal), lambda: client.put(journal, json=body)] * RACES)
    entries = client.get(f"/{journal}/_history?_count=1000").json()["entry"]
    etags = [each["response"]["etag"] for each in reversed(entries)]
    assert (statuses(answers).keys() <= {200, 201, 204}, etags) == (
        True,
        [f'W/"{number}"' for number in range(1, len(etags) + 1)],
    )


def test_many_who_take_the_same_id_leave_one_resource_with_all_versions(person: Person) -> None:
    client, new = person.client("gp"), person.ref("Goal", "raced")
    answers = at_once(*[lambda: client.put(new, json=goal(new, person.patient))] * STORM)
    assert (statuses(answers), numbers(versions(client, new))) == (
        {201: 1, 200: STORM - 1},
        list(range(1, STORM + 1)),
    )


# -- transactions ----------------------------------------------------------------------------------------


def test_transactions_that_change_the_same_in_opposite_order_all_succeed(person: Person) -> None:
    client = person.client("nurse")
    weigh = client.get(person.ref("Task", "weigh")).json()
    other = {**task(person.ref("Task", "measure"), person.patient), "owner": weigh["owner"]}
    assert client.put(person.ref("Task", "measure"), json=other).status_code == 201
    one, two = ([put(weigh), put(other)], [put(other), put(weigh)])
    answers = at_once(
        *[
            lambda entries=entries: client.post("/", json=bundle("transaction", *entries))
            for entries in [one, two] * RACES
        ]
    )
    assert statuses(answers) == {200: 2 * RACES}


def test_conditional_updates_in_opposite_order_all_succeed(person: Person) -> None:
    client = person.client("gp")
    for value in ("a", "b"):
        assert client.post("/Goal", json=marked(person, value)).status_code == 201

    def entry(value: str) -> Resource:
        body = unnamed(marked(person, value))
        return {"resource": body, "request": {"method": "PUT", "url": f"Goal?{where(person, value)}"}}

    orders = [[entry("a"), entry("b")], [entry("b"), entry("a")]]
    answers = at_once(
        *[
            lambda order=order: client.post("/", json=bundle("transaction", *order))
            for order in orders * RACES
        ]
    )
    assert (statuses(answers), len(found(person, "a")), len(found(person, "b"))) == ({200: 2 * RACES}, 1, 1)


def test_transactions_over_two_persons_in_opposite_order_all_succeed(person: Person) -> None:
    other, client = new_person(person.server), person.server.client("system")
    teams = [put(each.team()) for each in (person, other)]
    answers = at_once(
        *[
            lambda entries=entries: client.post("/", json=bundle("transaction", *entries))
            for entries in [teams, teams[::-1]] * RACES
        ]
    )
    assert statuses(answers) == {200: 2 * RACES}


def test_changes_of_facts_beside_writes_judged_by_them_all_succeed(person: Person) -> None:
    client = person.client("person")
    facts = consent(
        person.ref("Consent", "settings"),
        "settings",
        person.patient,
        provision("permit", period={"start": SINCE}),
    )
    mixed = bundle("transaction", post(goal("Goal/x", person.patient)), put(facts))
    answers = at_once(
        *chain.from_iterable(
            repeat(
                (
                    lambda: client.post("/", json=mixed),
                    lambda: client.put(person.ref("Consent", "settings"), json=facts),
                ),
                RACES,
            )
        )
    )
    assert statuses(answers).keys() <= {200, 201}


def test_identical_conditional_creates_of_parallel_transactions_make_one_resource(person: Person) -> None:
    client = person.client("gp")
    entries = [post(marked(person, value), ifNoneExist=where(person, value)) for value in ("a", "b")]
    answers = at_once(
        *[
            lambda each=each: client.post("/", json=bundle("transaction", *each))
            for each in [entries, entries[::-1]] * RACES
        ]
    )
    assert (statuses(answers), len(found(person, "a")), len(found(person, "b"))) == ({200: 2 * RACES}, 1, 1)


def test_the_operator_enters_the_same_person_many_times_at_once(person: Person) -> None:
    client, patient = person.server.client("system"), f"Patient/new-{person.mark}"
    entries = [
        put(entity(patient, name=[{"text": "Nieuw"}])),
        put(goal(person.ref("Goal", "entered"), patient)),
    ]
    answers = at_once(*[lambda: client.post("/", json=bundle("transaction", *entries))] * RACES)
    assert (statuses(answers), numbers(versions(client, patient))) == (
        {200: RACES},
        list(range(1, RACES + 1)),
    )
