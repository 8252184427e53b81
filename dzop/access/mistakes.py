"""Goals and tasks that were entered in error: who made a mistake takes it back (access law, "Writing", Mistakes)."""

from __future__ import annotations

from typing import Final

from dzop.access.authorship import is_representative
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import Forbidden

__all__ = ["RULES"]

_STATUS: Final = {"Goal": "lifecycleStatus", "Task": "status"}
_TAKEN_BACK: Final = "entered-in-error"
_OF_OTHERS: Final = (
    "only its author says that this was entered in error; set another status, such as `cancelled`"
)


async def ruled(writing: Writing) -> Ruled:
    """The resource as it was sent; Forbidden where somebody else than its author says that it is a mistake.

    Who represents the person says it of what the person said. What has no author is for all who may change it.
    """
    if _is_taken_back(writing) and not await _is_own(writing):
        raise Forbidden(_OF_OTHERS, expression=f"{writing.proposal.type}.{_STATUS[writing.proposal.type]}")
    return Ruled(writing.proposal)


def _is_taken_back(writing: Writing) -> bool:
    name = _STATUS[writing.proposal.type]
    if writing.proposal.value.get(name) != _TAKEN_BACK or (former := writing.former) is None:
        return False
    return bool(former.get(name) != _TAKEN_BACK)


async def _is_own(writing: Writing) -> bool:
    before = writing.before
    if writing.call.actor.is_system or before is None or not before.authors or "author" in before.kinds:
        return True
    known = await writing.law.facts_of(writing.person)
    return known.person in before.authors and is_representative(known, writing.call)


RULES: Final = Rules(ruled, removed_by_categories)
