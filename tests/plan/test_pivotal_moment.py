"""What the table of pivotal moments says is complete, and what is asked follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dzop.plan.pivotal_moment import PIVOTAL_MOMENT, Moment, moment, tasks
from terminology.content import CONTENT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = CONTENT.code_systems["task-kind"].concepts


def encounter(*codes: str, **elements: Any) -> dict[str, Any]:
    reasons = [{"coding": [{"system": PIVOTAL_MOMENT, "code": each}]} for each in codes]
    return {"resourceType": "Encounter", "id": "e", "status": "planned", "reasonCode": reasons, **elements}


def asked(code: str, **elements: Any) -> list[dict[str, Any]]:
    told = encounter(code, **elements)
    found = moment(told, {}, NOW)
    assert found is not None
    ids = [f"t{number}" for number in range(1 + len(found.checklist))]
    return tasks(found, told, "Patient/p", "Practitioner/c", ["CarePlan/x"], ids, "2026-11-22T12:00:00Z", NOW)


@pytest.mark.parametrize("code", CONTENT.code_systems["pivotal-moment"].concepts)
def test_each_moment_asks_for_tasks_of_kinds_that_there_are(code: str) -> None:
    found = [each["code"]["coding"][0]["code"] for each in asked(code)]
    assert (found[0], [each for each in found if each not in KINDS]) == ("team-consultation", [])


@pytest.mark.parametrize("code", CONTENT.code_systems["pivotal-moment"].concepts)
def test_each_moment_says_within_how_many_days(code: str) -> None:
    found = moment(encounter(code), {}, NOW)
    assert found is not None
    assert 1 <= found.within <= 28


def test_what_was_told_before_is_not_asked_again() -> None:
    assert moment(encounter("crisis", "diagnosis"), encounter("crisis", "diagnosis"), NOW) is None


def test_what_is_added_is_asked_for() -> None:
    assert moment(encounter("crisis", "diagnosis"), encounter("crisis"), NOW) == Moment("diagnosis", 28, ())


@pytest.mark.parametrize(
    ("end", "due"),
    [
        ("2026-11-22T23:30:00Z", "2026-11-26"),
        ("2026-11-22T22:30:00Z", "2026-11-25"),
        ("2026-11-30", "2026-12-03"),
        ("2026-11-01", "2026-11-25"),
        ("2027-10-30", "2027-11-02"),
    ],
)
def test_the_last_day_is_one_of_brussels(end: str, due: str) -> None:
    (task,) = asked("crisis", period={"end": end})
    assert task["restriction"] == {"period": {"end": due}}
