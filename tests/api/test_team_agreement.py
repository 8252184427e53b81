"""A team by plain updates: who decides, who proposes, who leaves; in force with the next request."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import httpx
import pytest
from fhirpy import SyncFHIRClient
from persons import FAMILY, MEMBERS, Person
from resources import Resource, bundle, consent, entity, ours, participant, provision, ref
from resources import put as put_entry

from dzop.access.team_writing import NOT_TO_DECIDE, NOT_TO_DESCRIBE, ONLY_PROPOSED
from dzop.plan.team import MEMBER_AGREEMENT, MEMBER_PROPOSER
from dzop.plan.team_agreement import DECIDED, MISSING, NOT_TO_ADD, NOT_TO_COORDINATE

PROPOSERS = (*MEMBERS, "carer")
TEXTS = {"Prefer": "return=OperationOutcome"}
WEEK = {"start": "2030-05-06", "end": "2030-05-12"}
FROM = {"start": "2020-01-01"}


def read(person: Person, name: str = "person") -> Resource:
    answer = person.client(name).get(person.ref("CareTeam", "team"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(person: Person, name: str, team: Resource, **headers: str) -> httpx.Response:
    return person.client(name).put(person.ref("CareTeam", "team"), json=team, headers=headers)


def changed(person: Person, who: str, /, *more: Resource, **elements: Any) -> httpx.Response:
    """What somebody gets who reads the team, adds participants, and sends it."""
    team = read(person, who)
    return put(person, who, {**team, "participant": [*team["participant"], *more], **elements})


def states(team: Resource) -> dict[str, list[str]]:
    """The states of each member's entries, by the member's name."""
    found: dict[str, list[str]] = {}
    for each in team["participant"]:
        said = {e["url"]: e for e in each["extension"]}
        name = each["member"]["reference"].partition("/")[2].rpartition("-")[0]
        found.setdefault(name, []).append(said[MEMBER_AGREEMENT]["valueCode"])
    return found


def said(participants: list[Resource], member: str, state: str) -> list[Resource]:
    """The same participants, this member's waiting entries in this state."""
    found = deepcopy(participants)
    for each in found:
        for extension in each["extension"] if each["member"]["reference"] == member else ():
            if extension.get("valueCode") == "proposed":
                extension["valueCode"] = state
    return found


def decided(person: Person, member: str, state: str = "agreed", name: str = "person") -> httpx.Response:
    """Agreed or declined the way the portal does it: by sending the team with another state."""
    team = read(person, name)
    return put(person, name, {**team, "participant": said(team["participant"], person.who(member), state)})


def sees(person: Person, name: str) -> bool:
    return person.client(name).get(person.ref("CarePlan", "plan")).status_code == 200


def text(answer: httpx.Response) -> tuple[int, str, str | None]:
    """The status, the rule that is broken or else the words, and where."""
    issue = answer.json()["issue"][0]
    details = issue["details"]
    said = details["coding"][0]["code"] if "coding" in details else details["text"]
    return answer.status_code, said, (issue.get("expression") or [None])[0]


def rules(outcome: Resource) -> list[str]:
    """The rules that an OperationOutcome tells of, behind what it says first."""
    return [each["details"]["coding"][0]["code"] for each in outcome["issue"][1:]]


def stranger(person: Person, **elements: Any) -> Resource:
    return participant(person.who("stranger"), "general-practitioner", **elements)


def coordinator(person: Person, name: str, **elements: Any) -> Resource:
    return participant(person.who(name), "care-coordinator", **elements)


@pytest.mark.parametrize("name", PROPOSERS)
def test_whom_a_member_adds_waits_until_the_person_agrees(person: Person, name: str) -> None:
    answer = changed(person, name, stranger(person))
    assert (answer.status_code, states(answer.json())["stranger"], sees(person, "stranger")) == (
        200,
        ["proposed"],
        False,
    )
    assert decided(person, "stranger").status_code == 200
    assert sees(person, "stranger")


def test_who_proposed_is_told_to_the_person(person: Person) -> None:
    changed(person, "nurse", stranger(person))
    (agreement,) = read(person)["participant"][-1]["extension"]
    by = {"url": MEMBER_PROPOSER, "valueReference": ref(person.who("nurse"))}
    assert (agreement["valueCode"], agreement["_valueCode"]) == ("proposed", {"extension": [by]})


