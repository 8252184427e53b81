"""Days, moments and periods as people of each language write them, in the time of Brussels."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dzop.explanation.words import Words
from dzop.fhir.search.date import BRUSSELS

__all__ = ["day", "moment", "period"]


def day(words: Words, on: date) -> str:
    """`5 januari 2026`, `1er mars 2026`."""
    months = words.texts["date"]["months"]
    key = "first" if on.day == 1 else "day"
    return words.say("date", key, day=on.day, month=months[on.month - 1], year=on.year)


def moment(words: Words, at: datetime) -> str:
    """A day with the time of day."""
    there = _there(at)
    date = day(words, there.date())
    return words.say("date", "moment", date=date, hour=there.hour, minute=there.minute)


def period(words: Words, start: datetime | None, end: datetime | None) -> str:
    """How long something holds, with a blank before it; empty where it always does.

    `start` is included, `end` is not: a period of whole days is told with its last day.
    """
    if start is None and end is None:
        return ""
    begins = _day_or_moment(words, start)
    if end is None:
        return words.say("period", "since", start=begins)
    whole = _is_midnight(end)
    ends = day(words, _there(end - timedelta(microseconds=1)).date()) if whole else moment(words, end)
    key = ("both" if start else "until") + ("" if whole else "_moment")
    return words.say("period", key, start=begins, end=ends)


def _day_or_moment(words: Words, at: datetime | None) -> str:
    if at is None:
        return ""
    return day(words, _there(at).date()) if _is_midnight(at) else moment(words, at)


def _is_midnight(at: datetime) -> bool:
    there = _there(at)
    return (there.hour, there.minute, there.second, there.microsecond) == (0, 0, 0, 0)


def _there(at: datetime) -> datetime:
    """The same instant in Brussels, where the calendar ends an hour before it does in UTC."""
    try:
        return at.astimezone(BRUSSELS)
    except OverflowError:
        return at.astimezone(UTC)
