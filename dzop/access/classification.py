"""The data categories of a resource on its way in, with those of the resources they follow from."""

from __future__ import annotations

from consent.categories import codes
from dzop.access.proposal import Proposal
from dzop.fhir.categories import categories, category_sources
from dzop.fhir.references import parse_reference
from dzop.store import resources
from dzop.store.database import Transaction


async def categories_of(transaction: Transaction, proposal: Proposal, base: str) -> frozenset[str]:
    """The categories by type and codes; a Provenance has its targets', an answer its Questionnaire's."""
    value, type = proposal.value, proposal.type
    local = {source: parse_reference(source, base) for source in category_sources(value, type)}
    if not local:
        return categories(value, type, {})
    keys = {source: each.local or source.partition("|")[0] for source, each in local.items()}
    rows = await transaction.rows(
        resources.MASKS,
        types=[each.type for each in local.values() if each.id],
        ids=[each.id for each in local.values() if each.id],
        urls=[keys[source] for source, each in local.items() if not each.id],
    )
    masks = {row["key"]: row["mask"] for row in rows}
    known = {source: frozenset(codes(masks[key])) for source, key in keys.items() if key in masks}
    return categories(value, type, known)
