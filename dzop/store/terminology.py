"""Concepts of a loaded code system: by code, by hierarchy, and those of a set.

How a set is gone through depends on how much is in it: a few are found by the index and put in order, many are gone
through in an order that an index has, until the page is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.store import terminology_statements as statements
from dzop.store.database import Connection, Row
from dzop.store.statement import Statement
from dzop.store.terminology_rows import (
    LONGEST_WORD,
    can_be_kept,
    compared,
    concept_of,
    started,
    starting,
)
from dzop.store.terminology_sets import Form, Place, Reading, codes_in
from terminology.concept import Concept
from terminology.concept_set import ConceptSet, Every, Filter, Listed, ListedConcept, Without
from terminology.enumerated import is_enumerated
from terminology.fault import Fault
from terminology.membership import listed
from terminology.question import Matched, Wanted

__all__ = ["FEW", "LoadedSystem"]

FEW: Final = 5_000
"""So many concepts are put in order at once."""
_MOST: Final = 2**31 - 1
_SIZES: Final = (100, 1_000, 10_000, 100_000, _MOST)
"""How many of many are put in order for a page: the next of these."""


@dataclass(frozen=True, slots=True)
class LoadedSystem:
    """One version of a code system that is loaded. Codes that are not case sensitive are found in any case."""

    connection: Connection
    key: int
    is_case_sensitive: bool
    count: int
    few: int = FEW

    async def concepts(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """Those of the codes that exist, by the code as it was asked."""
        asked = self._compared(codes)
        rows = await self._rows(statements.BY_CODE, codes=list(set(asked.values())))
        found = {row["code"]: concept_of(row) for row in rows}
        return {code: found[each] for code, each in asked.items() if each in found}

    async def ancestors(self, code: str) -> Sequence[str] | None:
        """All codes above, the code itself first; None when there is no such code."""
        rows = await self._rows(statements.ANCESTORS, codes=list(self._compared([code]).values()))
        return [rows[0]["written"], *rows[0]["above"]] if rows else None

    async def descendants(self, code: str, most: int) -> Sequence[str] | None:
        """All codes below, the code itself first; None when there is no such code. Fault `too-costly` when there are
        more than `most`.
        """
        place = next(iter((await self._places([code])).values()), None)
        if place is None:
            return None
        if place.descendants > most:
            raise Fault(
                "too-costly",
                f"`{code}` has {place.descendants} codes below it, at most {most} are taken; ask for less",
            )
        rows = await self._rows(statements.DESCENDANTS, top=[place.key], key=place.key)
        return [row["written"] for row in rows]

    async def children(self, code: str) -> Sequence[str]:
        """The codes right below, in order."""
        rows = await self._rows(statements.CHILDREN, codes=list(self._compared([code]).values()))
        return [row["written"] for row in rows]

    async def members(self, concept_set: ConceptSet, codes: Sequence[str]) -> frozenset[str]:
        """Which of the codes exist and are in the set."""
        reading = await self._reading(concept_set)
        members = await self._members(reading, reading.form(concept_set), list(codes), active_only=False)
        return frozenset(members)

    async def matched(self, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        """The part of the set that is wanted."""
        reading = await self._reading(concept_set)
        if wanted.words:
            return await self._searched(reading, concept_set, wanted)
        named = [each.code for each in listed(concept_set)]
        if not named:
            return await self._in_order(reading, concept_set, wanted)
        return await self._listed_first(reading, concept_set, named, wanted)

    # -- in the order of the code system --------------------------------------------------------------

    async def _in_order(self, reading: Reading, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        form, active_only = reading.form(concept_set), wanted.active_only
        page = {**reading.values, **self._page(wanted)}
        total = None if active_only else self._size(reading, concept_set)
        is_broad = reading.is_broad(concept_set, self.few if total is not None else self.count // 2)
        if form.is_found and not is_broad:
            found = await self._rows(statements.found(form, active_only), **page, few=self.few)
            total = found[0]["total"]
            if total <= self.few:
                return _matched(found, wanted)
        if total is not None:
            page["bound"] = 0
        return _matched(await self._rows(statements.walked(form, active_only), **page), wanted, total)

    def _size(self, reading: Reading, concept_set: ConceptSet) -> int | None:
        """How many there are in the set, where that is known without counting."""
        match concept_set:
            case Every():
                return self.count
            case Filter(_, "is-a", code):
                return reading.below(code)
        return None

    async def _listed_first(
        self, reading: Reading, concept_set: ConceptSet, named: Sequence[str], wanted: Wanted
    ) -> Matched:
        """What is listed in the order of the list, behind it what else is in the set."""
        form = reading.form(concept_set)
        members = await self._members(reading, form, named, active_only=wanted.active_only)
        first = list(dict.fromkeys(members[each] for each in named if each in members))
        shown = first[wanted.offset : wanted.offset + wanted.count]
        found = await self.concepts(shown) if shown else {}
        if is_enumerated(concept_set):
            return Matched(tuple(map(found.__getitem__, shown)), _counted(len(first), wanted))
        others = await self._in_order(
            Reading(self.key, self.is_case_sensitive, reading.places),
            Without(concept_set, Listed(tuple(map(ListedConcept, named)))),
            _behind(wanted, len(first), len(shown)),
        )
        total = None if others.total is None else _counted(len(first) + others.total, wanted)
        return Matched((*map(found.__getitem__, shown), *others.concepts), total)

    async def _members(
        self, reading: Reading, form: Form, codes: Sequence[str], *, active_only: bool
    ) -> Mapping[str, str]:
        """Which of the codes are in the set, as the system writes them, by the code as it was asked."""
        asked = self._compared(codes)
        rows = await self._rows(
            statements.members(form, active_only), **reading.values, asked=list(set(asked.values()))
        )
        found = {row["code"]: row["written"] for row in rows}
        return {code: found[each] for code, each in asked.items() if each in found}

    # -- the best match first -------------------------------------------------------------------------

    async def _searched(self, reading: Reading, concept_set: ConceptSet, wanted: Wanted) -> Matched:
        """Few are found by the index and put in order; many come in the order of their shortest names, which is
        one that an index has: who asks for so little means nothing of them.
        """
        form = reading.form(concept_set)
        values = {**reading.values, **self._page(wanted), **self._words(wanted.words)}
        is_strict = len(wanted.words) > 1 or any(len(each) > LONGEST_WORD for each in wanted.words)
        is_broad = reading.is_broad(concept_set, self.count // 8)
        statement = statements.searched(form, wanted.active_only, is_strict, is_broad)
        found = await self._rows(statement, **values, few=self.few)
        total = found[0]["total"]
        if total <= self.few:
            return _matched(found, wanted)
        size = next(each for each in _SIZES if each >= min(wanted.offset + wanted.count, _MOST))
        return _matched(
            await self._rows(statements.shortest(form, wanted.active_only, is_strict, size), **values),
            wanted,
            total,
        )

    def _words(self, words: Sequence[str]) -> dict[str, Any]:
        return {"words": starting(self.key, words), "patterns": started(words)}

    # -- what is needed first -------------------------------------------------------------------------

    async def _reading(self, concept_set: ConceptSet) -> Reading:
        codes = list(dict.fromkeys(codes_in(concept_set)))
        return Reading(self.key, self.is_case_sensitive, await self._places(codes) if codes else {})

    async def _places(self, codes: Sequence[str]) -> Mapping[str, Place]:
        rows = await self._rows(statements.PLACES, codes=list(set(self._compared(codes).values())))
        return {
            row["code"]: Place(row["key"], row["parents"], row["ancestors"], row["descendants"])
            for row in rows
        }

    def _compared(self, codes: Sequence[str]) -> dict[str, str]:
        """The codes as they are compared, by the code as it was asked."""
        is_case_sensitive = self.is_case_sensitive
        return {
            each: compared(each, is_case_sensitive=is_case_sensitive) for each in codes if can_be_kept(each)
        }

    def _page(self, wanted: Wanted) -> dict[str, int]:
        """Numbers of the page that PostgreSQL has; there are never more concepts than that."""
        bound = max(wanted.most, self.few) + 1
        numbers = {"offset": wanted.offset, "limit": wanted.count, "bound": bound}
        return {name: min(number, _MOST) for name, number in numbers.items()}

    async def _rows(self, statement: Statement, **values: Any) -> list[Row]:
        return await self.connection.rows(statement, system=self.key, **values)


def _behind(wanted: Wanted, listed: int, shown: int) -> Wanted:
    """What is left of the page for what comes behind so many that are listed, of which so many are shown."""
    return Wanted((), wanted.active_only, max(0, wanted.offset - listed), wanted.count - shown, wanted.most)


def _matched(rows: Sequence[Row], wanted: Wanted, total: int | None = None) -> Matched:
    """A statement tells the total in every row, unless it is known before, and has a single row without a concept when
    the page is empty.
    """
    concepts = tuple(concept_of(row) for row in rows if row["written"] is not None)
    return Matched(concepts, _counted(rows[0]["total"] if total is None else total, wanted))


def _counted(total: int, wanted: Wanted) -> int | None:
    return None if total > wanted.most else total
