"""Which concepts of one code system are meant: a tree that is walked over memory and over tables alike.

R4's `ConceptSet` (https://hl7.org/fhir/R4/valueset.html#compositions), with the value sets that it imports put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from terminology.concept import Designation

__all__ = [
    "NOTHING", "AllOf", "AnyOf", "ConceptSet", "Every", "Filter", "Listed", "ListedConcept", "Operator", "Without",
    "filters",
]  # fmt: skip

Operator = Literal["=", "is-a", "descendent-of", "is-not-a", "regex", "in", "not-in", "generalizes", "exists"]
"""R4's filter operators. https://hl7.org/fhir/R4/valueset-filter-operator.html"""


@dataclass(frozen=True, slots=True)
class Every:
    """All concepts of the code system."""


@dataclass(frozen=True, slots=True)
class ListedConcept:
    """A code that a value set names, and what it is called there, which goes before what the code system says."""

    code: str
    display: str = ""
    designations: tuple[Designation, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """Concepts named one by one, in the order of the value set."""

    concepts: tuple[ListedConcept, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Concepts of which the property, compared in this way with the value, holds.

    `concept` and `code` are the concept itself, `display` what it is called, `parent` and `child` its neighbours in the
    hierarchy, `inactive` and `notSelectable` its state; every other name is a property of the code system.
    """

    property: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """What is in each of these."""

    sets: tuple[ConceptSet, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What is in any of these; nothing, when there are none."""

    sets: tuple[ConceptSet, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """What is in the first and not in the second."""

    included: ConceptSet
    excluded: ConceptSet


ConceptSet = Every | Listed | Filter | AllOf | AnyOf | Without
NOTHING: Final = AnyOf(())


def filters(concept_set: ConceptSet) -> Iterator[Filter]:
    """All filters of the tree."""
    match concept_set:
        case Filter():
            yield concept_set
        case AllOf(sets) | AnyOf(sets):
            for each in sets:
                yield from filters(each)
        case Without(included, excluded):
            yield from filters(included)
            yield from filters(excluded)
        case Every() | Listed():
            return
