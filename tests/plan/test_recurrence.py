"""When a Task that comes back is to be done next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.plan.recurrence import RECURRENCE, next_time, not_understood

DONE = datetime(2027, 1, 13, 9, tzinfo=UTC)  # a Wednesday


def task(within: dict[str, str] | None = None, **repeat: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "status": "completed",
        "extension": [{"url": RECURRENCE, "valueTiming": {"repeat": repeat}}],
        "owner": {"reference": "Practitioner/nurse"},
        **({} if within is None else {"restriction": {"period": within}}),
    }


def day_of(found: dict[str, Any] | None) -> str | None:
    return None if found is None else found["restriction"]["period"]["end"]


@pytest.mark.parametrize(
    ("due", "repeat", "following"),
    [
        ("2027-01-13", {"period": 1, "periodUnit": "d"}, "2027-01-14"),
        ("2027-01-11", {"period": 1, "periodUnit": "wk"}, "2027-01-18"),
        ("2026-12-07", {"period": 1, "periodUnit": "wk"}, "2027-01-18"),
        ("2027-01-15", {"period": 2, "periodUnit": "wk"}, "2027-01-29"),
        ("2027-01-31", {"period": 1, "periodUnit": "mo"}, "2027-02-28"),
        ("2026-12-31", {"period": 2, "periodUnit": "mo"}, "2027-02-28"),
        ("2024-02-29", {"period": 1, "periodUnit": "a"}, "2027-02-28"),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "fri"]}, "2027-01-15"),
        ("2027-01-15", {"period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "fri"]}, "2027-01-18"),
        ("2027-01-15", {"period": 2, "periodUnit": "wk", "dayOfWeek": ["mon", "fri"]}, "2027-01-25"),
        ("2027-01-13", {"period": 1, "periodUnit": "d", "dayOfWeek": ["sun"]}, "2027-01-17"),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "frequency": 2}, "2027-01-16"),
        ("2027-01-13", {"period": 1, "periodUnit": "d", "frequency": 3}, "2027-01-14"),
        ("2027-01-13", {"period": 1, "periodUnit": "mo", "boundsPeriod": {"start": "2026-10-31"}}, "2027-01-31"),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "boundsPeriod": {"end": "2027-01-20"}}, "2027-01-20"),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "boundsPeriod": {"end": "2027-01-19"}}, None),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "count": 1}, None),
        ("2027-01-13", {"period": 1, "periodUnit": "wk", "count": 2}, "2027-01-20"),
        ("9999-12-31", {"period": 1, "periodUnit": "d"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_the_next_day_follows_from_the_rhythm(
    due: str, repeat: dict[str, Any], following: str | None
) -> None:
    assert day_of(next_time(task({"end": due}, **repeat), DONE)) == following


def test_what_had_no_day_is_due_on_the_next_one() -> None:
    found = next_time(task(None, period=1, periodUnit="wk"), DONE)
    assert found is not None
    assert found["restriction"]["period"] == {"start": "2027-01-20", "end": "2027-01-20"}


def test_the_time_of_day_stays_when_the_clocks_change() -> None:
    period = {"start": "2027-03-24T09:00:00+01:00", "end": "2027-03-24T10:00:00+01:00"}
    found = next_time(task(period, period=1, periodUnit="wk"), DONE)
    assert found is not None
    assert found["restriction"]["period"] == {
        "start": "2027-03-31T09:00:00+02:00", "end": "2027-03-31T10:00:00+02:00",
    }  # fmt: skip


def test_whoever_did_it_has_agreed_to_the_next_time() -> None:
    found = next_time(task(None, period=1, periodUnit="d"), DONE)
    assert found is not None
    assert (found["status"], found["owner"]) == ("accepted", {"reference": "Practitioner/nurse"})


def test_the_next_time_begins_without_what_came_of_this_one() -> None:
    done = task(None, period=1, periodUnit="d") | {
        "output": [{}],
        "note": [{}],
        "identifier": [{}],
        "focus": {"reference": "Goal/x"},
    }
    found = next_time(done, DONE)
    assert found is not None
    assert {*found} == {"resourceType", "status", "extension", "owner", "focus", "authoredOn", "restriction"}


def test_a_count_goes_down() -> None:
    found = next_time(task(None, period=1, periodUnit="d", count=3), DONE)
    assert found is not None
    assert found["extension"][0]["valueTiming"]["repeat"]["count"] == 2


def test_what_does_not_come_back_has_no_next_time() -> None:
    assert next_time({"status": "completed"}, DONE) is None


@pytest.mark.parametrize(
    ("repeat", "element"),
    [
        ({}, "period"),
        ({"period": 1.5, "periodUnit": "d"}, "period"),
        ({"period": 0, "periodUnit": "d"}, "period"),
        ({"period": 1, "periodUnit": "h"}, "periodUnit"),
        ({"period": 1, "periodUnit": "d", "when": ["MORN"]}, "when"),
        ({"period": 1, "periodUnit": "mo", "dayOfWeek": ["mon"]}, "dayOfWeek"),
        ({"period": 1, "periodUnit": "d", "frequency": 0}, "frequency"),
    ],
    ids=str,
)
def test_of_what_gives_no_days_the_element_is_named(repeat: dict[str, Any], element: str) -> None:
    assert not_understood(task(None, **repeat)) == element


@given(
    st.dates(date(1000, 1, 1), date(9000, 1, 1)),
    st.dates(date(1000, 1, 1), date(9000, 1, 1)),
    st.integers(1, 1000),
    st.sampled_from(("d", "wk", "mo", "a")),
)
def test_the_next_time_lies_ahead_and_no_further_than_one_step(
    due: date, today: date, every: int, unit: str
) -> None:
    done = datetime.combine(today, datetime.min.time(), UTC) + timedelta(hours=12)
    day = day_of(next_time(task({"end": due.isoformat()}, period=every, periodUnit=unit), done))
    step = timedelta(days=every * {"d": 1, "wk": 7, "mo": 31, "a": 366}[unit])
    assert day is None or max(due, today) < date.fromisoformat(day) <= max(due, today) + step
