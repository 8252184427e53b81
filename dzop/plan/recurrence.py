"""A Task that comes back: every so many days, weeks, months or years, on certain days of the week.

The extension `task-recurrence` holds a Timing; when the Task is done, the next one is made from it. Days are those of
Brussels. https://hl7.org/fhir/R4/datatypes.html#Timing
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.search.date import BRUSSELS, date_range

__all__ = ["RECURRENCE", "next_time", "not_understood"]

RECURRENCE: Final = "https://dzop.example/fhir/StructureDefinition/task-recurrence"

_DAYS: Final = {"d": 1, "wk": 7, "mo": 30, "a": 365}
_LONGEST: Final = {"d": 1, "wk": 7, "mo": 31, "a": 366}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNDERSTOOD: Final = frozenset(
    {"boundsPeriod", "count", "frequency", "period", "periodUnit", "dayOfWeek", "timeOfDay"}
)
_MOST: Final = 1_000

# What belongs to one time only: the next one begins without it.
_OF_THIS_TIME: Final = (
    "id", "identifier", "text", "status", "statusReason", "businessStatus", "executionPeriod", "authoredOn",
    "lastModified", "note", "output", "restriction", "encounter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Every `every` units; `weekdays` from Monday, 0; `left` times, this one included."""

    every: int
    unit: str
    weekdays: frozenset[int]
    since: date | None
    until: date | None
    left: int | None


def not_understood(task: Mapping[str, Any]) -> str | None:
    """The first thing of the recurrence that no next time can be told from; None when there is none."""
    found = values(task, f"extension({RECURRENCE})")
    if len(found) > 1:
        return "extension"
    return None if not found else _fault(found[0].get("valueTiming") or {})


def next_time(task: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The Task for the next time, without id; None when it does not come back.

    The next time is the first one after the day this one was due, and after today: what was missed is not made up.
    Whoever did it does it again, and has agreed to.
    """
    timings = values(task, f"extension({RECURRENCE}).valueTiming")
    if not timings or not_understood(task) is not None:
        return None
    try:
        return _following(task, timings[0], now)
    except (OverflowError, ValueError):  # beyond the calendar, or none of it
        return None


def _following(task: Mapping[str, Any], timing: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    rhythm, today = _read(timing["repeat"]), now.astimezone(BRUSSELS).date()
    due = _due(task) or today
    day = _next(rhythm, rhythm.since or due, max(due, today))
    if day is None:
        return None
    kept = {name: value for name, value in task.items() if name not in _OF_THIS_TIME}
    return {
        **kept,
        "extension": [_one_less(each, rhythm) for each in task["extension"]],
        "status": "accepted" if "owner" in task else "requested",
        "authoredOn": now.astimezone(UTC).isoformat(),
        "restriction": {**task.get("restriction", {}), "period": _moved(task, day - due, day)},
    }


def _fault(timing: Mapping[str, Any]) -> str | None:
    repeat = timing.get("repeat")
    if not isinstance(repeat, Mapping):
        return "Timing.repeat"
    if others := sorted({*timing} - {"repeat", "id"}) or sorted({*repeat} - _UNDERSTOOD):
        return others[0]
    every = _whole(repeat.get("period"))
    if every is None:
        return "period"
    if repeat.get("periodUnit") not in _DAYS:
        return "periodUnit"
    if "dayOfWeek" in repeat and (repeat["periodUnit"], every) not in {("d", 1), ("wk", every)}:
        return "dayOfWeek"
    return "frequency" if _whole(repeat.get("frequency", 1)) is None else None


def _whole(number: Any) -> int | None:
    """A number from 1 on, as JSON has it; None for another."""
    if number is None or number != int(number) or not 1 <= number <= _MOST:
        return None
    return int(number)


def _read(repeat: Mapping[str, Any]) -> _Rhythm:
    unit, every, times = repeat["periodUnit"], int(repeat["period"]), int(repeat.get("frequency", 1))
    bounds = repeat.get("boundsPeriod", {})
    weekdays = frozenset(_WEEKDAYS.index(each) for each in repeat.get("dayOfWeek", ()))
    if weekdays:
        unit = "wk"
    elif times > 1 and unit != "d":
        # Several times a week, month or year are spread over it; several times a day are one Task.
        unit, every = "d", max(1, _DAYS[unit] * every // times)
    return _Rhythm(
        every,
        unit,
        weekdays,
        _day(bounds.get("start")),
        _day(bounds.get("end"), last=True),
        repeat.get("count"),
    )


def _next(rhythm: _Rhythm, anchor: date, after: date) -> date | None:
    if rhythm.left is not None and rhythm.left <= 1:
        return None
    found = next(day for day in _series(rhythm, anchor, after) if day > after)
    return None if rhythm.until is not None and found > rhythm.until else found


def _series(rhythm: _Rhythm, anchor: date, after: date) -> Iterator[date]:
    """The days of the series in order, from one that is not behind `after`."""
    passed = max(0, (after - anchor).days // (_LONGEST[rhythm.unit] * rhythm.every))
    for number in count(passed):
        start = _stepped(anchor, rhythm.unit, rhythm.every * number)
        if not rhythm.weekdays:
            yield start
            continue
        monday = start - timedelta(days=start.weekday())
        yield from (
            day for each in sorted(rhythm.weekdays) if (day := monday + timedelta(days=each)) >= anchor
        )


def _stepped(day: date, unit: str, steps: int) -> date:
    """So many days, weeks, months or years later; the last day of a month that is too short."""
    if unit in ("d", "wk"):
        return day + timedelta(days=steps * _DAYS[unit])
    months = day.year * 12 + day.month - 1 + steps * (12 if unit == "a" else 1)
    if months // 12 >= date.max.year:
        raise OverflowError
    first = date(months // 12, months % 12 + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def _due(task: Mapping[str, Any]) -> date | None:
    period = task.get("restriction", {}).get("period", {})
    return _day(period.get("end"), last=True) or _day(period.get("start"))


def _day(text: str | None, *, last: bool = False) -> date | None:
    if text is None:
        return None
    low, high = date_range(text)
    instant = high - timedelta(hours=1) if last and "T" not in text else low
    return instant.astimezone(BRUSSELS).date()


def _moved(task: Mapping[str, Any], distance: timedelta, day: date) -> dict[str, str]:
    """The period in which it is to be done, as much later; of one that had none, that day."""
    period = task.get("restriction", {}).get("period", {})
    moved = {
        name: _later(period[name], distance, last=name == "end")
        for name in ("start", "end")
        if name in period
    }
    return moved or {"start": day.isoformat(), "end": day.isoformat()}


def _later(text: str, distance: timedelta, *, last: bool) -> str:
    """The same time of day, by the clock on the wall."""
    if "T" not in text:
        return ((_day(text, last=last) or date.min) + distance).isoformat()
    there = date_range(text)[0].astimezone(BRUSSELS)
    return datetime.combine(there.date() + distance, there.time(), BRUSSELS).isoformat()


def _one_less(extension: Mapping[str, Any], rhythm: _Rhythm) -> Mapping[str, Any]:
    if extension.get("url") != RECURRENCE or rhythm.left is None:
        return extension
    timing = extension["valueTiming"]
    return {**extension, "valueTiming": {**timing, "repeat": {**timing["repeat"], "count": rhythm.left - 1}}}
