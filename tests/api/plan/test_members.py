"""CareTeam/[id]/$members: who is in a team and who was; its contact; and what becomes of the tasks of who leaves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, consent, ours, participant, provision, ref, task

CONTACT = f"{DZOP}/StructureDefinition/team-contact"


def members(person: Person, name: str = "person") -> list[dict[str, Any]]:
    """The entries as they are told, each by the names of its parts."""
    answer = person.client(name).get(f"/{person.ref('CareTeam', 'team')}/$members")
    assert answer.status_code == 200, answer.text
    return [
        {part["name"]: next(value for key, value in part.items() if key != "name") for part in each["part"]}
        for each in answer.json().get("parameter", ())
    ]


def told(person: Person, member: str) -> dict[str, Any]:
    """The last entry of this member."""
    return [each for each in members(person) if each["member"]["reference"] == person.who(member)][-1]


def asked(person: Person, name: str, operation: str, **given: Any) -> httpx.Response:
    parameters = [{"name": key, **value} for key, value in given.items()]
    body = {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}
    answer = person.client(name).post(f"/{person.ref('CareTeam', 'team')}/${operation}", json=body)
    assert answer.status_code == 200, answer.text
    return answer


def stranger(person: Person) -> dict[str, Any]:
    return {"member": {"valueReference": ref(person.who("stranger"))}}


def proposed(person: Person) -> None:
    role = {"valueCodeableConcept": ours("role", "health-professional")}
    asked(person, "nurse", "propose", **stranger(person), role=role)


def with_contact(person: Person, member: str) -> Resource:
    return person.team(extension=[{"url": CONTACT, "valueReference": ref(member)}])


def owned(person: Person, member: str, status: str = "accepted") -> str:
    """A task of a member; its reference."""
    reference = person.ref("Task", f"of-{member}-{status}")
    person.store(task(reference, person.patient, owner=ref(person.who(member)), status=status))
    return reference


def state(person: Person, reference: str) -> tuple[str, bool]:
    """The status of a task, and whether it has an owner."""
    found = person.client("person").get(reference).json()
    return found["status"], "owner" in found


def test_members_are_told_with_role_and_period(person: Person) -> None:
    found = told(person, "nurse")
    assert (found["role"], found["period"], found["state"], found["current"]) == (
        ours("role", "health-professional"), {"start": "2020-01-01"}, "agreed", True,
    )  # fmt: skip


def test_a_proposal_is_told_with_its_proposer(person: Person) -> None:
    proposed(person)
    found = told(person, "stranger")
    assert (found["state"], found["current"], found["proposer"], "agreed" in found) == (
        "proposed", False, ref(person.who("nurse")), False,
    )  # fmt: skip


def test_who_agreed_is_told(person: Person) -> None:
    proposed(person)
    asked(person, "person", "agree", **stranger(person))
    found = told(person, "stranger")
    assert (found["decider"], found["proposed"] < found["agreed"]) == (ref(person.patient), True)


def test_who_declined_is_told(person: Person) -> None:
    proposed(person)
    asked(person, "person", "decline", **stranger(person))
    found = told(person, "stranger")
    assert (found["state"], found["decider"]) == ("declined", ref(person.patient))


def test_who_left_stays_told(person: Person) -> None:
    asked(person, "nurse", "leave")
    found = told(person, "nurse")
    assert (found["current"], "end" in found["period"]) == (False, True)


def test_who_was_taken_out_stays_told(person: Person) -> None:
    usual = [each for each in person.team()["participant"] if each["member"] != ref(person.who("helper"))]
    person.store(person.team(*usual))
    found = told(person, "helper")
    assert (found["current"], "removed" in found) == (False, True)


def test_the_contact_comes_first(person: Person) -> None:
    person.store(with_contact(person, person.who("carer")))
    first = members(person)[0]
    assert (first["member"], first["contact"]) == (ref(person.who("carer")), True)


def test_who_was_there_comes_last(person: Person) -> None:
    asked(person, "gp", "leave")
    assert members(person)[-1]["member"] == ref(person.who("gp"))


def test_the_person_names_the_contact(person: Person) -> None:
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    value["extension"] = [{"url": CONTACT, "valueReference": ref(person.who("nurse"))}]
    assert client.put(team, json=value).status_code == 200


def test_nobody_outside_the_team_is_its_contact(person: Person) -> None:
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    value["extension"] = [{"url": CONTACT, "valueReference": ref(person.who("cousin"))}]
    answer = client.put(team, json=value)
    assert (answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]) == (
        422,
        "team-contact",
    )


@pytest.mark.parametrize(
    ("status", "after"), [("accepted", "requested"), ("in-progress", "requested"), ("draft", "draft")]
)
def test_the_open_tasks_of_who_leaves_wait_for_somebody_else(person: Person, status: str, after: str) -> None:
    reference = owned(person, "nurse", status)
    asked(person, "nurse", "leave")
    assert state(person, reference) == (after, False)


def test_what_was_done_stays_with_who_did_it(person: Person) -> None:
    reference = owned(person, "nurse", "completed")
    asked(person, "nurse", "leave")
    assert state(person, reference) == ("completed", True)


def test_when_the_person_removes_the_last_professional_the_plan_remains(person: Person) -> None:
    reference = owned(person, "nurse")
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    value["participant"] = [
        each for each in value["participant"] if "RelatedPerson" in each["member"]["reference"]
    ]
    statuses = (
        client.put(team, json=value).status_code,
        client.get(person.ref("CarePlan", "plan")).status_code,
    )
    assert (statuses, state(person, reference)) == ((200, 200), ("requested", False))


def test_who_stays_in_another_role_keeps_the_tasks(person: Person) -> None:
    usual = person.team()["participant"]
    person.store(person.team(*usual, participant(person.who("nurse"), "care-coordinator")))
    reference = owned(person, "nurse")
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    value["participant"] = [
        each for each in value["participant"] if each["role"] != [ours("role", "care-coordinator")]
    ]
    client.put(team, json=value)
    assert state(person, reference) == ("accepted", True)


def test_the_person_is_told_that_tasks_wait(person: Person) -> None:
    reference = owned(person, "nurse")
    asked(person, "nurse", "leave")
    found = person.client("person").get(f"/Communication?recipient={person.patient}").json()["entry"]
    about = [ref(reference) in each["resource"].get("about", ()) for each in found]
    assert any(about)


def test_a_team_that_only_changes_its_name_leaves_the_tasks(person: Person) -> None:
    reference = owned(person, "nurse")
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    client.put(team, json={**value, "name": "Ons team"})
    assert state(person, reference) == ("accepted", True)


def said(person: Person, name: str) -> dict[str, Any]:
    """What the entries of a member say in extensions, by the last word of their url."""
    team = person.client("person").get(person.ref("CareTeam", "team")).json()
    found = [each for each in team["participant"] if each["member"] == ref(person.who(name))]
    return {
        extension["url"].rpartition("/")[2]: next(
            value for key, value in extension.items() if key.startswith("value")
        )
        for each in found
        for extension in each["extension"]
    }


@pytest.mark.parametrize("name", ["nurse", "neighbour"])
def test_who_leaves_says_why(person: Person, name: str) -> None:
    why = {"system": f"{DZOP}/CodeSystem/end-of-membership", "code": "need-gone"}
    asked(person, name, "leave", reasonCode={"valueCoding": why})
    assert said(person, name)["member-end-reason"] == {"coding": [why]}


def test_the_person_says_why_somebody_goes(person: Person) -> None:
    why = {"system": f"{DZOP}/CodeSystem/end-of-membership", "code": "wish-of-person"}
    member = {"valueReference": ref(person.who("nurse"))}
    asked(person, "person", "decline", member=member, reasonCode={"valueCoding": why})
    assert said(person, "nurse")["member-end-reason"] == {"coding": [why]}


def test_coordination_is_claimed_with_a_code_and_whether_it_is_paid(person: Person) -> None:
    why = {"system": f"{DZOP}/CodeSystem/coordination-reason", "code": "several-professionals"}
    asked(
        person,
        "nurse",
        "claim-coordination",
        reasonCode={"valueCoding": why},
        remunerated={"valueBoolean": True},
    )
    found = said(person, "nurse")
    assert (found["member-start-reason"], found["remunerated"]) == ({"coding": [why]}, True)


def test_a_member_who_ends_by_an_update_says_why(person: Person) -> None:
    client, team = person.client("nurse"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    (mine,) = [each for each in value["participant"] if each["member"] == ref(person.who("nurse"))]
    mine["period"]["end"] = "2026-01-01"
    why = ours("end-of-membership", "own-wish")
    mine["extension"].append(
        {"url": f"{DZOP}/StructureDefinition/member-end-reason", "valueCodeableConcept": why}
    )
    client.put(team, json=value)
    assert told(person, "nurse")["current"] is False


def test_who_was_a_case_manager_coordinates_afterwards_as_a_member(person: Person) -> None:
    over = provision("permit", (person.who("stranger"),), period={"start": "2026-01-01", "end": "2026-10-31"})
    person.store(consent(person.ref("Consent", "manager"), "case-management", person.patient, over))
    client, team = person.client("person"), person.ref("CareTeam", "team")
    value = client.get(team).json()
    week = {"start": "2026-11-01", "end": "2099-01-01"}
    for role in ("health-professional", "care-coordinator"):
        value["participant"].append(participant(person.who("stranger"), role, period=week))
    assert client.put(team, json=value).status_code == 200
