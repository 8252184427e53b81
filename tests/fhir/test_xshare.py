"""The European shape of a plan: details become Tasks, and nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from resources import Resource, entity, ref

from dzop.fhir.json import parse
from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.registry import profile_of
from dzop.fhir.validation import validate
from dzop.fhir.xshare import CARE_PLAN, claiming, shaped

URL = "https://care.example/fhir/CarePlan/plan"
DETAIL: Resource = {
    "kind": "ServiceRequest",
    "status": "stopped",
    "statusReason": {"text": "Te zwaar"},
    "code": {"text": "Wandelen"},
    "reasonCode": [{"text": "Conditie"}, {"text": "Gezelschap"}],
    "reasonReference": [ref("Condition/one"), ref("Condition/two")],
    "instantiatesUri": ["https://guide.example/walking"],
    "goal": [ref("Goal/g")],
    "doNotPerform": True,
    "scheduledPeriod": {"start": "2026-01-05"},
    "location": ref("Location/park"),
    "performer": [ref("Practitioner/a"), ref("CareTeam/t")],
    "productCodeableConcept": {"text": "Stok"},
    "dailyAmount": {"value": 2},
    "quantity": {"value": 10},
    "description": "Elke dag een blokje om",
}
EVERYWHERE = ("Wandelen", "Conditie", "Gezelschap", "Condition/one", "Condition/two", "Te zwaar", "walking", "Goal/g",
              "Location/park", "Practitioner/a", "CareTeam/t", "Stok", "blokje", "stopped", "2026-01-05")  # fmt: skip


def plan(*activities: Resource, **elements: Any) -> str:
    """The text of a plan."""
    given = {
        "period": {"start": "2026-01-01"},
        **elements,
        **({"activity": activities} if activities else {}),
    }
    there = {name: value for name, value in given.items() if value is not None}
    return json.dumps(
        entity("CarePlan/plan", status="active", intent="plan", subject=ref("Patient/p"), **there)
    )


def faults(text: str) -> list[str]:
    return [each.text for each in validate(parse(text.encode()).value) if each.severity == "error"]


def breaches(text: str, profile: str) -> list[str]:
    """What keeps a resource from conforming to a profile."""
    known = profile_of(profile)
    assert known is not None
    return [each.text for each in conformance(parse(text.encode()).value, known) if each.severity == "error"]


def the_task(**detail: Any) -> Resource:
    (text,) = shaped(plan({"detail": {"status": "scheduled", **detail}}), URL).tasks.values()
    found: Resource = json.loads(text)
    return found


def test_a_detail_becomes_a_task_that_the_activity_references() -> None:
    found = shaped(plan({"detail": DETAIL, "progress": [{"text": "Gaat goed"}]}), URL)
    (urn,) = found.tasks
    assert json.loads(found.plan)["activity"] == [
        {"progress": [{"text": "Gaat goed"}], "reference": {"reference": urn, "type": "Task"}}
    ]


@pytest.mark.parametrize("period", [{}, {"period": None}, {"period": {"end": "2026-12-31"}}])
def test_a_plan_in_this_shape_conforms_to_the_profile(period: Resource) -> None:
    text = plan({"detail": DETAIL}, {"reference": ref("Task/t")}, **period)
    assert (breaches(text, CARE_PLAN) != [], breaches(shaped(text, URL).plan, CARE_PLAN)) == (True, [])


def test_plan_and_task_are_valid_r4() -> None:
    found = shaped(plan({"detail": DETAIL}), URL)
    assert [faults(text) for text in (found.plan, *found.tasks.values())] == [[], []]


@pytest.mark.parametrize("said", EVERYWHERE)
def test_nothing_of_a_detail_is_lost(said: str) -> None:
    (task,) = shaped(plan({"detail": DETAIL}), URL).tasks.values()
    assert said in task


def test_what_shall_not_be_done_is_not_to_be_done() -> None:
    (modifier,) = the_task(doNotPerform=True)["modifierExtension"]
    assert (modifier["url"].rpartition("-")[2], modifier["valueBoolean"]) == ("Task.doNotPerform", True)


def test_one_performer_owns_the_task() -> None:
    assert the_task(performer=[ref("Practitioner/a")])["owner"] == ref("Practitioner/a")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("not-started", "requested"),
        ("in-progress", "in-progress"),
        ("stopped", "cancelled"),
        ("unknown", "requested"),
    ],
)
def test_the_status_is_that_of_a_task_and_stays_as_it_was_beside_it(status: str, expected: str) -> None:
    task = the_task(status=status)
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == (expected, status)


def test_a_decimal_keeps_its_digits() -> None:
    text = plan({"detail": {"status": "scheduled", "dailyAmount": {"value": 110}}}).replace("110", "1.10")
    (task,) = shaped(text, URL).tasks.values()
    assert '"value": 1.10' in task


def test_the_same_plan_gives_the_same_tasks() -> None:
    text = plan({"detail": DETAIL}, {"id": "x", "detail": DETAIL})
    assert shaped(text, URL) == shaped(text, URL)


def test_each_activity_has_a_task_of_its_own() -> None:
    assert len(shaped(plan({"detail": DETAIL}, {"detail": DETAIL}), URL).tasks) == 2


def test_an_activity_without_detail_stays_as_it_is() -> None:
    activity = {"reference": ref("Task/t"), "outcomeCodeableConcept": [{"text": "Gelukt"}]}
    assert json.loads(shaped(plan(activity), URL).plan)["activity"] == [activity]


def test_a_plan_that_fits_already_stays_text_for_text() -> None:
    text = plan({"reference": ref("Task/t")})
    assert json.loads(shaped(text, URL).plan) == json.loads(text)


@pytest.mark.parametrize("period", [{"period": {"end": "2026-12-31"}}, {"period": None}])
def test_a_start_that_is_not_known_is_said_to_be_unknown(period: Resource) -> None:
    found = json.loads(shaped(plan(**period), URL).plan)["period"]
    assert (found["_start"]["extension"][0]["valueCode"], found.get("end")) == (
        "unknown",
        (period["period"] or {}).get("end"),
    )


def test_a_task_carries_the_labels_of_its_plan_and_no_id() -> None:
    label = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "plan"}
    (text,) = shaped(plan({"detail": DETAIL}), URL, [label]).tasks.values()
    task = json.loads(text)
    assert (task["meta"]["security"], "id" in task) == ([label], False)


@pytest.mark.parametrize("before", [[], [CARE_PLAN], [f"{CARE_PLAN}|0.1"], ["https://other.example/plan"]])
def test_a_profile_is_claimed_once_beside_others(before: list[str]) -> None:
    others = [each for each in before if not each.startswith(CARE_PLAN)]
    assert claiming({"profile": before, "versionId": "1"}, CARE_PLAN) == {
        "profile": [*others, CARE_PLAN],
        "versionId": "1",
    }
