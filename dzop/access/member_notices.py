"""That somebody is proposed for a team is told to who decides, what was decided to who proposed, and to the team that
it changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dzop.access.notices import message, reference_to
from dzop.access.surroundings import deciders
from dzop.access.writing import Consequence, Writing
from dzop.plan.team import Entry
from dzop.plan.team_agreement import Settled, answered, has_changed

__all__ = ["following"]

_PROPOSED: Final = "member-proposed"
_DECIDED: Final = "member-decided"
_CHANGED: Final = "team-changed"


async def following(writing: Writing, before: Sequence[Entry], settled: Settled) -> tuple[Consequence, ...]:
    """The messages about what newly waits, what waits no more, and that agreed members are others than before.

    Each names the person only, who proposed, or the team: who else decides is not for everybody to know.
    """
    actor, found = writing.call.actor, list[Consequence]()
    if settled.proposals:
        coordinates = any(settled.entries[place].coordinates for place in settled.proposals)
        found += await _told(writing, _PROPOSED, await _deciding(writing, with_carers=coordinates))
    for proposer in sorted(answered(before, settled.entries) - set(actor.keys)):
        found += await _told(writing, _DECIDED, [proposer])
    if has_changed(before, settled):
        found += await _told(writing, _CHANGED, [f"CareTeam/{writing.proposal.id}"])
    return tuple(found)


async def _deciding(writing: Writing, *, with_carers: bool) -> list[str]:
    """The person, representatives, and for a coordinator the informal carers, who may agree on their behalf."""
    known = await writing.law.facts_of(writing.person)
    carers = [
        each.party.individual
        for each in known.relations
        if with_carers and "informal-carer" in each.roles and each.period.covers(writing.call.now)
    ]
    return [*await deciders(writing), *(each for each in carers if each is not None)]


async def _told(writing: Writing, topic: str, whom: Iterable[str]) -> list[Consequence]:
    keys = [each for each in dict.fromkeys(whom) if each not in writing.call.actor.keys]
    if not keys:
        return []
    team = f"CareTeam/{writing.proposal.id}"
    return [await message(writing, topic, [team], [reference_to(keys[0])], unnamed=keys[1:])]
