"""Who is invited to an appointment answers for themselves, and nobody else changes that answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import consent, entity, participant, provision, ref

PATCH = {"Content-Type": "application/json-patch+json"}
CORRECT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "correct"}]}
FIRST = ("person", "gp", "neighbour", "carer")
"""Who is invited, in this order."""


@pytest.fixture
def invited(person: Person) -> Person:
    """Somebody with an appointment to which the person said no, and the neighbour nothing yet."""
    said = ("declined", "accepted", "needs-action", "accepted")
    actors = [
        {"actor": ref(person.who(each)), "status": status} for each, status in zip(FIRST, said, strict=True)
    ]
    times = {"start": "2027-03-01T10:00:00+01:00", "end": "2027-03-01T11:00:00+01:00"}
    person.store(entity(about(person), status="booked", participant=actors, **times))
    return person


def about(person: Person) -> str:
    return person.ref("Appointment", "invited")


def answered(person: Person, who: str, whose: str, status: str, *more: dict[str, Any]) -> int:
    """The answer to a patch by which somebody gives the answer of an invited person."""
    said = {"op": "replace", "path": f"/participant/{FIRST.index(whose)}/status", "value": status}
    return patched(person, who, said, *more).status_code


def patched(person: Person, who: str, *operations: dict[str, Any]) -> httpx.Response:
    return person.client(who).patch(f"/{about(person)}", json=list(operations), headers=PATCH)


def standing(person: Person) -> dict[str, str]:
    found = person.client("person").get(f"/{about(person)}").json()["participant"]
    return {name: each["status"] for name, each in zip(FIRST, found, strict=True)}


def spoken_for(person: Person, reference: str) -> set[tuple[str, str]]:
    """Who entered an answer, in which capacity, and for whom."""
    found = person.client("person").get("/Provenance", params={"target": reference}).json()
    agents = [agent for each in found.get("entry", ()) for agent in each["resource"]["agent"]]
    return {(each["who"]["reference"], each["onBehalfOf"]["reference"]) for each in agents}


def entering(person: Person, who: str, whose: str) -> set[tuple[str, str]]:
    """The same of a professional who entered one answer."""
    practitioner = person.who(who)
    role = practitioner.replace("Practitioner/", "PractitionerRole/")
    return {(practitioner, person.who(whose)), (role, person.who(whose))}


def coordinated_by(person: Person, name: str) -> None:
    usual = person.team()["participant"]
    person.store(person.team(*usual, participant(person.who(name), "care-coordinator")))


@pytest.mark.parametrize("who", FIRST)
def test_who_is_invited_answers(invited: Person, who: str) -> None:
    code = answered(invited, who, who, "tentative")
    assert (code, standing(invited)[who]) == (200, "tentative")


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [
        ("carer", "person", "accepted"),
        ("carer", "person", "needs-action"),
        ("gp", "person", "accepted"),
        ("person", "gp", "declined"),
        ("carer", "neighbour", "accepted"),
        ("neighbour", "person", "accepted"),
    ],
)
def test_nobody_answers_for_somebody_else(invited: Person, who: str, whose: str, status: str) -> None:
    before = standing(invited)
    assert (answered(invited, who, whose, status), standing(invited)) == (403, before)


def test_a_refusal_says_whose_answer_it_is(invited: Person) -> None:
    said = {"op": "replace", "path": "/participant/0/status", "value": "accepted"}
    (issue,) = patched(invited, "carer", said).json()["issue"]
    assert (issue["expression"], "`needs-action`" in issue["details"]["text"]) == (
        ["Appointment.participant[0].status"],
        True,
    )


def test_who_is_invited_changes_nothing_else(invited: Person) -> None:
    more = {"op": "add", "path": "/description", "value": "Bij mij thuis"}
    assert answered(invited, "neighbour", "neighbour", "accepted", more) == 403


def test_who_is_invited_puts_no_label_on_it(invited: Person) -> None:
    sensitive = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}
    more = {"op": "add", "path": "/meta/security/-", "value": sensitive}
    assert answered(invited, "neighbour", "neighbour", "accepted", more) == 403


def test_who_is_not_invited_answers_nothing(invited: Person) -> None:
    seen = invited.client("nurse").get(f"/{about(invited)}").json()
    seen["participant"].append({"actor": ref(invited.who("cousin")), "status": "accepted"})
    assert invited.client("nurse").put(f"/{about(invited)}", json=seen).status_code == 403


def test_whom_a_setting_keeps_from_changing_appointments_does_not_answer(invited: Person) -> None:
    closed = provision("deny", (invited.who("neighbour"),), ("appointment",), action=[CORRECT])
    invited.store(invited.settings(closed))
    assert answered(invited, "neighbour", "neighbour", "accepted") == 403


def test_nobody_answers_after_the_end(invited: Person) -> None:
    patient = invited.client("person").get(f"/{invited.patient}").json()
    invited.store({**patient, "deceasedDateTime": "2026-01-01"})
    assert answered(invited, "neighbour", "neighbour", "accepted") == 403


def test_who_may_change_the_appointment_invites_somebody_else(invited: Person) -> None:
    asked = {"actor": ref(invited.who("nurse")), "status": "needs-action"}
    answer = patched(invited, "carer", {"op": "add", "path": "/participant/-", "value": asked})
    assert answer.status_code == 200


def test_a_meeting_at_another_time_asks_anew(invited: Person) -> None:
    later = {"op": "replace", "path": "/start", "value": "2027-03-01T10:30:00+01:00"}
    code = answered(invited, "carer", "person", "needs-action", later)
    assert (code, standing(invited)["person"]) == (200, "needs-action")


def test_who_makes_an_appointment_says_what_the_others_said_and_for_whom(person: Person) -> None:
    actors = [{"actor": ref(person.who(each)), "status": "accepted"} for each in ("person", "nurse")]
    given = {"resourceType": "Appointment", "status": "proposed", "participant": actors}
    made = person.client("nurse").post("/Appointment", json=given)
    found = spoken_for(person, f"Appointment/{made.json()['id']}")
    assert (made.status_code, found) == (201, entering(person, "nurse", "person"))


@pytest.mark.parametrize(
    ("whose", "status", "expected"),
    [
        ("neighbour", "accepted", 200),
        ("carer", "declined", 200),
        ("person", "accepted", 403),
    ],
    ids=["who said nothing yet", "who changed their mind", "who said no"],
)
def test_the_coordinator_enters_what_was_said_by_telephone(
    invited: Person, whose: str, status: str, expected: int
) -> None:
    coordinated_by(invited, "gp")
    code = answered(invited, "gp", whose, status)
    entered = entering(invited, "gp", whose) if expected == 200 else set()
    assert (code, spoken_for(invited, about(invited))) == (expected, entered)


def test_a_representative_answers_for_the_person(invited: Person) -> None:
    permit = provision("permit", (invited.who("carer"),), period={"start": "2026-01-01"})
    document = ref(invited.ref("DocumentReference", "report"))
    mandate = invited.ref("Consent", "mandate")
    invited.store(consent(mandate, "mandate", invited.patient, permit, sourceReference=document))
    code = answered(invited, "carer", "person", "accepted")
    assert (code, spoken_for(invited, about(invited))) == (
        200,
        {(invited.who("carer"), invited.patient)},
    )
