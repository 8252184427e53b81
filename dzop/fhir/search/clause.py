"""What a query asks of a resource, as a tree: criteria on itself, on what it references, on what references it.

Chains, `_has`, `_list`, `_filter` and compartments are all made of these; SQL and the pure matcher walk
the same tree. https://hl7.org/fhir/R4/search.html#chaining
"""

from __future__ import annotations

from dataclasses import dataclass

from dzop.fhir.resource_types import SearchParameter
from dzop.fhir.search.criterion import Criterion

__all__ = ["AllOf", "AnyOf", "Chain", "Clause", "Criterion", "Not", "Reverse"]


@dataclass(frozen=True, slots=True)
class Chain:
    """References, through `parameter`, something visible of one of these types that meets its clause."""

    parameter: SearchParameter
    targets: tuple[tuple[str, Clause], ...]


@dataclass(frozen=True, slots=True)
class Reverse:
    """Is referenced, through `parameter`, by something visible of this type that meets the clause."""

    type: str
    parameter: SearchParameter
    clause: Clause


@dataclass(frozen=True, slots=True)
class AllOf:
    """Meets every clause; without any it is met."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Meets at least one clause; without any it is not met."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Does not meet the clause."""

    clause: Clause


Clause = Criterion | Chain | Reverse | AllOf | AnyOf | Not
