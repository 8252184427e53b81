"""CarePlan/[id]/$overview: what there is to look at in a plan, by what each asker sees."""

from __future__ import annotations

from typing import Any

import pytest
from persons import Person
from resources import DZOP, Resource, concept, consent, entity, goal, ours, participant, provision, ref, task

ACCEPTANCE = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"
REVIEW_DUE = f"{DZOP}/StructureDefinition/review-due"


def told(person: Person, name: str = "person", **query: str) -> dict[str, list[str]]:
    """The remarks by code, with what each is about."""
    answer = person.client(name).get(f"/{person.ref('CarePlan', 'plan')}/$overview", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, list[str]] = {}
    for each in answer.json().get("parameter", ()):
        parts = each["part"]
        code = next(part["valueCoding"]["code"] for part in parts if part["name"] == "code")
        found[code] = [part["valueReference"]["reference"] for part in parts if part["name"] == "about"]
    return found


def coordinator(person: Person) -> Resource:
    return participant(person.who("nurse"), "care-coordinator")


def members(person: Person) -> list[Resource]:
    usual: list[Resource] = person.team()["participant"]
    return usual


def test_a_team_without_coordinator_is_told(person: Person) -> None:
    before = "no-coordinator" in told(person)
    person.store(person.team(*members(person), coordinator(person)))
    assert (before, "no-coordinator" in told(person)) == (True, False)


def test_a_coordinator_who_only_waits_does_not_coordinate(person: Person) -> None:
    person.client("nurse").post(
        f"/{person.ref('CareTeam', 'team')}/$claim-coordination", json={"resourceType": "Parameters"}
    )
    found = told(person)
    assert ("no-coordinator" in found, found["waiting-proposal"]) == (True, [person.who("nurse")])


def test_a_plan_without_team_is_told(person: Person) -> None:
    person.store(person.team(status="inactive"))
    assert "no-team" in told(person)


def test_nobody_speaks_for_the_person_until_somebody_does(person: Person) -> None:
    before = "no-representation" in told(person)
    mandate = provision("permit", (person.who("cousin"),), period={"start": "2020-01-01"})
    document = ref(person.ref("DocumentReference", "report"))
    person.store(
        consent(
            person.ref("Consent", "mandate"), "mandate", person.patient, mandate, sourceReference=document
        )
    )
    assert (before, "no-representation" in told(person)) == (True, False)


def test_the_person_in_the_team_speaks_too(person: Person) -> None:
    person.store(person.team(*members(person), participant(person.patient, "person")))
    assert "no-representation" not in told(person)


def test_a_mandate_that_is_over_speaks_for_nobody(person: Person) -> None:
    mandate = provision(
        "permit", (person.who("cousin"),), period={"start": "2020-01-01", "end": "2021-01-01"}
    )
    document = ref(person.ref("DocumentReference", "report"))
    person.store(
        consent(
            person.ref("Consent", "mandate"), "mandate", person.patient, mandate, sourceReference=document
        )
    )
    assert "no-representation" in told(person)


def test_a_team_without_family_or_friends_is_told(person: Person) -> None:
    before = "no-informal-network" in told(person)
    person.store(person.team(participant(person.who("gp"), "general-practitioner")))
    assert (before, "no-informal-network" in told(person)) == (False, True)


def test_a_team_of_one_discipline_is_told(person: Person) -> None:
    before = "single-discipline" in told(person)
    person.store(person.team(participant(person.who("nurse"), "health-professional")))
    assert (before, "single-discipline" in told(person)) == (False, True)


def test_a_plan_without_anybody_else_works(person: Person) -> None:
    person.store(person.team(participant(person.patient, "person")))
    assert told(person)["no-informal-network"] == []


def test_members_who_did_nothing_yet_are_told(person: Person) -> None:
    assert sorted(told(person)["not-contributed"]) == sorted(
        person.who(each) for each in ("helper", "carer", "neighbour")
    )


def test_who_writes_something_has_contributed(person: Person) -> None:
    message = entity(
        person.ref("Communication", "hello"), status="completed", category=[ours("data-category", "shared-note")],
        subject=ref(person.patient), sender=ref(person.who("helper")), payload=[{"contentString": "Dag"}],
    )  # fmt: skip
    before = person.who("helper") in told(person)["not-contributed"]
    person.store(message)
    assert (before, person.who("helper") in told(person)["not-contributed"]) == (True, False)


def test_who_contributed_out_of_sight_has_not_for_who_asks(person: Person) -> None:
    """The carer's only entry is about the own burden, which the general practitioner does not see."""
    found = {name: told(person, name).get("not-contributed", []) for name in ("gp", "helper")}
    assert person.who("carer") in found["gp"]


def test_a_task_that_waits_is_no_contribution(person: Person) -> None:
    person.store(task(person.ref("Task", "help"), person.patient, owner=ref(person.who("helper"))))
    assert person.who("helper") in told(person)["not-contributed"]


def test_a_plan_without_life_goal_is_told(person: Person) -> None:
    before = "no-life-goal" in told(person)
    life = goal(person.ref("Goal", "life"), person.patient, "life-goal", lifecycleStatus="cancelled")
    person.store(life)
    assert (before, "no-life-goal" in told(person)) == (False, True)


