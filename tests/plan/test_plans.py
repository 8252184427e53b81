"""What is part of what, what ends with what, and what is done twice, among the plans of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dzop.plan.duplicates import activities_of, doubled
from dzop.plan.ending import Plans, ends_with_all, ends_with_plans, members_when_ended
from dzop.plan.plans import is_part_of_itself, may_become

BASE = "https://dzop.example/fhir"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXERCISE = {"coding": [{"system": "http://snomed.info/sct", "code": "229065009"}]}


def plan(id: str, *wholes: str, **elements: Any) -> dict[str, Any]:
    part_of = [{"reference": f"CarePlan/{each}"} for each in wholes]
    return {"resourceType": "CarePlan", "id": id, "status": "active", "partOf": part_of, **elements}


def task(id: str, *plans: str, **elements: Any) -> dict[str, Any]:
    based_on = [{"reference": f"CarePlan/{each}"} for each in plans]
    return {"resourceType": "Task", "id": id, "status": "requested", "basedOn": based_on, **elements}


@pytest.mark.parametrize("wholes", [("a",), ("b",), ("c", "d")], ids=["itself", "its part", "two"])
def test_a_plan_that_its_own_part_leads_to_is_part_of_itself(wholes: tuple[str, ...]) -> None:
    others = [plan("b", "a"), plan("c"), plan("d", "b")]
    assert is_part_of_itself(plan("a", *wholes), others, BASE)


def test_a_circle_of_others_is_theirs() -> None:
    assert not is_part_of_itself(plan("a", "b"), [plan("b", "c"), plan("c", "b")], BASE)


def test_parts_of_parts_are_parts() -> None:
    plans = [plan("a"), plan("b", "a"), plan("c", "b"), plan("d")]
    assert Plans(plans, BASE).parts_of("CarePlan/a") == {"CarePlan/b", "CarePlan/c"}


def test_plans_in_a_circle_are_parts_once() -> None:
    assert Plans([plan("a", "b"), plan("b", "a")], BASE).parts_of("CarePlan/a") == {"CarePlan/b"}


def test_a_part_that_has_ended_is_left_as_it_is() -> None:
    plans = [plan("b", "a", status="revoked"), plan("c", "b")]
    assert Plans(plans, BASE).parts_of("CarePlan/a") == frozenset()


@pytest.mark.parametrize(
    ("appointment", "expected"),
    [({"start": "2026-11-23T09:00:00Z"}, True), ({"start": "2026-11-22T11:59:00Z"}, False), ({}, True)],
    ids=["to come", "begun", "not yet planned"],
)
def test_an_appointment_ends_unless_it_has_begun(appointment: dict[str, str], expected: bool) -> None:
    booked = {"resourceType": "Appointment", "id": "x", "status": "booked", **appointment}
    assert ends_with_all(booked, NOW) == expected


def test_what_is_done_for_a_plan_that_goes_on_too_does_not_end() -> None:
    plans, ended = Plans([plan("a", status="revoked"), plan("b")], BASE), {"CarePlan/a"}
    found = [ends_with_plans(task("x", *each), NOW, ended, plans) for each in (["a"], ["a", "b"], ["b"], [])]
    assert found == [True, False, False, False]


@pytest.mark.parametrize(
    ("status", "reason", "becomes"),
    [("active", "person-died", "completed"), ("draft", "person-died", "revoked"),
     ("on-hold", "plan-completed", "completed"), ("active", "plan-revoked", "revoked"),
     ("active", "plan-in-error", "revoked")],
)  # fmt: skip
def test_a_part_ends_as_its_plan_does(status: str, reason: str, becomes: str) -> None:
    assert members_when_ended(plan("a", status=status), reason, "") == {"status": becomes}


def test_a_plan_of_unknown_state_takes_any_step() -> None:
    assert may_become("unknown", "draft")


def test_work_for_a_part_that_the_whole_lists_too_is_done_for_the_part() -> None:
    listed = {"activity": [{"reference": {"reference": f"Task/{each}"}} for each in "xy"]}
    plans = [plan("whole", **listed), plan("a", "whole"), plan("b", "whole")]
    work = [task("x", "a", code=EXERCISE), task("y", "b", code=EXERCISE)]
    assert [each.plans for each in doubled(activities_of(plans, work, BASE))] == [
        {"CarePlan/a"},
        {"CarePlan/b"},
    ]


@pytest.mark.parametrize(
    ("other", "expected"),
    [(EXERCISE, True), ({"coding": [{"system": "x", "code": "229065009"}]}, False), ({"text": "x"}, False),
     ({}, False)],
    ids=["the same", "another system", "words", "nothing"],
)  # fmt: skip
def test_activities_are_known_by_their_codes(other: dict[str, Any], expected: bool) -> None:
    work = [task("x", "a", code=EXERCISE), task("y", "b", code=other)]
    assert bool(doubled(activities_of([plan("a"), plan("b")], work, BASE))) == expected
