"""A plan among the plans of a person: its states, what it is part of, and what is done twice."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person
from resources import Resource, concept, consent, entity, ours, provision, ref, task

OUTCOME = {"Prefer": "return=OperationOutcome"}
EXERCISE = concept("http://snomed.info/sct", "229065009")


def plan(person: Person, name: str, **elements: Any) -> Resource:
    """A plan that is part of the umbrella, unless said otherwise."""
    whole = [ref(person.ref("CarePlan", "plan"))]
    said = {"status": "active", "intent": "plan", "subject": ref(person.patient), "partOf": whole, **elements}
    made = {key: value for key, value in said.items() if value is not None}
    return entity(person.ref("CarePlan", name), **made)


def exercises(code: Resource = EXERCISE, **elements: Any) -> list[Resource]:
    return [{"detail": {"status": "scheduled", "code": code, **elements}}]


def sent(person: Person, resource: Resource, who: str = "person") -> httpx.Response:
    url = f"/{resource['resourceType']}/{resource['id']}"
    return person.client(who).put(url, json=resource, headers=OUTCOME)


def warned(answer: httpx.Response) -> list[tuple[str, str]]:
    """(rule, where) of each warning."""
    assert answer.status_code in (200, 201), answer.text
    return [
        (each["details"]["coding"][0]["code"], each["expression"][0])
        for each in answer.json()["issue"]
        if each["severity"] == "warning"
    ]


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """(status, rule, where) of a refusal by a rule."""
    issue = answer.json()["issue"][0]
    return answer.status_code, issue["details"]["coding"][0]["code"], issue["expression"][0]


# -- states ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "draft"), ("on-hold", "draft"), ("revoked", "active"), ("completed", "active"),
     ("completed", "revoked"), ("entered-in-error", "active")],
)  # fmt: skip
def test_a_plan_takes_no_step_back(person: Person, before: str, after: str) -> None:
    person.store(plan(person, "pathway", status=before))
    answer = sent(person, plan(person, "pathway", status=after))
    assert refusal(answer) == (409, "plan-status", "CarePlan.status")


@pytest.mark.parametrize(
    ("before", "after"),
    [("draft", "active"), ("draft", "completed"), ("active", "on-hold"), ("on-hold", "active"),
     ("on-hold", "revoked"), ("completed", "entered-in-error"), ("unknown", "active"), ("active", "active")],
)  # fmt: skip
def test_a_plan_goes_on_to(person: Person, before: str, after: str) -> None:
    person.store(plan(person, "pathway", status=before))
    assert sent(person, plan(person, "pathway", status=after)).status_code == 200


def test_who_may_not_change_a_plan_is_not_told_which_steps_it_takes(person: Person) -> None:
    person.store(plan(person, "pathway", status="completed"))
    assert sent(person, plan(person, "pathway"), "nurse").status_code == 403


def test_a_plan_is_taken_up_again_by_the_operator(person: Person) -> None:
    person.store(plan(person, "pathway", status="completed"))
    person.store(plan(person, "pathway"))
    assert person.client("nurse").get(person.ref("CarePlan", "pathway")).json()["status"] == "active"


# -- parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["pathway", "plan"])
def test_a_plan_is_not_part_of_itself(person: Person, part: str) -> None:
    person.store(plan(person, "pathway"))
    whole = [ref(person.ref("CarePlan", "pathway"))]
    answer = sent(person, plan(person, part, partOf=whole))
    assert refusal(answer) == (422, "plan-cycle", "CarePlan.partOf")


def test_a_second_umbrella_is_remarked_on(person: Person) -> None:
    answer = sent(person, plan(person, "second", partOf=None))
    assert warned(answer) == [("second-umbrella", "CarePlan.partOf")]


def test_a_part_is_no_second_umbrella(person: Person) -> None:
    assert warned(sent(person, plan(person, "second"))) == []


def test_a_plan_that_has_ended_is_no_umbrella(person: Person) -> None:
    assert warned(sent(person, plan(person, "second", partOf=None, status="revoked"))) == []


def test_a_plan_that_the_writer_does_not_see_is_no_other_umbrella(person: Person) -> None:
    sensitive = {
        "security": [{"system": ours("data-category", "")["coding"][0]["system"], "code": "sensitive"}]
    }
    umbrella = person.server.client("system").get(f"/{person.ref('CarePlan', 'plan')}").json()
    person.store({**umbrella, "meta": sensitive})
    kept = consent(
        person.ref("Consent", "kept"),
        "settings",
        person.patient,
        {"type": "permit", "provision": [provision("deny", (person.who("gp"),), ("sensitive",))]},
    )
    person.store(kept)
    assert warned(sent(person, plan(person, "second", partOf=None), "gp")) == []


# -- care pathways -----------------------------------------------------------------------------------------


def test_a_care_pathway_without_contract_is_remarked_on(person: Person) -> None:
    answer = sent(person, plan(person, "diabetes", category=[ours("plan-kind", "care-pathway")]))
    assert warned(answer) == [("pathway-without-contract", "CarePlan.supportingInfo")]


@pytest.mark.parametrize(
    "elements",
    [{"supportingInfo": [{"reference": "DocumentReference/contract"}]}, {"status": "draft"}],
    ids=["signed", "not begun"],
)
def test_a_care_pathway_is_not_remarked_on_when(person: Person, elements: Resource) -> None:
    answer = sent(person, plan(person, "diabetes", category=[ours("plan-kind", "care-pathway")], **elements))
    assert warned(answer) == []


# -- the same activity twice -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [EXERCISE, {"text": "Oefeningen"}], ids=["code", "words"])
def test_an_activity_of_another_plan_is_remarked_on(person: Person, code: Resource) -> None:
    person.store(plan(person, "heart", activity=exercises(code)))
    again = {**code, "text": " OEFENINGEN "} if "text" in code else {**code, "text": "Wandelen"}
    answer = sent(person, plan(person, "diabetes", activity=exercises(again)))
    assert warned(answer) == [("duplicate-activity", "CarePlan.activity[0]")]


def test_the_remark_says_which_activity(person: Person) -> None:
    person.store(plan(person, "heart", activity=exercises()))
    answer = sent(person, plan(person, "diabetes", activity=exercises({**EXERCISE, "text": "Oefeningen"})))
    text = answer.json()["issue"][1]["details"]["text"]
    assert text.startswith("Another plan of this person has the activity `Oefeningen` too")


@pytest.mark.parametrize(
    ("other", "status"), [("active", "completed"), ("revoked", "scheduled")], ids=["done", "plan ended"]
)
def test_an_activity_that_is_over_is_not_done_twice(person: Person, other: str, status: str) -> None:
    person.store(plan(person, "heart", status=other, activity=exercises(status=status)))
    assert warned(sent(person, plan(person, "diabetes", activity=exercises()))) == []


def test_a_task_for_another_plan_with_the_same_code_is_remarked_on(person: Person) -> None:
    heart, diabetes = (person.ref("CarePlan", name) for name in ("heart", "diabetes"))
    person.store(plan(person, "heart"), plan(person, "diabetes"))
    for_heart = task(person.ref("Task", "heart"), person.patient, code=EXERCISE, basedOn=[ref(heart)])
    person.store(for_heart)
    for_diabetes = {**for_heart, "id": f"diabetes-{person.mark}", "basedOn": [ref(diabetes)]}
    assert warned(sent(person, for_diabetes, "nurse")) == [("duplicate-activity", "Task.code")]


@pytest.mark.parametrize("kind", ["care-task", "review"])
def test_tasks_that_are_only_of_one_sort_are_not_the_same(person: Person, kind: str) -> None:
    heart, diabetes = (person.ref("CarePlan", name) for name in ("heart", "diabetes"))
    person.store(plan(person, "heart"), plan(person, "diabetes"))
    for_heart = task(
        person.ref("Task", "heart"), person.patient, code=ours("task-kind", kind), basedOn=[ref(heart)]
    )
    person.store(for_heart)
    for_diabetes = {**for_heart, "id": f"diabetes-{person.mark}", "basedOn": [ref(diabetes)]}
    assert warned(sent(person, for_diabetes, "nurse")) == []


def test_a_step_of_a_task_is_not_remarked_on_again(person: Person) -> None:
    heart, diabetes = (person.ref("CarePlan", name) for name in ("heart", "diabetes"))
    first = task(person.ref("Task", "heart"), person.patient, code=EXERCISE, basedOn=[ref(heart)])
    second = {
        **first,
        "id": f"diabetes-{person.mark}",
        "basedOn": [ref(diabetes)],
        "owner": ref(person.who("nurse")),
    }
    person.store(plan(person, "heart"), plan(person, "diabetes"), first, second)
    assert warned(sent(person, {**second, "status": "received"}, "nurse")) == []


def test_the_overview_tells_of_it_too(person: Person) -> None:
    pathways = [
        plan(person, name, activity=exercises(), category=[ours("plan-kind", "care-pathway")], partOf=None)
        for name in ("heart", "diabetes")
    ]
    person.store(*pathways)
    answer = person.client("person").get(f"/{person.ref('CarePlan', 'plan')}/$overview").json()
    told = {
        part["valueCoding"]["code"]
        for each in answer["parameter"]
        for part in each["part"]
        if part["name"] == "code"
    }
    assert {"duplicate-activity", "two-umbrellas", "no-contract"} <= told


def test_what_is_done_twice_for_one_plan_is_that_plans_own_affair(person: Person) -> None:
    heart = [ref(person.ref("CarePlan", "heart"))]
    first = task(person.ref("Task", "first"), person.patient, code=EXERCISE, basedOn=heart)
    person.store(plan(person, "heart"), first)
    assert warned(sent(person, {**first, "id": f"second-{person.mark}"}, "nurse")) == []


def test_the_umbrella_is_remarked_on_when_two_of_its_parts_do_the_same(person: Person) -> None:
    person.store(*(plan(person, name, activity=exercises()) for name in ("heart", "diabetes")))
    umbrella = person.client("person").get(person.ref("CarePlan", "plan")).json()
    assert warned(sent(person, umbrella)) == [("duplicate-in-parts", "CarePlan")]


def test_a_task_that_the_writer_does_not_see_is_not_the_same(person: Person) -> None:
    person.store(plan(person, "heart"), plan(person, "diabetes"))
    heart, diabetes = (person.ref("CarePlan", name) for name in ("heart", "diabetes"))
    theirs = task(person.ref("Task", "heart"), person.patient, code=EXERCISE, basedOn=[ref(heart)])
    mine = {**theirs, "id": f"diabetes-{person.mark}", "basedOn": [ref(diabetes)]}
    mine["owner"] = ref(person.who("neighbour"))
    person.store(theirs, mine)
    assert warned(sent(person, mine, "neighbour")) == []
