"""Queries to SQL: one statement a form of query, compiled once, with the visibility predicate inside.

Two queries have the same form when they differ only in values. `_Form` is that form; the values go
in as parameters, many of one kind as one array, so that few forms serve many queries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.expression import FromClause

from dzop.fhir.search.criterion import Criterion
from dzop.fhir.search.query import Query
from dzop.store.clauses import AllOf, Seeing, read
from dzop.store.database import Row
from dzop.store.reading import in_room, read_whole
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    ALWAYS,
    FOREVER,
    index_date,
    index_quantity,
    index_string,
    index_token,
    same_resource,
)
from dzop.store.tables import resource_current as current
from dzop.store.visibility import judged, panel, ruled, seen

_LAST = "\U0010ffff"  # sorts behind every text: where a resource without a value belongs
_TYPE = bindparam("type", type_=Text)
_SMALL: Final = 40


@dataclass(frozen=True, slots=True)
class _Form:
    """All of a query but its values."""

    met: AllOf
    sort: tuple[tuple[str, str, bool], ...]
    sight: Sight
    after: bool = False

    @property
    def is_broad(self) -> bool:
        """Whether it may match much of everybody's plan, for nothing in it names somebody or something."""
        return self.sight.judged and not self.is_of_person and self.met.is_broad

    @property
    def is_of_person(self) -> bool:
        return self.met.is_of_person or self.sight.is_of_patient

    @property
    def is_small(self) -> bool:
        """Of a query of many parts the statement is large: few of them are kept."""
        return self.met.size + self.sight.size <= _SMALL


def is_large(query: Query, seeing: Seeing) -> bool:
    """Whether to build the statement takes so long that nobody should have to wait for it."""
    plain = [each for each in query.criteria if isinstance(each, Criterion) and not each.parameter.components]
    own = seeing.sight(query.type).size
    if len(plain) == len(query.criteria) and own + sum(len(each.values) for each in plain) <= _SMALL:
        return False  # seen without reading it twice
    return own + read(query.criteria, query.type, seeing)[0].size > _SMALL


def page(query: Query, seeing: Seeing, after: tuple[str, ...] | None) -> tuple[Statement, dict[str, Any]]:
    """Matches in order behind the position `after`, at most `limit`; each row with its sort keys."""
    met, values = read(query.criteria, query.type, seeing)
    form = _Form(met, _sort(query), seeing.sight(query.type), after is not None)
    if after is not None:
        values |= _position_values(form.sort, after)
    build = _page if form.is_small else _large_page
    return build(form), {"type": query.type, **values}


def counted(query: Query, seeing: Seeing) -> tuple[Statement, dict[str, Any]]:
    """How many visible matches there are, as `total`."""
    met, values = read(query.criteria, query.type, seeing)
    form = _Form(met, (), seeing.sight(query.type))
    build = _counted if form.is_small else _large_counted
    return build(form), {"type": query.type, **values}


def position(query: Query, row: Row) -> tuple[str, ...]:
    """Where a page ends: the sort keys of its last match and its id, as texts."""
    keys = [row[f"key{number}"] for number in range(len(query.sort))]
    return (*(key.isoformat() if isinstance(key, datetime) else str(key) for key in keys), row["id"])


def _sort(query: Query) -> tuple[tuple[str, str, bool], ...]:
    return tuple((key.parameter.name, key.parameter.type, key.descending) for key in query.sort)


@lru_cache(maxsize=512)
def _page(form: _Form) -> Statement:
    """First which resources, then what they say: only those of the page are read whole."""
    source, rules = _judged(form)
    keys = [_sort_key(*key).label(f"key{number}") for number, key in enumerate(form.sort)]
    where = _matching(form) + ([_behind(form.sort)] if form.after else [])
    at = (current.c.person, current.c.type, current.c.id, current.c.version, current.c.mask)
    ordered = [*_directed(keys, form.sort), current.c.id]
    limit = bindparam("limit", type_=Integer)
    found: FromClause = (
        select(*at, *rules, *keys)
        .select_from(source)
        .where(*where)
        .order_by(*ordered)
        .limit(limit)
        .subquery("found")
    )
    whole = read_whole(found, *(ruled(found) if form.is_broad else (found, ())))
    return compiled(
        in_room(whole, [*_directed([found.c[each.name] for each in keys], form.sort), found.c.id])
    )


