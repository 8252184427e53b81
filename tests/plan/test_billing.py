"""When an organisation was in a team, by the versions of the team and the time that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from dzop.fhir import json
from dzop.plan.billing import Days, Seen, Stretch, Team, facts
from dzop.plan.membership import Version
from dzop.plan.team import MEMBER_AGREEMENT, ROLE_SYSTEM, entries

BASE = "https://plan.example/fhir"
NURSES = "Organization/nurses"


def noon(day: int) -> datetime:
    return datetime(2026, 1, day, 11, tzinfo=UTC)


ASKED = noon(2), noon(28)
ALWAYS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def entry(role: str = "health-professional", state: str = "agreed", **period: str) -> dict[str, Any]:
    return {
        "extension": [{"url": MEMBER_AGREEMENT, "valueCode": state}],
        "role": [{"coding": [{"system": ROLE_SYSTEM, "code": role}]}],
        "member": {"reference": NURSES},
        **({"period": period} if period else {}),
    }


def version(day: int, *participants: dict[str, Any]) -> Version:
    read = json.parse(orjson.dumps({"participant": participants}))
    return Version(noon(day), entries(read, BASE, {}))


def involved(
    *versions: Version, during: Stretch = ALWAYS, working: Sequence[Stretch] = (ALWAYS,)
) -> list[Any]:
    """The days of involvement in January, first and last."""
    seen = Seen([Team(during, versions)], (), {NURSES: working}, BASE)
    return [(first.day, last.day) for first, last in facts(seen, ASKED).involvement]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"start": "2026-01-05", "end": "2026-01-09"}, [(5, 9)]),
        ({"start": "2020-01-01"}, [(2, 28)]),
        ({"end": "2026-01-09"}, [(4, 9)]),
        ({}, [(4, 28)]),
        ({"start": "2026-02-01"}, []),
        ({"end": "2025-12-31"}, []),
    ],
    ids=str,
)
def test_a_period_counts_within_the_time_that_is_asked_for(
    period: dict[str, str], expected: list[Any]
) -> None:
    assert involved(version(4, entry(**period))) == expected


def test_who_is_taken_out_counts_until_then() -> None:
    assert involved(version(4, entry()), version(12)) == [(4, 12)]


def test_who_comes_back_counts_again() -> None:
    assert involved(version(4, entry()), version(12), version(20, entry())) == [(4, 12), (20, 28)]


def test_days_that_follow_each_other_are_one_period() -> None:
    first, second = entry(start="2026-01-05", end="2026-01-09"), entry(start="2026-01-10", end="2026-01-11")
    assert involved(version(4, first, second)) == [(5, 11)]


@pytest.mark.parametrize("state", ["proposed", "declined"])
def test_what_is_not_agreed_does_not_count(state: str) -> None:
    assert involved(version(4, entry(state=state, start="2026-01-05"))) == []


def test_a_team_counts_within_its_own_period() -> None:
    assert involved(version(4, entry()), during=(noon(6), noon(10))) == [(6, 10)]


def test_somebody_counts_while_working_there() -> None:
    assert involved(version(4, entry()), working=[(noon(1), noon(6)), (noon(20), noon(26))]) == [
        (4, 6),
        (20, 26),
    ]


def test_coordination_is_told_apart() -> None:
    team = Team(
        ALWAYS, [version(4, entry(), entry("care-coordinator", start="2026-01-08", end="2026-01-09"))]
    )
    expected: tuple[Days, ...] = ((date(2026, 1, 8), date(2026, 1, 9)),)
    assert facts(Seen([team], (), {NURSES: [ALWAYS]}, BASE), ASKED).coordination == expected
