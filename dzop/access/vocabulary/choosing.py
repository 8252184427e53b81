"""Which code system, value set or concept map is meant by a canonical, among all that is held.

One that is asked with a version must be held in it. What is sent along with the question goes before all else; then
complete code systems go before fragments, what was loaded goes before what is shipped, and then the newest counts: who
loads a code system means it, and HL7 counts the versions of its terminology anew since R4 (3.0.0 follows 2018-08-12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.library import Defined, HeldMap, Library
from dzop.access.vocabulary.source import Held
from dzop.fhir.references import canonical_system
from terminology.concept import Concept
from terminology.fault import Fault
from terminology.languages import more_languages
from terminology.versions import fits, order

__all__ = [
    "Place",
    "all_code_systems",
    "code_system",
    "concept_map",
    "concept_maps",
    "implied",
    "is_between",
    "place",
    "value_set",
]

_Thing = TypeVar("_Thing", Defined, HeldMap)
Libraries = Sequence[Library]


@dataclass(frozen=True, slots=True)
class Place:
    """A code system, and the library that holds it. `named_by` are others in memory that may have names for its
    concepts in more languages: what HL7 publishes is in English only, and dzop ships the words of its own readers.
    """

    held: Held
    library: Library
    named_by: tuple[Place, ...] = ()

    async def concepts(self, codes: Sequence[str]) -> Mapping[str, Concept]:
        """Those of the codes that exist, by the code as it was asked."""
        found = await self.library.concepts(self.held, codes)
        return dict(zip(found, await self.in_more_languages(tuple(found.values())), strict=True))

    async def in_more_languages(self, concepts: Sequence[Concept]) -> Sequence[Concept]:
        """The concepts, with the names that the others have in languages in which there are none."""
        for other in self.named_by:
            known = await other.library.concepts(other.held, [each.code for each in concepts])
            concepts = [
                more_languages(
                    each, self.held.default_language, known[each.code], other.held.default_language
                )
                if each.code in known
                else each
                for each in concepts
            ]
        return concepts


def place(libraries: Libraries, url: str, version: str) -> Place | None:
    """The code system in this version; None when it is not held."""
    for name in dict.fromkeys((url, canonical_system(url))):
        if held := [Place(each, library) for library in libraries for each in library.code_systems(name)]:
            return _with_names(_best(held, version), held)
    return None


def code_system(libraries: Libraries, url: str, version: str) -> Place:
    """The code system in this version; Fault `not-found`."""
    if (found := place(libraries, url, version)) is not None:
        return found
    if place(libraries, url, "") is not None:
        raise Fault("not-found", f"the code system `{url}` is not held in version `{version}`")
    raise Fault("not-found", f"the code system `{url}` is not held here")


def all_code_systems(libraries: Libraries) -> list[Held]:
    """All that are held, by URL, each version once; of each the one that counts when none is named first."""
    held = [Place(each, library) for library in libraries for each in library.every_code_system()]
    by_version: dict[tuple[str, str], Held] = {}
    for each in sorted(held, key=_rank, reverse=True):
        by_version.setdefault((each.held.url, each.held.version), each.held)
    return sorted(by_version.values(), key=lambda each: each.url)


def implied(libraries: Libraries, value_set: str, version: str) -> Place | None:
    """The code system of which this is the value set of all codes."""
    if not value_set:
        return None
    held = [Place(each, library) for library in libraries for each in library.implied(value_set)]
    return _best(held, version)


def value_set(libraries: Libraries, url: str, version: str) -> tuple[Defined, Library] | None:
    """The value set with this canonical, or as `ValueSet/id`; None when it is not held."""
    found = _identified(libraries, "ValueSet", url) or [
        (each, library) for library in libraries for each in library.value_sets(url)
    ]
    return _newest(found, version, lambda each: each)


def concept_map(libraries: Libraries, url: str, version: str) -> tuple[HeldMap, Library]:
    """The concept map with this canonical, or as `ConceptMap/id`; Fault `not-found`."""
    named = {each for each, _ in _identified(libraries, "ConceptMap", url)}
    found = [
        (each, library)
        for library in libraries
        for each in library.concept_maps()
        if each.defined.url == url or each.defined in named
    ]
    if (best := _newest(found, version, lambda each: each.defined)) is None:
        raise Fault("not-found", f"the concept map `{url}{'|' if version else ''}{version}` is not held here")
    return best


def concept_maps(libraries: Libraries, source: str, target: str) -> list[tuple[HeldMap, Library]]:
    """All concept maps between these value sets, or any where one is empty, each in the version that counts."""
    urls = dict.fromkeys(each.defined.url for library in libraries for each in library.concept_maps())
    held = [concept_map(libraries, url, "") for url in urls]
    return [(each, library) for each, library in held if is_between(each, source, target)]


def is_between(held: HeldMap, source: str, target: str) -> bool:
    """Whether a concept map is between these value sets, in whatever version, or any where one is empty."""
    asked, own = (source, target), (held.outline.source, held.outline.target)
    return all(
        not url or url.partition("|")[0] == each.partition("|")[0]
        for url, each in zip(asked, own, strict=True)
    )


def _with_names(found: Place | None, held: Sequence[Place]) -> Place | None:
    """What is loaded, with what is shipped to name it too."""
    if found is None or not found.held.key:
        return found
    return replace(found, named_by=tuple(each for each in held if not each.held.key))


def _best(held: Iterable[Place], version: str) -> Place | None:
    fitting = [each for each in held if fits(each.held.version, version)]
    return max(fitting, key=_rank, default=None)


def _rank(found: Place) -> tuple[bool, bool, bool, Any]:
    held = found.held
    return _is_sent(found.library), held.content == "complete", held.key > 0, order(held.version)


def _is_sent(library: Library) -> bool:
    return isinstance(library, InMemory) and library.is_sent


def _newest(
    found: Iterable[tuple[_Thing, Library]], version: str, defined: Callable[[_Thing], Defined]
) -> tuple[_Thing, Library] | None:
    fitting = [each for each in found if fits(defined(each[0]).version, version)]

    def rank(each: tuple[_Thing, Library]) -> tuple[bool, bool, Any]:
        own = defined(each[0])
        return _is_sent(each[1]), own.key > 0, order(own.version)

    return max(fitting, key=rank, default=None)


def _identified(libraries: Libraries, type: str, url: str) -> list[tuple[Defined, Library]]:
    """What has this id, when it is given as `Type/id`."""
    prefix, _, id = url.partition("/")
    if prefix != type:
        return []
    return [(found, library) for library in libraries if (found := library.identified(type, id)) is not None]
