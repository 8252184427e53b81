"""A resource on its way in: the accepted JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.outcome import Issue
from dzop.fhir.references import SSIN, canonical_system

# Professionals' national numbers serve to recognise them and are never shown (access law, "Directory").
_WITHHELD = ("Practitioner",)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a client sent, of a type the table knows, already valid; `remarks` are what there is to say of it."""

    type: str
    id: str
    source: Source
    remarks: tuple[Issue, ...] = ()

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

    def without_member(self, name: str) -> Proposal:
        """The same without one top-level member."""
        return replace(self, source=json.parse(json.without_member(self.source.text, name).encode()))

    @property
    def body(self) -> bytes:
        return json.stored(self.source, self.type, self.id)

    @property
    def served(self) -> Proposal | None:
        """What may be shown and found, when that is less than what is kept."""
        if self.type not in _WITHHELD:
            return None
        identifiers = self._identifiers
        shown = [each for each in identifiers if not _is_national_number(each)]
        return None if len(shown) == len(identifiers) else self._identified(shown)

    def with_withheld(self, kept: Proposal) -> Proposal:
        """The same with what `kept` has and does not show, behind what is shown."""
        if kept.served is None:
            return self
        return self._identified([*self._identifiers, *filter(_is_national_number, kept._identifiers)])

    @property
    def _identifiers(self) -> list[str]:
        """Each identifier as it was sent."""
        text = self.source.text
        where = json.members(text).get("identifier")
        if where is None:
            return []
        array = text[slice(*where)]
        return [array[start:end] for start, end in json.elements(array)]

    def _identified(self, identifiers: list[str]) -> Proposal:
        if identifiers:
            return self.with_member("identifier", f"[{','.join(identifiers)}]")
        return self.without_member("identifier")  # FHIR has no empty arrays


def _is_national_number(identifier: str) -> bool:
    system = json.value_of(identifier).get("system", "")
    return canonical_system(system) == SSIN
