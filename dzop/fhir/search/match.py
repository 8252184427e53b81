"""Does a resource meet a clause? For what is held in memory; of the store, SQL asks the same.

Both look at the same rows, those of `index`. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dzop.fhir.paths import values
from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.fhir.search import date, quantity, string
from dzop.fhir.search.clause import AllOf, AnyOf, Chain, Clause, Not, Reverse
from dzop.fhir.search.criterion import Composite, Criterion, Value
from dzop.fhir.search.index import index
from dzop.fhir.search.quantity import Quantity
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Codes, Token, indexed_tokens

__all__ = ["Neighbours", "Undecidable", "matches", "needs_neighbours", "needs_store"]

Resource = Mapping[str, Any]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is around a resource, visible things only.

    resolve    the resource of a type and id, None if there is none
    canonical  those of a type that have this URL
    referrers  those of a type that may reference a type and id; which really do is looked up again
    """

    resolve: Callable[[str, str], Resource | None]
    canonical: Callable[[str, str], Iterable[Resource]]
    referrers: Callable[[str, str, str], Iterable[Resource]]


class Undecidable(Exception):
    """The clause asks for more than is at hand: neighbours, or the words of a text as the store finds them."""


def matches(resource: Resource, clause: Clause, base: str, neighbours: Neighbours | None = None) -> bool:
    """Whether the resource meets the clause; `base` is this server's own URL.

    Undecidable when it asks for neighbours and none are given, and for `_text` and `_content`.
    """
    return _Matching(base, neighbours).meets(resource, clause)


def needs_neighbours(clause: Clause) -> bool:
    """Whether more than the resource itself must be looked at."""
    return any(isinstance(each, Chain | Reverse) for each in _leaves(clause))


def needs_store(clause: Clause) -> bool:
    """Whether only the store can tell: words of texts are found there, by its dictionaries."""
    return any(
        isinstance(each, Criterion) and each.parameter.name in ("_text", "_content")
        for each in _leaves(clause)
    )


def _leaves(clause: Clause) -> Iterable[Clause]:
    match clause:
        case AllOf(clauses) | AnyOf(clauses):
            for each in clauses:
                yield from _leaves(each)
        case Not(inner):
            yield from _leaves(inner)
        case Chain(targets=targets):
            yield clause
            for _, inner in targets:
                yield from _leaves(inner)
        case Reverse(clause=inner):
            yield clause
            yield from _leaves(inner)
        case _:
            yield clause


class _Matching:
    """One question, over a resource and its neighbours; each is indexed once."""

    def __init__(self, base: str, neighbours: Neighbours | None) -> None:
        self._base = base
        self._neighbours = neighbours
        self._rows: dict[int, dict[tuple[str, str], list[Row]]] = {}
        self._kept: list[Resource] = []  # so that no id is used twice

    def meets(self, resource: Resource, clause: Clause) -> bool:
        match clause:
            case Criterion():
                return _meets(self._of(resource), clause)
            case AllOf(clauses):
                return all(self.meets(resource, each) for each in clauses)
            case AnyOf(clauses):
                return any(self.meets(resource, each) for each in clauses)
            case Not(inner):
                return not self.meets(resource, inner)
            case Chain():
                return self._leads(resource, clause)
            case Reverse():
                return self._is_referenced(resource, clause)

    def _leads(self, resource: Resource, chain: Chain) -> bool:
        around = self._around()
        targets = dict(chain.targets)
        for type, id, url, *_ in self._of(resource).get(("references", chain.parameter.name), ()):
            if id is not None and type in targets:
                found = around.resolve(type, id)
                if found is not None and self.meets(found, targets[type]):
                    return True
            if chain.parameter.canonical and id is None and url is not None:
                for type, inner in chain.targets:
                    if any(self.meets(found, inner) for found in around.canonical(type, url)):
                        return True
        return False

    def _is_referenced(self, resource: Resource, reverse: Reverse) -> bool:
        around = self._around()
        type, id, url = (str(resource.get(name) or "") for name in ("resourceType", "id", "url"))

        def leads(source: Resource) -> bool:
            rows = self._of(source).get(("references", reverse.parameter.name), ())
            return any(row[:2] == (type, id) for row in rows) or (
                reverse.parameter.canonical and bool(url) and any(row[2] == url for row in rows)
            )

        sources = around.referrers(reverse.type, type, id)
        return any(leads(source) and self.meets(source, reverse.clause) for source in sources)

    def _around(self) -> Neighbours:
        if self._neighbours is None:
            raise Undecidable("The clause follows references, and no neighbours are given.")
        return self._neighbours

    def _of(self, resource: Resource) -> dict[tuple[str, str], list[Row]]:
        """Its rows without their names, by kind and name."""
        if id(resource) not in self._rows:
            self._rows[id(resource)] = _rows(resource, self._base)
            self._kept.append(resource)
        return self._rows[id(resource)]


