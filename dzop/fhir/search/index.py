"""What is indexed of a resource: the rows that make its search parameters answer.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any, Final

from dzop.fhir.paths import steps, values
from dzop.fhir.resource_types import DATA_CATEGORY, RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.date import indexed_dates
from dzop.fhir.search.quantity import indexed_quantities
from dzop.fhir.search.reference import indexed_references
from dzop.fhir.search.string import indexed_strings
from dzop.fhir.search.text import content, narrative
from dzop.fhir.search.token import indexed_texts, indexed_tokens, indexed_types
from dzop.fhir.search.uri import above, version_beginnings

__all__ = ["NOT_INDEXED", "IndexRows", "index", "nodes"]

NOT_INDEXED: Final = frozenset({"_id", "_lastUpdated", "_text", "_content"})


@dataclass(frozen=True, slots=True)
class IndexRows:
    """The rows of one resource, each beginning with the name of its parameter, without repeats.

    tokens      (parameter, system or '', code, element); a uri is a token without system
    references  (parameter, target type, target id, url, identifier system, identifier value, element)
    dates       (parameter, low, high, element), UTC, half-open
    strings     (parameter, normalised, exact, element); under the name of a token what it is called
    quantities  (parameter, low, high, system, code, unit, element), both ends in it; a number has no unit

    `element` is 0; of a component of a composite, 1 and up, the element it was found in. Rows besides
    those of the parameters of the table have names with a modifier: `url:below` the URL and all above it,
    `questionnaire:below` a canonical with each beginning of its version, `identifier:of-type` the value
    under `system|code` of the type of an Identifier. `narrative` is the plain text for `_text`, `content`
    that for `_content`.
    """

    tokens: tuple[tuple[str, str, str, int], ...] = ()
    references: tuple[tuple[str, str | None, str | None, str | None, str | None, str | None, int], ...] = ()
    dates: tuple[tuple[str, datetime, datetime, int], ...] = ()
    strings: tuple[tuple[str, str, str, int], ...] = ()
    quantities: tuple[tuple[str, Decimal, Decimal, str, str, str, int], ...] = ()
    narrative: str = ""
    content: str = ""


def index(value: Mapping[str, Any], type: str, base: str) -> IndexRows:
    """The rows of a resource, `_id` and `_lastUpdated` left out, which have columns of their own.

    Of `meta` it is the client's own part that is indexed: no category label of the server's.
    """
    rows: dict[str, dict[tuple[Any, ...], None]] = {kind: {} for kind in _KINDS}
    for parameter, element, node in _found(value, type):
        for kind, name, row in _READERS[parameter.type](parameter, node, base):
            rows[kind][name, *row, element] = None
    return IndexRows(
        **{kind: tuple(found) for kind, found in rows.items()},
        narrative=narrative(value),
        content=content(value, type),
    )


def nodes(value: Mapping[str, Any], parameter: SearchParameter) -> Iterator[Any]:
    """The nodes a parameter is about."""
    if parameter.exists:
        yield any(node is not False for path in parameter.paths for node in values(value, path))
        return
    for path in parameter.paths:
        if path == "":
            yield value
        else:
            yield from values(value, path)


def _found(value: Mapping[str, Any], type: str) -> Iterator[tuple[SearchParameter, int, Any]]:
    """(parameter or component, element, node). An element that lacks a component can meet no composite."""
    for parameter, members in _looked_into(type):
        if members is not None and members.isdisjoint(value):
            continue
        if not parameter.components:
            yield from ((parameter, 0, node) for node in nodes(value, parameter))
            continue
        for element, node in enumerate(nodes(value, parameter), 1):
            parts = [[(each, element, part) for part in nodes(node, each)] for each in parameter.components]
            if all(parts):
                yield from chain.from_iterable(parts)


@cache
def _looked_into(type: str) -> tuple[tuple[SearchParameter, frozenset[str] | None], ...]:
    """What is indexed of a type, each with the members it begins at; None where these are not known."""
    return tuple(
        (parameter, _members(parameter))
        for parameter in RESOURCE_TYPES[type].search
        if parameter.name not in NOT_INDEXED
    )


def _members(parameter: SearchParameter) -> frozenset[str] | None:
    if parameter.exists:
        return None
    paths = [path for path in parameter.paths if path]
    if "" in parameter.paths:
        paths += parameter.components[-1].paths
    first = [steps(path)[0] for path in paths]
    return None if any(is_choice for _, is_choice, _ in first) else frozenset(name for name, _, _ in first)


_KINDS: Final = ("tokens", "references", "dates", "strings", "quantities")

# (which rows, under which name, the row)
_Rows = Iterator[tuple[str, str, tuple[Any, ...]]]


def _token_rows(parameter: SearchParameter, node: Any, base: str) -> _Rows:
    if isinstance(node, Mapping) and parameter.name == "_security" and node.get("system") == DATA_CATEGORY:
        return
    yield from (("tokens", parameter.name, row) for row in indexed_tokens(node))
    yield from (("tokens", f"{parameter.name}:of-type", row) for row in indexed_types(node))
    for text in indexed_texts(node):
        yield from (("strings", parameter.name, row) for row in indexed_strings(text))


def _uri_rows(parameter: SearchParameter, node: Any, base: str) -> _Rows:
    for system, uri in indexed_tokens(node):
        yield "tokens", parameter.name, (system, uri)
        if parameter.canonical:
            yield "tokens", parameter.name, (system, uri.partition("|")[0])
        for each in above(uri):
            yield "tokens", f"{parameter.name}:below", ("", each)


def _reference_rows(parameter: SearchParameter, node: Any, base: str) -> _Rows:
    yield from (
        ("references", parameter.name, row) for row in indexed_references(node, parameter.targets, base)
    )
    if isinstance(node, str):
        for each in version_beginnings(node):
            yield "references", f"{parameter.name}:below", (None, None, each, None, None)


def _rows_of(kind: str, read: Callable[[Any], tuple[tuple[Any, ...], ...]]) -> Callable[..., _Rows]:
    def rows(parameter: SearchParameter, node: Any, base: str) -> _Rows:
        return ((kind, parameter.name, row) for row in read(node))

    return rows


_READERS: Final[Mapping[str, Callable[[SearchParameter, Any, str], _Rows]]] = {
    "token": _token_rows,
    "uri": _uri_rows,
    "reference": _reference_rows,
    "date": _rows_of("dates", indexed_dates),
    "string": _rows_of("strings", indexed_strings),
    "number": _rows_of("quantities", indexed_quantities),
    "quantity": _rows_of("quantities", indexed_quantities),
}