def test_a_proposal_that_is_declined_stays_known_and_gives_nothing(person: Person) -> None:
    changed(person, "nurse", stranger(person))
    decided(person, "stranger", "declined")
    assert (states(read(person))["stranger"], sees(person, "stranger")) == (["declined"], False)


def test_a_client_is_warned_that_it_only_proposed(person: Person) -> None:
    team = read(person, "nurse")
    team["participant"].append(stranger(person))
    outcome = put(person, "nurse", team, **TEXTS).json()
    (issue,) = outcome["issue"][1:]
    assert (issue["severity"], rules(outcome), issue["expression"]) == (
        "warning", ["member-waits"], ["CareTeam.participant[5]"],
    )  # fmt: skip


def test_a_warning_reaches_a_client_that_sends_a_transaction(person: Person) -> None:
    team = read(person, "nurse")
    team["participant"].append(stranger(person))
    answer = person.client("nurse").post("/", json=bundle("transaction", put_entry(team)))
    outcome = answer.json()["entry"][0]["response"]["outcome"]
    assert [each["details"]["coding"][0]["code"] for each in outcome["issue"]] == ["member-waits"]


def test_the_person_is_not_warned(person: Person) -> None:
    team = read(person)
    team["participant"].append(stranger(person))
    assert len(put(person, "person", team, **TEXTS).json()["issue"]) == 1


@pytest.mark.parametrize("name", PROPOSERS)
def test_nobody_agrees_to_the_own_proposal(person: Person, name: str) -> None:
    changed(person, name, stranger(person))
    team = read(person, name)
    answer = put(
        person, name, {**team, "participant": said(team["participant"], person.who("stranger"), "agreed")}
    )
    expression = f"CareTeam.participant[5].extension.where(url = '{MEMBER_AGREEMENT}')"
    assert text(answer) == (403, DECIDED, expression)
    assert not sees(person, "stranger")


@pytest.mark.parametrize("name", PROPOSERS)
def test_nobody_leaves_out_somebody_else(person: Person, name: str) -> None:
    other = "helper" if name == "nurse" else "nurse"
    team = read(person, name)
    kept = [each for each in team["participant"] if each["member"]["reference"] != person.who(other)]
    assert text(put(person, name, {**team, "participant": kept})) == (403, MISSING, "CareTeam.participant")
    assert sees(person, other)


@pytest.mark.parametrize("name", [*MEMBERS, *FAMILY])
def test_every_member_leaves_by_leaving_the_own_entry_out(person: Person, name: str) -> None:
    team, client = read(person, name), person.client(name)
    kept = [each for each in team["participant"] if each["member"]["reference"] != person.who(name)]
    answer = put(person, name, {**team, "participant": kept})
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(person.ref("CareTeam", "team")).status_code == 404
    assert name not in states(read(person))


def test_a_neighbour_proposes_nobody(person: Person) -> None:
    answer = changed(person, "neighbour", stranger(person))
    assert text(answer) == (403, NOT_TO_ADD, "CareTeam.participant[5]")


def test_a_neighbour_changes_nothing_by_sending_the_team_as_it_is(person: Person) -> None:
    assert put(person, "neighbour", read(person, "neighbour")).status_code == 403


def test_a_changed_period_waits_and_takes_the_place_when_it_is_agreed(person: Person) -> None:
    team = read(person, "gp")
    team["participant"][1]["period"] = {"start": "2020-01-01", "end": "2020-12-31"}
    assert states(put(person, "gp", team).json())["nurse"] == ["agreed", "proposed"]
    assert sees(person, "nurse")
    decided(person, "nurse")
    assert (states(read(person))["nurse"], sees(person, "nurse")) == (["agreed"], False)


def test_a_proposal_is_withdrawn_by_who_made_it(person: Person) -> None:
    team = read(person, "nurse")
    changed(person, "nurse", stranger(person))
    assert text(put(person, "gp", team)) == (403, MISSING, "CareTeam.participant")
    assert "stranger" not in states(put(person, "nurse", team).json())


