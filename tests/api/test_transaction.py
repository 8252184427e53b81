"""Transactions: all or nothing, in any order. Batches: each entry for itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from persons import Person, ids, new_person, refused
from resources import Resource, bundle, communication, entity, goal, post, put, ref, task

LIFE, CARE, TASK = (f"urn:uuid:{uuid4()}" for _ in range(3))


def linked(target: str) -> list[Resource]:
    """The extension that places a goal under another."""
    return [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/goal-relationship",
            "extension": [
                {"url": "type", "valueCodeableConcept": {"text": "x"}},
                {"url": "target", "valueReference": ref(target)},
            ],
        }
    ]


def small_plan(person: Person) -> list[Resource]:
    """Entries that refer to each other: a task to a goal, the goal to another."""
    return [
        post(task("Task/x", person.patient, focus=ref(CARE)), TASK),
        post(goal("Goal/y", person.patient, extension=linked(LIFE)), CARE),
        post(goal("Goal/z", person.patient, "life-goal"), LIFE),
    ]


def total(person: Person, type: str) -> int:
    return int(
        person.client("person")
        .get(f"/{type}?patient={person.patient}&_total=accurate&_count=0")
        .json()["total"]
    )


def statuses(answer: Any) -> list[str]:
    return [each["response"]["status"].split()[0] for each in answer.json()["entry"]]


@pytest.mark.parametrize("seed", range(4))
def test_entries_may_refer_to_each_other_in_any_order(person: Person, seed: int) -> None:
    entries = small_plan(person)
    random.Random(seed).shuffle(entries)  # noqa: S311 - an order, not a secret
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    stored = {
        entry["fullUrl"]: each["resource"]
        for entry, each in zip(entries, answer.json()["entry"], strict=True)
    }
    found = (
        stored[TASK]["focus"]["reference"],
        stored[CARE]["extension"][0]["extension"][1]["valueReference"]["reference"],
    )
    assert found == (f"Goal/{stored[CARE]['id']}", f"Goal/{stored[LIFE]['id']}")


def test_answers_come_in_the_order_of_the_entries(person: Person) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", *small_plan(person)))
    assert [each["response"]["location"].split("/")[-4] for each in answer.json()["entry"]] == [
        "Task",
        "Goal",
        "Goal",
    ]


def test_a_transaction_answers_with_a_transaction_response(person: Person) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", *small_plan(person)))
    assert (answer.json()["type"], statuses(answer)) == ("transaction-response", ["201"] * 3)


@pytest.mark.parametrize("path", ["", "/"])
def test_the_base_takes_a_bundle_with_and_without_a_slash(person: Person, path: str) -> None:
    answer = person.client("gp").post(
        f"{person.server.fhir}{path}", json=bundle("transaction", *small_plan(person))
    )
    assert answer.status_code == 200


def _invalid(person: Person) -> Resource:
    return post(goal("Goal/x", person.patient, lifecycleStatus="blooming"))


def _forbidden(person: Person) -> Resource:
    return post(communication("Communication/x", person.patient, "journal", person.who("gp")))


def _of_nobody(_: Person) -> Resource:
    return post(goal("Goal/x", "Patient/nobody-at-all"))


def _stale(person: Person) -> Resource:
    entry = put(task(person.ref("Task", "weigh"), person.patient))
    return {**entry, "request": {**entry["request"], "ifMatch": 'W/"7"'}}


def _of_another_type(person: Person) -> Resource:
    return {"resource": task("Task/x", person.patient), "request": {"method": "POST", "url": "Goal"}}


def _unresolved(person: Person) -> Resource:
    return post(task("Task/x", person.patient, focus=ref("Goal?identifier=x|none")))


FAULTS = {
    _invalid: 422,
    _forbidden: 403,
    _of_nobody: 422,
    _stale: 412,
    _of_another_type: 400,
    _unresolved: 412,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", [0, 3])
def test_one_fault_undoes_everything(person: Person, fault: Callable[[Person], Resource], place: int) -> None:
    entries = small_plan(person)
    entries.insert(place, fault(person))
    before = (total(person, "Goal"), total(person, "Task"))
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (refused(answer)[0], (total(person, "Goal"), total(person, "Task"))) == (FAULTS[fault], before)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refusal_names_the_entry(person: Person, fault: Callable[[Person], Resource]) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", *small_plan(person), fault(person)))
    assert answer.json()["issue"][0]["expression"][0].startswith("Bundle.entry[3]")


def test_a_conditional_create_in_a_transaction_finds_what_is_there(person: Person) -> None:
    identifier = {"system": "https://gp.example", "value": person.mark}
    entries = [
        post(
            goal("Goal/x", person.patient, identifier=[identifier]),
            CARE,
            ifNoneExist=f"identifier=https://gp.example|{person.mark}",
        ),
        post(task("Task/x", person.patient, focus=ref(CARE)), TASK),
    ]
    gp = person.client("gp")
    first, second = (gp.post("/", json=bundle("transaction", *entries)).json()["entry"] for _ in range(2))
    assert (second[0]["response"]["status"].split()[0], second[1]["resource"]["focus"]["reference"]) == (
        "200",
        f"Goal/{first[0]['resource']['id']}",
    )


def test_a_conditional_reference_is_resolved(person: Person) -> None:
    identifier = {"system": "https://gp.example", "value": person.mark}
    gp = person.client("gp")
    made = gp.post("/Goal", json=goal("Goal/x", person.patient, identifier=[identifier])).json()["id"]
    entry = post(
        task("Task/x", person.patient, focus=ref(f"Goal?identifier=https://gp.example|{person.mark}"))
    )
    answer = gp.post("/", json=bundle("transaction", entry))
    assert answer.json()["entry"][0]["resource"]["focus"] == {"reference": f"Goal/{made}"}


def test_a_conditional_reference_to_something_hidden_does_not_resolve(person: Person) -> None:
    other, identifier = new_person(person.server), {"system": "https://gp.example", "value": person.mark}
    other.store(goal(other.ref("Goal", "hidden"), other.patient, identifier=[identifier]))
    entry = post(
        task("Task/x", person.patient, focus=ref(f"Goal?identifier=https://gp.example|{person.mark}"))
    )
    assert refused(person.client("gp").post("/", json=bundle("transaction", entry)))[0] == 412


def test_the_operator_enters_a_whole_person_at_once(person: Person) -> None:
    patient, plan = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    entries = [
        post(goal("Goal/x", plan, subject=ref(patient))),
        post(entity("CarePlan/x", status="active", intent="plan", subject=ref(patient)), plan),
        post(entity("Patient/x", name=[{"text": "Nieuw"}]), patient),
    ]
    answer = person.server.client("system").post("/", json=bundle("transaction", *entries)).json()["entry"]
    assert [each["resource"]["subject"]["reference"] for each in answer[:2]] == [
        f"Patient/{answer[2]['resource']['id']}"
    ] * 2


def test_a_transaction_deletes_creates_updates_and_reads(person: Person) -> None:
    client, journal, market = (
        person.client("person"),
        person.ref("Communication", "journal"),
        person.ref("Task", "market"),
    )
    entries = [
        {"request": {"method": "GET", "url": market}},
        put(task(market, person.patient, description="anders")),
        {"request": {"method": "DELETE", "url": journal}},
        post(goal("Goal/x", person.patient)),
    ]
    answer = client.post("/", json=bundle("transaction", *entries))
    assert (statuses(answer), answer.json()["entry"][0]["resource"]["description"]) == (
        ["200", "200", "204", "201"],
        "anders",
    )


def test_a_resource_may_not_occur_twice_in_a_transaction(person: Person) -> None:
    entry = put(task(person.ref("Task", "weigh"), person.patient))
    assert refused(person.client("person").post("/", json=bundle("transaction", entry, entry)))[0] == 400


def test_a_transaction_that_admits_a_member_is_judged_on_the_facts_before_it(person: Person) -> None:
    team = person.team()
    team["participant"].append(
        {"member": ref(person.who("stranger")), "role": team["participant"][0]["role"]}
    )
    entries = [put(team), put(goal(person.ref("Goal", "own"), person.patient))]
    answer = person.client("stranger").post("/", json=bundle("transaction", *entries))
    assert (refused(answer)[0], person.client("stranger").get(person.patient).status_code) == (422, 404)


def test_the_entries_of_a_batch_stand_alone(person: Person) -> None:
    entries = [
        post(goal("Goal/x", person.patient)),
        _invalid(person),
        {"request": {"method": "GET", "url": person.ref("Goal", "none")}},
        {"request": {"method": "GET", "url": "Nonsense/1"}},
        {"request": {"method": "BREW", "url": "Goal"}},
        _forbidden(person),
        {"request": {"method": "GET", "url": person.ref("Goal", "life"), "ifNoneMatch": 'W/"1"'}},
        {"request": {"method": "GET", "url": f"Goal?_id=life-{person.mark}"}},
    ]
    answer = person.client("gp").post("/", json=bundle("batch", *entries))
    assert (answer.json()["type"], statuses(answer)) == (
        "batch-response",
        ["201", "422", "404", "404", "400", "403", "304", "200"],
    )


def test_a_refused_entry_of_a_batch_says_why(person: Person) -> None:
    answer = person.client("gp").post("/", json=bundle("batch", _invalid(person)))
    assert answer.json()["entry"][0]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_a_batch_tells_hidden_and_free_apart_as_little_as_a_read(person: Person, known: Person) -> None:
    entries = [
        {"request": {"method": "GET", "url": each.ref("Goal", name)}}
        for each, name in ((known, "life"), (person, "none"))
    ]
    first, second = person.client("gp").post("/", json=bundle("batch", *entries)).json()["entry"]
    text = [
        str(each).replace(known.ref("Goal", "life"), "X").replace(person.ref("Goal", "none"), "X")
        for each in (first, second)
    ]
    assert text[0] == text[1]


def test_a_refused_transaction_is_in_the_log_of_the_person(person: Person) -> None:
    person.client("nurse").post("/", json=bundle("transaction", _forbidden_for_nurse(person)))
    events = person.client("person").get(f"/AuditEvent?patient={person.patient}").json()["entry"]
    newest = events[0]["resource"]
    assert (newest["agent"][0]["who"], newest["outcome"]) == (ref(person.who("nurse")), "4")


def _forbidden_for_nurse(person: Person) -> Resource:
    return put(task(person.ref("Task", "market"), person.patient, description="anders"))


def test_nothing_of_a_refused_transaction_is_found(person: Person) -> None:
    marked = goal(person.ref("Goal", "lost"), person.patient)
    person.client("gp").post("/", json=bundle("transaction", put(marked), _invalid(person)))
    assert ids(person.client("gp").get(f"/Goal?_id=lost-{person.mark}")) == []
