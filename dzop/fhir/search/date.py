"""Dates in search: every precision and zone as a half-open range of UTC instants.

https://hl7.org/fhir/R4/search.html#date

A date, or a time without zone, is meant in Europe/Brussels. The open ends of a Period are `EARLIEST`
and `LATEST`. A DateRange (prefix, low, high) matches an indexed range (l, h) when

    eq  low <= l and h <= high       sa  l >= high
    ne  not eq                       eb  h <= low
    gt  h > high                     ge  h > high or eq
    lt  l < low                      le  l < low or eq
    ap  l < high and h > low         (low and high are already widened by the stated precision)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

__all__ = [
    "BRUSSELS", "EARLIEST", "LATEST", "PREFIXES", "DateRange", "date_range", "indexed_dates", "is_met",
    "read_date",
]  # fmt: skip

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
"""Where a day without a time zone begins and ends."""
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)
PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,12}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class DateRange:
    """A date asked for: a prefix and the instants it covers, from `low` until just before `high`."""

    prefix: str
    low: datetime
    high: datetime


def read_date(text: str) -> DateRange:
    """A search value such as `ge2026-03`; ValueError when it is no date or the prefix is unknown."""
    prefix, rest = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    if prefix not in PREFIXES:
        raise ValueError(f"`{prefix}` is none of the prefixes {', '.join(PREFIXES)}")
    # A `+` in a zone that was not escaped in the URL arrives as a space.
    low, high = date_range(rest.replace(" ", "+"))
    if prefix == "ap":
        width = high - low
        low, high = _shifted(low, -width), _shifted(high, width)
    return DateRange(prefix, low, high)


def is_met(asked: DateRange, low: datetime, high: datetime) -> bool:
    """Whether an indexed range is what was asked for: the table above."""
    equal = asked.low <= low and high <= asked.high
    return {
        "eq": equal,
        "ne": not equal,
        "gt": high > asked.high,
        "lt": low < asked.low,
        "ge": high > asked.high or equal,
        "le": low < asked.low or equal,
        "sa": low >= asked.high,
        "eb": high <= asked.low,
        "ap": low < asked.high and high > asked.low,
    }[asked.prefix]


def date_range(text: str) -> tuple[datetime, datetime]:
    """The instants from .. until of a FHIR date, dateTime or instant; ValueError when it is none."""
    match = _DATE.fullmatch(text)
    try:
        found = None if match is None else _range(match)
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"`{text[:64]}` is not a date")
    return found


def indexed_dates(node: Any) -> tuple[tuple[datetime, datetime], ...]:
    """The ranges of a date, dateTime, instant, Period or Timing; none when it says nothing usable."""
    try:
        found = _node_range(node)
    except ValueError:
        return ()
    return () if found is None or found[0] >= found[1] else (found,)


def _range(match: re.Match[str]) -> tuple[datetime, datetime]:
    zone = _zone(match["zone"])
    if match["hour"] is not None:
        return _time_range(match, zone)
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    first = datetime(year, month, day)
    if match["day"] is not None:
        after = _shifted(first, timedelta(days=1))
    else:
        months = year * 12 + (month if match["month"] is not None else 12)
        after = datetime(months // 12, months % 12 + 1, 1) if months < 10_000 * 12 else datetime.max
    return _utc(first, zone), _utc(after, zone)


def _node_range(node: Any) -> tuple[datetime, datetime] | None:
    if isinstance(node, str):
        return date_range(node)
    if not isinstance(node, Mapping):
        return None
    if "event" in node or "repeat" in node:
        return _timing_range(node)
    start, end = node.get("start"), node.get("end")
    if not isinstance(start, str) and not isinstance(end, str):
        return None
    low = date_range(start)[0] if isinstance(start, str) else EARLIEST
    return low, date_range(end)[1] if isinstance(end, str) else LATEST


def _timing_range(timing: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """The outer limits of a Timing: its events and its bounds; how often in between does not matter."""
    nodes = [*(timing.get("event") or ()), (timing.get("repeat") or {}).get("boundsPeriod")]
    ranges = [found for found in map(_node_range, nodes) if found is not None]
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None


def _time_range(match: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    # A leap second has no instant of its own here: it counts as the one before.
    second = 59 if match["second"] == "60" else int(match["second"] or 0)
    fraction = (match["fraction"] or "")[:6]
    start = datetime(
        int(match["year"]), int(match["month"]), int(match["day"]), int(match["hour"]), int(match["minute"]),
        second, int(fraction.ljust(6, "0")) if fraction else 0,
    )  # fmt: skip
    low = _utc(start, zone)
    if match["second"] is None:
        return low, _shifted(low, timedelta(minutes=1))
    if not fraction:
        return low, _shifted(low, timedelta(seconds=1))
    return low, _shifted(low, timedelta(microseconds=10 ** (6 - len(fraction))))


def _zone(text: str | None) -> tzinfo:
    if text is None:
        return BRUSSELS
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"`{text}` is not a zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _utc(local: datetime, zone: tzinfo) -> datetime:
    if local == datetime.max:
        return LATEST
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return EARLIEST if local.year == 1 else LATEST


def _shifted(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return (datetime.min if by < timedelta(0) else datetime.max).replace(tzinfo=instant.tzinfo)
