"""Code systems, value sets and concept maps in memory: what is shipped, or sent along with a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from dzop.access.vocabulary.library import Defined, HeldMap
from dzop.access.vocabulary.source import Held
from dzop.store.database import Connection
from terminology.code_system import Concepts, with_parents
from terminology.concept import Coding, Concept
from terminology.concept_map import MapRow, outline, rows
from terminology.concept_set import ConceptSet
from terminology.fault import Fault
from terminology.membership import matched, members
from terminology.question import Matched, SystemVersion, Wanted
from terminology.value_set import size

__all__ = ["InMemory"]

Resource = Mapping[str, Any]
_CONTENT: Mapping[str, Literal["complete", "fragment"]] = {
    "complete": "complete",
    "fragment": "fragment",
    "example": "fragment",
}
"""By R4's content mode; of the others nothing is held."""


_MOST: Final = 1_000_000
"""So many comparisons are made at most to answer one question."""


class InMemory:
    """A `Library` of resources that do not change."""

    def __init__(self, resources: Iterable[Resource], *, is_sent: bool = False) -> None:
        """CodeSystem, ValueSet and ConceptMap resources; others are left aside. What `is_sent` along with a question
        goes before all that is held, whatever its version. Fault `invalid` or `not-supported` when one makes no sense.
        """
        self.is_sent = is_sent
        self._concepts: dict[Held, Concepts] = {}
        self._systems: defaultdict[str, list[Held]] = defaultdict(list)
        self._implied: defaultdict[str, list[Held]] = defaultdict(list)
        self._defined: dict[tuple[str, str], Defined] = {}
        self._value_sets: dict[Defined, Resource] = {}
        self._maps: dict[HeldMap, tuple[MapRow, ...]] = {}
        kinds = {
            "CodeSystem": self._hold_code_system,
            "ValueSet": self._hold_value_set,
            "ConceptMap": self._hold_concept_map,
        }
        for each in resources:
            if each["resourceType"] in kinds:
                kinds[each["resourceType"]](each)

    async def current(self) -> object:
        """It never changes."""
        return self

    def within(self, connection: Connection) -> InMemory:
        return self

    def every_code_system(self) -> Sequence[Held]:
        return [held for each in self._systems.values() for held in each]

    def code_systems(self, url: str) -> Sequence[Held]:
        return self._systems.get(url, ())

    def implied(self, value_set: str) -> Sequence[Held]:
        return self._implied.get(value_set, ())

    def identified(self, type: str, id: str) -> Defined | None:
        return self._defined.get((type, id))

    def value_sets(self, url: str) -> Sequence[Defined]:
        return [each for each in self._value_sets if each.url == url]

    def concept_maps(self) -> Sequence[HeldMap]:
        return tuple(self._maps)

    async def value_set(self, defined: Defined) -> Resource | None:
        return self._value_sets.get(defined)

    async def mapped(
        self, maps: Sequence[HeldMap], coding: Coding, *, reverse: bool = False
    ) -> Sequence[tuple[HeldMap, MapRow]]:
        return [(each, row) for each in maps for row in self._maps[each] if _is_of(row, coding, reverse)]

    async def concepts(self, system: Held, codes: Sequence[str]) -> Mapping[str, Concept]:
        held = self._concepts[system]
        return {code: found for code in codes if (found := held.get(code)) is not None}

    async def ancestors(self, system: Held, code: str) -> Sequence[str] | None:
        return self._concepts[system].ancestors(code) or None

    async def descendants(self, system: Held, code: str, most: int) -> Sequence[str] | None:
        found = tuple(self._concepts[system].descendants(code))
        if len(found) > most:
            raise Fault("too-costly", f"below `{code}` are more than {most} codes; name one further down")
        return found or None

    async def children(self, system: Held, code: str) -> Sequence[str]:
        return self._concepts[system].children(code)

    async def matched(self, system: Held, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        return matched(self._bounded(system, concept_set), concept_set, wanted)

    async def members(self, system: Held, concept_set: ConceptSet, codes: Sequence[str]) -> frozenset[str]:
        return members(self._bounded(system, concept_set), concept_set, codes)

    def _bounded(self, system: Held, concept_set: ConceptSet) -> Concepts:
        """The concepts; Fault `too-costly` when it takes too long to go through them."""
        concepts = self._concepts[system]
        if size(((SystemVersion(system.url), concept_set),)) * len(concepts) > _MOST:
            raise Fault("too-costly", f"the value set has too many filters for the codes of `{system.url}`")
        return concepts

    def _hold_code_system(self, resource: Resource) -> None:
        self._define(resource)
        content = _CONTENT.get(resource.get("content", ""))
        if content is None:
            return
        is_case_sensitive = resource.get("caseSensitive", True)
        concepts = Concepts(with_parents(resource), is_case_sensitive=is_case_sensitive)
        held = Held(
            resource.get("url", ""),
            resource.get("version", ""),
            resource.get("name", ""),
            resource.get("title", ""),
            is_case_sensitive,
            content,
            len(concepts),
            resource.get("hierarchyMeaning", ""),
            resource.get("language", "en"),
            value_set=resource.get("valueSet", ""),
        )
        self._concepts[held] = concepts
        self._systems[held.url].append(held)
        self._implied[held.value_set].append(held)

    def _hold_value_set(self, resource: Resource) -> None:
        self._value_sets[self._define(resource)] = resource

    def _hold_concept_map(self, resource: Resource) -> None:
        self._maps[HeldMap(self._define(resource), outline(resource))] = tuple(rows(resource))

    def _define(self, resource: Resource) -> Defined:
        type, id = resource["resourceType"], resource.get("id", "")
        defined = Defined(type, id, resource.get("url", ""), resource.get("version", ""))
        if id:
            self._defined[type, id] = defined
        return defined


def _is_of(row: MapRow, coding: Coding, reverse: bool) -> bool:
    system, code = coding
    if reverse:
        return row.target_code == code and system in ("", row.target_system)
    return row.source_code == code and system in ("", row.source_system)
