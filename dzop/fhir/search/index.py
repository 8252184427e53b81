"""What is indexed of a resource: the rows that make its search parameters answer.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from dzop.fhir.paths import values
from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.date import indexed_dates
from dzop.fhir.search.reference import indexed_references
from dzop.fhir.search.string import indexed_strings
from dzop.fhir.search.token import indexed_tokens

__all__ = ["IndexRows", "index"]

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class IndexRows:
    """The rows of one resource, each beginning with the name of its parameter, without repeats.

    tokens      (parameter, system or '', code); a uri is a token without system
    references  (parameter, target type, target id, url, identifier system, identifier value)
    dates       (parameter, low, high), UTC, half-open
    strings     (parameter, normalised, exact)
    """

    tokens: tuple[tuple[str, str, str], ...] = ()
    references: tuple[tuple[str, str | None, str | None, str | None, str | None, str | None], ...] = ()
    dates: tuple[tuple[str, datetime, datetime], ...] = ()
    strings: tuple[tuple[str, str, str], ...] = ()


def index(value: Mapping[str, Any], type: str, base: str) -> IndexRows:
    """The rows of a resource; parameters that begin with `_` have columns of their own instead."""
    found: dict[str, list[tuple[SearchParameter, Any]]] = {
        "token": [],
        "reference": [],
        "date": [],
        "string": [],
    }
    for parameter in RESOURCE_TYPES[type].search:
        if not parameter.name.startswith("_"):
            kind = "token" if parameter.type == "uri" else parameter.type
            found[kind] += ((parameter, node) for node in _nodes(value, parameter))
    return IndexRows(
        tokens=_rows((p.name, *row) for p, node in found["token"] for row in indexed_tokens(node)),
        references=_rows(
            (p.name, *row)
            for p, node in found["reference"]
            for row in indexed_references(node, p.targets, base)
        ),
        dates=_rows((p.name, *row) for p, node in found["date"] for row in indexed_dates(node)),
        strings=_rows((p.name, *row) for p, node in found["string"] for row in indexed_strings(node)),
    )


def _nodes(value: Mapping[str, Any], parameter: SearchParameter) -> Iterator[Any]:
    for path in parameter.paths:
        yield from values(value, path)


def _rows(rows: Iterator[Row]) -> tuple[Row, ...]:
    return tuple(dict.fromkeys(rows))
