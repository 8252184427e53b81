"""Who is around the person by the teams that the writer sees: all that a rule may say about members."""

from __future__ import annotations

from consent.relations import Relation
from dzop.access import facts
from dzop.access.surroundings import members, visible
from dzop.access.writing import Writing

__all__ = ["around", "meant", "members_seen", "teams_seen"]


async def around(writing: Writing) -> frozenset[str]:
    """The writer, the person, the teams that the writer sees, and who is in them now."""
    person, teams = (await writing.law.facts_of(writing.person)).person, await teams_seen(writing)
    parties = [each.party for each in await members_seen(writing, teams)]
    names = {each.individual or each.organisation or person for each in parties}
    return frozenset({person, *writing.call.actor.keys, *teams, *names})


async def teams_seen(writing: Writing) -> frozenset[str]:
    """The teams of the person that the writer sees, as `CareTeam/x`."""
    return frozenset(f"CareTeam/{each['id']}" for each in await visible(writing, "CareTeam"))


async def members_seen(writing: Writing, teams: frozenset[str]) -> tuple[Relation, ...]:
    """The memberships of these teams that are in force now."""
    return tuple(each for each in await members(writing) if each.rule.removeprefix("relation:team:") in teams)


async def meant(writing: Writing, keys: frozenset[str]) -> dict[str, frozenset[str]]:
    """Whom actor keys mean: by key itself, and the individual and organisation that the directory has for it."""
    found = await facts.parties(writing.transaction, keys)
    named = {key: (key, party.individual, party.organisation) for key, party in found.items()}
    return {key: frozenset(each for each in named.get(key, (key,)) if each is not None) for key in keys}
