"""How much of the medical record a plan takes in, one resource after the other (`dzop.plan.minimal_data`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from dzop.access.labels import instant
from dzop.access.surroundings import counted
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.plan.minimal_data import LIMITS
from dzop.plan.rule import refusal


async def ruled(writing: Writing) -> Ruled:
    """A new clinical resource, unless the writer sees that there are as many as a plan needs."""
    type, is_new = writing.proposal.type, writing.before is None
    if is_new and not writing.call.actor.is_system:
        limit = LIMITS[type]
        since = [] if limit.hours is None else [_since(writing, limit.hours)]
        if await counted(writing, type, *limit.counting, *since) >= limit.around:
            raise refusal("minimal-data-around", type, type=type, most=str(limit.around))
    return Ruled(writing.proposal)


def _since(writing: Writing, hours: int) -> tuple[str, str]:
    return "_lastUpdated", f"ge{instant(writing.call.now - timedelta(hours=hours))}"


RULES: Final = Rules(ruled, removed_by_categories)
