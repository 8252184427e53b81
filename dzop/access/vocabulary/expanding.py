"""What is in a composed value set: its code systems one after the other, each asked where it is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dzop.access.vocabulary.answers import Contained, Expansion
from dzop.access.vocabulary.choosing import Place, code_system, place
from dzop.access.vocabulary.library import Library
from dzop.fhir.references import canonical_system
from terminology.concept import Coding, Concept
from terminology.concept_set import AllOf, ConceptSet, Listed, ListedConcept
from terminology.enumerated import called_as_listed, enumerated, is_enumerated, told_by_lists
from terminology.fault import Fault
from terminology.membership import listed, page
from terminology.question import Matched, SystemVersion, Wanted
from terminology.value_set import Composed, united

__all__ = ["among", "expansion", "member"]

_FEW: Final = 2_000
"""So many concepts are looked through here, when there are names in more languages here."""


async def expansion(
    libraries: Sequence[Library], composed: Composed, wanted: Wanted, *, whole: bool
) -> Expansion:
    """A page of it; with `whole`, Fault `too-costly` when there is more than the page."""
    parts = _parts(libraries, composed)
    contained: list[Contained] = []
    total: int | None = 0
    for each in parts:
        if total is None:
            break
        found = await each.matched(_following(wanted, total, len(contained)))
        contained.extend(map(each.contained, found.concepts))
        total = None if found.total is None else total + found.total
    if whole and (total is None or total > wanted.count):
        raise Fault(
            "too-costly",
            f"the value set has more than {wanted.count} codes; ask for a part with `filter` or `count`",
        )
    return Expansion(tuple(contained), total, tuple(each.system for each in parts))


async def member(
    libraries: Sequence[Library], composed: Composed, system: str | None, version: str, code: str
) -> Contained | None:
    """The concept in the first of its code systems that has it, or in the one that is asked."""
    for each in _parts(libraries, _asked(libraries, composed, system, version)):
        if (concept := await each.member(code)) is not None:
            return each.contained(concept)
    return None


async def among(
    libraries: Sequence[Library], composed: Composed, codings: Iterable[Coding]
) -> frozenset[Coding]:
    """Which of the codings are in it."""
    asked = tuple(codings)
    found: set[Coding] = set()
    for each in _parts(libraries, composed):
        own = [coding for coding in asked if canonical_system(coding[0]) == canonical_system(each.system.url)]
        if own:
            inside = await each.members([code for _, code in own])
            found.update(coding for coding in own if coding[1] in inside)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a value set means of one code system; `place` is None when that is not held."""

    system: SystemVersion
    place: Place | None
    concept_set: ConceptSet

    async def matched(self, wanted: Wanted) -> Matched:
        """The part that is wanted; Fault `not-found` when the code system would have to be held."""
        place = self.place
        if place is None or self._is_by_list(wanted):
            return page(await self._by_list(), wanted)
        if wanted.words and place.named_by and place.held.count <= _FEW:
            # The words may be in names that the library which holds the code system does not have.
            every = await self._of_library(place, Wanted(count=_FEW, most=_FEW))
            return page(every.concepts, wanted)
        return await self._of_library(place, wanted)

    async def _of_library(self, place: Place, wanted: Wanted) -> Matched:
        found = await place.library.matched(place.held, self.concept_set, wanted)
        concepts = await place.in_more_languages(found.concepts)
        return replace(found, concepts=tuple(self._called(concepts)))

    async def member(self, code: str) -> Concept | None:
        """The concept when it is in the set."""
        if self.place is not None:
            only = AllOf((Listed((ListedConcept(code),)), self.concept_set))
            found = await self.place.library.matched(self.place.held, only, Wanted(count=1, most=1))
            if found.concepts or self.place.held.content == "complete":
                return next(self._called(await self.place.in_more_languages(found.concepts)), None)
        if not self._listed([code]):
            return None
        return called_as_listed(Concept(code), self._named(code))

    async def members(self, codes: Sequence[str]) -> frozenset[str]:
        """Which of the codes are in the set."""
        if self.place is None:
            return self._listed(codes)
        inside = await self.place.library.members(self.place.held, self.concept_set, codes)
        if self.place.held.content == "complete" or len(inside) == len(codes):
            return inside
        existing = await self.place.library.concepts(self.place.held, codes)
        return inside | self._listed([code for code in codes if code not in existing])

    def contained(self, concept: Concept) -> Contained:
        """The concept as one of this value set."""
        language = "en" if self.place is None else self.place.held.default_language
        return Contained(self.system.url, self.system.version, concept, language)

    def _is_by_list(self, wanted: Wanted) -> bool:
        """Whether the list knows codes, or words, that the code system that is held does not."""
        if not is_enumerated(self.concept_set):
            return False
        is_fragment = self.place is not None and self.place.held.content == "fragment"
        return is_fragment or bool(wanted.words and any(map(_has_name, listed(self.concept_set))))

    async def _by_list(self) -> list[Concept]:
        """All concepts of the set, which are all listed."""
        if self.place is None:
            return self._not_held(enumerated(self.concept_set))
        codes = list(dict.fromkeys(each.code for each in listed(self.concept_set)))
        existing = await self.place.concepts(codes)
        inside = await self.members(codes)
        found = [existing.get(code, Concept(code)) for code in codes if code in inside]
        return list({each.code: each for each in self._called(found)}.values())

    def _listed(self, codes: Sequence[str]) -> frozenset[str]:
        """Those of the codes, which the code system does not have, that are in the set by its lists."""
        told = told_by_lists(self.concept_set, codes)
        if self.place is None and None in told.values():
            self._not_held(None)
        return frozenset(code for code, is_in in told.items() if is_in)

    def _not_held(self, found: Iterable[Concept] | None) -> list[Concept]:
        if found is None:
            raise Fault(
                "not-found",
                f"the code system `{self.system}` is not held here, and the value set does not list its codes",
            )
        return list(found)

    def _called(self, concepts: Iterable[Concept]) -> Iterator[Concept]:
        """The concepts, called as the value set calls them."""
        named: dict[str, list[ListedConcept]] = {}
        for each in listed(self.concept_set):
            named.setdefault(self._folded(each.code), []).append(each)
        return (called_as_listed(each, named.get(self._folded(each.code), ())) for each in concepts)

    def _named(self, code: str) -> list[ListedConcept]:
        return [each for each in listed(self.concept_set) if each.code == code]

    def _folded(self, code: str) -> str:
        return code if self.place is None or self.place.held.case_sensitive else code.lower()


