"""What the law settles where its sources are silent: durations, ages and bounds, read from `decisions.toml`."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files

from consent.periods import BRUSSELS, day_in_brussels

__all__ = ["DECISIONS", "Decisions", "end_of", "last_day", "read"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """`proofs` are months per kind of proof of a therapeutic relation; ages and the log's keeping are in years.

    The reason for breaking the glass has from `shortest_reason` to `longest_reason` characters.
    """

    proofs: Mapping[str, int]
    age_of_deciding: int
    age_of_majority: int
    break_glass: timedelta
    shortest_reason: int
    longest_reason: int
    log_years: int


def end_of(proof: str, start: datetime) -> datetime:
    """The instant a therapeutic relation ends that was proven so at `start`: midnight after its last day.

    KeyError for an unknown kind of proof.
    """
    after = last_day(proof, start) + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=BRUSSELS)


def last_day(proof: str, start: datetime) -> date:
    """The last day in Brussels of that relation, as its `period.end` says it: the same day of a later month.

    Where that month is too short, its last day.
    """
    first = day_in_brussels(start)
    years, month = divmod(first.month - 1 + DECISIONS.proofs[proof], 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))


def read(text: str) -> Decisions:
    """The decisions of a file; KeyError for one that is left out."""
    table = tomllib.loads(text)
    age, glass = table["age"], table["break-glass"]
    return Decisions(
        table["therapeutic-relation"]["months"],
        age["deciding"],
        age["majority"],
        timedelta(minutes=glass["minutes"]),
        glass["shortest-reason"],
        glass["longest-reason"],
        table["access-log"]["years"],
    )


DECISIONS = read(files("consent").joinpath("decisions.toml").read_text("utf-8"))
