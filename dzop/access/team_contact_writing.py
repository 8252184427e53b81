"""CareTeam: whom a team names as its contact is one of its members."""

from __future__ import annotations

from typing import Final

from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.plan.rule import refusal
from dzop.plan.team_contact import TEAM_CONTACT, contact, is_of_a_member

__all__ = ["RULES"]


async def ruled(writing: Writing) -> Ruled:
    """The team as it was sent; refused where it newly names a contact who is not among the participants."""
    before, team = writing.before, writing.proposal.value
    was = None if before is None or before.deleted else contact(before.as_it_was.value)
    if contact(team) != was and not is_of_a_member(team, writing.base):
        raise refusal("team-contact", f"CareTeam.extension.where(url = '{TEAM_CONTACT}')")
    return Ruled(writing.proposal)


RULES: Final = Rules(ruled, removed_by_categories)
