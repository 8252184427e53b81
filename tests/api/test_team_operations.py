"""$propose, $agree, $decline, $leave and $claim-coordination: in one word what an update does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from persons import FAMILY, MEMBERS, Person
from resources import Resource, entity, ours, participant, ref

from dzop.interactions.team import MEMBER_OR_ENTRY
from dzop.plan.team import MEMBER_AGREEMENT
from dzop.plan.team_agreement import DECIDED, NOT_TO_ADD, NOT_TO_CHANGE, NOT_TO_COORDINATE

COORDINATOR = ours("role", "care-coordinator")
WEEK = {"start": "2030-05-06", "end": "2030-05-12"}


def ask(person: Person, name: str, operation: str, *given: Resource, **headers: str) -> httpx.Response:
    body = {"resourceType": "Parameters", **({"parameter": list(given)} if given else {})}
    where = f"{person.ref('CareTeam', 'team')}/${operation}"
    return person.client(name).post(where, json=body, headers=headers)


def member(reference: str) -> Resource:
    return {"name": "member", "valueReference": ref(reference)}


def role(code: str) -> Resource:
    return {"name": "role", "valueCodeableConcept": ours("role", code)}


def during(period: Resource) -> Resource:
    return {"name": "period", "valuePeriod": period}


def proposed(person: Person, name: str, *more: Resource, **headers: str) -> httpx.Response:
    """`name` proposes the stranger."""
    given = (member(person.who("stranger")), role("general-practitioner"), *more)
    return ask(person, name, "propose", *given, **headers)


def entries(team: Resource, reference: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(role, state, period) of each entry of a member."""
    return [
        (
            each["role"][0]["coding"][0]["code"],
            next(e["valueCode"] for e in each["extension"] if e["url"] == MEMBER_AGREEMENT),
            each.get("period", {}),
        )
        for each in team["participant"]
        if each["member"]["reference"] == reference
    ]


def team_of(person: Person) -> Resource:
    return person.client("person").get(person.ref("CareTeam", "team")).json()


def sees(person: Person, name: str) -> bool:
    return person.client(name).get(person.ref("CarePlan", "plan")).status_code == 200


