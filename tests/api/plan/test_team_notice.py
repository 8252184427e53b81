"""That the agreed members of a team are others than before is told to who is in it then."""

from __future__ import annotations

from typing import Any

import pytest
from persons import Person
from resources import DZOP, Resource, bundle, consent, entity, ours, participant, provision, put, ref

TEAM = ("CareTeam", "team")
PROPOSED = {"extension": [{"url": f"{DZOP}/StructureDefinition/member-agreement", "valueCode": "proposed"}]}


def sent(person: Person, who: str, *more: Resource, without: str = "", **elements: Any) -> None:
    """Somebody sends the team as it is, with more participants, or without somebody."""
    team = person.client(who).get(f"/{person.ref(*TEAM)}").json()
    staying = [
        each
        for each in team["participant"]
        if not without or each["member"]["reference"] != person.who(without)
    ]
    answer = person.client(who).put(
        f"/{person.ref(*TEAM)}", json={**team, "participant": [*staying, *more], **elements}
    )
    assert answer.status_code == 200, answer.text


def asked(person: Person, name: str, operation: str, **given: Any) -> None:
    parameters = [{"name": key, **value} for key, value in given.items()]
    body = {"resourceType": "Parameters", **({"parameter": parameters} if parameters else {})}
    answer = person.client(name).post(f"/{person.ref(*TEAM)}/${operation}", json=body)
    assert answer.status_code == 200, answer.text


def notices(person: Person, name: str) -> list[Resource]:
    parameters = {"topic": f"{DZOP}/CodeSystem/message-kind|team-changed", "subject": person.patient}
    found = person.client(name).get("/Communication", params=parameters).json()
    return [each["resource"] for each in found.get("entry", ())]


def doctor(person: Person) -> Resource:
    return participant(person.who("stranger"), "general-practitioner")


@pytest.mark.parametrize(
    ("name", "told"),
    [("gp", 1), ("nurse", 1), ("carer", 1), ("neighbour", 1), ("helper", 0), ("cousin", 0), ("stranger", 0)],
)
def test_who_is_in_the_team_is_told_that_somebody_was_removed(person: Person, name: str, told: int) -> None:
    sent(person, "person", without="helper")
    assert told == len(notices(person, name))


def test_members_are_told_of_what_a_representative_changes(person: Person) -> None:
    permit = provision("permit", (person.who("cousin"),), period={"start": "2020-01-01", "end": "2099-12-31"})
    document = ref(person.ref("DocumentReference", "report"))
    person.store(
        consent(person.ref("Consent", "mandate"), "mandate", person.patient, permit, sourceReference=document)
    )
    sent(person, "cousin", doctor(person))
    assert 1 == len(notices(person, "carer"))


def test_the_message_names_the_team_and_nobody(person: Person) -> None:
    sent(person, "person", doctor(person))
    (told,) = notices(person, "nurse")
    team = [ref(person.ref(*TEAM))]
    assert (told["about"], told["recipient"], "sender" in told) == (team, team, False)


def test_several_changes_at_once_are_one_message(person: Person) -> None:
    sent(person, "person", doctor(person), without="helper")
    assert 1 == len(notices(person, "nurse"))


def test_members_are_told_when_a_proposal_is_agreed(person: Person) -> None:
    member, role = ref(person.who("stranger")), ours("role", "general-practitioner")
    asked(person, "nurse", "propose", member={"valueReference": member}, role={"valueCodeableConcept": role})
    before = len(notices(person, "carer"))
    asked(person, "person", "agree", member={"valueReference": member})
    assert (before, len(notices(person, "carer"))) == (0, 1)


def test_members_are_told_when_an_informal_carer_agrees_to_a_coordinator(person: Person) -> None:
    asked(person, "nurse", "claim-coordination")
    asked(person, "carer", "agree", member={"valueReference": ref(person.who("nurse"))})
    assert 1 == len(notices(person, "gp"))


def test_a_proposal_that_is_declined_changes_nothing(person: Person) -> None:
    member, role = ref(person.who("stranger")), ours("role", "general-practitioner")
    asked(person, "nurse", "propose", member={"valueReference": member}, role={"valueCodeableConcept": role})
    asked(person, "person", "decline", member={"valueReference": member})
    assert [] == notices(person, "carer")


def test_an_entry_that_waits_by_the_word_of_who_decides_changes_nothing(person: Person) -> None:
    sent(person, "person", {**doctor(person), **PROPOSED})
    assert [] == notices(person, "nurse")


def test_what_only_describes_the_team_changes_nothing(person: Person) -> None:
    sent(person, "person", name="Team Jet")
    assert [] == notices(person, "nurse")


def test_who_leaves_is_not_announced_to_all(person: Person) -> None:
    asked(person, "helper", "leave")
    assert [] == notices(person, "nurse")


def test_a_new_team_is_no_change_of_one(person: Person) -> None:
    other = entity(
        person.ref("CareTeam", "other"),
        status="active",
        subject=ref(person.patient),
        participant=[participant(person.who("nurse"), "health-professional")],
    )
    answer = person.client("person").put(f"/CareTeam/{other['id']}", json=other)
    assert (answer.status_code, notices(person, "nurse")) == (201, [])


def test_a_transaction_tells_it_once(person: Person) -> None:
    team = person.client("person").get(f"/{person.ref(*TEAM)}").json()
    plan = person.client("person").get(f"/{person.ref('CarePlan', 'plan')}").json()
    changed = {**team, "participant": [*team["participant"], doctor(person)]}
    answer = person.client("person").post("/", json=bundle("transaction", put(changed), put(plan)))
    assert (answer.status_code, len(notices(person, "nurse"))) == (200, 1)


def test_a_setting_that_closes_the_team_closes_the_message(person: Person) -> None:
    sent(person, "person", doctor(person))
    person.store(person.settings(provision("deny", (person.who("nurse"),), classes=("care-team",))))
    assert ([], 1) == (notices(person, "nurse"), len(notices(person, "gp")))


@pytest.mark.parametrize("name", ["person", "carer", "nurse", "neighbour"])
def test_of_a_sensitive_team_only_those_hear_who_see_it(person: Person, name: str) -> None:
    label = ours("data-category", "sensitive")["coding"][0]
    sent(person, "person", doctor(person), meta={"security": [label]})
    sees = person.client(name).get(f"/{person.ref(*TEAM)}").status_code == 200
    assert sees == bool(notices(person, name))