def test_a_representative_decides_as_the_person_does(person: Person) -> None:
    cousin, document = person.who("cousin"), person.ref("DocumentReference", "report")
    mandate = provision("permit", (cousin,), period={"start": "2020-01-01", "end": "2099-12-31"})
    person.store(
        consent(
            person.ref("Consent", "mandate"),
            "mandate",
            person.patient,
            mandate,
            sourceReference=ref(document),
        )
    )
    changed(person, "nurse", stranger(person))
    assert decided(person, "stranger", name="cousin").status_code == 200
    assert sees(person, "stranger")


def test_the_same_member_is_not_there_twice(person: Person) -> None:
    again = participant(person.who("nurse"), "health-professional", period={"start": "2021-01-01"})
    assert text(changed(person, "person", again)) == (422, "member-twice", "CareTeam.participant[5]")


def test_a_member_is_recognised_by_number_too(person: Person) -> None:
    nihdi = {
        "system": "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi",
        "value": "20000005401",
    }
    person.store(entity(person.who("nurse"), active=True, identifier=[nihdi], name=[{"family": "Test"}]))
    again = {
        **participant("x", "health-professional", period={"start": "2021-01-01"}),
        "member": {"identifier": nihdi},
    }
    assert text(changed(person, "person", again)) == (422, "member-twice", "CareTeam.participant[5]")


def test_a_state_that_does_not_exist_is_refused(person: Person) -> None:
    wrong = stranger(person, extension=[{"url": MEMBER_AGREEMENT, "valueCode": "maybe"}])
    assert text(changed(person, "person", wrong)) == (
        422,
        "member-agreement",
        "CareTeam.participant[5].extension",
    )


def test_a_member_known_by_name_only_is_noted_and_gets_nothing(person: Person) -> None:
    by_name = {**stranger(person), "member": {"display": "Dr. Niemand"}}
    assert changed(person, "person", by_name).status_code == 200
    assert not sees(person, "stranger")


# -- what describes the team, and what decides ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [("person", 200), ("gp", 200), ("nurse", 403), ("helper", 403), ("carer", 403), ("neighbour", 403)],
)
@pytest.mark.parametrize(
    "elements", [{"name": "Het team van Jet"}, {"telecom": [{"system": "phone", "value": "02"}]}]
)
def test_name_and_contact_follow_the_plan(
    person: Person, name: str, expected: int, elements: Resource
) -> None:
    answer = changed(person, name, **elements)
    assert answer.status_code == expected
    if expected == 403:
        assert text(answer)[1:] == (NOT_TO_DESCRIBE, f"CareTeam.{next(iter(elements))}")


@pytest.mark.parametrize("elements", [{"status": "inactive"}, {"period": {"start": "2099-01-01"}}])
@pytest.mark.parametrize("name", PROPOSERS)
def test_what_decides_on_access_is_changed_by_who_decides(
    person: Person, name: str, elements: Resource
) -> None:
    expected = (403, NOT_TO_DECIDE, f"CareTeam.{next(iter(elements))}")
    assert text(changed(person, name, **elements)) == expected
    assert changed(person, "person", **elements).status_code == 200


def test_the_label_sensitive_would_hide_the_team_and_is_for_who_decides(person: Person) -> None:
    label = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}
    meta = {"security": [label]}
    assert text(changed(person, "gp", meta=meta)) == (403, NOT_TO_DECIDE, "CareTeam.meta.security")


def test_what_was_sent_is_kept_byte_for_byte(person: Person) -> None:
    body = read(person)
    del body["meta"]
    sent = (
        b'{"resourceType": "CareTeam", "note": [ {"text":"caf\\u00e9"} ], '
        + httpx.Response(
            200, json={key: value for key, value in body.items() if key != "resourceType"}
        ).content[1:]
    )
    client = person.client("person")
    answer = client.put(person.ref("CareTeam", "team"), content=sent)
    assert answer.status_code == 200
    assert b'"note": [ {"text":"caf\\u00e9"} ]' in answer.content


# -- teams that are made --------------------------------------------------------------------------------------


def another(person: Person, status: str) -> Resource:
    team = person.team(participant(person.who("stranger"), "general-practitioner"), status=status)
    return {key: value for key, value in team.items() if key != "id"}


