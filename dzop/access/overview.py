"""What somebody may see around a person, as the checks of `dzop/plan/overview.py` look at it; and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final

import orjson

from consent.categories import BURDEN
from dzop.access import facts
from dzop.access.everything import MOST, AskedWhole, of_person
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import Issue, Unprocessable
from dzop.fhir.paths import values
from dzop.fhir.references import SSIN, actor_key
from dzop.plan.membership import Member, members
from dzop.plan.overview import Seen
from dzop.plan.team import Party, entries, party_of
from dzop.store import directory
from dzop.store.database import Transaction

__all__ = ["TYPES", "members_of", "seen_around"]

TYPES: Final = (
    "CarePlan", "CareTeam", "Communication", "Composition", "Consent", "DocumentReference", "Goal", "Observation",
    "Patient", "Provenance", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Task",
)  # fmt: skip
"""What the checks look at, as far as the scopes of the token reach it."""


async def seen_around(
    transaction: Transaction, call: Call, base: str, plan: Shown, types: frozenset[str]
) -> tuple[Seen, int]:
    """What is seen, and of which data categories that is. A carer's burden is nobody's business here.

    Unprocessable where there is too much to go through at once.
    """
    whole = await of_person(transaction, call, base, plan.person, AskedWhole(types), None, MOST)
    if whole.after is not None:
        raise Unprocessable(
            Issue("too-costly", f"around this plan are more than {MOST} resources of 20 MB in all")
        )
    found = [each for each in whole.matches if not each.mask & BURDEN]
    resources = {f"{each.type}/{each.id}": orjson.loads(each.body) for each in found}
    teams = [json.parse(each.body) for each in found if each.type == "CareTeam"]
    known = await members_of(transaction, call, base, teams)
    mask = reduce(or_, (each.mask for each in found), 0)
    return Seen(f"CarePlan/{plan.id}", resources, tuple(known), base, call.now), mask


async def members_of(
    transaction: Transaction, call: Call, base: str, teams: Sequence[Source]
) -> list[Member]:
    """The members of those of these teams that are active, by all names under which they may be known."""
    active = [each for each in teams if each.value.get("status") == "active"]
    named = frozenset(
        key
        for each in active
        for member in values(each.value, "participant.member")
        if (key := actor_key(member, base))
    )
    parties: dict[str, Party] = {
        key: (party.individual, party.organisation)
        for key, party in (await facts.parties(transaction, named)).items()
    }
    keys = {key: await _names(transaction, call, key, parties.get(key)) for key in sorted(named)}
    return [member for each in active for member in members(entries(each, base, parties), keys, base)]


async def _names(transaction: Transaction, call: Call, key: str, party: Party | None) -> frozenset[str]:
    """Under which names the member writes, as far as these are shown to anybody: not by a national number."""
    individual, organisation = party or party_of(key)
    if individual is None:
        rows = await transaction.rows(directory.STAFF, organization=organisation, now=call.now)
    else:
        rows = await transaction.rows(directory.CAPACITIES, actor=individual, now=call.now)
    names = {key, individual, organisation if individual is None else None}
    names |= {name for row in rows for name in (row["role"], row["practitioner"], *row["keys"])}
    return frozenset(name for name in names if name and not name.startswith(f"{SSIN}|"))
