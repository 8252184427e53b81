"""Queries to SQL: one statement a form of query, compiled once, with the visibility predicate inside.

Two queries have the same form when they differ only in values. `_Form` is that form; the values go
in as parameters, many of one kind as one array, so that few forms serve many queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.expression import FromClause

from dzop.fhir.search.query import Query
from dzop.store.conditions import Condition, condition
from dzop.store.database import Row
from dzop.store.resources import read_whole
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    ALWAYS,
    FOREVER,
    index_date,
    index_reference,
    index_string,
    index_token,
    same_resource,
)
from dzop.store.tables import resource_current as current
from dzop.store.visibility import judged, panel, ruled, seen

_LAST = "\U0010ffff"  # sorts behind every text: where a resource without a value belongs
_TYPE = bindparam("type", type_=Text)


@dataclass(frozen=True, slots=True)
class _Form:
    """All of a query but its values."""

    conditions: tuple[Condition, ...]
    sort: tuple[tuple[str, str, bool], ...]
    everything: bool
    of_one_person: bool
    after: bool = False

    @property
    def is_broad(self) -> bool:
        """Whether it may match much of everybody's plan, for nothing in it names somebody or something."""
        named = self.everything or self.of_one_person
        return not named and all(each.is_broad for each in self.conditions)


def page(query: Query, everything: bool, after: tuple[str, ...] | None) -> tuple[Statement, dict[str, Any]]:
    """Matches in order behind the position `after`, at most `limit`; each row with its sort keys."""
    conditions, values = _conditions(query)
    form = _Form(conditions, _sort(query), everything, _is_of_one_person(conditions), after is not None)
    if after is not None:
        values |= _position_values(form.sort, after)
    return _page(form), {"type": query.type, **values}


def counted(query: Query, everything: bool) -> tuple[Statement, dict[str, Any]]:
    """How many visible matches there are, as `total`."""
    conditions, values = _conditions(query)
    form = _Form(conditions, (), everything, _is_of_one_person(conditions))
    return _counted(form), {"type": query.type, **values}


def position(query: Query, row: Row) -> tuple[str, ...]:
    """Where a page ends: the sort keys of its last match and its id, as texts."""
    keys = [row[f"key{number}"] for number in range(len(query.sort))]
    return (*(key.isoformat() if isinstance(key, datetime) else key for key in keys), row["id"])


def _conditions(query: Query) -> tuple[tuple[Condition, ...], dict[str, Any]]:
    read = [condition(criterion, number) for number, criterion in enumerate(query.criteria)]
    values: dict[str, Any] = {}
    for _, own in read:
        values |= own
    return tuple(each for each, _ in read), values


def _is_of_one_person(conditions: Sequence[Condition]) -> bool:
    return any(each.kinds == ("patient",) for each in conditions)


def _sort(query: Query) -> tuple[tuple[str, str, bool], ...]:
    return tuple((key.parameter.name, key.parameter.type, key.descending) for key in query.sort)


@lru_cache(maxsize=2048)
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
    return compiled(whole.order_by(*_directed([found.c[each.name] for each in keys], form.sort), found.c.id))


def _directed(
    keys: Sequence[ColumnElement[Any]], sort: Sequence[tuple[str, str, bool]]
) -> list[ColumnElement[Any]]:
    return [
        key.desc() if descending else key.asc() for key, (_, _, descending) in zip(keys, sort, strict=True)
    ]


@lru_cache(maxsize=2048)
def _counted(form: _Form) -> Statement:
    source, _ = _judged(form)
    return compiled(select(func.count().label("total")).select_from(source).where(*_matching(form)))


def _judged(form: _Form) -> tuple[FromClause, tuple[ColumnElement[Any], ...]]:
    """What may be seen, and by which rules; where it may be much, the rules are for those of the page only."""
    if form.everything:
        return current, ()
    return (seen(current), ()) if form.is_broad else judged(current, current)


def _matching(form: _Form) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [current.c.type == _TYPE, ~current.c.deleted]
    where += [each.expression() for each in form.conditions]
    if not form.everything and not form.of_one_person and not form.is_broad:
        where.append(panel(current))
    return where


def _sort_key(name: str, type: str, descending: bool) -> ColumnElement[Any]:
    """The value to sort by; a resource without one comes last in both directions."""
    if name == "_id":
        return current.c.id
    if name == "_lastUpdated":
        return current.c.last_updated
    table, column, absent = {
        "date": (index_date, index_date.c.low, ALWAYS if descending else FOREVER),
        "string": (index_string, index_string.c.normalised, "" if descending else _LAST),
        "token": (index_token, index_token.c.code, "" if descending else _LAST),
    }[type]
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


def _behind(sort: Sequence[tuple[str, str, bool]]) -> ColumnElement[bool]:
    """Lexicographically behind the position, each key in its own direction, the id last."""
    keys = [(_sort_key(*key), _position_bind(number, key), key[2]) for number, key in enumerate(sort)]
    keys.append((current.c.id, bindparam("after_id", type_=Text), False))
    steps, equal = [], list[ColumnElement[bool]]()
    for key, bound, descending in keys:
        steps.append(and_(*equal, key < bound if descending else key > bound))
        equal.append(key == bound)
    return or_(*steps)


def _is_instant(key: tuple[str, str, bool]) -> bool:
    return key[1] == "date"


def _position_bind(number: int, key: tuple[str, str, bool]) -> Any:
    return bindparam(f"after{number}", type_=DateTime(timezone=True) if _is_instant(key) else Text())


def _position_values(sort: Sequence[tuple[str, str, bool]], after: tuple[str, ...]) -> dict[str, Any]:
    *keys, id = after
    values: dict[str, Any] = {
        f"after{number}": datetime.fromisoformat(text) if _is_instant(key) else text
        for number, (key, text) in enumerate(zip(sort, keys, strict=True))
    }
    return {**values, "after_id": id}


def _referenced() -> Statement:
    """What `persons[i]/types[i]/ids[i]` reference through parameters `sources[j]:parameters[j]:targets[j]`."""
    match = select(
        func.unnest(bindparam("persons", type_=ARRAY(BigInteger))).label("person"),
        func.unnest(bindparam("types", type_=ARRAY(Text))).label("type"),
        func.unnest(bindparam("ids", type_=ARRAY(Text))).label("id"),
    ).subquery("match")
    include = select(
        func.unnest(bindparam("sources", type_=ARRAY(Text))).label("source"),
        func.unnest(bindparam("parameters", type_=ARRAY(Text))).label("parameter"),
        func.unnest(bindparam("targets", type_=ARRAY(Text))).label("target"),
    ).subquery("include")
    row = index_reference
    at = same_resource(row, match)
    through = and_(
        include.c.source == row.c.type,
        include.c.parameter == row.c.parameter,
        or_(include.c.target == literal(""), include.c.target == row.c.target_type),
    )
    joined = match.join(row, at).join(include, through)
    return compiled(
        select(row.c.target_type, row.c.target_id)
        .distinct()
        .select_from(joined)
        .where(row.c.target_id != literal(""))
    )


REFERENCED = _referenced()
