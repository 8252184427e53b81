"""Somebody without relation learns nothing, not even that there is something; and it is written down."""

from __future__ import annotations

import pytest
from persons import Person, ids, refused
from resources import SSIN, task

from dzop.fhir.resource_types import RESOURCE_TYPES

PERSONAL = {
    "Patient": "person",
    "RelatedPerson": "carer",
    "CarePlan": "plan",
    "Goal": "life",
    "CareTeam": "team",
    "Task": "weigh",
    "Consent": "sharing",
    "Communication": "message",
    "Appointment": "visit",
    "ServiceRequest": "physio",
    "CommunicationRequest": "call",
    "Encounter": "stay",
    "Condition": "diabetes",
    "Observation": "mobility",
    "QuestionnaireResponse": "answers",
    "DocumentReference": "report",
    "Provenance": "origin",
    "List": "pinned",
    "Composition": "consultation",
    "Binary": "photo",
}


def test_the_stories_have_a_resource_of_every_type_of_a_plan() -> None:
    kept = [
        name
        for name, entry in RESOURCE_TYPES.items()
        if entry.compartment == "person" and "create" in entry.interactions
    ]
    assert sorted(PERSONAL) == sorted(kept)


@pytest.mark.parametrize("type", PERSONAL)
def test_a_stranger_reads_nothing(known: Person, type: str) -> None:
    assert refused(known.client("stranger").get(known.ref(type, PERSONAL[type]))) == (404, "not-found")


@pytest.mark.parametrize("type", PERSONAL)
def test_a_stranger_finds_nothing(known: Person, type: str) -> None:
    assert ids(known.client("stranger").get(f"/{type}")) == []


def test_a_stranger_cannot_find_a_person_by_national_number(known: Person) -> None:
    answer = known.client("stranger").get(
        "/Patient", params={"identifier": f"{SSIN}|{known.ssin}", "_total": "accurate"}
    )
    assert (ids(answer), answer.json()["total"]) == ([], 0)


@pytest.mark.parametrize("path", ["/_history", "/_history/1"])
def test_a_stranger_sees_no_versions(known: Person, path: str) -> None:
    assert refused(known.client("stranger").get(f"{known.ref('Goal', 'life')}{path}")) == (404, "not-found")


def test_a_stranger_cannot_tell_a_hidden_id_from_a_free_one(known: Person) -> None:
    stranger = known.client("stranger")
    hidden, free = known.ref("Goal", "life"), known.ref("Goal", "none")
    assert stranger.get(hidden).text.replace(hidden, "X") == stranger.get(free).text.replace(free, "X")


def test_a_stranger_cannot_write_about_the_person(known: Person) -> None:
    answers = [
        known.client("stranger").post("/Task", json=task("Task/x", patient))
        for patient in (known.patient, "Patient/nobody-at-all")
    ]
    assert [(each.status_code, each.text) for each in answers] == [(422, answers[0].text)] * 2


def test_the_person_sees_in_the_log_that_a_stranger_tried(person: Person) -> None:
    person.client("stranger").get(person.ref("Goal", "life"))
    assert (person.who("stranger"), "4") in events(person)


def test_the_person_sees_in_the_log_that_a_stranger_searched(person: Person) -> None:
    person.client("stranger").get("/Goal", params={"patient": person.patient})
    assert (person.who("stranger"), "0") in events(person)


def test_a_demo_stranger_sees_nothing_of_the_demo_persons(known: Person) -> None:
    stranger = known.server.client("Practitioner/dr-stranger")
    assert [ids(stranger.get(f"/{type}")) for type in PERSONAL] == [[]] * len(PERSONAL)


def events(person: Person) -> list[tuple[str, str]]:
    """(who, outcome) of the events in the person's log."""
    found = (
        person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "200"}).json()
    )
    return [
        (each["resource"]["agent"][0]["who"].get("reference", ""), each["resource"]["outcome"])
        for each in found["entry"]
    ]
