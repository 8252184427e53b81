"""CareTeam/[id]/$members: who is in a team and who was, by what the asker may see, and how to reach them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Final

import orjson

from dzop.access.labels import instant
from dzop.access.past import AskedHistory
from dzop.access.reach import allows
from dzop.fhir import json
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.references import actor_key
from dzop.fhir.search.query import read_query
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes
from dzop.plan.membership import Past, Version, past
from dzop.plan.team import Entry, entries
from dzop.plan.team_contact import contact

__all__ = ["members"]

_MOST: Final = 1_000
"""So many versions of a team are looked at, the newest; and so many resources in which it says how to reach them."""
_REACHED: Final = ("Organization", "Patient", "Practitioner", "PractitionerRole", "RelatedPerson")

Telecom = Mapping[str, Any]


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
    reached = await _telecoms(ask, {each.key for each in told if each.is_current and each.key is not None})
    parts = (("member", "part", (*each.parts(), *_points(reached.get(each.key, [])))) for each in told)
    return Answer(200, json_bytes(parameters(*parts)))


def _points(telecoms: Sequence[Telecom]) -> Iterator[tuple[str, str, Any]]:
    for place, each in enumerate(telecoms):
        if each not in telecoms[:place]:
            yield ("telecom", "ContactPoint", each)


async def _telecoms(ask: Ask, keys: Set[str]) -> Mapping[str | None, list[Telecom]]:
    """The telecom of each of these actors, as far as the asker may read it; a Practitioner has it at work too."""
    found: defaultdict[str | None, list[Telecom]] = defaultdict(list)
    for type in _REACHED:
        ids = sorted(each.partition("/")[2] for each in keys if each.startswith(f"{type}/"))
        for each in await _read(ask, type, ids, ("_id", ",".join(ids))):
            found[f"{type}/{each['id']}"] += each.get("telecom", ())
    people = sorted(each for each in keys if each.startswith("Practitioner/"))
    at_work = (("practitioner", ",".join(people)), ("active:not", "false"))
    for each in await _read(ask, "PractitionerRole", people, *at_work):
        found[actor_key(each["practitioner"], ask.service.base)] += each.get("telecom", ())
    return found


async def _read(
    ask: Ask, type: str, wanted: Sequence[str], *parameters: tuple[str, str]
) -> Sequence[Mapping[str, Any]]:
    """What meets these parameters, when anything is wanted and the token reaches the type."""
    if not wanted or not allows(ask.call.actor, type, "s"):
        return ()
    query = read_query(type, parameters, base=ask.service.base, lenient=False)
    page = await ask.service.gateway.search(ask.call, query, None, _MOST)
    return tuple(orjson.loads(each.served) for each in page.matches)


class _Told:
    """An entry as it is told: whether it holds now, and whether it is the contact of the team."""

    def __init__(self, entry: Past, contact: str | None, base: str, now: datetime) -> None:
        self._entry, start = entry, Entry("", {"period": entry.period}, None).stretch[0]
        self.key = actor_key(entry.member, base)
        self.is_current = entry.state == "agreed" and start <= now < entry.until()
        self._is_contact = self.is_current and self.key == contact is not None

    def place(self) -> tuple[bool, bool]:
        """The contact first, then who is there now; the others as they came."""
        return not self._is_contact, not self.is_current

    def parts(self) -> Iterator[tuple[str, str, Any]]:
        """The parts of one parameter."""
        entry, proposer = self._entry, self._entry.proposer
        yield ("member", "Reference", entry.member)
        yield from (("role", "CodeableConcept", each) for each in entry.roles)
        yield ("period", "Period", entry.period or None)
        yield ("state", "code", entry.state)
        yield ("current", "boolean", self.is_current)
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