def test_a_plan_whose_goals_were_talked_about_is_not_one_without_life_goal(person: Person) -> None:
    plan = person.client("person").get(f"/{person.ref('CarePlan', 'plan')}").json()
    day = {"url": f"{DZOP}/StructureDefinition/goals-discussed", "valueDate": "2026-01-05"}
    life = goal(person.ref("Goal", "life"), person.patient, "life-goal", lifecycleStatus="cancelled")
    person.store(life, {**plan, "extension": [*plan.get("extension", ()), day]})
    found = person.client("person").get("/CarePlan", params={"goals-discussed": "2026-01-05"}).json()
    assert ("no-life-goal" in told(person), found["total"]) == (False, 1)


def test_a_goal_that_serves_no_life_goal_is_told(person: Person) -> None:
    alone = person.ref("Goal", "alone")
    person.store(goal(alone, person.patient))
    assert told(person)["goal-without-life-goal"] == [alone]


def test_a_goal_serves_a_life_goal_by_way_of_another(person: Person) -> None:
    target = {"url": "target", "valueReference": ref(person.ref("Goal", "care"))}
    kind = {"url": "type", "valueCodeableConcept": {"text": "draagt bij aan"}}
    link = {"url": "http://hl7.org/fhir/StructureDefinition/goal-relationship", "extension": [kind, target]}
    person.store(goal(person.ref("Goal", "step"), person.patient, extension=[link]))
    assert "goal-without-life-goal" not in told(person)


def test_a_goal_that_somebody_does_not_agree_with_is_told(person: Person) -> None:
    refused = person.ref("Goal", "refused")
    parts: list[Any] = [
        {"url": "individual", "valueReference": ref(person.who("gp"))},
        {"url": "status", "valueCode": "disagree"},
    ]
    person.store(goal(refused, person.patient, extension=[{"url": ACCEPTANCE, "extension": parts}]))
    assert told(person)["goal-not-agreed"] == [refused]


def test_a_task_of_nobody_is_told(person: Person) -> None:
    free = person.ref("Task", "free")
    person.store(task(free, person.patient))
    assert told(person)["task-unassigned"] == [free]


@pytest.mark.parametrize(
    ("owner", "is_told"), [("stranger", True), ("cousin", True), ("nurse", False), ("person", False)]
)
def test_a_task_of_somebody_outside_the_team_is_told(person: Person, owner: str, is_told: bool) -> None:
    theirs = person.ref("Task", "theirs")
    person.store(task(theirs, person.patient, owner=ref(person.who(owner))))
    assert (theirs in told(person).get("task-owner-left", [])) is is_told


def test_a_case_manager_is_in_no_team_and_may_have_tasks(person: Person) -> None:
    theirs, period = person.ref("Task", "theirs"), {"start": "2026-01-01", "end": "2999-01-01"}
    grant = provision("permit", (person.who("stranger"),), period=period)
    person.store(
        consent(person.ref("Consent", "manager"), "case-management", person.patient, grant),
        task(theirs, person.patient, owner=ref(person.who("stranger"))),
    )
    assert "task-owner-left" not in told(person)


def test_who_asks_for_a_task_has_contributed(person: Person) -> None:
    before = person.who("helper") in told(person)["not-contributed"]
    person.store(task(person.ref("Task", "asked"), person.patient, requester=ref(person.who("helper"))))
    assert (before, person.who("helper") in told(person)["not-contributed"]) == (True, False)


@pytest.mark.parametrize(("end", "is_told"), [("2020-01-01", True), ("2099-01-01", False)])
def test_a_task_whose_day_has_passed_is_told(person: Person, end: str, is_told: bool) -> None:
    late = person.ref("Task", "late")
    person.store(
        task(late, person.patient, owner=ref(person.who("gp")), restriction={"period": {"end": end}})
    )
    assert ("task-overdue" in told(person)) is is_told


def test_a_goal_whose_review_is_overdue_is_told(person: Person) -> None:
    old = person.ref("Goal", "old")
    person.store(goal(old, person.patient, extension=[{"url": REVIEW_DUE, "valueDate": "2020-01-01"}]))
    assert told(person)["review-overdue"] == [old]


def test_a_plan_without_overall_assessment_is_told(person: Person) -> None:
    before = "no-overall-assessment" in told(person)
    person.store(
        entity(
            person.ref("DocumentReference", "bilan"), status="current", subject=ref(person.patient),
            type=concept(f"{DZOP}/CodeSystem/document-kind", "overall-assessment"),
            content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
        )
    )  # fmt: skip
    assert (before, "no-overall-assessment" in told(person)) == (True, False)


def test_what_somebody_does_not_see_changes_nothing_for_them(person: Person) -> None:
    before = told(person, "helper")
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    person.store(task(person.ref("Task", "hidden"), person.patient, meta=sensitive))
    assert told(person, "helper") == before


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "niemand coördineert de zorg"), ("fr", "personne ne coordonne les soins"),
     ("de", "niemand koordiniert die Versorgung"), ("en", "nobody coordinates the care")],
)  # fmt: skip
def test_remarks_are_told_in_the_language_that_is_asked(person: Person, language: str, words: str) -> None:
    address = f"/{person.ref('CarePlan', 'plan')}/$overview?language={language}"
    parts = [
        part for each in person.client("person").get(address).json()["parameter"] for part in each["part"]
    ]
    assert words in [part.get("valueString") for part in parts]


def test_a_language_that_is_none_of_ours_is_refused(person: Person) -> None:
    answer = person.client("person").get(f"/{person.ref('CarePlan', 'plan')}/$overview?language=es")
    assert answer.status_code == 400
