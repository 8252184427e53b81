"""What belongs to a plan: the parts, what they rest on, and nothing of another plan."""

from __future__ import annotations

import pytest
from resources import Resource, entity, goal, ref, task

from dzop.plan.belonging import belonging

BASE = "https://care.example/fhir"
PERSON = "Patient/p"


def plan(id: str, **elements: object) -> Resource:
    return entity(f"CarePlan/{id}", subject=ref(PERSON), **elements)


def related(id: str, target: str) -> Resource:
    """A goal that contributes to another."""
    url = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
    link = {"url": url, "extension": [{"url": "target", "valueReference": ref(target)}]}
    return goal(f"Goal/{id}", PERSON, extension=[link])


def found(*resources: Resource, plan: str = "CarePlan/a") -> set[str]:
    by_key = {f"{each['resourceType']}/{each['id']}": each for each in resources}
    return set(belonging(plan, by_key, BASE)) - {plan}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([plan("a", goal=[ref("Goal/g")]), goal("Goal/g", PERSON)], {"Goal/g"}),
        ([plan("a", goal=[ref(f"{BASE}/Goal/g")]), goal("Goal/g", PERSON)], {"Goal/g"}),
        ([plan("a", goal=[ref("Goal/g/_history/1")]), goal("Goal/g", PERSON)], {"Goal/g"}),
        ([plan("a", careTeam=[ref("CareTeam/t")]), entity("CareTeam/t")], {"CareTeam/t"}),
        ([plan("a", addresses=[ref("Condition/c")]), entity("Condition/c")], {"Condition/c"}),
        ([plan("a", activity=[{"reference": ref("Task/t")}]), task("Task/t", PERSON)], {"Task/t"}),
        (
            [plan("a", activity=[{"detail": {"goal": [ref("Goal/g")]}}]), goal("Goal/g", PERSON)],
            {"Goal/g"},
        ),
        ([plan("a"), plan("b", partOf=[ref("CarePlan/a")])], {"CarePlan/b"}),
        ([plan("a"), task("Task/t", PERSON, basedOn=[ref("CarePlan/a")])], {"Task/t"}),
        ([plan("a"), entity("Observation/o", basedOn=[ref("CarePlan/a")])], {"Observation/o"}),
        ([plan("a"), entity("Communication/c", about=[ref("CarePlan/a")])], {"Communication/c"}),
        ([plan("a"), entity("Appointment/a", supportingInformation=[ref("CarePlan/a")])], {"Appointment/a"}),
        ([plan("a"), entity("Composition/c", event=[{"detail": [ref("CarePlan/a")]}])], {"Composition/c"}),
        ([plan("a"), entity("Composition/c", section=[{"entry": [ref("CarePlan/a")]}])], {"Composition/c"}),
        ([plan("a"), goal("Goal/g", PERSON), task("Task/t", PERSON)], set()),
    ],
)
def test_a_reference_from_or_to_the_plan_joins(resources: list[Resource], expected: set[str]) -> None:
    assert found(*resources) == expected


def test_tasks_of_a_goal_of_a_part_of_the_plan_belong_to_it() -> None:
    parts = [
        plan("a"), plan("b", partOf=[ref("CarePlan/a")], goal=[ref("Goal/g")]), related("below", "Goal/g"),
        goal("Goal/g", PERSON), task("Task/t", PERSON, focus=ref("Goal/below")),
    ]  # fmt: skip
    assert found(*parts) == {"CarePlan/b", "Goal/g", "Goal/below", "Task/t"}


def test_a_goal_above_belongs_to_both_plans_and_brings_nothing_of_the_other() -> None:
    others = [
        plan("b", goal=[ref("Goal/theirs")]), related("theirs", "Goal/life"),
        task("Task/theirs", PERSON, focus=ref("Goal/theirs")),
    ]  # fmt: skip
    mine = [plan("a", goal=[ref("Goal/mine")]), related("mine", "Goal/life"), goal("Goal/life", PERSON)]
    assert found(*mine, *others) == {"Goal/mine", "Goal/life"}


def test_a_diagnosis_brings_nothing_that_rests_on_it() -> None:
    shared = ref("Condition/c")
    assert found(
        plan("a", addresses=[shared]), entity("Condition/c"), task("Task/t", PERSON, reasonReference=shared)
    ) == {"Condition/c"}


def test_a_report_belongs_to_the_plan_with_the_appointment_that_it_is_about() -> None:
    about = {"event": [{"detail": [ref("CarePlan/a"), ref("Appointment/held")]}]}
    there = [plan("a"), entity("Appointment/held"), entity("Composition/report", **about)]
    assert found(*there) == {"Composition/report", "Appointment/held"}


def test_what_is_not_among_the_resources_leads_nowhere() -> None:
    beyond = task("Task/t", PERSON, focus=ref("Goal/hidden"))
    assert found(plan("a", goal=[ref("Goal/hidden")]), beyond) == set()


def test_a_circle_of_references_ends() -> None:
    assert found(
        plan("a", goal=[ref("Goal/x")]), related("x", "Goal/y"), related("y", "Goal/x")
    ) == {"Goal/x", "Goal/y"}  # fmt: skip
