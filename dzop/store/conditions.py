"""One criterion of a query as a condition on the current state.

A `Condition` is what it is whatever its values; they are parameters named after its place in the
query. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from dzop.fhir.search import string
from dzop.fhir.search.date import DateRange
from dzop.fhir.search.query import Criterion, Value
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.token import Token
from dzop.store.tables import (
    BEGINNING,
    index_date,
    index_reference,
    index_string,
    index_token,
    person,
    same_resource,
)
from dzop.store.tables import resource_current as current

_TABLES: dict[str, Table] = {
    "token": index_token,
    "uri": index_token,
    "reference": index_reference,
    "date": index_date,
    "string": index_string,
}
_LONGEST = 500  # bytes; PostgreSQL takes about 2,700 for all columns of an index entry
_NOTHING_BEYOND = ("patient", "subject")  # parameters that name the person of the compartment


@dataclass(frozen=True, slots=True)
class Condition:
    """A criterion without its values: `kinds` are those of the values, in order for dates."""

    parameter: str
    type: str
    modifier: str | None
    kinds: tuple[str, ...]
    number: int

    @property
    def is_broad(self) -> bool:
        """Whether much of what there is may meet it: a status or a time, not a name, a number or a reference."""
        named = self.type not in ("token", "date") or self.parameter in ("_id", "identifier")
        return not named or self.modifier in ("missing", "not")

    def expression(self) -> ColumnElement[bool]:
        """The condition; true when any of the values matches."""
        if self.modifier == "missing":
            there = self._indexed()
            return not_(there) if self.kinds == ("true",) else there
        if self.kinds == ("patient",):
            keys = select(person.c.key).where(person.c.patient_id == any_(self._texts("ids")))
            return current.c.person.in_(keys)
        if self.parameter == "_id":
            return current.c.id == any_(self._texts("codes"))
        if self.parameter == "_lastUpdated":
            return or_(
                *[
                    self._date(number, prefix, current.c.last_updated)
                    for number, prefix in enumerate(self.kinds)
                ]
            )
        matched = self._indexed(or_(*[self._matches(number, kind) for number, kind in enumerate(self.kinds)]))
        return not_(matched) if self.modifier == "not" else matched

    def _indexed(self, *where: ColumnElement[bool]) -> ColumnElement[bool]:
        table = _TABLES[self.type]
        return exists(
            select(literal(1))
            .select_from(table)
            .where(
                same_resource(table, current),
                table.c.parameter == literal(self.parameter),
                *where,
            )
            .correlate(current)
        )

    def _matches(self, number: int, kind: str) -> ColumnElement[bool]:
        if self.type == "date":
            return self._date(number, kind, index_date.c.low, index_date.c.high)
        return _MATCHERS[kind](self)

    def _texts(self, name: str) -> Any:
        return bindparam(f"c{self.number}_{name}", type_=ARRAY(Text))

    def _pairs(self, first: str, second: str) -> Any:
        return select(func.unnest(self._texts(first)), func.unnest(self._texts(second)))

    def _date(
        self, number: int, prefix: str, low: ColumnElement[Any], high: ColumnElement[Any] | None = None
    ) -> ColumnElement[bool]:
        """Compares an indexed range, or an instant when `high` is absent, with the range asked for."""
        asked_low = bindparam(f"c{self.number}_low{number}", type_=DateTime(timezone=True))
        asked_high = bindparam(f"c{self.number}_high{number}", type_=DateTime(timezone=True))
        ends_by = low < asked_high if high is None else high <= asked_high
        ends_after = low >= asked_high if high is None else high > asked_high
        overlaps_end = low >= asked_low if high is None else high > asked_low
        ends_before = low < asked_low if high is None else high <= asked_low
        equal = and_(low >= asked_low, ends_by)
        comparisons: dict[str, ColumnElement[bool]] = {
            "eq": equal,
            "ne": not_(equal),
            "gt": ends_after,
            "lt": low < asked_low,
            "ge": or_(ends_after, equal),
            "le": or_(low < asked_low, equal),
            "sa": low >= asked_high,
            "eb": ends_before,
            "ap": and_(low < asked_high, overlaps_end),
        }
        return comparisons[prefix]


_token, _reference, _string = index_token.c, index_reference.c, index_string.c
_MATCHERS: dict[str, Callable[[Condition], ColumnElement[bool]]] = {
    "code": lambda c: _token.code == any_(c._texts("codes")),
    "system": lambda c: _token.system == any_(c._texts("systems")),
    "coding": lambda c: tuple_(_token.system, _token.code).in_(c._pairs("coding_systems", "coding_codes")),
    "id": lambda c: _reference.target_id == any_(c._texts("ids")),
    "typed": lambda c: tuple_(_reference.target_type, _reference.target_id).in_(
        c._pairs("types", "typed_ids")
    ),
    "url": lambda c: _reference.url == any_(c._texts("urls")),
    "identifier-code": lambda c: _reference.identifier_value == any_(c._texts("codes")),
    "identifier-system": lambda c: _reference.identifier_system == any_(c._texts("systems")),
    "identifier-coding": lambda c: tuple_(_reference.identifier_system, _reference.identifier_value).in_(
        c._pairs("coding_systems", "coding_codes")
    ),
    "starts": lambda c: and_(
        func.left(_string.normalised, BEGINNING).op("^@")(any_(c._texts("beginnings"))),
        _string.normalised.op("^@")(any_(c._texts("normalised"))),
    ),
    "contains": lambda c: _string.normalised.like(any_(c._texts("patterns"))),
    "exact": lambda c: _string.exact == any_(c._texts("exact")),
}


def condition(criterion: Criterion, number: int) -> tuple[Condition, dict[str, Any]]:
    """The condition of a criterion at this place of the query, and the values of its parameters."""
    parameter, modifier = criterion.parameter, criterion.modifier
    if modifier == "missing":
        kinds: tuple[str, ...] = (str(criterion.values[0].code),)  # type: ignore[union-attr]
        return Condition(parameter.name, parameter.type, modifier, kinds, number), {}
    if parameter.type == "date":
        return _of_dates(criterion, number)
    if parameter.name in _NOTHING_BEYOND and _are_patients(criterion.values):
        ids = [value.id for value in criterion.values]  # type: ignore[union-attr]
        return Condition(parameter.name, parameter.type, modifier, ("patient",), number), {
            f"c{number}_ids": ids
        }
    columns: dict[str, list[str]] = {}
    found = {_collect(value, modifier, columns) for value in criterion.values}
    values = {f"c{number}_{name}": entries for name, entries in columns.items()}
    return Condition(parameter.name, parameter.type, modifier, tuple(sorted(found)), number), values


def _of_dates(criterion: Criterion, number: int) -> tuple[Condition, dict[str, Any]]:
    ranges = [value for value in criterion.values if isinstance(value, DateRange)]
    values: dict[str, Any] = {}
    for place, each in enumerate(ranges):
        values |= {f"c{number}_low{place}": each.low, f"c{number}_high{place}": each.high}
    kinds = tuple(each.prefix for each in ranges)
    return Condition(criterion.parameter.name, "date", criterion.modifier, kinds, number), values


def _are_patients(values: Sequence[Value]) -> bool:
    return all(
        isinstance(value, ReferenceTarget) and value.id and value.types == ("Patient",) for value in values
    )


def _collect(value: Value, modifier: str | None, columns: dict[str, list[str]]) -> str:
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
        case string.Text(normalised=normalised, exact=exact):
            if modifier == "exact":
                add(exact=exact)
                return "exact"
            if modifier == "contains":
                add(patterns=f"%{_escaped(normalised)}%")
                return "contains"
            add(normalised=normalised, beginnings=normalised[:BEGINNING])
            return "starts"
        case _:
            raise AssertionError(value)


def indexed(text: str) -> str:
    """A text as it is kept in an index: itself, or its digest when an index entry could not hold it.

    Both sides of a comparison go through here, so that equality stays equality.
    """
    if len(text) <= _LONGEST // 4 or len(text.encode()) <= _LONGEST:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _escaped(text: str) -> str:
    """A text in which the wildcards of LIKE stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