def text(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the rule that is broken, or else the words."""
    details = answer.json()["issue"][0]["details"]
    return answer.status_code, details["coding"][0]["code"] if "coding" in details else details["text"]


@pytest.mark.parametrize(
    ("name", "state"),
    [("person", "agreed"), *((name, "proposed") for name in (*MEMBERS, "carer"))],
)
def test_who_decides_adds_at_once_and_others_propose(person: Person, name: str, state: str) -> None:
    answer = proposed(person, name, during(WEEK))
    assert answer.status_code == 200
    assert entries(answer.json(), person.who("stranger")) == [("general-practitioner", state, WEEK)]


def test_whom_the_person_agrees_to_has_access_with_the_next_request(person: Person) -> None:
    proposed(person, "nurse")
    assert not sees(person, "stranger")
    assert ask(person, "person", "agree", member(person.who("stranger"))).status_code == 200
    assert sees(person, "stranger")


def test_whom_the_person_declines_has_none_and_may_be_proposed_again(person: Person) -> None:
    proposed(person, "nurse")
    ask(person, "person", "decline", member(person.who("stranger")))
    again = proposed(person, "gp")
    assert [state for _, state, _ in entries(again.json(), person.who("stranger"))] == [
        "declined",
        "proposed",
    ]
    assert not sees(person, "stranger")


def test_who_proposed_takes_it_back(person: Person) -> None:
    proposed(person, "nurse")
    assert text(ask(person, "gp", "decline", member(person.who("stranger")))) == (403, DECIDED)
    answer = ask(person, "nurse", "decline", member(person.who("stranger")))
    assert entries(answer.json(), person.who("stranger")) == []


@pytest.mark.parametrize("name", [*MEMBERS, *FAMILY])
def test_nobody_else_agrees(person: Person, name: str) -> None:
    proposed(person, "nurse")
    assert text(ask(person, name, "agree", member(person.who("stranger")))) == (403, DECIDED)
    assert not sees(person, "stranger")


@pytest.mark.parametrize("name", [*MEMBERS, *FAMILY])
def test_the_person_ends_a_membership_and_its_history_stays(person: Person, name: str) -> None:
    assert sees(person, name) or name == "neighbour"
    answer = ask(person, "person", "decline", member(person.who(name)))
    ((_, state, period),) = entries(answer.json(), person.who(name))
    assert (state, period["start"], "end" in period) == ("agreed", "2020-01-01", True)
    assert person.client(name).get(person.ref("CareTeam", "team")).status_code == 404


def test_nobody_else_ends_a_membership(person: Person) -> None:
    answer = ask(person, "gp", "decline", member(person.who("nurse")))
    assert entries(answer.json(), person.who("nurse"))[0] == (
        "health-professional",
        "agreed",
        {"start": "2020-01-01"},
    )
    assert sees(person, "nurse")


@pytest.mark.parametrize("name", [*MEMBERS, *FAMILY])
def test_every_member_leaves_at_once_and_its_history_stays(person: Person, name: str) -> None:
    answer = ask(person, name, "leave")
    assert (answer.status_code, answer.content) == (200, b"")
    assert person.client(name).get(person.ref("CareTeam", "team")).status_code == 404
    ((_, state, period),) = entries(team_of(person), person.who(name))
    assert (state, "end" in period) == ("agreed", True)


def test_who_left_does_not_leave_again(person: Person) -> None:
    ask(person, "nurse", "leave")
    assert ask(person, "nurse", "leave").status_code == 404


def test_who_leaves_takes_the_coordination_along(person: Person) -> None:
    ask(person, "nurse", "claim-coordination")
    ask(person, "carer", "agree", member(person.who("nurse")))
    ask(person, "nurse", "leave")
    assert [("end" in period) for _, _, period in entries(team_of(person), person.who("nurse"))] == [
        True,
        True,
    ]
    ask(person, "gp", "claim-coordination")
    assert ask(person, "carer", "agree", member(person.who("gp"))).status_code == 200


def test_whom_the_person_ends_coordinates_no_more(person: Person) -> None:
    ask(person, "nurse", "claim-coordination")
    ask(person, "carer", "agree", member(person.who("nurse")))
    ask(person, "person", "decline", member(person.who("nurse")))
    assert [("end" in period) for _, _, period in entries(team_of(person), person.who("nurse"))] == [
        True,
        True,
    ]
    assert not sees(person, "nurse")


def test_who_was_to_come_later_is_taken_out(person: Person) -> None:
    later = participant(person.who("nurse"), "welfare-professional", period=WEEK)
    person.store({**person.team(), "participant": [*person.team()["participant"], later]})
    ask(person, "nurse", "leave")
    assert len(entries(team_of(person), person.who("nurse"))) == 1


def test_an_organisation_is_not_taken_out_by_who_works_there(person: Person) -> None:
    employer = person.ref("Organization", "employer-stranger")
    person.store(person.team(participant(employer, "general-practitioner")))
    assert text(ask(person, "stranger", "leave")) == (422, "not-a-member")
    assert person.server.client(employer).post(f"{person.ref('CareTeam', 'team')}/$leave").status_code == 200
    assert not sees(person, "stranger")


def test_who_is_no_member_does_not_leave(person: Person) -> None:
    assert text(ask(person, "person", "leave")) == (422, "not-a-member")


# -- the care coordinator -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEMBERS)
def test_a_professional_claims_and_a_carer_agrees(person: Person, name: str) -> None:
    claimed = ask(person, name, "claim-coordination")
    assert entries(claimed.json(), person.who(name))[1][:2] == ("care-coordinator", "proposed")
    agreed = ask(person, "carer", "agree", member(person.who(name)))
    assert entries(agreed.json(), person.who(name))[1][:2] == ("care-coordinator", "agreed")


def test_who_claimed_does_not_claim_again(person: Person) -> None:
    found = [ask(person, "nurse", "claim-coordination").status_code for _ in range(2)]
    assert found == [200, 422]


def test_a_carer_declines_a_coordinator(person: Person) -> None:
    ask(person, "nurse", "claim-coordination")
    answer = ask(person, "carer", "decline", member(person.who("nurse")))
    assert entries(answer.json(), person.who("nurse"))[1][:2] == ("care-coordinator", "declined")


def test_a_neighbour_agrees_to_nobody(person: Person) -> None:
    ask(person, "nurse", "claim-coordination")
    assert text(ask(person, "neighbour", "agree", member(person.who("nurse")))) == (403, DECIDED)


@pytest.mark.parametrize(("name", "why"), [("carer", NOT_TO_COORDINATE), ("neighbour", NOT_TO_ADD)])
def test_family_and_friends_do_not_claim(person: Person, name: str, why: str) -> None:
    assert text(ask(person, name, "claim-coordination")) == (403, why)


def test_there_is_one_coordinator(person: Person) -> None:
    for name in ("nurse", "gp"):
        ask(person, name, "claim-coordination")
    assert ask(person, "person", "agree", member(person.who("nurse"))).status_code == 200
    assert text(ask(person, "person", "agree", member(person.who("gp")))) == (409, "second-coordinator")


def test_two_claims_agreed_at_once_make_one_coordinator(person: Person) -> None:
    for name in ("nurse", "gp"):
        ask(person, name, "claim-coordination")

    def agree(name: str) -> int:
        return ask(person, "person", "agree", member(person.who(name))).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(agree, ("nurse", "gp"))) == [200, 409]


def test_a_claim_lasts_no_longer_than_the_membership(person: Person) -> None:
    ends = participant(
        person.who("nurse"), "health-professional", period={"start": "2020-01-01", "end": "2090-01-01"}
    )
    person.store(person.team(ends))
    claimed = ask(person, "nurse", "claim-coordination")
    assert entries(claimed.json(), person.who("nurse"))[1][2]["end"] == "2090-01-01"
    assert ask(person, "person", "agree", member(person.who("nurse"))).status_code == 200


def test_a_claim_for_longer_than_the_membership_is_not_agreed(person: Person) -> None:
    ends = participant(
        person.who("nurse"), "health-professional", period={"start": "2020-01-01", "end": "2030-01-01"}
    )
    person.store(person.team(ends))
    ask(person, "nurse", "claim-coordination", during(WEEK))
    assert text(ask(person, "person", "agree", member(person.who("nurse")))) == (
        422,
        "coordinator-outside-team",
    )


def test_a_coordinator_is_replaced_for_a_week(person: Person) -> None:
    ask(person, "nurse", "claim-coordination", during({"start": "2020-01-01"}))
    ask(person, "person", "agree", member(person.who("nurse")))
    given = (member(person.who("gp")), {"name": "role", "valueCodeableConcept": COORDINATOR}, during(WEEK))
    ask(person, "nurse", "propose", *given)
    answer = ask(person, "carer", "agree", member(person.who("gp")))
    team = answer.json()
    assert [period for _, _, period in entries(team, person.who("nurse"))][1:] == [
        {"start": "2020-01-01", "end": "2030-05-06T00:00:00+02:00"},
        {"start": "2030-05-13T00:00:00+02:00"},
    ]
    assert entries(team, person.who("gp"))[1] == ("care-coordinator", "agreed", WEEK)


def test_who_is_no_member_claims_nothing(person: Person) -> None:
    assert text(ask(person, "person", "claim-coordination")) == (422, "not-a-member")


# -- asking it right ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["propose", "agree", "decline", "leave", "claim-coordination"])
def test_who_does_not_see_the_team_finds_nothing(person: Person, operation: str) -> None:
    given = [member(person.who("nurse"))] if operation in ("propose", "agree", "decline") else []
    given += [role("health-professional")] if operation == "propose" else []
    assert ask(person, "stranger", operation, *given).status_code == 404


@pytest.mark.parametrize("operation", ["agree", "decline"])
def test_an_entry_that_is_not_there_is_refused(person: Person, operation: str) -> None:
    answer = ask(person, "person", operation, member(person.who("stranger")))
    assert text(answer) == (422, "entry-unknown")


def test_nothing_waits_twice_for_the_same_agreement(person: Person) -> None:
    proposed(person, "nurse")
    found = [ask(person, "person", "agree", member(person.who("stranger"))) for _ in range(2)]
    assert [each.status_code for each in found] == [200, 422]


def test_several_entries_that_wait_are_told_apart_by_role_or_id(person: Person) -> None:
    waits = {"extension": [{"url": MEMBER_AGREEMENT, "valueCode": "proposed"}]}
    more = [
        participant(person.who("stranger"), "general-practitioner", id="one", **waits),
        participant(person.who("stranger"), "health-professional", id="two", **waits),
    ]
    person.store(person.team(*person.team()["participant"], *more))
    whom = member(person.who("stranger"))
    assert text(ask(person, "person", "agree", whom)) == (422, "entry-unclear")
    assert ask(person, "person", "agree", whom, role("general-practitioner")).status_code == 200
    answer = ask(person, "person", "decline", {"name": "entry", "valueString": "two"})
    assert [state for _, state, _ in entries(answer.json(), person.who("stranger"))] == ["agreed", "declined"]


@pytest.mark.parametrize("both", [True, False])
def test_an_entry_is_named_in_one_way(person: Person, both: bool) -> None:
    given = [member(person.who("nurse")), {"name": "entry", "valueString": "x"}] if both else []
    assert text(ask(person, "person", "agree", *given)) == (400, MEMBER_OR_ENTRY)


@pytest.mark.parametrize("operation", ["propose", "agree", "decline"])
def test_a_member_is_recognisable(person: Person, operation: str) -> None:
    nobody = {"name": "member", "valueReference": {"display": "Dr. Niemand"}}
    given = [nobody, role("general-practitioner")] if operation == "propose" else [nobody]
    assert text(ask(person, "person", operation, *given)) == (422, "member-unrecognisable")


def test_what_would_be_no_team_is_refused(person: Person) -> None:
    answer = ask(person, "person", "propose", member("Goal/x"), role("general-practitioner"))
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"][0].startswith("CareTeam.participant[5].member")


def test_another_version_is_not_changed(person: Person) -> None:
    assert proposed(person, "nurse", **{"If-Match": 'W/"1"'}).status_code == 200
    assert proposed(person, "gp", **{"If-Match": 'W/"1"'}).status_code == 412


def test_a_client_that_prefers_words_is_told_that_it_waits(person: Person) -> None:
    answer = proposed(person, "nurse", Prefer="return=OperationOutcome")
    assert answer.json()["issue"][1]["details"]["coding"][0]["code"] == "member-waits"


def test_what_changes_a_team_is_posted(person: Person) -> None:
    where = f"{person.ref('CareTeam', 'team')}/$leave"
    assert person.client("nurse").get(where).status_code == 405
    assert sees(person, "nurse")


def test_every_team_operation_is_announced(person: Person) -> None:
    rest = person.client("person").get("/metadata").json()["rest"][0]["resource"]
    (operations,) = (each["operation"] for each in rest if each["type"] == "CareTeam")
    assert {each["name"] for each in operations} >= {
        "propose",
        "agree",
        "decline",
        "leave",
        "claim-coordination",
    }


def test_refusals_are_in_the_log(person: Person) -> None:
    ask(person, "nurse", "agree", member(person.who("stranger")))
    proposed(person, "gp")
    ask(person, "helper", "agree", member(person.who("stranger")))
    found = person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "100"})
    outcomes = {
        name: [
            each["resource"]["outcome"]
            for each in found.json()["entry"]
            if person.who(name) in str(each["resource"]["agent"])
        ]
        for name in ("nurse", "gp", "helper")
    }
    assert outcomes == {"nurse": ["4"], "gp": ["0"], "helper": ["4"]}


def test_the_directory_is_no_team(person: Person) -> None:
    person.store(entity(person.ref("Organization", "empty"), active=True, name="Leeg"))
    answer = person.client("person").post(f"{person.ref('Organization', 'empty')}/$leave")
    assert answer.status_code == 404


def test_nobody_changes_an_entry_of_somebody_else_without_a_word(person: Person) -> None:
    assert text(ask(person, "neighbour", "decline", member(person.who("nurse")))) == (403, NOT_TO_CHANGE)
