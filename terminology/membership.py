"""Which concepts of a code system in memory are in a set, in which order, and by which words they are found.

The order is that of the lists in the set, from left to right, then that of the code system. `dzop/store` says the same
in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from terminology.code_system import Concepts
from terminology.concept import Concept
from terminology.concept_set import (
    AllOf,
    AnyOf,
    ConceptSet,
    Every,
    Filter,
    Listed,
    ListedConcept,
    Without,
)
from terminology.filters import kept_by
from terminology.question import Matched, Wanted
from terminology.text import words_of

__all__ = ["found_in", "listed", "matched", "members", "page"]


def members(concepts: Concepts, concept_set: ConceptSet, codes: Iterable[str]) -> frozenset[str]:
    """Which of the codes exist and are in the set."""
    is_member = _test(concept_set, concepts)
    return frozenset(code for code in codes if (found := concepts.get(code)) is not None and is_member(found))


def matched(concepts: Concepts, concept_set: ConceptSet, wanted: Wanted) -> Matched:
    """The part of the set that is wanted."""
    is_member = _test(concept_set, concepts)
    return page((each for each in _in_order(concepts, concept_set) if is_member(each)), wanted)


def page(found: Iterable[Concept], wanted: Wanted) -> Matched:
    """The part of these concepts that is wanted: with words, the best match first."""
    kept = [each for each in found if not (wanted.active_only and each.inactive)]
    if wanted.words:
        lengths = [(length, each) for each in kept if (length := found_in(each, wanted.words)) is not None]
        kept = [each for _, each in sorted(lengths, key=lambda pair: (pair[0], pair[1].code))]
    total = None if len(kept) > wanted.most else len(kept)
    return Matched(tuple(kept[wanted.offset : wanted.offset + wanted.count]), total)


def found_in(concept: Concept, words: Sequence[str]) -> int | None:
    """How long the shortest of its code, display and designations is that has all these words, each the start of a
    word there; None when none has. The words are normalised (`terminology.text.words_of`).
    """
    texts = (concept.code, concept.display, *(each.value for each in concept.designations))
    return min((len(each) for each in texts if _has(each, words)), default=None)


def listed(concept_set: ConceptSet) -> Iterator[ListedConcept]:
    """The concepts that are named one by one to be in, from left to right."""
    match concept_set:
        case Listed(concepts):
            yield from concepts
        case AllOf(sets) | AnyOf(sets):
            for each in sets:
                yield from listed(each)
        case Without(included, _):
            yield from listed(included)
        case Every() | Filter():
            return


def _has(text: str, words: Sequence[str]) -> bool:
    there = _words(text)
    return all(any(each.startswith(word) for each in there) for word in words)


@lru_cache(maxsize=8_192)
def _words(text: str) -> tuple[str, ...]:
    """The same texts are looked through with every letter that somebody types."""
    return words_of(text)


def _in_order(concepts: Concepts, concept_set: ConceptSet) -> Iterator[Concept]:
    """Those listed, then all others."""
    named = (concepts.get(each.code) for each in listed(concept_set))
    first = {each.code: each for each in named if each is not None}
    yield from first.values()
    yield from (each for each in concepts if each.code not in first)


def _test(concept_set: ConceptSet, concepts: Concepts) -> Callable[[Concept], bool]:
    """Whether a concept of the code system is in the set."""
    match concept_set:
        case Every():
            return lambda _: True
        case Listed(named):
            codes = frozenset(concepts.known(each.code) for each in named)
            return lambda concept: concept.code in codes
        case Filter() as filter:
            return kept_by(filter, concepts)
        case AllOf(sets):
            all_tests = [_test(each, concepts) for each in sets]
            return lambda concept: all(test(concept) for test in all_tests)
        case AnyOf(sets):
            any_tests = [_test(each, concepts) for each in sets]
            return lambda concept: any(test(concept) for test in any_tests)
        case Without(included, excluded):
            is_in, is_out = _test(included, concepts), _test(excluded, concepts)
            return lambda concept: is_in(concept) and not is_out(concept)
