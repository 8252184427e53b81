"""CareTeam: who may bring whom into the team (access law, "Writing", Team)."""

from __future__ import annotations

from consent.categories import mask
from dzop.access.proposal import Proposal
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.plan.team import agreed_participants

_CARE_TEAM = mask(["care-team"])


async def ruled(writing: Writing) -> Ruled:
    """The team as it is to be stored. `own` of a team is a proposal: for now, only who decides writes one."""
    proposal, before = with_agreement(writing.proposal), writing.before
    action = "create" if before is None or before.deleted else "update"
    decision = await writing.law.require(
        writing.person, action, _CARE_TEAM, frozenset(), proposal.type, proposal.id
    )
    return Ruled(proposal, decision)


def with_agreement(proposal: Proposal) -> Proposal:
    """The team in which every member about whom nothing was said has agreed."""
    participants = agreed_participants(proposal.source)
    return proposal if participants is None else proposal.with_member("participant", participants)


RULES = Rules(ruled, removed_by_categories)