def _directed(
    keys: Sequence[ColumnElement[Any]], sort: Sequence[tuple[str, str, bool]]
) -> list[ColumnElement[Any]]:
    return [
        key.desc() if descending else key.asc() for key, (_, _, descending) in zip(keys, sort, strict=True)
    ]


@lru_cache(maxsize=512)
def _counted(form: _Form) -> Statement:
    source, _ = _judged(form)
    return compiled(select(func.count().label("total")).select_from(source).where(*_matching(form)))


_large_page, _large_counted = (lru_cache(maxsize=16)(each.__wrapped__) for each in (_page, _counted))


def _judged(form: _Form) -> tuple[FromClause, tuple[ColumnElement[Any], ...]]:
    """What may be seen, and by which rules; where it may be much, the rules are for those of the page only."""
    if not form.sight.judged:
        return current, ()
    return (seen(current), ()) if form.is_broad else judged(current, current)


def _matching(form: _Form) -> list[ColumnElement[bool]]:
    where = [current.c.type == _TYPE, ~current.c.deleted, form.met.expression(current)]
    where += form.sight.within(current)
    if form.sight.judged and not form.is_of_person and not form.is_broad:
        where.append(panel(current))
    return where


def _sort_key(name: str, type: str, descending: bool) -> ColumnElement[Any]:
    """The value to sort by; a resource without one comes last in both directions."""
    if name == "_id":
        return current.c.id
    if name == "_lastUpdated":
        return current.c.last_updated
    table, column, absent = _SORTED[type][descending]
    best = func.max(column) if descending else func.min(column)
    value = (
        select(best)
        .where(
            same_resource(table, current),
            table.c.parameter == literal(name),
        )
        .correlate(current)
        .scalar_subquery()
    )
    return func.coalesce(value, literal(absent, column.type))


_text = ((index_string, index_string.c.normalised, _LAST), (index_string, index_string.c.normalised, ""))
_code = ((index_token, index_token.c.code, _LAST), (index_token, index_token.c.code, ""))
_number = (
    (index_quantity, index_quantity.c.low, Decimal("Infinity")),
    (index_quantity, index_quantity.c.high, Decimal("-Infinity")),
)
_SORTED: Mapping[str, tuple[tuple[Table, Column[Any], Any], tuple[Table, Column[Any], Any]]] = {
    "date": ((index_date, index_date.c.low, FOREVER), (index_date, index_date.c.low, ALWAYS)),
    "string": _text,
    "token": _code,
    "uri": _code,
    "number": _number,
    "quantity": _number,
}
"""What is compared by type of parameter, up and down, and what stands for a value that is not there."""


def _behind(sort: Sequence[tuple[str, str, bool]]) -> ColumnElement[bool]:
    """Lexicographically behind the position, each key in its own direction, the id last."""
    keys = [(_sort_key(*key), _position_bind(number, key), key[2]) for number, key in enumerate(sort)]
    keys.append((current.c.id, bindparam("after_id", type_=Text), False))
    steps, equal = [], list[ColumnElement[bool]]()
    for key, bound, descending in keys:
        steps.append(and_(*equal, key < bound if descending else key > bound))
        equal.append(key == bound)
    return or_(*steps)


_POSITIONS: Mapping[str, tuple[Any, Callable[[str], Any]]] = {
    "date": (DateTime(timezone=True), datetime.fromisoformat),
    "number": (Numeric(), Decimal),
    "quantity": (Numeric(), Decimal),
}
_AS_TEXT: tuple[Any, Callable[[str], Any]] = (Text(), str)


def _position_bind(number: int, key: tuple[str, str, bool]) -> Any:
    return bindparam(f"after{number}", type_=_POSITIONS.get(key[1], _AS_TEXT)[0])


def _position_values(sort: Sequence[tuple[str, str, bool]], after: tuple[str, ...]) -> dict[str, Any]:
    *keys, id = after
    values: dict[str, Any] = {
        f"after{number}": _POSITIONS.get(key[1], _AS_TEXT)[1](text)
        for number, (key, text) in enumerate(zip(sort, keys, strict=True))
    }
    return {**values, "after_id": id}
