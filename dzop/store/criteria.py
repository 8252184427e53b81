"""A criterion read into its condition and the values of its parameters: many of one kind as one array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final

from dzop.fhir.resource_types import DATA_CATEGORY, RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.criterion import Composite, Criterion, Value
from dzop.fhir.search.date import DateRange
from dzop.fhir.search.quantity import Quantity
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Codes, Token
from dzop.store.conditions import Condition
from dzop.store.index_tables import indexed
from dzop.store.tables import BEGINNING

__all__ = ["condition"]

_ROWS: Final = {
    "token": "token",
    "uri": "token",
    "reference": "reference",
    "date": "date",
    "string": "string",
    "number": "quantity",
    "quantity": "quantity",
}
_LOOKED_UP: Final = 100
"""So many codes of a system are each looked up in the index; against more of them what may be seen is held."""
_PERSON: Final = ("patient", "subject")  # parameters that name the person of the compartment

Labels = Callable[[str | None], int]
Values = dict[str, Any]


def condition(criterion: Criterion, type: str, number: int, labels: Labels) -> tuple[Condition, Values]:
    """The condition of a criterion on a type, with this number in the query; and the values of its parameters."""
    kinds, values = _kinds(criterion, type, labels)
    name, modifier = criterion.parameter.name, criterion.modifier
    # What a code is called stands among the strings, under the name of the token.
    rows = "string" if modifier == "text" else _ROWS[criterion.parameter.type]
    return Condition(name, rows, modifier, kinds, number), {
        f"c{number}_{key}": each for key, each in values.items()
    }


def _kinds(criterion: Criterion, type: str, labels: Labels) -> tuple[tuple[str, ...], Values]:
    parameter, modifier = criterion.parameter, criterion.modifier
    if modifier == "missing":
        return tuple(str(each.code) for each in criterion.values if isinstance(each, Token)), {}
    if parameter.name in _PERSON and _are_patients(criterion.values):
        ids = [each.id for each in criterion.values if isinstance(each, ReferenceTarget)]
        stated = () if _says_whose(parameter, type) else ("stated",)
        return ("patient", "one" if len(ids) == 1 else "several", *stated), {"ids": ids}
    if parameter.name == "_id":
        # An id has no system.
        tokens = [each for each in criterion.values if isinstance(each, Token) and not each.system]
        return ("code",), {"codes": [each.code or "" for each in tokens]}
    if parameter.name in ("_text", "_content"):
        return _of_words([each for each in criterion.values if isinstance(each, Text)])
    if parameter.type == "date":
        return _of_dates([each for each in criterion.values if isinstance(each, DateRange)])
    if parameter.type in ("number", "quantity"):
        return _of_quantities([each for each in criterion.values if isinstance(each, Quantity)])
    columns: Values = {}
    kinds = {_collect(value, modifier, columns) for value in criterion.values}
    if parameter.name == "_security":
        columns["labels"] = _labels(criterion.values, labels)
    return tuple(sorted(kinds)), columns


def _are_patients(values: Sequence[Value]) -> bool:
    return all(
        isinstance(value, ReferenceTarget) and value.id and value.types == ("Patient",) for value in values
    )


def _says_whose(parameter: SearchParameter, type: str) -> bool:
    """Whether it is by this parameter alone that a resource is of a person."""
    return set(RESOURCE_TYPES[type].person_paths) <= set(parameter.paths)


def _of_words(texts: Sequence[Text]) -> tuple[tuple[str, ...], Values]:
    return ("words",) * len(texts), {f"words{place}": each.normalised for place, each in enumerate(texts)}


def _of_dates(ranges: Sequence[DateRange]) -> tuple[tuple[str, ...], Values]:
    values: Values = {}
    for place, each in enumerate(ranges):
        values |= {f"low{place}": each.low, f"high{place}": each.high}
    return tuple(each.prefix for each in ranges), values


def _of_quantities(quantities: Sequence[Quantity]) -> tuple[tuple[str, ...], Values]:
    kinds, values = [], Values()
    for place, each in enumerate(quantities):
        values |= {f"low{place}": each.low, f"high{place}": each.high, f"exact{place}": each.exact}
        unit = ""
        if each.code is not None:
            values[f"code{place}"] = indexed(each.code)
            unit = "unit"
        if each.system is not None:
            values[f"system{place}"] = indexed(each.system)
            unit = "coding"
        kinds.append(f"{each.prefix} {unit}".rstrip())
    return tuple(kinds), values


def _labels(values: Sequence[Value], labels: Labels) -> int:
    """The categories that these tokens ask for; a code without system may be one of ours too."""
    asked = 0
    for each in values:
        if isinstance(each, Token) and each.system in (None, DATA_CATEGORY):
            asked |= labels(each.code)
        elif isinstance(each, Codes) and each.system == DATA_CATEGORY:
            asked |= reduce(or_, map(labels, each.codes))
    return asked


def _collect(value: Value, modifier: str | None, columns: Values) -> str:
    """Adds the value to the arrays of its kind, which it returns."""

    def add(**entries: str) -> None:
        for name, entry in entries.items():
            columns.setdefault(name, []).append(entry)

    match value:
        case Token(system=system, code=code):
            prefix = "identifier-" if modifier == "identifier" else ""
            if system is None:
                add(codes=indexed(code or ""))
                return f"{prefix}code"
            if code is None:
                add(systems=indexed(system))
                return f"{prefix}system"
            add(coding_systems=indexed(system), coding_codes=indexed(code))
            return f"{prefix}coding"
        case Codes(system=system, codes=codes):
            kind = "coding" if len(codes) <= _LOOKED_UP else "member"
            columns.setdefault(f"{kind}_systems", []).extend([indexed(system)] * len(codes))
            columns.setdefault(f"{kind}_codes", []).extend(map(indexed, codes))
            return kind
        case ReferenceTarget(id=None, url=url):
            add(urls=indexed(url or ""))
            return "url"
        case ReferenceTarget(types=(), id=id):
            add(ids=id or "")
            return "id"
        case ReferenceTarget(types=types, id=id):
            for type in types:
                add(types=type, typed_ids=id or "")
            return "typed"
        case Text():
            return _collect_text(value, modifier, add)
        case DateRange() | Quantity() | Composite():
            raise AssertionError(value)


def _collect_text(text: Text, modifier: str | None, add: Callable[..., None]) -> str:
    match modifier:
        case "exact":
            add(exact=text.exact)
            return "exact"
        case "equals" | "unequal":
            add(equals=text.normalised)
            return "equals"
        case "contains":
            add(patterns=f"%{_escaped(text.normalised)}%")
            return "contains"
        case "ends":
            add(patterns=f"%{_escaped(text.normalised)}")
            return "contains"
    add(normalised=text.normalised, beginnings=text.normalised[:BEGINNING])
    return "starts"


def _escaped(text: str) -> str:
    """A text in which the wildcards of LIKE stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
