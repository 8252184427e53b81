"""A team: who is told of proposals and decisions, what gives no access, and a case manager who stands in none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, consent, entity, ours, participant, provision, ref, task

from dzop.plan.team_changes import NOT_YOURSELF

TEXTS = {"Prefer": "return=OperationOutcome"}
MANDATED = {"start": "2020-01-01", "end": "2099-12-31"}


def asked(person: Person, name: str, operation: str, **given: Any) -> httpx.Response:
    parameters = [{"name": key, **value} for key, value in given.items()]
    body = {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}
    return person.client(name).post(f"/{person.ref('CareTeam', 'team')}/${operation}", json=body)


def who(reference: str) -> dict[str, Any]:
    return {"valueReference": ref(reference)}


def as_(code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": ours("role", code)}


def proposed(person: Person, name: str = "nurse", member: str = "stranger", **given: Any) -> httpx.Response:
    answer = asked(
        person, name, "propose", member=who(person.who(member)), role=as_("general-practitioner"), **given
    )
    assert answer.status_code == 200, answer.text
    return answer


def sent(person: Person, *more: Resource, name: str = "person", **headers: str) -> httpx.Response:
    """The team as it is, with more participants."""
    client, team = person.client(name), person.ref("CareTeam", "team")
    value = client.get(team).json()
    return client.put(team, json={**value, "participant": [*value["participant"], *more]}, headers=headers)


def rules(answer: httpx.Response) -> list[str]:
    """The rules that are broken, or remarked on."""
    told = (each["details"] for each in answer.json()["issue"] if "details" in each)
    return [code["code"] for each in told for code in each.get("coding", ()) if "plan-rule" in code["system"]]


def notices(person: Person, name: str, topic: str) -> list[Resource]:
    parameters = {"topic": f"{DZOP}/CodeSystem/message-kind|{topic}", "subject": person.patient}
    found = person.client(name).get("/Communication", params=parameters).json()
    return [each["resource"] for each in found.get("entry", ())]


def mandate(person: Person, member: str = "cousin") -> Resource:
    document = ref(person.ref("DocumentReference", "report"))
    permit = provision("permit", (person.who(member),), period=MANDATED)
    return consent(
        person.ref("Consent", "mandate"), "mandate", person.patient, permit, sourceReference=document
    )


def managed(person: Person) -> None:
    """The stranger is the case manager."""
    manages = provision("permit", (person.who("stranger"),), period=MANDATED)
    person.store(consent(person.ref("Consent", "management"), "case-management", person.patient, manages))


# -- who is told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"), [("person", 1), ("cousin", 1), ("nurse", 0), ("gp", 0), ("carer", 0)]
)
def test_who_decides_is_told_of_a_proposal(person: Person, name: str, told: int) -> None:
    person.store(mandate(person))
    proposed(person)
    assert told == len(notices(person, name, "member-proposed"))


@pytest.mark.parametrize(("name", "told"), [("person", 1), ("carer", 1), ("gp", 0), ("nurse", 0)])
def test_who_may_agree_to_a_coordinator_is_told_of_a_claim(person: Person, name: str, told: int) -> None:
    asked(person, "nurse", "claim-coordination")
    assert told == len(notices(person, name, "member-proposed"))


def test_a_notice_of_a_proposal_says_what_team_and_does_not_say_who_else_decides(person: Person) -> None:
    person.store(mandate(person))
    proposed(person)
    (told,) = notices(person, "person", "member-proposed")
    assert (told["about"], told["recipient"], "sender" in told) == (
        [ref(person.ref("CareTeam", "team"))], [ref(person.patient)], False,
    )  # fmt: skip


@pytest.mark.parametrize("operation", ["agree", "decline"])
def test_who_proposed_is_told_what_was_decided(person: Person, operation: str) -> None:
    proposed(person)
    asked(person, "person", operation, member=who(person.who("stranger")))
    found = [len(notices(person, name, "member-decided")) for name in ("nurse", "gp", "helper")]
    assert found == [1, 0, 0]


def test_nobody_is_told_when_who_proposed_takes_it_back(person: Person) -> None:
    proposed(person)
    asked(person, "nurse", "decline", member=who(person.who("stranger")))
    assert notices(person, "nurse", "member-decided") == []


def test_nobody_is_told_of_what_the_person_enters(person: Person) -> None:
    proposed(person, "person")
    assert notices(person, "person", "member-proposed") == []


# -- proposing ----------------------------------------------------------------------------------------------


def test_who_is_proposed_again_waits_once_and_is_agreed_to(person: Person) -> None:
    proposed(person)
    again = proposed(person)
    found = [
        each for each in again.json()["participant"] if each["member"]["reference"] == person.who("stranger")
    ]
    answer = asked(person, "person", "agree", member=who(person.who("stranger")))
    assert (len(found), answer.status_code) == (1, 200)


def test_the_same_proposal_twice_in_a_team_that_is_sent_is_refused(person: Person) -> None:
    proposed(person)
    (waits,) = (
        each
        for each in person.client("nurse").get(person.ref("CareTeam", "team")).json()["participant"]
        if each["member"]["reference"] == person.who("stranger")
    )
    answer = sent(person, waits, name="nurse")
    assert (answer.status_code, rules(answer)) == (422, ["member-twice"])


def test_who_left_is_proposed_again(person: Person) -> None:
    asked(person, "nurse", "leave")
    answer = asked(
        person, "person", "propose", member=who(person.who("nurse")), role=as_("health-professional")
    )
    assert (answer.status_code, person.client("nurse").get(person.ref("CareTeam", "team")).status_code) == (
        200, 200,
    )  # fmt: skip


def test_a_member_who_is_made_coordinator_is_so_from_now_and_no_longer_than_a_member(person: Person) -> None:
    ends = participant(person.who("carer"), "informal-carer", period=MANDATED)
    person.store(person.team(ends))
    role = as_("care-coordinator")
    answer = asked(person, "person", "propose", member=who(person.who("carer")), role=role)
    period = answer.json()["participant"][-1]["period"]
    assert (period["end"], period["start"] > "2026") == ("2099-12-31", True)


# -- leaving ------------------------------------------------------------------------------------------------


def test_who_leaves_may_say_who_it_is(person: Person) -> None:
    assert asked(person, "nurse", "leave", member=who(person.who("nurse"))).status_code == 200
    assert person.client("nurse").get(person.ref("CareTeam", "team")).status_code == 404


def test_nobody_leaves_for_somebody_else(person: Person) -> None:
    answer = asked(person, "nurse", "leave", member=who(person.who("gp")))
    assert (answer.status_code, answer.json()["issue"][0]["details"]["text"]) == (403, NOT_YOURSELF)


def test_a_coordinator_lays_down_the_coordination_and_stays(person: Person) -> None:
    asked(person, "nurse", "claim-coordination")
    asked(person, "person", "agree", member=who(person.who("nurse")))
    left = asked(person, "nurse", "leave", role=as_("care-coordinator"))
    asked(person, "gp", "claim-coordination")
    taken = asked(person, "person", "agree", member=who(person.who("gp")))
    assert (left.status_code, taken.status_code) == (200, 200)


def test_nobody_leaves_a_role_that_is_somebody_elses(person: Person) -> None:
    answer = asked(person, "nurse", "leave", role=as_("care-coordinator"))
    assert (answer.status_code, rules(answer)) == (422, ["not-a-member"])


def test_the_open_tasks_of_a_team_that_is_deleted_wait_for_somebody_else(person: Person) -> None:
    reference = person.ref("Task", "visit")
    person.store(task(reference, person.patient, owner=ref(person.who("nurse")), status="accepted"))
    client = person.client("person")
    deleted = client.delete(person.ref("CareTeam", "team"))
    found = client.get(reference).json()
    assert (deleted.status_code, found["status"], "owner" in found) == (204, "requested", False)
    assert len(notices(person, "person", "tasks-unassigned")) == 1


# -- what gives no access -----------------------------------------------------------------------------------


def without_role(person: Person) -> Resource:
    return {"role": [{"text": "huisarts"}], "member": ref(person.who("stranger"))}


@pytest.mark.parametrize(
    "entry",
    [
        without_role,
        lambda person: participant(person.who("stranger"), "person"),
        lambda person: participant(person.who("stranger"), "representative"),
        lambda person: {"role": [ours("role", "informal-carer")], "member": {"display": "de buurvrouw"}},
        lambda person: {"role": [ours("role", "informal-carer")]},
        lambda person: participant(person.ref("PractitionerRole", "nobody"), "general-practitioner"),
    ],
    ids=["words", "person", "representative", "display", "nobody", "unknown"],
)
@pytest.mark.parametrize("name", ["person", "nurse"])
def test_an_entry_that_gives_no_access_is_kept_and_remarked_on(person: Person, name: str, entry: Any) -> None:
    answer = sent(person, entry(person), name=name, **TEXTS)
    assert (answer.status_code, "member-without-access" in rules(answer)) == (200, True)


@pytest.mark.parametrize(
    ("member", "role"),
    [("stranger", "general-practitioner"), ("cousin", "informal-network"), ("person", "care-coordinator")],
)
def test_an_entry_that_gives_access_is_not_remarked_on(person: Person, member: str, role: str) -> None:
    member_entry = participant(person.who("person"), "person")
    more = [member_entry] if member == "person" else []
    answer = sent(person, *more, participant(person.who(member), role), **TEXTS)
    assert (answer.status_code, rules(answer)) == (200, [])


def test_an_entry_that_was_there_is_not_remarked_on_again(person: Person) -> None:
    sent(person, without_role(person))
    assert rules(sent(person, **TEXTS)) == []


@pytest.mark.parametrize("name", ["person", "nurse"])
def test_a_code_that_our_roles_do_not_have_is_refused(person: Person, name: str) -> None:
    answer = asked(person, name, "propose", member=who(person.who("stranger")), role=as_("wizard"))
    assert (answer.status_code, rules(answer)) == (422, ["member-code-unknown"])


def test_a_reason_that_our_codes_do_not_have_is_refused(person: Person) -> None:
    why = {"valueCoding": {"system": f"{DZOP}/CodeSystem/coordination-reason", "code": "because"}}
    answer = asked(person, "nurse", "claim-coordination", reasonCode=why)
    assert (answer.status_code, rules(answer)) == (422, ["member-code-unknown"])


# -- a case manager ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role",
    [ours("role", "case-manager"), ours("role", "informal-network"), {"text": "casemanager"}],
    ids=["case-manager", "informal-network", "words"],
)
def test_a_case_manager_stands_in_no_team_in_whatever_role(person: Person, role: Resource) -> None:
    managed(person)
    answer = sent(person, {"role": [role], "member": ref(person.who("stranger"))})
    assert (answer.status_code, rules(answer)) == (422, ["case-manager-apart"])


def test_nobody_in_the_team_becomes_case_manager(person: Person) -> None:
    sent(person, without_role(person))
    until = provision("permit", (person.who("stranger"),), period=MANDATED)
    given = consent(person.ref("Consent", "given"), "case-management", person.patient, until)
    del given["id"]
    answer = person.client("person").post("/Consent", json=given)
    assert (answer.status_code, rules(answer)) == (422, ["case-manager-apart"])


def test_where_a_case_manager_works_may_be_in_the_team(person: Person) -> None:
    managed(person)
    employer = participant(person.ref("Organization", "employer-stranger"), "welfare-professional")
    assert sent(person, employer).status_code == 200


# -- how to reach them ---------------------------------------------------------------------------------------


PHONE = {"system": "phone", "value": "+32 470 00 00 01"}


def reached(person: Person, name: str, member: str) -> list[Resource]:
    """The telecom of a member, as somebody is told it."""
    answer = person.client(name).get(f"/{person.ref('CareTeam', 'team')}/$members")
    return [
        part["valueContactPoint"]
        for each in answer.json()["parameter"]
        if {"name": "member", "valueReference": ref(person.who(member))} in each["part"]
        for part in each["part"]
        if part["name"] == "telecom"
    ]


def test_members_are_told_with_their_telephone_numbers(person: Person) -> None:
    related = entity(person.who("carer"), active=True, patient=ref(person.patient), telecom=[PHONE])
    person.store(related, entity(person.who("nurse"), active=True, telecom=[PHONE]))
    assert [reached(person, "person", each) for each in ("carer", "nurse", "gp")] == [[PHONE], [PHONE], []]


def test_a_number_that_one_may_not_read_is_not_told(person: Person) -> None:
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    related = {"active": True, "patient": ref(person.patient), "telecom": [PHONE], "meta": sensitive}
    person.store(entity(person.who("carer"), **related))
    hidden = person.client("helper").get(person.who("carer")).status_code
    assert (hidden, reached(person, "helper", "carer")) == (404, [])
