"""The day of the next review, and the words of a resource that says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dzop.fhir import json
from dzop.plan.reviews import DUE, INTERVAL, extensions_when_due, following, is_overdue, is_usable

UCUM = "http://unitsofmeasure.org"


def duration(value: Any, code: str) -> dict[str, Any]:
    return {"value": value, "system": UCUM, "code": code}


@pytest.mark.parametrize(
    ("day", "value", "code", "next_day"),
    [
        (date(2026, 11, 22), 10, "d", "2026-12-02"),
        (date(2026, 12, 24), 2, "wk", "2027-01-07"),
        (date(2026, 8, 31), 6, "mo", "2027-02-28"),
        (date(2026, 6, 15), 7, "mo", "2027-01-15"),
        (date(2028, 2, 29), 1, "a", "2029-02-28"),
        (date(2026, 12, 31), 12, "mo", "2027-12-31"),
    ],
)
def test_the_next_review_is_on(day: date, value: int, code: str, next_day: str) -> None:
    assert following(day, duration(value, code)) == next_day


@pytest.mark.parametrize("code", ["d", "wk", "mo", "a"])
def test_a_number_of_days_weeks_months_or_years_is_usable(code: str) -> None:
    assert is_usable(duration(1, code))


@pytest.mark.parametrize(
    "unusable",
    [duration(0, "mo"), duration(1.5, "mo"), duration(1_000, "mo"), duration(1, "h"), {"value": 1, "code": "mo"},
     {"system": UCUM, "code": "mo"}],
    ids=["none", "a part", "too long", "hours", "no system", "no value"],
)  # fmt: skip
def test_anything_else_is_not(unusable: dict[str, Any]) -> None:
    assert not is_usable(unusable)


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-21", True), ("2026-11-22", False), ("2026-10", True), ("2026-11", False), ("2027", False)],
)
def test_a_day_that_has_passed_is_overdue(day: str, expected: bool) -> None:
    plan = {"status": "active", "extension": [{"url": DUE, "valueDate": day}]}
    assert is_overdue(plan, date(2026, 11, 22)) == expected


def test_what_has_ended_is_not_overdue() -> None:
    goal = {"lifecycleStatus": "completed", "extension": [{"url": DUE, "valueDate": "2020-01-01"}]}
    assert not is_overdue(goal, date(2026, 11, 22))


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("{}", "2027-01-01", f'[{{"url":"{DUE}","valueDate":"2027-01-01"}}]'),
        (f'{{"extension":[{{"url":"{DUE}","valueDate":"2026-01-01"}}]}}', None, None),
        ('{"extension":[ {"url":"a","valueDecimal":1.10} ]}', None, '[{"url":"a","valueDecimal":1.10}]'),
    ],
    ids=["first", "last", "other"],
)
def test_only_the_day_changes(text: str, day: str | None, expected: str | None) -> None:
    assert extensions_when_due(json.parse(text.encode()), day) == expected


def test_the_interval_stays() -> None:
    text = f'{{"extension":[{{"url":"{INTERVAL}","valueDuration":{{"value":6.0}}}}]}}'
    kept = extensions_when_due(json.parse(text.encode()), "2027-01-01") or ""
    assert f'{{"url":"{INTERVAL}","valueDuration":{{"value":6.0}}}}' in kept