def _parts(libraries: Sequence[Library], composed: Composed) -> list[_Part]:
    """Each code system in the version that counts; what turns out to be the same is one."""
    places = {system: place(libraries, system.url, system.version) for system, _ in composed}
    named = {system: _named(system, found) for system, found in places.items()}
    chosen = {named[system]: found for system, found in places.items()}
    resolved = united(((named[system], concept_set),) for system, concept_set in composed)
    return [_Part(system, chosen[system], concept_set) for system, concept_set in resolved]


def _named(system: SystemVersion, found: Place | None) -> SystemVersion:
    """The version that counts of a code system that is held."""
    return system if found is None else SystemVersion(found.held.url, found.held.version)


def _asked(libraries: Sequence[Library], composed: Composed, system: str | None, version: str) -> Composed:
    """The parts of a code system, in the version asked where the value set names none; all when none is asked."""
    if system is None:
        return composed
    own = [each for each in composed if canonical_system(each[0].url) == canonical_system(system)]
    if version and any(place(libraries, each.url, "") for each, _ in own):
        code_system(libraries, system, version)  # Fault: a version that is asked is held
    return tuple(
        (SystemVersion(each.url, each.version or version), concept_set)
        for each, concept_set in own
        if version in ("", each.version) or not each.version
    )


def _following(wanted: Wanted, total: int, count: int) -> Wanted:
    """What is still wanted after so many concepts of other code systems, of which so many are on the page."""
    offset, count = max(0, wanted.offset - total), wanted.count - count
    return replace(wanted, offset=offset, count=count, most=max(wanted.most - total, offset + count))


def _has_name(named: ListedConcept) -> bool:
    return bool(named.display or named.designations)
