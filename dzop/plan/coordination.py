"""The care coordinator: a role of a member of the team, which may be handed over for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dzop.fhir.search.date import BRUSSELS, EARLIEST, LATEST
from dzop.plan.team import Entry

__all__ = ["interrupted", "unfounded", "written"]


def interrupted(entry: Entry, agreed: Sequence[Entry]) -> tuple[Entry, ...]:
    """The coordinator's entry, around the time for which somebody takes over whom the coordinator proposed.

    Any other entry comes back as it is: a second coordinator is a conflict, unless the first one asked for it.
    """
    for other in agreed:
        if _hands_over(entry, other):
            start, end = other.stretch
            since, until = entry.stretch
            parts = []
            if since < start:
                parts.append(entry.during(end=written(start)))
            if end < until:
                parts += interrupted(entry.during(start=written(end)), agreed)
            return tuple(parts)
    return (entry,)


def unfounded(entries: Sequence[Entry]) -> tuple[int, ...]:
    """The places of agreed coordinators without an agreed membership that covers the time."""
    agreed = [each for each in entries if each.state == "agreed"]
    return tuple(
        place
        for place, entry in enumerate(entries)
        if entry.state == "agreed"
        and entry.only_coordinates
        and not any(not each.only_coordinates and _covers(each, entry) for each in agreed)
    )


def written(instant: datetime) -> str:
    """A FHIR dateTime, in the time of Brussels; there the calendar ends an hour before it does in UTC."""
    try:
        return instant.astimezone(BRUSSELS).isoformat()
    except OverflowError:
        return instant.astimezone(UTC).isoformat()


def _hands_over(entry: Entry, other: Entry) -> bool:
    start, end = other.stretch
    return (
        entry.only_coordinates
        and other.only_coordinates
        and EARLIEST < start < end < LATEST
        and entry.party is not None
        and entry.party != other.party
        and entry.party[0] is not None
        and other.proposer == entry.party[0]
        and entry.meets(other)
    )


def _covers(membership: Entry, entry: Entry) -> bool:
    if membership.party is None or entry.party is None:
        return False
    same = membership.party[0] == entry.party[0] if entry.party[0] else membership.party == entry.party
    (start, end), (since, until) = membership.stretch, entry.stretch
    return same and start <= since and until <= end
