"""The data categories of a resource on its way in, with those of the resources they follow from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.categories import codes
from dzop.access.guarded import binds
from dzop.access.proposal import Proposal
from dzop.access.versions import Before
from dzop.actor import Call
from dzop.fhir.categories import categories, category_sources
from dzop.fhir.references import Reference, parse_reference
from dzop.store import writing
from dzop.store.database import Transaction


class Classification:
    """Categories within one transaction. What it wrote itself, and which Questionnaire says what, is known."""

    def __init__(self, transaction: Transaction, call: Call, base: str) -> None:
        self._transaction = transaction
        self._call = call
        self._base = base
        self._masks: dict[str, int] = {}

    async def of(self, proposal: Proposal, before: Before | None = None) -> frozenset[str]:
        """The categories by type and codes; a Provenance has its targets', an answer its Questionnaire's.

        What the actor may not see counts as what is not there. Where it was named `before` too, its categories
        may be among those that the resource has already, so all of those stay.
        """
        value, type = proposal.value, proposal.type
        sources = self._sources(value, type)
        masks = await self._of(sources) if sources else {}
        if before is not None and sources.keys() - masks.keys() and not self._call.actor.is_system:
            former = {each.local for each in self._sources(before.as_it_was.value, type).values() if each.id}
            stay = {source: before.row["mask"] for source, each in sources.items() if each.local in former}
            masks = stay | masks
        return categories(value, type, {source: frozenset(codes(mask)) for source, mask in masks.items()})

    def _sources(self, value: Mapping[str, Any], type: str) -> dict[str, Reference]:
        return {each: parse_reference(each, self._base) for each in category_sources(value, type)}

    def note(self, type: str, id: str, mask: int) -> None:
        """This transaction has written a resource of these categories."""
        if type == "Questionnaire":
            self._masks.clear()
        self._masks[f"{type}/{id}"] = mask

    async def _of(self, sources: dict[str, Reference]) -> dict[str, int]:
        """The masks of those that are there and may be seen."""
        keys = {source: each.local or source.partition("|")[0] for source, each in sources.items()}
        new = {source: each for source, each in sources.items() if keys[source] not in self._masks}
        masks = dict(self._masks)
        if new:
            urls = [keys[source] for source, each in new.items() if not each.id]
            rows = await self._transaction.rows(
                writing.masks(self._call.actor.is_system),
                **binds(self._call),
                types=[each.type for each in new.values() if each.id],
                ids=[each.id for each in new.values() if each.id],
                urls=urls,
            )
            masks |= {row["key"]: row["mask"] for row in rows}
            # What others wrote may be labelled by them at any moment; a Questionnaire is the directory's.
            self._masks |= {url: masks[url] for url in urls if url in masks}
        return {source: masks[key] for source, key in keys.items() if key in masks}
