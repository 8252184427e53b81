"""Who is meant: by reference, and by the numbers that systems know each other's people by."""

from __future__ import annotations

import pytest
from persons import Person, ids
from resources import (
    NIHDI,
    SSIN,
    Resource,
    consent,
    entity,
    goal,
    nihdi,
    participant,
    provision,
    ref,
    ssin,
    task,
)  # fmt: skip

OLD_SSIN, OLD_NIHDI = (each.replace("/core/", "/") for each in (SSIN, NIHDI))


def logical(system: str, value: str) -> Resource:
    return {"identifier": {"system": system, "value": value}}


@pytest.fixture
def numbered(person: Person) -> tuple[Person, str, str]:
    """A person whose stranger has a national number and a NIHDI number."""
    number, national = nihdi("004"), ssin()
    identifiers = [{"system": NIHDI, "value": number}, {"system": SSIN, "value": national}]
    known = entity(person.who("stranger"), active=True, name=[{"family": "Test"}], identifier=identifiers)
    person.store(known)
    return person, number, national


@pytest.mark.parametrize("system", [SSIN, OLD_SSIN])
def test_a_person_is_meant_by_national_number(person: Person, system: str) -> None:
    body = goal("Goal/x", person.patient, subject=logical(system, person.ssin))
    answer = person.client("gp").post("/Goal", json=body)
    assert (answer.status_code, answer.json()["subject"]) == (201, logical(system, person.ssin))


@pytest.mark.parametrize("system", [SSIN, OLD_SSIN])
def test_a_person_is_found_by_national_number_in_its_old_and_new_system(known: Person, system: str) -> None:
    assert ids(known.client("gp").get(f"/Patient?identifier={system}|{known.ssin}")) == [
        f"person-{known.mark}"
    ]


def test_what_is_written_about_a_national_number_is_in_the_plan(person: Person) -> None:
    made = (
        person.client("gp")
        .post("/Goal", json=goal("Goal/x", person.patient, subject=logical(SSIN, person.ssin)))
        .json()
    )
    assert person.client("person").get(f"/Goal/{made['id']}").status_code == 200


@pytest.mark.parametrize("digits", [8, 11])
@pytest.mark.parametrize("system", [NIHDI, OLD_NIHDI])
def test_a_member_is_meant_by_nihdi_number(
    numbered: tuple[Person, str, str], system: str, digits: int
) -> None:
    person, number, _ = numbered
    person.store(
        person.team({**participant("x", "general-practitioner"), "member": logical(system, number[:digits])})
    )
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 200


def test_a_member_is_meant_by_national_number(numbered: tuple[Person, str, str]) -> None:
    person, _, national = numbered
    person.store(person.team({**participant("x", "general-practitioner"), "member": logical(SSIN, national)}))
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 200


@pytest.mark.parametrize("kind", ["nihdi", "ssin"])
def test_an_exclusion_by_number_excludes(numbered: tuple[Person, str, str], kind: str) -> None:
    person, number, national = numbered
    refused = provision("deny", ("x",))
    refused["actor"][0]["reference"] = (
        logical(NIHDI, number[:8]) if kind == "nihdi" else logical(SSIN, national)
    )
    person.store(
        person.team(participant(person.who("stranger"), "general-practitioner")),
        consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, refused),
    )
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


def test_an_owner_by_nihdi_number_may_change_the_task(numbered: tuple[Person, str, str]) -> None:
    person, number, _ = numbered
    body = task(person.ref("Task", "theirs"), person.patient, owner=logical(NIHDI, number))
    person.store(body, person.team(participant(person.who("stranger"), "general-practitioner")))
    answer = person.client("stranger").put(person.ref("Task", "theirs"), json={**body, "status": "accepted"})
    assert (answer.status_code, answer.json().get("status")) == (200, "accepted")


def test_a_number_that_becomes_known_later_admits_from_then_on(person: Person) -> None:
    number = nihdi("004")
    person.store(person.team({**participant("x", "general-practitioner"), "member": logical(NIHDI, number)}))
    before = person.client("stranger").get(person.ref("CarePlan", "plan")).status_code
    person.store(entity(person.who("stranger"), active=True, identifier=[{"system": NIHDI, "value": number}]))
    assert (before, person.client("stranger").get(person.ref("CarePlan", "plan")).status_code) == (404, 200)


def test_a_number_that_two_carry_admits_neither(person: Person) -> None:
    number = nihdi("004")
    identifier = [{"system": NIHDI, "value": number}]
    person.store(
        entity(person.who("stranger"), active=True, identifier=identifier),
        entity(f"Practitioner/double-{person.mark}", active=True, identifier=identifier),
        person.team({**participant("x", "general-practitioner"), "member": logical(NIHDI, number)}),
    )
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


@pytest.mark.parametrize(
    "focus",
    [
        logical("https://other.example", "1"),
        ref("https://other.example/fhir/Goal/1"),
        ref("Goal/life/_history/1"),
        {"display": "Een doel elders"},
        ref("MedicationRequest/1"),
    ],
)
def test_references_of_other_people_s_systems_are_kept_as_sent(person: Person, focus: Resource) -> None:
    answer = person.client("gp").post("/Task", json=task("Task/x", person.patient, focus=focus))
    assert (answer.status_code, answer.json()["focus"]) == (201, focus)


@pytest.mark.parametrize("names", [("person", "other"), ("nobody",)])
def test_an_appointment_of_two_persons_or_none_is_refused(
    person: Person, known: Person, names: tuple[str, ...]
) -> None:
    actors = {"person": person.patient, "other": known.patient, "nobody": person.who("nurse")}
    body = entity("Appointment/x", status="booked", start="2027-01-11T10:00:00Z", end="2027-01-11T10:30:00Z")
    body["participant"] = [{"actor": ref(actors[name]), "status": "accepted"} for name in names]
    assert person.client("gp").post("/Appointment", json=body).status_code == 422
