"""A query: the parameters of a search, read against the table into typed values.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.criterion import (
    Criterion,
    Unusable,
    Value,
    listed,
    modifiers,
    read_criterion,
    short,
)

__all__ = [
    "MAX_COUNT",
    "Criterion",
    "Include",
    "Query",
    "Sort",
    "Value",
    "modifiers",
    "read_query",
    "sortable",
]

MAX_COUNT: Final = 1000
_MAX_PARAMETERS: Final = 50
_MAX_SORT_KEYS: Final = 8
_MAX_NAME: Final = 128
_MAX_TEXT: Final = 4096

_SORTABLE: Final = frozenset({"token", "date", "string"})
_TOTALS: Final = {"none": False, "estimate": True, "accurate": True}
_SUMMARIES: Final = ("count", "false")
# Read by the edge, before the query.
_PRESENTATION: Final = frozenset({"_format", "_pretty"})
_ONCE: Final = frozenset({"_count", "_total", "_summary", "_page"})


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key."""

    parameter: SearchParameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Include:
    """`_include`: the targets of a reference parameter of the searched type; `target` None = any type."""

    source: str
    parameter: SearchParameter
    target: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one type, understood.

    `count` None: the server's page size; 0: only the total, which else is counted only when asked for.
    `page` is opaque here. `ignored` are sentences on what had no effect, `used` the parameters that
    had one, as sent (for the self link).
    """

    type: str
    criteria: tuple[Criterion, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    total: bool = False
    includes: tuple[Include, ...] = ()
    page: str | None = None
    ignored: tuple[str, ...] = ()
    used: tuple[tuple[str, str], ...] = ()


def read_query(type: str, parameters: Sequence[tuple[str, str]], *, base: str, lenient: bool) -> Query:
    """The query of a search on `type`. What cannot be used raises Invalid with an issue for each.

    Lenient (`Prefer: handling=lenient`): it is left out and said in `Query.ignored`. Limits on size
    hold in both.
    """
    _check_size(parameters)
    reading = _Reading(RESOURCE_TYPES[type], base)
    issues: list[Issue] = []
    used: list[tuple[str, str]] = []
    for name, text in parameters:
        if name in _PRESENTATION:
            continue
        try:
            reading.read(name, text)
        except Unusable as unusable:
            issues.append(Issue(unusable.code, str(unusable)))
        else:
            used.append((name, text))
    if issues and not lenient:
        raise Invalid(*issues)
    return reading.query(tuple(issue.text for issue in issues), tuple(used))


def sortable(entry: ResourceType) -> tuple[str, ...]:
    """The sort keys of a type."""
    return tuple(parameter.name for parameter in entry.search if parameter.type in _SORTABLE)


class _Reading:
    """Gathers a query while its parameters are read one by one."""

    def __init__(self, entry: ResourceType, base: str) -> None:
        self._entry = entry
        self._base = base
        self._criteria: list[Criterion] = []
        self._sort: list[Sort] = []
        self._includes: list[Include] = []
        self._once: dict[str, str] = {}
        self._count: int | None = None
        self._total = False

    def read(self, name: str, text: str) -> None:
        """Takes one parameter in; raises Unusable and stays as it was when it cannot."""
        if name in self._once:
            raise Unusable(f"`{name}` is given more than once.")
        if text == "":
            raise Unusable(f"`{name}` has no value.")
        match name:
            case "_count":
                self._count = _read_count(text)
            case "_total":
                self._total = _TOTALS[_one_of(name, text, tuple(_TOTALS))]
            case "_summary":
                _one_of(name, text, _SUMMARIES)
            case "_page":
                pass
            case "_sort":
                self._sort = _read_sort(self._entry, self._sort, text)
            case "_include":
                self._includes.append(_read_include(self._entry, text))
            case _:
                self._criteria.append(read_criterion(self._entry, name, text, self._base))
        if name in _ONCE:
            self._once[name] = text

    def query(self, ignored: tuple[str, ...], used: tuple[tuple[str, str], ...]) -> Query:
        """What has been read so far."""
        count = 0 if self._once.get("_summary") == "count" else self._count
        return Query(
            self._entry.name,
            tuple(self._criteria),
            tuple(self._sort),
            count,
            self._total or count == 0,
            tuple(dict.fromkeys(self._includes)),
            self._once.get("_page"),
            ignored,
            used,
        )


def _check_size(parameters: Sequence[tuple[str, str]]) -> None:
    if len(parameters) > _MAX_PARAMETERS:
        raise Invalid(Issue("too-costly", f"A search takes at most {_MAX_PARAMETERS} parameters."))
    for name, text in parameters:
        if len(name) > _MAX_NAME:
            raise Invalid(Issue("too-long", f"The name of a parameter has at most {_MAX_NAME} characters."))
        if not _is_plain(name):
            raise Invalid("The name of a parameter holds a character that no text in FHIR may hold.")
        if len(text) > _MAX_TEXT:
            raise Invalid(Issue("too-long", f"The value of `{name}` has more than {_MAX_TEXT} characters."))
        if not _is_plain(text):
            raise Invalid(f"The value of `{name}` holds a character that no text in FHIR may hold.")


def _is_plain(text: str) -> bool:
    return not any((char < " " and char not in "\t\r\n") or "\ud800" <= char <= "\udfff" for char in text)


def _read_count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or int(text) > MAX_COUNT:
        raise Unusable(f"`_count` is `{short(text)}`; possible is a whole number from 0 to {MAX_COUNT}.")
    return int(text)


def _one_of(name: str, text: str, possible: tuple[str, ...]) -> str:
    if text not in possible:
        raise Unusable(f"`{name}` is `{short(text)}`; possible are {listed(possible)}.", "not-supported")
    return text


def _read_sort(entry: ResourceType, before: list[Sort], text: str) -> list[Sort]:
    keys = text.split(",")
    if len(before) + len(keys) > _MAX_SORT_KEYS:
        raise Unusable(f"`_sort` takes at most {_MAX_SORT_KEYS} keys.", "too-costly")
    return before + [_read_sort_key(entry, key) for key in keys]


def _read_sort_key(entry: ResourceType, key: str) -> Sort:
    parameter = entry.parameter(key.removeprefix("-"))
    if parameter is None or parameter.type not in _SORTABLE:
        raise Unusable(
            f"`_sort` of {entry.name} has no key `{short(key)}`; possible are {listed(sortable(entry))}.",
            "not-supported",
        )
    return Sort(parameter, key.startswith("-"))


def _read_include(entry: ResourceType, text: str) -> Include:
    source, _, rest = text.partition(":")
    name, _, target = rest.partition(":")
    parameter = entry.parameter(name) if source == entry.name else None
    if parameter is None or parameter.type != "reference":
        possible = [f"{entry.name}:{each.name}" for each in entry.search if each.type == "reference"]
        raise Unusable(
            f"`_include` of {entry.name} cannot be `{short(text)}`; possible are {listed(possible)}.",
            "not-supported",
        )
    if target and not _may_target(parameter, target):
        possible = list(parameter.targets or RESOURCE_TYPES)
        raise Unusable(
            f"`_include` of `{source}:{name}` cannot target `{short(target)}`; "
            f"possible are {listed(possible)}.",
            "not-supported",
        )
    return Include(source, parameter, target or None)


def _may_target(parameter: SearchParameter, type: str) -> bool:
    return type in (parameter.targets or RESOURCE_TYPES)
