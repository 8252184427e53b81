"""A query: the parameters of a search, read against the table into typed values.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.parameters import OF_THE_ANSWER
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.clause import Clause
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Criterion, Unusable, Value, listed, short
from dzop.fhir.search.escapes import is_plain
from dzop.fhir.search.filter import read_filter
from dzop.fhir.search.include import Include, read_include
from dzop.fhir.search.modifier import modifiers
from dzop.fhir.search.path import read_clause
from dzop.fhir.search.terminology import Answers

__all__ = [
    "MAX_COUNT",
    "PRESENTATION",
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
_MAX_INCLUDES: Final = 200
_MAX_NAME: Final = 256
_MAX_TEXT: Final = 4096

_SORTABLE: Final = frozenset({"token", "date", "string", "number", "quantity", "uri"})
_UNSORTED: Final = frozenset({"_text", "_content", "_tag", "_security", "_profile", "_source"})
TOTALS: Final = {"none": False, "estimate": True, "accurate": True}
"""What `_total` may be, and whether all matches are counted then."""
_SUMMARIES: Final = ("count", "true", "text", "data", "false")
PRESENTATION: Final = frozenset(OF_THE_ANSWER) - {"_summary"}
"""How an answer looks, not what is in it: applied at the edge."""
_ONCE: Final = frozenset({"_count", "_total", "_summary", "_page"})
_REFUSED: Final[Mapping[str, str]] = {
    "_type": "A search is of one type, the one in its URL; leave `_type` out.",
    "_query": "`_query` is not offered: there are no named queries.",
    "_contained": "`_contained` is not offered: what is contained is not searched.",
    "_containedType": "`_containedType` is not offered: what is contained is not searched.",
    "near": "`near` is not offered: no positions are kept.",
}


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key."""

    parameter: SearchParameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A search of one type, understood: a resource must meet all `criteria`.

    `count` None: the server's page size; 0: only the total, which else is counted only when asked for.
    `page` is opaque here. `ignored` are sentences on what had no effect, `used` the parameters that
    had one, as sent (for the self link).
    """

    type: str
    criteria: tuple[Clause, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    total: bool = False
    includes: tuple[Include, ...] = ()
    page: str | None = None
    ignored: tuple[str, ...] = ()
    used: tuple[tuple[str, str], ...] = ()


def read_query(
    type: str,
    parameters: Sequence[tuple[str, str]],
    *,
    base: str,
    lenient: bool,
    answers: Answers | None = None,
) -> Query:
    """The query of a search on `type`. What cannot be used raises Invalid with an issue for each.

    Lenient (`Prefer: handling=lenient`): it is left out and said in `Query.ignored`. Limits on size
    hold in both. `answers` are to what `:in`, `:not-in`, `:above` and `:below` ask: raises Unanswered where one of
    theirs is missing; None refuses these.
    """
    _check_size(parameters)
    reading = _Reading(RESOURCE_TYPES[type], Context(base, answers))
    issues: list[Issue] = []
    used: list[tuple[str, str]] = []
    for name, text in parameters:
        try:
            if name not in PRESENTATION:
                reading.read(name, text)
        except Invalid as costly:
            raise Invalid(*[replace(issue, expression=f"http.{name}") for issue in costly.issues]) from None
        except Unusable as unusable:
            issues.append(Issue(unusable.code, str(unusable), f"http.{name}"))
        else:
            used.append((name, text))
    if issues and not lenient:
        raise Invalid(*issues)
    return reading.query(tuple(issue.text for issue in issues), tuple(used))


def sortable(entry: ResourceType) -> tuple[str, ...]:
    """The sort keys of a type."""
    return tuple(
        parameter.name
        for parameter in entry.search
        if parameter.type in _SORTABLE and parameter.name not in _UNSORTED
    )


class _Reading:
    """Gathers a query while its parameters are read one by one."""

    def __init__(self, entry: ResourceType, context: Context) -> None:
        self._entry = entry
        self._context = context
        self._criteria: list[Clause] = []
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
        if name in _REFUSED:
            raise Unusable(_REFUSED[name], "not-supported")
        match name.partition(":")[0] if name.startswith(("_include:", "_revinclude:")) else name:
            case "_count":
                self._count = _read_count(text)
            case "_total":
                self._total = TOTALS[_one_of(name, text, tuple(TOTALS))]
            case "_summary":
                _one_of(name, text, _SUMMARIES)
            case "_page":
                pass
            case "_sort":
                self._sort = _read_sort(self._entry, self._sort, text)
            case "_include" | "_revinclude":
                self._include(read_include(self._entry, name, text))
            case "_filter":
                self._criteria.append(read_filter(self._entry, text, self._context))
            case _:
                self._criteria.append(read_clause(self._entry, name, text, self._context))
        if name in _ONCE:
            self._once[name] = text

    def _include(self, includes: tuple[Include, ...]) -> None:
        if len(self._includes) + len(includes) > _MAX_INCLUDES:
            raise Invalid(
                Issue("too-costly", f"A search takes at most {_MAX_INCLUDES} includes; name fewer than all.")
            )
        self._includes += includes

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
        if not is_plain(name):
            raise Invalid("The name of a parameter holds a character that no text in FHIR may hold.")
        if len(text) > _MAX_TEXT:
            raise Invalid(
                Issue(
                    "too-long", f"The value of `{name}` has more than {_MAX_TEXT} characters.", f"http.{name}"
                )
            )
        if not is_plain(text):
            raise Invalid(
                f"The value of `{name}` holds a character that no text in FHIR may hold.",
                expression=f"http.{name}",
            )


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
    if parameter is None or parameter.name not in sortable(entry):
        raise Unusable(
            f"`_sort` of {entry.name} has no key `{short(key)}`; possible are {listed(sortable(entry))}.",
            "not-supported",
        )
    return Sort(parameter, key.startswith("-"))
