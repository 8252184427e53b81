"""The code systems, value sets and concept maps that an operator loaded: a `Library` in PostgreSQL.

What is held is known in memory and looked up again when older than half a second, so that what is loaded counts
in every worker within a second; concepts are asked one statement a question.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import orjson

from dzop.access.vocabulary.library import Defined, HeldMap
from dzop.access.vocabulary.source import Held
from dzop.fhir.outcome import Unavailable
from dzop.store import terminology_catalog
from dzop.store.database import Connection, Row
from dzop.store.terminology import LoadedSystem
from dzop.store.terminology_definitions import LoadedDefinitions
from dzop.store.terminology_mappings import mapped
from terminology.concept import Coding, Concept
from terminology.concept_map import MapRow, outline
from terminology.concept_set import ConceptSet, filters
from terminology.fault import Fault
from terminology.question import Matched, Wanted

__all__ = ["Loaded"]

FRESH: Final = 0.5
"""Seconds for which a worker believes what it has."""
_EXPRESSIONS_AT_ONCE: Final = 2
"""Regular expressions go through every concept: others shall find a connection meanwhile."""
_FRAGMENTS: Final = frozenset({"fragment", "example"})
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is loaded, as it was when `stamp` was taken."""

    stamp: object = None
    systems: dict[str, list[Held]] = field(default_factory=dict)
    implied: dict[str, list[Held]] = field(default_factory=dict)
    definitions: dict[tuple[str, str], Defined] = field(default_factory=dict)
    value_sets: dict[str, list[Defined]] = field(default_factory=dict)
    maps: list[HeldMap] = field(default_factory=list)


class _Catalog:
    """What one worker knows to be loaded."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self.known = _Known()
        self._looked: float | None = None
        self._looking = asyncio.Lock()
        self.expressions = asyncio.Semaphore(_EXPRESSIONS_AT_ONCE)

    def is_fresh(self) -> bool:
        return self._looked is not None and self._elapsed() - self._looked < FRESH

    async def look(self, connection: Connection) -> None:
        """Looks whether anything has changed, and only then at everything."""
        async with self._looking:
            if not self.is_fresh():
                await self.look_at_once(connection)

    async def look_at_once(self, connection: Connection) -> None:
        """The same without waiting for others who look: they may wait for the connection that a transaction holds."""
        began = self._elapsed()
        stamp = await terminology_catalog.stamp(connection)
        if stamp != self.known.stamp:
            self.known = _known(stamp, await terminology_catalog.catalog(connection))
        self._looked = began


class Loaded:
    """One worker's view of what is loaded. `elapsed` is a clock in seconds that never goes back.

    Implements `dzop.access.vocabulary.library.Library`; resources are read and searched by
    `dzop.store.terminology_definitions`. What cannot be answered in time is Fault `too-costly`.
    """

    def __init__(self, connection: Connection, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._connection, self._catalog = connection, _Catalog(elapsed)
        self._is_within = False

    def within(self, connection: Connection) -> Loaded:
        """The same, that asks over this connection, as a transaction does that has taken its own."""
        other = Loaded(connection)
        other._catalog, other._is_within = self._catalog, True
        return other

    async def current(self) -> object:
        """Looks again when what is known is older than half a second."""
        if not self._catalog.is_fresh():
            look = self._catalog.look_at_once if self._is_within else self._catalog.look
            await look(self._connection)
        return self._catalog.known.stamp

    def every_code_system(self) -> Sequence[Held]:
        return [held for each in self._catalog.known.systems.values() for held in each]

    def code_systems(self, url: str) -> Sequence[Held]:
        return self._catalog.known.systems.get(url, ())

    def implied(self, value_set: str) -> Sequence[Held]:
        return self._catalog.known.implied.get(value_set, ())

    def identified(self, type: str, id: str) -> Defined | None:
        return self._catalog.known.definitions.get((type, id))

    def value_sets(self, url: str) -> Sequence[Defined]:
        return self._catalog.known.value_sets.get(url, ())

    def concept_maps(self) -> Sequence[HeldMap]:
        return self._catalog.known.maps

    async def value_set(self, defined: Defined) -> Mapping[str, Any] | None:
        bodies = await LoadedDefinitions(self._connection).bodies(defined.type, [defined.id])
        return orjson.loads(bodies[defined.id]) if bodies else None

    async def mapped(
        self, maps: Sequence[HeldMap], coding: Coding, *, reverse: bool = False
    ) -> Sequence[tuple[HeldMap, MapRow]]:
        keys = [each.defined.key for each in maps]
        found = await mapped(self._connection, keys, coding, reverse=reverse)
        return [(each, row) for each in maps for key, row in found if key == each.defined.key]

    async def concepts(self, system: Held, codes: Sequence[str]) -> Mapping[str, Concept]:
        return await _in_time(self._of(system).concepts(codes))

    async def ancestors(self, system: Held, code: str) -> Sequence[str] | None:
        return await _in_time(self._of(system).ancestors(code))

    async def descendants(self, system: Held, code: str, most: int) -> Sequence[str] | None:
        return await _in_time(self._of(system).descendants(code, most))

    async def children(self, system: Held, code: str) -> Sequence[str]:
        return await _in_time(self._of(system).children(code))

    async def matched(self, system: Held, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        async with self._turn(concept_set):
            return await _in_time(self._of(system).matched(concept_set, wanted))

    async def members(self, system: Held, concept_set: ConceptSet, codes: Sequence[str]) -> frozenset[str]:
        return await _in_time(self._of(system).members(concept_set, codes))

    def _turn(self, concept_set: ConceptSet) -> AbstractAsyncContextManager[None]:
        """Waits for others who look for regular expressions; not with a connection that they may wait for."""
        is_expression = any(each.operator == "regex" for each in filters(concept_set))
        return self._catalog.expressions if is_expression and not self._is_within else nullcontext()

    def _of(self, system: Held) -> LoadedSystem:
        return LoadedSystem(self._connection, system.key, system.case_sensitive, system.count)


async def _in_time(asked: Coroutine[Any, Any, _Found]) -> _Found:
    try:
        return await asked
    except Unavailable as error:
        if error.issues[0].code != "too-costly":
            raise
        text = "the question takes the database too long; ask more narrowly, or for a smaller page"
        raise Fault("too-costly", text) from error


def _known(stamp: object, rows: Sequence[Row]) -> _Known:
    known = _Known(stamp)
    for row in rows:
        defined = Defined(row["type"], row["id"], row["url"], row["version"], row["key"])
        known.definitions[defined.type, defined.id] = defined
        match defined.type:
            case "CodeSystem" if row["content"] != "supplement" and (
                row["count"] or row["content"] != "not-present"
            ):
                held = _held(row)
                known.systems.setdefault(held.url, []).append(held)
                known.implied.setdefault(held.value_set, []).append(held)
            case "ValueSet":
                known.value_sets.setdefault(defined.url, []).append(defined)
            case "ConceptMap":
                known.maps.append(HeldMap(defined, outline(orjson.loads(row["head"]))))
    return known


def _held(row: Row) -> Held:
    return Held(
        row["url"],
        row["version"],
        row["name"],
        row["title"],
        row["is_case_sensitive"],
        "fragment" if row["content"] in _FRAGMENTS else "complete",
        row["count"],
        row["hierarchyMeaning"],
        row["language"] or "en",
        row["key"],
        row["valueSet"],
    )
