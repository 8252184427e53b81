"""All that is kept of a person: complete for whoever asks, in order, in pages, and nothing more."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import httpx
import pytest
from persons import Person, ids, refused
from resources import communication, entity, goal, ref, task

from dzop.access.everything import CARE_DATES
from dzop.fhir.resource_types import RESOURCE_TYPES

KEPT = [
    name
    for name, entry in RESOURCE_TYPES.items()
    if entry.compartment == "person" and "update" in entry.interactions
]
DIRECTORY = {name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "directory"}


def asked(person: Person, name: str, query: str = "") -> httpx.Response:
    answer = person.client(name).get(f"/{person.patient}/$everything{query}")
    assert answer.status_code == 200, answer.text
    return answer


def keys(answer: httpx.Response, mode: str = "match") -> list[str]:
    """`Type/id` of the entries of a mode, in order."""
    entries = [each for each in answer.json().get("entry", ()) if each["search"]["mode"] == mode]
    return [f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in entries]


def next_of(answer: httpx.Response) -> str | None:
    return next((link["url"] for link in answer.json()["link"] if link["relation"] == "next"), None)


def searched(person: Person, name: str) -> set[str]:
    """What searches of every type find of this person."""
    client, found = person.client(name), set[str]()
    for type in KEPT:
        parameter = {"Patient": "_id", "Binary": "security-context:Communication.patient"}.get(
            type, "patient"
        )
        query = f"/{type}?{parameter}={person.patient.removeprefix('Patient/')}&_count=1000"
        found |= {f"{type}/{id}" for id in ids(client.get(query))}
    return found


@pytest.mark.parametrize("name", ["person", "gp", "nurse", "helper", "carer"])
def test_it_is_what_searches_of_every_type_find(known: Person, name: str) -> None:
    assert set(keys(asked(known, name))) == searched(known, name)


def test_the_patient_comes_first_and_the_rest_by_type_and_id(known: Person) -> None:
    found = keys(asked(known, "person"))
    assert found == [known.patient, *sorted(found[1:], key=lambda key: tuple(key.split("/")))]


def test_the_total_is_of_what_is_visible(known: Person) -> None:
    answer = asked(known, "helper")
    assert answer.json()["total"] == len(keys(answer))


def test_each_entry_is_as_it_is_read(known: Person) -> None:
    client = known.client("gp")
    entries = asked(known, "gp").json()["entry"]
    assert [client.get(each["fullUrl"]).json() for each in entries] == [each["resource"] for each in entries]


def test_whom_the_resources_name_comes_with_them(known: Person) -> None:
    assert set(keys(asked(known, "gp"), "include")) == {
        known.who("gp"), known.who("nurse"), known.who("helper"),
    }  # fmt: skip


def test_a_role_that_is_named_brings_the_practitioner_and_the_organisation(person: Person) -> None:
    role = person.ref("PractitionerRole", "stranger")
    person.store(task(person.ref("Task", "of-a-role"), person.patient, owner=ref(role)))
    found = set(
        keys(asked(person, "person", "?_type=Task,PractitionerRole,Practitioner,Organization"), "include")
    )
    assert {role, person.who("stranger"), person.ref("Organization", "employer-stranger")} <= found


def test_whom_only_a_hidden_resource_names_does_not_come(person: Person) -> None:
    hidden = communication(
        person.ref("Communication", "secret"),
        person.patient,
        "message",
        person.who("gp"),
        person.who("stranger"),
    )
    person.store(hidden)
    assert person.who("stranger") not in keys(asked(person, "helper"), "include")


def test_what_is_hidden_changes_nothing_of_the_answer(person: Person) -> None:
    def plain(answer: httpx.Response) -> str:
        return re.sub(r'"(id|lastUpdated)":"[^"]*"', "", answer.text, count=2)

    before = plain(asked(person, "helper"))
    person.store(
        communication(
            person.ref("Communication", "aside"),
            person.patient,
            "message",
            person.who("gp"),
            person.who("nurse"),
        )
    )
    assert plain(asked(person, "helper")) == before


@pytest.mark.parametrize("count", [1, 4, 1000])
def test_pages_hold_everything_once_and_in_order(known: Person, count: int) -> None:
    client, url = known.client("person"), f"/{known.patient}/$everything?_count={count}"
    pages, following = [], client.get(url)
    while True:
        pages.append(keys(following))
        if next_of(following) is None:
            break
        following = client.get(str(next_of(following)))
    assert (list(chain.from_iterable(pages)), max(map(len, pages)) <= count) == (
        keys(asked(known, "person")),
        True,
    )


def test_the_next_page_is_asked_of_the_same_operation_with_the_same_parameters(known: Person) -> None:
    url = str(next_of(asked(known, "person", "?_count=2&_type=Goal,Task&_since=2020-01-01T00:00:00Z")))
    assert re.fullmatch(
        rf"{known.server.fhir}/{known.patient}/\$everything"
        r"\?_since=2020-01-01T00%3A00%3A00Z&_type=Goal%2CTask&_count=2&_page=[^&]+",
        url,
    )


def test_a_page_names_whom_it_names_and_no_others(person: Person) -> None:
    answer = asked(person, "person", "?_type=Patient,Practitioner&_count=1")
    assert keys(answer, "include") == []


def test_the_next_page_is_for_whoever_asked(known: Person) -> None:
    url = str(next_of(asked(known, "person", "?_count=2")))
    assert refused(known.client("gp").get(url))[0] == 400


def test_the_next_page_is_of_the_same_person(known: Person, person: Person) -> None:
    url = str(next_of(asked(known, "person", "?_count=2"))).replace(known.patient, person.patient)
    assert refused(known.client("person").get(url))[0] in (400, 404)


def test_rights_withdrawn_meanwhile_hold_on_the_next_page(person: Person) -> None:
    url = str(next_of(asked(person, "gp", "?_count=2")))
    person.store(person.sharing("inactive"))
    answer = person.client("gp").get(url)
    assert answer.status_code == 404 or keys(answer) == []


def test_types_are_a_list_and_may_be_repeated(known: Person) -> None:
    found = keys(asked(known, "person", "?_type=Goal,CarePlan&_type=Task"))
    assert {key.partition("/")[0] for key in found} == {"CarePlan", "Goal", "Task"}


def test_since_gives_what_changed_then_or_later(person: Person) -> None:
    changed = person.ref("Goal", "care")
    person.store(goal(changed, person.patient, "care-goal", description={"text": "Anders"}))
    since = person.client("person").get(f"/{changed}").json()["meta"]["lastUpdated"]
    assert keys(asked(person, "person", f"?_since={since}")) == [changed]


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("start=2027-01-01&end=2027-01-31", True),
        ("start=2027-01-11", True),
        ("end=2027-01-11", True),
        ("start=2027-01-12", False),
        ("end=2027-01-10", False),
    ],
)
def test_care_outside_the_time_asked_for_is_left_out(known: Person, query: str, there: bool) -> None:
    found = keys(asked(known, "person", f"?_type=Appointment&{query}"))
    assert found == ([known.ref("Appointment", "visit")] if there else [])


def test_what_has_no_date_of_care_is_always_there(known: Person) -> None:
    assert keys(asked(known, "person", "?_type=Patient,Condition&start=2050-01-01")) == [
        known.patient,
        known.ref("Condition", "diabetes"),
    ]


@pytest.mark.parametrize("name", CARE_DATES)
def test_a_date_of_care_is_one_that_is_searched(name: str) -> None:
    type, _, parameter = name.partition(".")
    found = RESOURCE_TYPES[type].parameter(parameter)
    assert found is not None
    assert found.type == "date"


def test_post_asks_the_same(known: Person) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Goal"}]}
    answer = known.client("person").post(f"/{known.patient}/$everything", json=body)
    assert keys(answer) == keys(asked(known, "person", "?_type=Goal"))


def test_the_next_page_looks_like_this_one(known: Person) -> None:
    answer = asked(known, "person", "?_count=2&_elements=status&_format=json&_pretty=true")
    assert "&_elements=status&_format=json&_pretty=true&_page=" in str(next_of(answer))


def test_xml_can_be_had(known: Person) -> None:
    answer = asked(known, "person", "?_type=Patient&_format=xml")
    assert (answer.headers["Content-Type"].partition(";")[0], known.mark in answer.text) == (
        "application/fhir+xml",
        True,
    )


def test_scopes_that_do_not_reach_a_type_leave_it_out(known: Person) -> None:
    client = known.client("person", scope="user/Patient.r user/Goal.rs")
    found = client.get(f"/{known.patient}/$everything")
    assert {key.partition("/")[0] for key in (*keys(found), *keys(found, "include"))} == {"Patient", "Goal"}


def test_a_type_out_of_reach_that_is_asked_for_is_refused(known: Person) -> None:
    client = known.client("person", scope="user/Patient.r user/Goal.rs")
    assert refused(client.get(f"/{known.patient}/$everything?_type=Task")) == (403, "forbidden")


def test_whoever_sees_a_task_but_not_the_person_is_told_nothing(known: Person) -> None:
    assert refused(known.client("neighbour").get(f"/{known.patient}/$everything")) == (404, "not-found")


@pytest.mark.parametrize(
    "query",
    [
        "_count=0", "_count=1001", "_count=x", "_count=-1", "_type=Nothing", "_type=", "_type=AuditEvent",
        "_since=lately", "start=2027-13-01", "end=x", "_page=x", "colour=red", "_count=1&_count=2",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(known: Person, query: str) -> None:
    assert refused(known.client("person").get(f"/{known.patient}/$everything?{query}"))[0] == 400


def test_the_person_s_log_has_one_line_of_it(person: Person) -> None:
    asked(person, "gp")
    events = person.client("person").get(f"/AuditEvent?patient={person.patient}&_count=1000").json()["entry"]
    mine = [each["resource"] for each in events if "$everything" in _codes(each["resource"])]
    # What is said about a carer's burden is in the log of that carer alone.
    assert [each["entity"][0]["what"]["reference"] for each in mine] == [person.patient]


def _codes(event: dict[str, Any]) -> list[str]:
    return [each["code"] for each in event["subtype"]]


def test_a_batch_asks_it_too(known: Person) -> None:
    entry = {"request": {"method": "GET", "url": f"{known.patient}/$everything?_type=Patient"}}
    body = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    (answered,) = known.client("person").post("/", json=body).json()["entry"]
    assert answered["resource"]["entry"][0]["resource"]["id"] == known.patient.removeprefix("Patient/")


def test_an_empty_answer_has_no_entries(known: Person) -> None:
    answer = asked(known, "person", "?_since=2999-01-01T00:00:00Z").json()
    assert (answer["total"], "entry" in answer) == (0, False)


def test_the_operator_sees_everything(known: Person) -> None:
    answer = known.client("system").get(f"/{known.patient}/$everything")
    assert set(keys(answer)) >= set(keys(asked(known, "person"))) | {known.ref("Observation", "burden")}


def test_a_reference_under_our_own_base_counts(person: Person) -> None:
    owner = ref(f"{person.server.fhir}/{person.who('stranger')}")
    person.store(task(person.ref("Task", "absolute"), person.patient, owner=owner))
    assert person.who("stranger") in keys(asked(person, "person"), "include")


def test_what_only_looks_like_a_reference_does_not(person: Person) -> None:
    text = f'{{"reference":"{person.who("stranger")}"}}'
    person.store(
        entity(
            person.ref("Goal", "text"),
            lifecycleStatus="active",
            subject=ref(person.patient),
            description={"text": text},
        )
    )
    assert person.who("stranger") not in keys(asked(person, "person"), "include")