@pytest.mark.parametrize("name", PROPOSERS)
def test_a_team_that_is_proposed_admits_when_the_person_agrees_to_it(person: Person, name: str) -> None:
    assert text(person.client(name).post("/CareTeam", json=another(person, "active"))) == (
        403,
        ONLY_PROPOSED,
        "CareTeam.status",
    )
    made = person.client(name).post("/CareTeam", json=another(person, "proposed"))
    assert (made.status_code, states(made.json())) == (201, {"stranger": ["proposed"]})
    client, where = person.client("person"), f"/CareTeam/{made.json()['id']}"
    team = {**made.json(), "status": "active"}
    assert client.put(where, json=team).status_code == 200
    assert not sees(person, "stranger")
    team["participant"] = said(team["participant"], person.who("stranger"), "agreed")
    assert client.put(where, json=team).status_code == 200
    assert sees(person, "stranger")


@pytest.mark.parametrize("status", ["active", "proposed"])
def test_a_neighbour_makes_no_team(person: Person, status: str) -> None:
    assert person.client("neighbour").post("/CareTeam", json=another(person, status)).status_code == 403


# -- the care coordinator -------------------------------------------------------------------------------------


def test_a_coordinator_waits_and_a_carer_agrees_on_behalf_of_the_person(person: Person) -> None:
    nurse = person.client("nurse")
    assert changed(person, "nurse", coordinator(person, "nurse")).status_code == 200
    plan = {**nurse.get(person.ref("CarePlan", "plan")).json(), "title": "Nieuw"}
    assert nurse.put(person.ref("CarePlan", "plan"), json=plan).status_code == 403
    assert decided(person, "nurse", name="carer").status_code == 200
    assert nurse.put(person.ref("CarePlan", "plan"), json=plan).status_code == 200


def test_a_carer_and_a_neighbour_do_not_claim(person: Person) -> None:
    answer = changed(person, "carer", coordinator(person, "carer"))
    assert text(answer) == (403, NOT_TO_COORDINATE, "CareTeam.participant[5].role")
    assert text(changed(person, "neighbour", coordinator(person, "neighbour")))[:2] == (403, NOT_TO_ADD)


def test_a_plan_has_one_coordinator(person: Person) -> None:
    assert changed(person, "person", coordinator(person, "nurse")).status_code == 200
    assert text(changed(person, "person", coordinator(person, "gp"))) == (409, "second-coordinator", None)
    assert changed(person, "gp", coordinator(person, "gp")).status_code == 200
    assert text(decided(person, "gp")) == (409, "second-coordinator", None)


def test_a_plan_has_one_coordinator_over_all_teams(person: Person) -> None:
    changed(person, "person", coordinator(person, "nurse"))
    second = another(person, "active")
    second["participant"] += [coordinator(person, "stranger")]
    answer = person.client("person").post("/CareTeam", json=second)
    assert text(answer)[:2] == (409, "second-coordinator")


def test_a_coordinator_is_a_member(person: Person) -> None:
    answer = changed(person, "person", coordinator(person, "stranger"))
    assert text(answer) == (422, "coordinator-outside-team", "CareTeam.participant[5]")


def test_a_coordinator_follows_another(person: Person) -> None:
    first = coordinator(person, "nurse", period={"start": "2020-01-01", "end": "2030-05-05"})
    assert changed(person, "person", first).status_code == 200
    assert (
        changed(person, "person", coordinator(person, "gp", period={"start": "2030-05-06"})).status_code
        == 200
    )


def test_a_coordinator_hands_over_for_a_while(person: Person) -> None:
    changed(person, "person", coordinator(person, "nurse"))
    changed(person, "nurse", coordinator(person, "gp", period=WEEK))
    team = read(person)
    team["participant"] = said(team["participant"], person.who("gp"), "agreed")
    answer = put(person, "person", team, **TEXTS)
    assert rules(answer.json()) == ["coordination-interrupted"] * 2
    coordinating = [
        (each["member"]["reference"], each["period"])
        for each in read(person)["participant"]
        if each["role"][0]["coding"][0]["code"] == "care-coordinator"
    ]
    assert coordinating == [
        (person.who("nurse"), {"start": "2020-01-01", "end": "2030-05-06T00:00:00+02:00"}),
        (person.who("nurse"), {"start": "2030-05-13T00:00:00+02:00"}),
        (person.who("gp"), WEEK),
    ]


