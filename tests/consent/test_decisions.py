"""Decisions where the sources are silent: what the file says, and how long a proven relation lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from consent.decisions import DECISIONS, Decisions, end_of, last_day, read
from consent.periods import BRUSSELS, read_period

NOON = datetime(2024, 6, 3, 10, tzinfo=UTC)


def test_what_was_decided() -> None:
    months = {
        "eid-reading": 15,
        "pharmacy-delivery": 15,
        "referral": 3,
        "hospital-stay": 3,
        "emergency": 1,
        "gmd": 12,
    }
    assert Decisions(months, 16, 18, timedelta(minutes=60), 10, 200, 30) == DECISIONS


def test_decisions_are_read_from_a_file() -> None:
    text = """
    [therapeutic-relation.months]
    referral = 7
    [age]
    deciding = 1
    majority = 2
    [break-glass]
    minutes = 3
    shortest-reason = 4
    longest-reason = 5
    [access-log]
    years = 6
    """
    assert Decisions({"referral": 7}, 1, 2, timedelta(minutes=3), 4, 5, 6) == read(text)


@pytest.mark.parametrize(
    ("proof", "start", "day"),
    [
        ("referral", NOON, date(2024, 9, 3)),
        ("eid-reading", NOON, date(2025, 9, 3)),
        ("gmd", NOON, date(2025, 6, 3)),
        ("emergency", datetime(2024, 1, 31, 10, tzinfo=UTC), date(2024, 2, 29)),
        ("emergency", datetime(2024, 12, 5, tzinfo=UTC), date(2025, 1, 5)),
        ("referral", datetime(2024, 9, 30, 10, tzinfo=UTC), date(2024, 12, 30)),
        ("emergency", datetime(2024, 6, 2, 22, tzinfo=UTC), date(2024, 7, 3)),
        ("emergency", datetime(2024, 6, 2, 21, 59, tzinfo=UTC), date(2024, 7, 2)),
    ],
)
def test_a_relation_lasts_some_months_by_the_day_in_brussels(proof: str, start: datetime, day: date) -> None:
    assert day == last_day(proof, start)


@pytest.mark.parametrize("proof", DECISIONS.proofs)
def test_it_ends_when_a_period_to_its_last_day_does(proof: str) -> None:
    assert read_period({"end": last_day(proof, NOON).isoformat()}).end == end_of(proof, NOON)


def test_it_ends_at_midnight_in_brussels() -> None:
    assert datetime(2024, 9, 4, tzinfo=BRUSSELS) == end_of("referral", NOON)


def test_an_unknown_proof_has_no_duration() -> None:
    with pytest.raises(KeyError, match="hearsay"):
        end_of("hearsay", NOON)
