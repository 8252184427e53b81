"""Binary, such as a photograph: it concerns whom that concerns which it belongs to.

https://hl7.org/fhir/R4/binary.html#security
"""

from __future__ import annotations

from typing import Final

from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.references import read_reference
from dzop.store.writing import AUDIENCE_OF

_TOLD: Final = "addressed"


async def ruled(writing: Writing) -> Ruled:
    """Whoever is named by what it belongs to may know of it; only its own author may change it."""
    reference = read_reference(writing.proposal.value.get("securityContext") or {}, writing.base).local
    if reference is None:
        return Ruled(writing.proposal)
    type, _, id = reference.partition("/")
    rows = await writing.transaction.rows(
        AUDIENCE_OF, person=writing.person, type=type, id=id, now=writing.call.now
    )
    concerned = [(_TOLD, row["actor"], "") for row in rows if not row["via"]]
    return Ruled(writing.proposal, named=tuple(dict.fromkeys(concerned)))


RULES: Final = Rules(ruled, removed_by_categories)
