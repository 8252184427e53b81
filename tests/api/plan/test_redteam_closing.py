"""What an attacker tried against offers, messages and teams of a plan, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from persons import Person, refused
from resources import DZOP, communication, consent, ours, participant, provision, ref, task

CANDIDATE = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
NARRATIVE = {"status": "additional", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Anders</div>'}
LEAP_SECOND = "2016-12-31T23:59:60Z"


@pytest.fixture
def offered(person: Person) -> dict[str, Any]:
    """A Task that is offered to the neighbour and the carer."""
    whom = [{"url": CANDIDATE, "valueReference": ref(person.who(name))} for name in ("neighbour", "carer")]
    there = task(person.ref("Task", "offer"), person.patient, status="requested", extension=whom)
    person.store(there)
    return there


@pytest.mark.parametrize("more", [{"meta": SENSITIVE}, {"text": NARRATIVE}], ids=["a label", "a narrative"])
def test_who_leaves_an_offer_to_others_changes_nothing_else_of_it(
    person: Person, offered: dict[str, Any], more: dict[str, Any]
) -> None:
    left = {**offered, "extension": offered["extension"][1:], **more}
    answer = person.client("neighbour").put(f"/Task/{offered['id']}", json=left)
    assert (403, "forbidden") == refused(answer)


def test_who_leaves_an_offer_to_others_does_so_with_a_word(person: Person, offered: dict[str, Any]) -> None:
    left = {**offered, "extension": offered["extension"][1:], "note": [{"text": "Ik ben weg."}]}
    assert 200 == person.client("neighbour").put(f"/Task/{offered['id']}", json=left).status_code


def test_a_leap_second_in_the_period_of_a_team_counts_as_the_second_before(person: Person) -> None:
    team = person.team(period={"start": LEAP_SECOND})
    assert 200 == person.client("person").put(f"/CareTeam/{team['id']}", json=team).status_code


def test_a_leap_second_in_a_consent_counts_as_the_second_before(person: Person) -> None:
    permit = provision("permit", period={"start": LEAP_SECOND})
    given = consent(person.ref("Consent", "leap"), "sharing", person.patient, permit)
    assert 201 == person.client("person").put(f"/Consent/{given['id']}", json=given).status_code


@pytest.mark.parametrize("category", ["message", "shared-note"])
def test_nobody_writes_a_message_that_looks_like_one_of_the_server(person: Person, category: str) -> None:
    forged = communication(
        person.ref("Communication", "forged"), person.patient, category, "x", person.patient
    )
    forged["topic"] = ours("message-kind", "plan-ended")
    del forged["sender"]
    answer = person.client("nurse").put(f"/Communication/{forged['id']}", json=forged)
    rules = [each["details"]["coding"][0]["code"] for each in answer.json()["issue"]]
    assert (422, ["message-unsigned"]) == (answer.status_code, rules)


@pytest.mark.parametrize("name", ["person", "nurse"])
def test_nobody_makes_a_team_so_large_that_comparing_its_entries_takes_long(
    person: Person, name: str
) -> None:
    many = [participant(f"PractitionerRole/none-{number}", "health-professional") for number in range(251)]
    team = person.team(*many)
    answer = person.client(name).put(f"/CareTeam/{team['id']}", json=team)
    rules = [each["details"]["coding"][0]["code"] for each in answer.json()["issue"]]
    assert (422, ["team-too-large"]) == (answer.status_code, rules)