def _rows(resource: Resource, base: str) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    rows = index(resource, str(resource.get("resourceType")), base)
    for kind in ("tokens", "references", "dates", "strings", "quantities"):
        for name, *row in getattr(rows, kind):
            found.setdefault((kind, name), []).append(tuple(row))
    found["tokens", "_id"] = [("", str(resource.get("id")), 0)]
    instants = values(resource, "meta.lastUpdated")
    found["dates", "_lastUpdated"] = [(*each, 0) for at in instants for each in date.indexed_dates(at)]
    security = (each for each in values(resource, "meta.security") if isinstance(each, Mapping))
    labels = [each for each in security if each.get("system") == DATA_CATEGORY]
    found.setdefault(("tokens", "_security"), []).extend(
        (*token, 0) for label in labels for token in indexed_tokens(label)
    )
    return found


_KIND = {
    "token": "tokens",
    "uri": "tokens",
    "reference": "references",
    "date": "dates",
    "string": "strings",
    "number": "quantities",
    "quantity": "quantities",
}


def _meets(rows: Mapping[tuple[str, str], list[Row]], criterion: Criterion) -> bool:
    if criterion.parameter.name in ("_text", "_content"):
        raise Undecidable(f"`{criterion.parameter.name}` is found by the dictionaries of the store.")
    if criterion.parameter.type == "composite":
        return any(_meets_together(rows, each) for each in criterion.values if isinstance(each, Composite))
    found = rows.get((_kind(criterion), criterion.parameter.name), [])
    if criterion.modifier == "missing":
        return criterion.values == (Token(None, "false" if found else "true"),)
    if criterion.modifier == "unequal":
        return any(not _is_any(criterion, row) for row in found)
    is_met = any(_is_any(criterion, row) for row in found)
    return not is_met if criterion.modifier == "not" else is_met


def _meets_together(rows: Mapping[tuple[str, str], list[Row]], asked: Composite) -> bool:
    """Whether rows of one element meet all components."""
    elements = [
        {row[-1] for row in rows.get((_kind(each), each.parameter.name), ()) if _is_any(each, row)}
        for each in asked.components
    ]
    return bool(set.intersection(*elements))


def _kind(criterion: Criterion) -> str:
    return "strings" if criterion.modifier == "text" else _KIND[criterion.parameter.type]


def _is_any(criterion: Criterion, row: Row) -> bool:
    return any(_is(value, row, criterion.modifier) for value in criterion.values)


def _is(value: Value, row: Row, modifier: str | None) -> bool:
    """Whether a row, without its name, is what this value asks for."""
    match value:
        case Token() if modifier == "identifier":
            return row[4] is not None and _is_token(value, row[3] or "", row[4])
        case Token():
            return _is_token(value, row[0], row[1])
        case Codes(system=system, codes=codes):
            return row[0] == system and row[1] in codes
        case ReferenceTarget(id=None):
            return row[2] is not None and value.url == str(row[2])
        case ReferenceTarget():
            return value.id == (row[1] or "") and (not value.types or row[0] in value.types)
        case Text():
            return string.is_met(value, row[0], row[1], modifier)
        case date.DateRange():
            return date.is_met(value, row[0], row[1])
        case Quantity():
            return bool(quantity.is_met(value, *row[:5]))
    return False


def _is_token(value: Token, system: str, code: str) -> bool:
    return value.system in (None, system) and value.code in (None, code)
