"""What somebody may see of an organisation around a person, as `dzop/plan/billing.py` looks at it; and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

import orjson

from consent.categories import BURDEN
from dzop.access import facts, guarded
from dzop.access.everything import MOST, AskedWhole, of_person
from dzop.access.past import AskedHistory, versions
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.outcome import Issue, Unprocessable
from dzop.fhir.paths import values
from dzop.fhir.references import SSIN, actor_key
from dzop.fhir.search.date import EARLIEST, LATEST
from dzop.fhir.search.query import read_query
from dzop.plan.billing import Seen, Stretch, Team, stretch
from dzop.plan.membership import Version
from dzop.plan.team import entries, party_of
from dzop.store.database import Transaction

__all__ = ["seen_of"]

Resource = Mapping[str, Any]
_VERSIONS: Final = 1_000
"""So many versions of a team are looked at, the newest."""
_AT_ONCE: Final = 40
_ALWAYS: Final = (EARLIEST, LATEST)


async def seen_of(
    transaction: Transaction, call: Call, base: str, plan: Shown, organization: str, asked: Stretch
) -> tuple[Seen, int]:
    """What is seen that may tell of the organisation (`Organization/x`), and of which data categories that is.

    Unprocessable where there is too much to go through at once.
    """
    teams = await _around(transaction, call, base, plan, AskedWhole(frozenset({"CareTeam"})))
    meetings = await _around(
        transaction, call, base, plan, AskedWhole(frozenset({"Appointment", "Encounter"}), care=asked)
    )
    known = [await _team(transaction, call, base, each) for each in teams]
    met = [orjson.loads(each.served) for each in meetings]
    named = frozenset(_named(known, met, base))
    working = await _working(transaction, call, base, organization, named)
    mask = reduce(or_, (each.mask for each in (*teams, *meetings)), 0)
    return Seen(known, met, working, base), mask


async def _around(
    transaction: Transaction, call: Call, base: str, plan: Shown, asked: AskedWhole
) -> list[Shown]:
    whole = await of_person(transaction, call, base, plan.person, asked, None, MOST)
    if whole.after is not None:
        text = f"around this plan are more than {MOST} resources; ask for a shorter time"
        raise Unprocessable(Issue("too-costly", text))
    return [each for each in whole.matches if not each.mask & BURDEN]


async def _team(transaction: Transaction, call: Call, base: str, team: Shown) -> Team:
    """The team by the versions that are seen; one that was entered in error never was."""
    now = orjson.loads(team.body)
    period = stretch(now.get("period") or {})
    if now.get("status") == "entered-in-error":
        return Team(period, ())
    asked = AskedHistory("instance", ("CareTeam",), team.id, _VERSIONS, counted=False)
    rows = (await versions(transaction, call, asked, base)).rows
    stored = [(row["last_updated"], json.parse(row["body"])) for row in reversed(rows) if not row["deleted"]]
    return Team(
        period,
        [
            Version(at, entries(source, base, {}) if source.value.get("status") == "active" else ())
            for at, source in stored
        ],
    )


def _named(teams: Sequence[Team], meetings: Iterable[Resource], base: str) -> Iterator[str]:
    """Who is named, but by a national number: whose that is, is told to nobody."""
    members = (
        entry.value.get("member") or {} for team in teams for each in team.versions for entry in each.entries
    )
    paths = ("participant.actor", "participant.individual")
    others = (node for each in meetings for path in paths for node in values(each, path))
    for node in (*members, *others):
        key = actor_key(node, base)
        if key is not None and not key.startswith(f"{SSIN}|"):
            yield key


async def _working(
    transaction: Transaction, call: Call, base: str, organization: str, named: frozenset[str]
) -> dict[str, list[Stretch]]:
    """When each of these stood for the organisation: itself, or somebody of whom a visible PractitionerRole says so.

    A PractitionerRole stands for its own organisation only, a Practitioner for each one at which he or she works.
    """
    found = await facts.parties(transaction, named)
    meant = {key: (each.individual, each.organisation) for key, each in found.items()}
    parties = {key: meant.get(key, party_of(key)) for key in named}
    working = {key: [_ALWAYS] for key in named if parties[key] == (None, organization)}
    people = sorted({who for who, _ in parties.values() if who and who.startswith("Practitioner/")})
    for role in await _roles(transaction, call, base, organization, people):
        own, practitioner = f"PractitionerRole/{role['id']}", actor_key(role.get("practitioner") or {}, base)
        for key, (individual, _) in parties.items():
            if key == own or (individual == practitioner and not key.startswith("PractitionerRole/")):
                working.setdefault(key, []).extend(_in_force(role))
    return working


async def _roles(
    transaction: Transaction, call: Call, base: str, organization: str, people: Sequence[str]
) -> list[Resource]:
    """The PractitionerRoles of these people at the organisation."""
    found: list[Resource] = []
    for start in range(0, len(people), _AT_ONCE):
        asked = (("organization", organization), ("practitioner", ",".join(people[start : start + _AT_ONCE])))
        query = read_query("PractitionerRole", asked, base=base, lenient=False)
        page = await guarded.find(transaction, call, query, None, MOST)
        found += [orjson.loads(each.served) for each in page.matches]
    return found


def _in_force(role: Resource) -> list[Stretch]:
    """When the role was in force; none where it is not any more and does not say until when it was."""
    period = role.get("period") or {}
    return [stretch(period)] if role.get("active", True) or "end" in period else []