def test_nobody_takes_over_from_a_coordinator_who_did_not_ask_for_it(person: Person) -> None:
    changed(person, "person", coordinator(person, "nurse"))
    changed(person, "gp", coordinator(person, "gp", period=WEEK))
    assert decided(person, "gp").status_code == 409


def test_a_case_manager_is_proposed_in_vain(person: Person) -> None:
    until = {"start": "2020-01-01", "end": "2099-12-31"}
    manages = provision("permit", (person.who("stranger"),), period=until)
    person.store(consent(person.ref("Consent", "management"), "case-management", person.patient, manages))
    changed(person, "nurse", stranger(person))
    assert text(decided(person, "stranger"))[:2] == (422, "case-manager-apart")


def test_a_team_labelled_sensitive_is_still_the_persons(person: Person) -> None:
    label = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}
    assert changed(person, "person", meta={"security": [label]}).status_code == 200
    assert person.client("carer").get(person.ref("CareTeam", "team")).status_code == 404
    assert changed(person, "person", stranger(person)).status_code == 200
    assert sees(person, "stranger")


# -- together --------------------------------------------------------------------------------------------------


def test_of_two_who_agree_at_once_one_is_told_that_the_team_changed(person: Person) -> None:
    changed(person, "nurse", stranger(person))
    team = read(person)
    team["participant"] = said(team["participant"], person.who("stranger"), "agreed")

    def agree(_: int) -> int:
        return put(person, "person", team, **{"If-Match": 'W/"2"'}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(agree, range(2))) == [200, 412]
    assert (states(read(person))["stranger"], sees(person, "stranger")) == (["agreed"], True)


def test_proposals_made_at_once_are_all_kept(person: Person) -> None:
    """Operations start from the team as it is, so nobody has to send it whole."""

    def propose(name: str) -> int:
        given = [
            {"name": "member", "valueReference": ref(person.ref("Practitioner", f"new-{name}"))},
            {"name": "role", "valueCodeableConcept": ours("role", "health-professional")},
        ]
        body = {"resourceType": "Parameters", "parameter": given}
        return person.client(name).post(f"{person.ref('CareTeam', 'team')}/$propose", json=body).status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(propose, MEMBERS)) == [200, 200, 200]
    found = states(read(person))
    assert [found[f"new-{name}"] for name in MEMBERS] == [["proposed"]] * 3


def test_two_coordinators_at_once_are_one(person: Person) -> None:
    def claim(name: str) -> int:
        return changed(person, "person", coordinator(person, name)).status_code

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(claim, ("nurse", "gp")))
    coordinating = [
        each
        for each in read(person)["participant"]
        if each["role"][0]["coding"][0]["code"] == "care-coordinator"
    ]
    assert len(coordinating) == 1


# -- a client library of others ---------------------------------------------------------------------------------


def test_a_library_that_knows_nothing_of_ours_proposes_and_agrees(person: Person) -> None:
    def library(name: str) -> SyncFHIRClient:
        return SyncFHIRClient(
            person.server.fhir, authorization=f"Bearer {person.server.token(person.who(name))}"
        )

    team = library("nurse").reference("CareTeam", f"team-{person.mark}").to_resource()
    team["participant"] = [*team["participant"], stranger(person)]
    team.save()
    assert not sees(person, "stranger")
    team = library("person").reference("CareTeam", f"team-{person.mark}").to_resource()
    team["participant"] = said(team["participant"], person.who("stranger"), "agreed")
    team.save()
    assert sees(person, "stranger")


# -- the log -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (lambda person: changed(person, "nurse", stranger(person)), "0"),
        (lambda person: changed(person, "nurse", status="inactive"), "4"),
        (lambda person: changed(person, "nurse", coordinator(person, "nurse")), "0"),
    ],
)
def test_what_happens_to_the_team_is_in_the_log(
    person: Person, act: Callable[[Person], httpx.Response], outcome: str
) -> None:
    act(person)
    found = person.client("person").get("/AuditEvent", params={"patient": person.patient, "_count": "100"})
    nurse = [
        each["resource"]["outcome"]
        for each in found.json()["entry"]
        if person.who("nurse") in str(each["resource"]["agent"]) and each["resource"]["action"] == "U"
    ]
    assert nurse == [outcome]
