"""What an organisation did around a person, for whoever pays it: in the team, coordinating, at consultations.

Dates and nothing else: no goals, no names, no kinds of care. Whether somebody is paid for them is not said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.search.date import BRUSSELS, date_range
from dzop.plan.consultation import is_consultation
from dzop.plan.membership import Past, Version, past
from dzop.plan.team import Entry

__all__ = ["Days", "Facts", "Seen", "Stretch", "Team", "facts", "stretch"]

Resource = Mapping[str, Any]
Stretch = tuple[datetime, datetime]
"""From .. until."""
Days = tuple[date, date]
"""The first and the last day, in Brussels."""

_HELD: Final = {"Appointment": ("fulfilled", "start"), "Encounter": ("finished", "period.start")}
"""By type, the status of a meeting that took place, and where it says when it began."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team: when it is one, by its own period, and its versions in order; one that is not active has no entries."""

    stretch: Stretch
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody may see around a person: the teams, and the Appointments and Encounters.

    `working` tells when an actor key stood for the organisation: that of the organisation itself always, that of
    somebody who works there in the meantime. Whoever else is named is not in it.
    """

    teams: Sequence[Team]
    meetings: Sequence[Resource]
    working: Mapping[str, Sequence[Stretch]]
    base: str


@dataclass(frozen=True, slots=True)
class Facts:
    """When the organisation was in a team, when it coordinated, and the day of each consultation it took part in."""

    involvement: tuple[Days, ...]
    coordination: tuple[Days, ...]
    consultations: tuple[date, ...]


def facts(seen: Seen, asked: Stretch) -> Facts:
    """What there is to tell of the time that is asked for."""
    agreed = [
        (team, entry) for team in seen.teams for entry in past(team.versions) if entry.state == "agreed"
    ]
    coordinating = [(team, entry) for team, entry in agreed if _coordinates(entry)]
    return Facts(
        _days(_stretches(seen, agreed, asked)),
        _days(_stretches(seen, coordinating, asked)),
        tuple(sorted(_consultations(seen, asked).values())),
    )


def stretch(period: Mapping[str, str]) -> Stretch:
    """A Period as instants; without end it goes on."""
    return Entry("", {"period": period}, None).stretch


# -- in the team -------------------------------------------------------------------------------------------


def _coordinates(entry: Past) -> bool:
    return Entry("", {"role": entry.roles}, None).coordinates


def _stretches(seen: Seen, found: Iterable[tuple[Team, Past]], asked: Stretch) -> Iterator[Stretch]:
    """When the organisation, or somebody who worked there then, had such an entry in a team."""
    for team, entry in found:
        start, until = stretch(entry.period)[0], entry.until()
        if "start" not in entry.period and entry.agreed is not None:
            start = entry.agreed
        for working in _standing_for(seen, entry.member):
            common = _common((start, until), team.stretch, working, asked)
            if common is not None:
                yield common


def _standing_for(seen: Seen, named: Resource) -> Sequence[Stretch]:
    key = actor_key(named, seen.base)
    return seen.working.get(key, ()) if key is not None else ()


def _common(*stretches: Stretch) -> Stretch | None:
    start, until = max(each[0] for each in stretches), min(each[1] for each in stretches)
    return (start, until) if start < until else None


def _days(stretches: Iterable[Stretch]) -> tuple[Days, ...]:
    """In order, as days; what touches or overlaps is one."""
    found: list[Days] = []
    for start, until in sorted(stretches):
        first, last = _day(start), _day(until - timedelta(microseconds=1))
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _day(instant: datetime) -> date:
    return instant.astimezone(BRUSSELS).date()


# -- consultations -----------------------------------------------------------------------------------------


def _consultations(seen: Seen, asked: Stretch) -> dict[str, date]:
    """The day of each consultation of the team that took place, and in which the organisation took part.

    An Encounter of an Appointment is the same consultation.
    """
    found: dict[str, date] = {}
    for each in sorted(seen.meetings, key=lambda each: str(each["resourceType"])):
        began = _began(each)
        if began is not None and asked[0] <= began < asked[1] and _took_part(seen, each, began):
            found.setdefault(_key(seen, each), _day(began))
    return found


def _began(meeting: Resource) -> datetime | None:
    """When a consultation of the team began that took place; None for anything else."""
    status, start = _HELD[meeting["resourceType"]]
    if meeting.get("status") != status or not is_consultation(meeting):
        return None
    return next((date_range(each)[0] for each in values(meeting, start)), None)


def _took_part(seen: Seen, meeting: Resource, at: datetime) -> bool:
    named = (
        [each["actor"] for each in meeting["participant"] if "actor" in each and each["status"] == "accepted"]
        if meeting["resourceType"] == "Appointment"
        else values(meeting, "participant.individual")
    )
    return any(start <= at < until for each in named for start, until in _standing_for(seen, each))


def _key(seen: Seen, meeting: Resource) -> str:
    planned = (read_reference(each, seen.base).local for each in values(meeting, "appointment"))
    return next(filter(None, planned), f"{meeting['resourceType']}/{meeting['id']}")
