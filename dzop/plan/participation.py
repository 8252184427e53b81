"""Who comes to an appointment: everybody who is invited answers for themselves.

An answer is the status of a participant; `needs-action` is none yet. https://hl7.org/fhir/R4/appointment.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.search.date import date_range

__all__ = ["DECLINED", "Answer", "answers", "only_answered"]

Appointment = Mapping[str, Any]

DECLINED: Final = "declined"
_ASKED: Final = "needs-action"
_THINGS: Final = frozenset({"Device", "HealthcareService", "Location"})
_PERSON: Final = "Patient"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody is now said to have answered: `place` among the participants, `who` as a Reference, and what
    stood there before.
    """

    place: int
    who: Mapping[str, Any]
    before: Set[str]


def answers(now: Appointment, before: Appointment, base: str) -> Iterator[Answer]:
    """The answers that are not as they were; `before` is empty for a new appointment.

    Who is invited has not answered yet, and a meeting at another time asks everybody anew.
    """
    moved = any(_instant(now, each) != _instant(before, each) for each in ("start", "end"))
    stood: defaultdict[str, set[str]] = defaultdict(set)
    for _, key, participant in _people(before, base):
        stood[key].add(participant["status"])
    for place, key, participant in _people(now, base):
        known, status = stood[key], participant["status"]
        if status not in known and (status != _ASKED or (known and not moved)):
            yield Answer(place, participant["actor"], known)


def only_answered(before: Appointment, now: Appointment, keys: Set[str], base: str) -> bool:
    """Whether nothing changed but what the participant with these actor keys answers."""
    then, those = before.get("participant", ()), now.get("participant", ())
    changed = [pair for pair in zip(then, those, strict=False) if pair[0] != pair[1]]
    return (
        bool(changed)
        and len(then) == len(those)
        and _rest(before, "meta", "participant") == _rest(now, "meta", "participant")
        and all(_rest(was, "status") == _rest(each, "status") for was, each in changed)
        and all(actor_key(each.get("actor", {}), base) in keys for _, each in changed)
    )


def _instant(appointment: Appointment, name: str) -> datetime | None:
    return date_range(appointment[name])[0] if name in appointment else None


def _people(appointment: Appointment, base: str) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """The participants who are people, each with its place and key."""
    for place, each in enumerate(appointment.get("participant", ())):
        key = _key(each, base)
        if key is not None:
            yield place, key, each


def _key(participant: Mapping[str, Any], base: str) -> str | None:
    """Which human being it is; None for a room, or who cannot be recognised. One appointment is of one person."""
    actor = participant.get("actor", {})
    type = read_reference(actor, base).type
    if type in _THINGS:
        return None
    return _PERSON if type == _PERSON else actor_key(actor, base)


def _rest(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in value.items() if name not in names}
