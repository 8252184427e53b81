"""What a search asked for, as far as the log has to know: a digest of its words, and whom it names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from dzop.fhir.references import SSIN
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AllOf, AnyOf, Chain, Clause, Not, Reverse
from dzop.fhir.search.criterion import Criterion
from dzop.fhir.search.query import Query
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.token import Token

_ABOUT = ("patient", "subject")


def digest_of(query: Query) -> str:
    """The type searched, and what tells one search from another without repeating its words."""
    return f"{query.type}?{hashlib.sha256(repr(query.criteria).encode()).hexdigest()[:16]}"


def named(query: Query) -> list[tuple[str, str]]:
    """(type, id) of the persons and of the resources of persons that a query asks for by their id."""
    found = [each for type, criterion in _leaves(query) for each in _named(type, criterion)]
    return [each for each in dict.fromkeys(found) if RESOURCE_TYPES[each[0]].compartment == "person"]


def _leaves(query: Query) -> Iterator[tuple[str, Criterion]]:
    """The criteria of a query, wherever they stand in it, each with the type of what it is on."""
    for clause in query.criteria:
        yield from _of_clause(query.type, clause)


def _of_clause(type: str, clause: Clause) -> Iterator[tuple[str, Criterion]]:
    match clause:
        case Criterion():
            yield type, clause
        case AllOf(clauses=clauses) | AnyOf(clauses=clauses):
            for each in clauses:
                yield from _of_clause(type, each)
        case Not(clause=inner):
            yield from _of_clause(type, inner)
        case Chain(targets=targets):
            for target, inner in targets:
                yield from _of_clause(target, inner)
        case Reverse(type=source, clause=inner):
            yield from _of_clause(source, inner)


def _named(type: str, criterion: Criterion) -> Iterator[tuple[str, str]]:
    for value in criterion.values:
        if isinstance(value, ReferenceTarget) and value.id and (target := _only(value.types)):
            yield target, value.id
        elif isinstance(value, Token) and value.code and criterion.parameter.name == "_id":
            yield type, value.code


def _only(types: tuple[str, ...]) -> str | None:
    known = [each for each in types if each in RESOURCE_TYPES]
    return known[0] if len(known) == 1 else None


def identified(query: Query) -> list[tuple[str, str]]:
    """(system, value) of the identifiers by which a query asks for a person; the national number goes without
    saying.
    """
    found = [
        (SSIN if value.system is None else value.system, value.code)
        for type, criterion in _leaves(query)
        for value in criterion.values
        if isinstance(value, Token) and value.code and _identifies(type, criterion)
    ]
    return list(dict.fromkeys(found))


def _identifies(type: str, criterion: Criterion) -> bool:
    name = criterion.parameter.name
    return (type == "Patient" and name == "identifier") or (
        name in _ABOUT and criterion.modifier == "identifier"
    )
