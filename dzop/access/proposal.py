"""A resource on its way in: the accepted JSON, and the index rows that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.references import SSIN, canonical_system, goal_references
from dzop.fhir.search.index import index
from dzop.store.conditions import indexed
from dzop.store.goal_links import GOAL_LINK

# Professionals' national numbers serve to recognise them and are never shown (access law, "Directory").
_WITHHELD = ("Practitioner",)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a client sent, of a type the table knows, already valid."""

    type: str
    id: str
    source: Source

    @property
    def value(self) -> Mapping[str, Any]:
        return {**self.source.value, "id": self.id}

    @property
    def meta(self) -> Mapping[str, Any]:
        meta = self.source.value.get("meta", {})
        return meta if isinstance(meta, Mapping) else {}

    def with_member(self, name: str, text: str) -> Proposal:
        """The same with one top-level member replaced, every other byte as it was sent."""
        return replace(self, source=json.parse(json.with_member(self.source.text, name, text).encode()))

    @property
    def body(self) -> bytes:
        return json.stored(self.source, self.type, self.id)

    @property
    def served(self) -> Proposal | None:
        """What may be shown and found, when that is less than what is kept."""
        if self.type not in _WITHHELD:
            return None
        identifiers = self.source.value.get("identifier", [])
        shown = [each for each in identifiers if canonical_system(each.get("system", "")) != SSIN]
        if len(shown) == len(identifiers):
            return None
        return self.with_member("identifier", orjson.dumps(shown).decode())


def index_columns(proposal: Proposal, base: str) -> dict[str, list[Any]]:
    """One array a column of the four index tables, as the store's write statement takes them."""
    value = proposal.value
    rows = index(value, proposal.type, base)
    tokens = [(name, indexed(system), indexed(code)) for name, system, code in rows.tokens]
    references = [tuple(indexed(part or "") for part in row) for row in rows.references]
    references += [
        (GOAL_LINK, "Goal", goal.partition("/")[2], "", "", "")
        for goal in goal_references(value, proposal.type, base)
    ]
    return {
        **_columns("token", ("parameter", "system", "code"), tokens),
        **_columns("reference", _REFERENCE, references),
        **_columns("date", ("parameter", "low", "high"), rows.dates),
        **_columns("string", ("parameter", "normalised", "exact"), rows.strings),
    }


_REFERENCE = ("parameter", "target_type", "target_id", "url", "identifier_system", "identifier_value")


def _columns(prefix: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    columns = {f"{prefix}_{name}": [row[place] for row in rows] for place, name in enumerate(names)}
    return {**columns, f"{prefix}_ordinal": list(range(len(rows)))}
