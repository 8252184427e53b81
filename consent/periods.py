"""FHIR dates and periods as half-open stretches of UTC instants; a date is a day in Brussels.

https://hl7.org/fhir/R4/datatypes.html#Period
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["BRUSSELS", "Period", "day_in_brussels", "read_period"]

BRUSSELS = ZoneInfo("Europe/Brussels")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; None is unbounded."""

    start: datetime | None = None
    end: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Whether the instant lies in the period."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    def within(self, other: Period) -> Period:
        """The stretch both periods cover; it may be empty, with an end before its start."""
        starts = [start for start in (self.start, other.start) if start is not None]
        ends = [end for end in (self.end, other.end) if end is not None]
        return Period(max(starts, default=None), min(ends, default=None))


def read_period(element: Mapping[str, Any] | None) -> Period:
    """A FHIR Period; a missing one is unbounded.

    A date, or a part of one, starts at its first midnight in Brussels and ends with its last day included. A
    time of day is the instant itself. ValueError for what is no FHIR dateTime.
    """
    if element is None:
        return Period()
    start, end = element.get("start"), element.get("end")
    return Period(
        None if start is None else _instant(start, last=False),
        None if end is None else _instant(end, last=True),
    )


def day_in_brussels(instant: datetime) -> date:
    """The day it is there at this instant."""
    return instant.astimezone(BRUSSELS).date()


def _instant(text: str, *, last: bool) -> datetime | None:
    """None for an instant outside the calendar, such as the end of 9999-12-31: as good as unbounded."""
    try:
        if "T" in text:
            # A leap second has no instant of its own here: it counts as the one before.
            return datetime.fromisoformat(text.replace(":60", ":59")).astimezone(UTC)
        return (_day_after(text) if last else _first_day(text)).replace(tzinfo=BRUSSELS).astimezone(UTC)
    except OverflowError:
        return None


def _first_day(text: str) -> datetime:
    return datetime.strptime(text, ("%Y", "%Y-%m", "%Y-%m-%d")[text.count("-")])


def _day_after(text: str) -> datetime:
    first = _first_day(text)
    match text.count("-"):
        case 0:
            return (first + timedelta(days=366)).replace(month=1, day=1)
        case 1:
            return (first + timedelta(days=31)).replace(day=1)
        case _:
            return first + timedelta(days=1)
