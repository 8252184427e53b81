"""A query as far as a token reaches: what lies beyond its scopes is as if it were not there.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dzop.access.reach import allows
from dzop.actor import Actor
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf, AnyOf, Chain, Clause, Not, Reverse
from dzop.fhir.search.query import Query

__all__ = ["readable", "within_reach"]

Reaches = Callable[[str], bool]


def within_reach(query: Query, actor: Actor) -> Query:
    """The same query, that follows references only between types of which the scopes allow to search."""

    def reaches(type: str) -> bool:
        return allows(actor, type, "s")

    return replace(query, criteria=tuple(_narrowed(each, reaches) for each in query.criteria))


def readable(actor: Actor) -> list[str]:
    """The types of which the scopes allow to read anything."""
    return [type for type in RESOURCE_TYPES if allows(actor, type, "r")]


def _narrowed(clause: Clause, reaches: Reaches) -> Clause:
    match clause:
        case AllOf(clauses=clauses):
            return AllOf(tuple(_narrowed(each, reaches) for each in clauses))
        case AnyOf(clauses=clauses):
            return AnyOf(tuple(_narrowed(each, reaches) for each in clauses))
        case Not(clause=inner):
            return Not(_narrowed(inner, reaches))
        case Chain(parameter=parameter, targets=targets):
            return Chain(
                parameter,
                tuple((type, _narrowed(inner, reaches)) for type, inner in targets if reaches(type)),
            )
        case Reverse(type=source, clause=inner):
            return replace(clause, clause=_narrowed(inner, reaches)) if reaches(source) else AnyOf(())
    return clause
