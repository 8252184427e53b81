"""Every question about codes, answered over all that is held: shipped, sent along with the question, and loaded.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from dzop.access.vocabulary.answers import Contained, Expansion, Found, Translation
from dzop.access.vocabulary.choosing import Place, all_code_systems, code_system, place
from dzop.access.vocabulary.composing import Composing, definition
from dzop.access.vocabulary.expanding import among, expansion, member
from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.library import Defined, Library
from dzop.access.vocabulary.source import Held
from dzop.access.vocabulary.translating import Translating
from dzop.definitions.published import ALWAYS
from dzop.store.database import Connection
from terminology.concept import Coding
from terminology.fault import Fault
from terminology.hierarchy import subsumption
from terminology.languages import called
from terminology.question import Subsumption, Wanted
from terminology.value_set import Composed

__all__ = ["OURS", "SHIPPED", "Vocabulary"]

Resource = Mapping[str, Any]
_TYPES: Final = ("CodeSystem", "ConceptMap", "ValueSet")


class Vocabulary:
    """All that is held. Every method raises Fault: `not-found` for a code system, value set, concept map or version
    that is not held; what else is said with each.

    Versions: one that is asked must exist; without one the newest counts, complete before fragment and loaded before
    shipped.
    `languages` are as `terminology.languages.preferences` reads them, best first.
    """

    def __init__(self, *libraries: Library) -> None:
        """Of what is equal otherwise, that in the earlier library counts: loaded, then shipped."""
        self._libraries = libraries

    def beside(self, *resources: Resource) -> Vocabulary:
        """With these CodeSystem, ValueSet and ConceptMap resources too, which go before all that is held.

        Fault `invalid` when one makes no sense.
        """
        return Vocabulary(InMemory(resources, is_sent=True), *self._libraries)

    def within(self, connection: Connection) -> Vocabulary:
        """The same in the middle of a transaction, which asks over its own connection: nobody waits for a second one
        while holding the first.
        """
        return Vocabulary(*(each.within(connection) for each in self._libraries))

    async def identified(self, type: Literal["CodeSystem", "ConceptMap", "ValueSet"], id: str) -> Defined:
        """The definition with this id."""
        await self._current()
        for library in self._libraries:
            if (found := library.identified(type, id)) is not None:
                return found
        raise Fault("not-found", f"`{type}/{id}` is not held here")

    # -- code systems ----------------------------------------------------------------------------

    async def code_systems(self) -> Sequence[Held]:
        """All that are held, by URL; of each the version that counts when none is named first."""
        await self._current()
        return all_code_systems(self._libraries)

    async def code_system(self, url: str, version: str = "") -> Held:
        """The code system in this version."""
        return (await self._place(url, version)).held

    async def lookup(self, system: str, version: str, code: str) -> Found:
        """The concept with its children; Fault `not-found` also for a code that is not in the system."""
        found = await self._place(system, version)
        concepts = await found.concepts([code])
        if code not in concepts:
            raise Fault("not-found", f"the code system `{found.held.url}` has no code `{code}`")
        children = await found.library.children(found.held, concepts[code].code)
        return Found(found.held, concepts[code], tuple(children))

    async def concepts(self, system: str, version: str, codes: Sequence[str]) -> Mapping[str, Found]:
        """Those of the codes that exist, by the code as it was asked; without children."""
        found = await self._place(system, version)
        concepts = await found.concepts(codes)
        return {code: Found(found.held, each) for code, each in concepts.items()}

    async def subsumption(self, system: str, version: str, code_a: str, code_b: str) -> Subsumption:
        """How A stands to B; Fault `not-found` also for a code that is not in the system."""
        found = await self._place(system, version)
        above = [await self._ancestors(found, code) for code in (code_a, code_b)]
        return subsumption(*above)

    # -- value sets ------------------------------------------------------------------------------

    async def value_set(self, canonical: str, version: str = "") -> Resource:
        """The ValueSet as it is published. `canonical` may have `|version`, be `ValueSet/id`, the value set that a code
        system names as that of all its codes, or an implicit one of SNOMED CT (`?fhir_vs`, `?fhir_vs=isa/...`).
        """
        await self._current()
        return await definition(self._libraries, canonical, version)

    async def composed(self, value_set: str | Resource, version: str = "") -> Composed:
        """What is in a value set, with its imports put in, given as for `value_set` or sent along.

        Fault `processing` when it imports itself, `too-costly` when it imports too many, `invalid` when it makes no
        sense.
        """
        if isinstance(value_set, str):
            return await Composing(self._libraries).composed(await self.value_set(value_set, version))
        await self._current()
        return await Composing(self.beside(value_set)._libraries).composed(value_set)

    async def expansion(self, composed: Composed, wanted: Wanted, *, whole: bool = False) -> Expansion:
        """A page of what is in the value set, system by system, in order.

        `whole` when all is asked rather than a page: Fault `too-costly` when there are more than `wanted.count`.
        """
        await self._current()
        return await expansion(self._libraries, composed, wanted, whole=whole)

    async def member(
        self, composed: Composed, system: str | None, version: str, code: str
    ) -> Contained | None:
        """The concept when it is in the value set, else None. Without `system` it is looked for in each system of the
        value set, and the first that has it counts.
        """
        await self._current()
        return await member(self._libraries, composed, system, version, code)

    async def among(self, composed: Composed, codings: Iterable[Coding]) -> frozenset[Coding]:
        """Which of the codings are in the value set: one round trip for each code system."""
        await self._current()
        return await among(self._libraries, composed, codings)

    # -- concept maps ----------------------------------------------------------------------------

    async def is_known(self, system: str) -> bool:
        """Whether the code system is held, or there is a concept map from or to it."""
        await self._current()
        if place(self._libraries, system, "") is not None:
            return True
        groups = (
            group
            for library in self._libraries
            for each in library.concept_maps()
            for group in each.outline.groups
        )
        return any(system in (each.source, each.target) for each in groups)

    async def translate(
        self,
        coding: Coding,
        *,
        url: str = "",
        version: str = "",
        source: str = "",
        target: str = "",
        target_system: str = "",
        reverse: bool = False,
    ) -> tuple[Translation, ...]:
        """What the code is elsewhere, best first as the maps have it; also those that say that there is none.

        By the concept map `url` (canonical, or `ConceptMap/id`), else by all that have something to say of the code
        system. `source` and `target` are value sets between which the maps shall be, `target_system` the code system
        that is asked for. `reverse` reads the maps from target to source.
        """
        await self._current()
        url, _, named = url.partition("|")
        translating = Translating(self._libraries, coding, target_system, reverse)
        if url:
            return await translating.by(url, named or version, source, target)
        return await translating.by_all(source, target)

    async def translate_with(
        self, concept_map: Resource, coding: Coding, *, target_system: str = "", reverse: bool = False
    ) -> tuple[Translation, ...]:
        """The same by a ConceptMap that was sent along; Fault `invalid` or `not-supported` when it makes no sense."""
        own = InMemory([concept_map], is_sent=True)
        await self._current()
        translating = Translating((own, *self._libraries), coding, target_system, reverse)
        return await translating.by_these([(each, own) for each in own.concept_maps()])

    # -- reading and searching -------------------------------------------------------------------

    async def displays(
        self, codings: Iterable[Coding], languages: Sequence[str] = ()
    ) -> Mapping[Coding, str]:
        """What the codings are called, of those that are known; one round trip for each code system that is loaded,
        none for those in memory.
        """
        await self._current()
        asked: dict[str, list[str]] = {}
        for system, code in dict.fromkeys(codings):
            asked.setdefault(system, []).append(code)
        return {
            (system, code): name
            for system, codes in asked.items()
            if (held := place(self._libraries, system, ""))
            for code, name in (await _names(held, codes, languages)).items()
        }

    async def members(self, canonical: str, most: int) -> tuple[Coding, ...]:
        """All codes of a value set; Fault `too-costly` when there are more than `most`."""
        found = await self.expansion(
            await self.composed(canonical), Wanted(count=most, most=most), whole=True
        )
        return tuple((each.system, each.concept.code) for each in found.contained)

    async def ancestors(self, coding: Coding) -> tuple[Coding, ...]:
        """The coding and all above it; itself alone when there is no such code."""
        found = await self._place(coding[0], "")
        return _with(coding, found, await found.library.ancestors(found.held, coding[1]) or ())

    async def descendants(self, coding: Coding, most: int) -> tuple[Coding, ...]:
        """The coding and all below it; itself alone when there is no such code. Fault `too-costly` when there are more
        than `most`.
        """
        found = await self._place(coding[0], "")
        return _with(coding, found, await found.library.descendants(found.held, coding[1], most) or ())

    async def _current(self) -> None:
        for each in self._libraries:
            await each.current()

    async def _place(self, url: str, version: str) -> Place:
        await self._current()
        return code_system(self._libraries, url, version)

    async def _ancestors(self, found: Place, code: str) -> Sequence[str]:
        above = await found.library.ancestors(found.held, code)
        if not above:
            raise Fault("not-found", f"the code system `{found.held.url}` has no code `{code}`")
        return above


async def _names(found: Place, codes: Sequence[str], languages: Sequence[str]) -> Mapping[str, str]:
    """What the codes are called, of those that exist."""
    concepts = await found.concepts(codes)
    language = found.held.default_language
    return {code: called(each, languages, language) for code, each in concepts.items()}


def _with(coding: Coding, found: Place, codes: Sequence[str]) -> tuple[Coding, ...]:
    """The codes as codings, the one that was asked first."""
    return tuple(dict.fromkeys((coding, *((found.held.url, each) for each in codes))))


OURS: Final = InMemory(each for type in _TYPES for each in ALWAYS[type].values())
"""What dzop itself always publishes."""
SHIPPED: Final = Vocabulary(OURS)
"""That alone, without a database."""
