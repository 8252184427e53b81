"""What can be said of a set of codes when the code system is not held: what its lists name.

A code that is listed is taken to exist, to be active and to have no more than what the value set calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

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
from terminology.filters import HIERARCHICAL, kept_by
from terminology.membership import listed

__all__ = ["called_as_listed", "enumerated", "is_enumerated", "told_by_lists"]

# What can be told of a code by itself.
_BY_ITSELF: Final = frozenset({"concept", "code", "inactive", "notSelectable"})


def enumerated(concept_set: ConceptSet) -> Concepts | None:
    """All concepts of the set; None when that cannot be told without the code system."""
    if not is_enumerated(concept_set):
        return None
    named: dict[str, ListedConcept] = {}
    for each in listed(concept_set):
        if not _has_name(named.get(each.code)):
            named[each.code] = each
    verdict = _judging(concept_set)
    verdicts = {code: verdict(_concept(each)) for code, each in named.items()}
    if None in verdicts.values():
        return None
    return Concepts(_concept(named[code]) for code, is_in in verdicts.items() if is_in)


def told_by_lists(concept_set: ConceptSet, codes: Iterable[str]) -> Mapping[str, bool | None]:
    """Whether each of the codes is in the set; None when that cannot be told without the code system."""
    named = {each.code: each for each in listed(concept_set)}
    otherwise = False if is_enumerated(concept_set) else None
    verdict = _judging(concept_set)
    return {code: verdict(_concept(named[code])) if code in named else otherwise for code in codes}


def is_enumerated(concept_set: ConceptSet) -> bool:
    """Whether nothing can be in the set that its lists do not name."""
    match concept_set:
        case Listed():
            return True
        case AllOf(sets):
            return any(map(is_enumerated, sets))
        case AnyOf(sets):
            return all(map(is_enumerated, sets))
        case Without(included, _):
            return is_enumerated(included)
        case Every() | Filter():
            return False


def called_as_listed(concept: Concept, named: Iterable[ListedConcept]) -> Concept:
    """The concept, called as the first of these that is it and has a name calls it, before its other names."""
    for each in named:
        if _has_name(each):
            return replace(
                concept,
                display=each.display or concept.display,
                designations=(*each.designations, *concept.designations),
            )
    return concept


def _has_name(named: ListedConcept | None) -> bool:
    return named is not None and bool(named.display or named.designations)


def _concept(named: ListedConcept) -> Concept:
    return Concept(named.code, named.display, designations=named.designations)


def _judging(concept_set: ConceptSet) -> Callable[[Concept], bool | None]:
    """Yes, no, or not to be told, of each concept: what is certain decides where it can."""
    match concept_set:
        case Every():
            return lambda _: None
        case Listed(named):
            codes = frozenset(each.code for each in named)
            return lambda concept: concept.code in codes
        case Filter(name, operator, _) as filter:
            is_told = name in _BY_ITSELF and operator not in HIERARCHICAL
            return kept_by(filter, _NONE) if is_told else lambda _: None
        case AllOf(sets):
            all_of = [_judging(each) for each in sets]
            return lambda concept: _decided([verdict(concept) for verdict in all_of], by=False)
        case AnyOf(sets):
            any_of = [_judging(each) for each in sets]
            return lambda concept: _decided([verdict(concept) for verdict in any_of], by=True)
        case Without(included, excluded):
            is_in, is_out = _judging(included), _judging(excluded)
            return lambda concept: _decided([is_in(concept), _opposite(is_out(concept))], by=False)


def _opposite(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def _decided(verdicts: list[bool | None], *, by: bool) -> bool | None:
    if by in verdicts:
        return by
    return None if None in verdicts else not by


_NONE: Final = Concepts(())
