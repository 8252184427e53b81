"""CareTeam/[id]/$members: who is in a team and who was, by the versions that the asker may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from dzop.access.labels import instant
from dzop.access.past import AskedHistory
from dzop.fhir import json
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import actor_key
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.plan.membership import Past, Version, past
from dzop.plan.team import Entry, entries
from dzop.plan.team_contact import contact

__all__ = ["members"]

_MOST: Final = 1_000
"""So many versions of a team are looked at, the newest."""


async def members(ask: Ask, given: Given) -> Answer:
    """200 with every entry that the team has or had; 404 for a hidden team."""
    base, now = ask.service.base, ask.call.now
    asked = AskedHistory("instance", ("CareTeam",), ask.id, _MOST, counted=False)
    rows = (await ask.service.gateway.history(ask.call, asked)).rows
    stored = [
        (each["last_updated"], json.parse(each["body"])) for each in reversed(rows) if not each["deleted"]
    ]
    found = past(Version(at, entries(source, base, {})) for at, source in stored)
    named = contact(stored[-1][1].value) if stored else None
    key = None if named is None else actor_key(named, base)
    told = sorted((_Told(each, key, base, now) for each in found), key=_Told.place)
    return Answer(200, json_bytes(parameters(*(("member", "part", tuple(each.parts())) for each in told))))


class _Told:
    """An entry as it is told: whether it holds now, and whether it is the contact of the team."""

    def __init__(self, entry: Past, contact: str | None, base: str, now: datetime) -> None:
        self._entry, start = entry, Entry("", {"period": entry.period}, None).stretch[0]
        self._is_current = entry.state == "agreed" and start <= now < entry.until()
        self._is_contact = self._is_current and actor_key(entry.member, base) == contact is not None

    def place(self) -> tuple[bool, bool]:
        """The contact first, then who is there now; the others as they came."""
        return not self._is_contact, not self._is_current

    def parts(self) -> Iterator[tuple[str, str, Any]]:
        """The parts of one parameter."""
        entry, proposer = self._entry, self._entry.proposer
        yield ("member", "Reference", entry.member)
        yield from (("role", "CodeableConcept", each) for each in entry.roles)
        yield ("period", "Period", entry.period or None)
        yield ("state", "code", entry.state)
        yield ("current", "boolean", self._is_current)
        yield ("contact", "boolean", self._is_contact)
        yield ("proposer", "Reference", _reference(proposer))
        yield ("proposed", "instant", _instant(entry.proposed))
        yield ("agreed", "instant", _instant(entry.agreed))
        yield ("decider", "Reference", _reference(entry.decider))
        yield ("removed", "instant", _instant(entry.removed))


def _reference(key: str | None) -> Mapping[str, str] | None:
    return None if key is None else {"reference": key}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
