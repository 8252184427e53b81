"""The entries of a transaction: conditions, patches, reads, preferences, and what an entry may not be."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person, ids, refused
from resources import Resource, bundle, communication, goal, post, put, ref, task
from serving import Service, in_process

SYSTEM = "https://gp.example/goal"


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["response"]["status"][:3] for each in answer.json()["entry"]]


def resources(answer: httpx.Response) -> list[Any]:
    return [each.get("resource") for each in answer.json()["entry"]]


def marked(person: Person, value: str = "a", **elements: Any) -> Resource:
    identifier = [{"system": SYSTEM, "value": f"{value}-{person.mark}"}]
    body = goal(
        "Goal/x", person.patient, identifier=identifier, expressedBy=ref(person.who("gp")), **elements
    )
    return {name: each for name, each in body.items() if name != "id"}


def where(person: Person, value: str = "a") -> str:
    return f"identifier={SYSTEM}|{value}-{person.mark}"


def asks(method: str, url: str, resource: Resource | None = None, **conditions: str) -> Resource:
    entry: Resource = {"request": {"method": method, "url": url, **conditions}}
    return entry | ({"resource": resource} if resource else {})


def found(person: Person, value: str = "a") -> list[str]:
    return ids(person.client("gp").get(f"/Goal?{where(person, value)}"))


def wrong_at(answer: httpx.Response) -> tuple[int, str]:
    """(status, expression) of a refusal."""
    return answer.status_code, answer.json()["issue"][0]["expression"][0]


# -- conditions ------------------------------------------------------------------------------------------


def test_identical_conditional_creates_make_one_resource(person: Person) -> None:
    entry = post(marked(person), ifNoneExist=where(person))
    answer = person.client("gp").post("/", json=bundle("transaction", entry, entry, entry))
    assert (sorted(statuses(answer)), {each["id"] for each in resources(answer)}) == (
        ["200", "200", "201"],
        set(found(person)),
    )


def test_references_to_identical_conditional_creates_name_one_resource(person: Person) -> None:
    one, two = (f"urn:uuid:{uuid4()}" for _ in range(2))
    entries = [post(marked(person), each, ifNoneExist=where(person)) for each in (one, two)]
    entries += [post(task("Task/x", person.patient, focus=ref(each))) for each in (one, two)]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert {each["focus"]["reference"] for each in resources(answer)[2:]} == {f"Goal/{found(person)[0]}"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_conditional_create_finds_what_another_entry_creates(person: Person, order: int) -> None:
    entries = [post(marked(person)), post(marked(person), ifNoneExist=where(person))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries[::order]))
    assert (statuses(answer)[::order], len(found(person))) == (["201", "200"], 1)


def test_a_conditional_create_that_two_entries_meet_is_refused(person: Person) -> None:
    entries = [post(marked(person)), post(marked(person)), post(marked(person), ifNoneExist=where(person))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (wrong_at(answer), found(person)) == ((412, "Bundle.entry[2]"), [])


def test_two_updates_on_the_same_condition_are_refused(person: Person) -> None:
    entry = asks("PUT", f"Goal?{where(person)}", marked(person))
    answer = person.client("gp").post("/", json=bundle("transaction", entry, entry))
    assert (wrong_at(answer), found(person)) == ((400, "Bundle.entry[1]"), [])


def test_two_conditions_that_find_the_same_are_refused(person: Person) -> None:
    client = person.client("gp")
    there = client.post("/Goal", json=marked(person)).json()["id"]
    entries = [asks("PUT", f"Goal?{query}", marked(person)) for query in (where(person), f"_id={there}")]
    assert wrong_at(client.post("/", json=bundle("transaction", *entries))) == (400, "Bundle.entry[1]")


def test_an_update_of_what_another_entry_creates_is_refused(person: Person) -> None:
    entries = [asks("PUT", f"Goal?{where(person)}", marked(person)), post(marked(person))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (wrong_at(answer), found(person)) == ((400, "Bundle.entry[0]"), [])


def test_a_delete_comes_before_a_create_on_the_same_condition(person: Person) -> None:
    client, mark = person.client("person"), [{"system": SYSTEM, "value": f"a-{person.mark}"}]
    note = communication("Communication/x", person.patient, "journal", person.patient) | {"identifier": mark}
    client.post("/Communication", json=note)
    entries = [post(note, ifNoneExist=where(person)), asks("DELETE", f"Communication?{where(person)}")]
    assert statuses(client.post("/", json=bundle("transaction", *entries))) == ["201", "204"]


def test_what_is_deleted_and_updated_in_one_transaction_is_refused(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    entries = [put(client.get(f"/{journal}").json()), asks("DELETE", f"Communication?_id={journal[14:]}")]
    answer = client.post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, client.get(f"/{journal}").status_code) == (400, 200)


@pytest.mark.parametrize(("version", "status"), [(1, 200), (2, 412)])
def test_an_entry_honours_if_match(person: Person, version: int, status: int) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    entry = asks("PUT", weigh, client.get(weigh).json(), ifMatch=f'W/"{version}"')
    assert client.post("/", json=bundle("transaction", entry)).status_code == status


def test_the_id_in_a_created_body_is_ignored(person: Person) -> None:
    answer = person.client("gp").post("/", json=bundle("transaction", post(marked(person) | {"id": "mine"})))
    assert (statuses(answer), resources(answer)[0]["id"] == "mine") == (["201"], False)


# -- patches ---------------------------------------------------------------------------------------------


def json_patch(*operations: Resource) -> Resource:
    """A JSON Patch as an entry carries it."""
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}


def test_a_patch_is_an_entry(person: Person) -> None:
    weigh = person.ref("Task", "weigh")
    change = json_patch({"op": "replace", "path": "/description", "value": "anders"})
    answer = person.client("nurse").post("/", json=bundle("transaction", asks("PATCH", weigh, change)))
    (changed,) = resources(answer)
    assert (changed["description"], changed["meta"]["versionId"]) == ("anders", "2")


def test_a_patch_on_a_condition_is_an_entry(person: Person) -> None:
    client = person.client("gp")
    client.post("/Goal", json=marked(person))
    change = json_patch({"op": "add", "path": "/startDate", "value": "2026-01-01"})
    answer = client.post("/", json=bundle("transaction", asks("PATCH", f"Goal?{where(person)}", change)))
    assert (statuses(answer), resources(answer)[0]["startDate"]) == (["200"], "2026-01-01")


def test_a_patch_of_nothing_undoes_everything(person: Person) -> None:
    change = json_patch({"op": "add", "path": "/startDate", "value": "2026-01-01"})
    entries = [post(marked(person)), asks("PATCH", f"Goal?{where(person, 'b')}", change)]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (wrong_at(answer), found(person)) == ((404, "Bundle.entry[1]"), [])


def test_a_resource_is_not_both_patched_and_updated(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    change = json_patch({"op": "replace", "path": "/description", "value": "anders"})
    entries = [put(client.get(weigh).json()), asks("PATCH", weigh, change)]
    assert wrong_at(client.post("/", json=bundle("transaction", *entries))) == (400, "Bundle.entry[1]")


# -- reads -----------------------------------------------------------------------------------------------


def test_a_search_has_what_the_transaction_wrote(person: Person) -> None:
    entries = [asks("GET", f"Goal?{where(person)}"), post(marked(person))]
    searched, made = resources(person.client("gp").post("/", json=bundle("transaction", *entries)))
    assert [each["resource"]["id"] for each in searched["entry"]] == [made["id"]]


def test_a_read_and_its_history_have_what_the_transaction_wrote(person: Person) -> None:
    client, weigh = person.client("nurse"), person.ref("Task", "weigh")
    body = client.get(weigh).json() | {"description": "anders"}
    entries = [
        asks("GET", weigh),
        asks("GET", f"{weigh}/_history"),
        asks("GET", f"{weigh}/_history/1"),
        put(body),
    ]
    read, history, first, _ = resources(client.post("/", json=bundle("transaction", *entries)))
    told = (read["description"], [each["resource"]["meta"]["versionId"] for each in history["entry"]])
    assert (told, first["meta"]["versionId"]) == (("anders", ["2", "1"]), "1")


def test_an_operation_that_changes_nothing_is_an_entry(person: Person) -> None:
    weigh = person.ref("Task", "weigh")
    answer = person.client("nurse").post("/", json=bundle("transaction", asks("GET", f"{weigh}/$meta")))
    assert (statuses(answer), resources(answer)[0]["resourceType"]) == (["200"], "Parameters")


def test_an_operation_that_changes_something_is_none(person: Person) -> None:
    team = person.ref("CareTeam", "team")
    answer = person.client("nurse").post("/", json=bundle("transaction", asks("POST", f"{team}/$leave")))
    assert wrong_at(answer) == (405, "Bundle.entry[0]")


def test_a_head_is_answered_without_its_body(person: Person) -> None:
    weigh = person.ref("Task", "weigh")
    answer = person.client("nurse").post("/", json=bundle("transaction", asks("HEAD", weigh)))
    assert (statuses(answer), resources(answer)) == (["200"], [None])


def test_a_read_of_a_version_that_is_known_is_answered_so(person: Person) -> None:
    weigh = person.ref("Task", "weigh")
    entry = asks("GET", weigh, ifNoneMatch='W/"1"')
    assert statuses(person.client("nurse").post("/", json=bundle("transaction", entry))) == ["304"]


def test_a_read_of_nothing_undoes_everything(person: Person) -> None:
    entries = [post(marked(person)), asks("GET", person.ref("Goal", "none"))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert (wrong_at(answer), found(person)) == ((404, "Bundle.entry[1]"), [])


def test_what_a_transaction_read_is_in_the_log(person: Person) -> None:
    weigh = person.ref("Task", "weigh")
    person.client("helper").post("/", json=bundle("transaction", asks("GET", weigh)))
    log = person.client("person").get(f"/AuditEvent?patient={person.patient}").json()["entry"]
    newest = log[0]["resource"]
    assert (newest["agent"][0]["who"], newest["action"]) == (ref(person.who("helper")), "R")


# -- the whole Bundle ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize(
    ("wanted", "resource", "outcome"),
    [("minimal", False, False), ("representation", True, False), ("OperationOutcome", False, True)],
)
def test_a_preference_is_of_every_entry(
    person: Person, kind: str, wanted: str, resource: bool, outcome: bool
) -> None:
    answer = person.client("gp").post(
        "/", json=bundle(kind, post(marked(person))), headers={"Prefer": f"return={wanted}"}
    )
    (entry,) = answer.json()["entry"]
    told = ("resource" in entry, "outcome" in entry["response"], entry["response"]["status"][:3])
    assert told == (resource, outcome, "201")


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_the_url_of_an_entry_may_have_our_own_base(person: Person, kind: str) -> None:
    url = f"{person.server.fhir}/{person.ref('Goal', 'life')}"
    assert statuses(person.client("gp").post("/", json=bundle(kind, asks("GET", url)))) == ["200"]


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.example/fhir/Goal/1", "//x/Goal/1", "/Goal/1", "urn:uuid:1", "../Goal/1", "", "/", 7],
)
def test_the_url_of_an_entry_leads_nowhere_else(known: Person, url: object) -> None:
    entry = {"request": {"method": "GET", "url": url}}
    answer = known.client("gp").post("/", json=bundle("transaction", entry))
    assert wrong_at(answer) == (400, "Bundle.entry[0].request.url")


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_is_no_entry(known: Person, kind: str) -> None:
    entry = asks("POST", "", bundle("batch"))
    answer = known.client("gp").post("/", json=bundle(kind, entry))
    status = answer.status_code if kind == "transaction" else int(statuses(answer)[0])
    assert status == 400


@pytest.mark.parametrize("kind", ["searchset", "collection", "document", "history", "message", None, 1])
def test_a_bundle_of_another_type_is_refused(known: Person, kind: Any) -> None:
    answer = known.client("gp").post("/", json=bundle(kind))
    assert wrong_at(answer) == (400, "Bundle.type")


def test_a_transaction_of_a_thousand_entries_is_carried_out(person: Person) -> None:
    entries = [post(goal("Goal/x", person.patient)) for _ in range(1_000)]
    client = person.client("gp")
    answer = client.post("/", json=bundle("transaction", *entries), timeout=60)
    assert (set(statuses(answer)), len({each["id"] for each in resources(answer)})) == ({"201"}, 1_000)


@pytest.fixture
def narrow(database: str, tmp_path: Path) -> Iterator[Service]:
    """A service that takes two entries."""
    with in_process(database, tmp_path, bundle_entries=2) as service:
        yield service


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize(("entries", "status"), [(2, 200), (3, 413)])
def test_the_setting_says_how_many_entries_there_may_be(
    narrow: Service, kind: str, entries: int, status: int
) -> None:
    body = bundle(kind, *[asks("GET", "Patient?_id=x")] * entries)
    answer = narrow.client("system").post("/", json=body)
    assert (answer.status_code, answer.json()["resourceType"] == "Bundle") == (status, status == 200)


def test_a_fault_names_the_element_of_its_entry(person: Person) -> None:
    entries = [post(marked(person)), post(marked(person, lifecycleStatus="blooming"))]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert wrong_at(answer) == (422, "Bundle.entry[1].resource.lifecycleStatus")


def test_a_transaction_is_never_carried_out_in_part_like_a_batch(person: Person) -> None:
    entries = [post(marked(person)), asks("PUT", "Goal/x", task("Task/x", person.patient))]
    refusal = refused(person.client("gp").post("/", json=bundle("transaction", *entries)))
    assert (refusal, found(person)) == ((400, "invalid"), [])
