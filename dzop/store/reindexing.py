"""Statements by which resources are indexed anew: which are not indexed by our rules, and their new rows.

They carry no predicate, for nobody is shown a row. A resource is walked to by its key; `after` and `until`
are keys, and a stretch between two of them is as much as one statement looks at.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.store.index_tables import INDEX, arrays, kept
from dzop.store.statement import Statement, compiled
from dzop.store.tables import index_rules, resource_current, resource_version, same_resource

_current, _version = resource_current, resource_version
_KEY = (_current.c.person, _current.c.type, _current.c.id)


def _bound(name: str) -> Any:
    return tuple_(
        bindparam(f"{name}_person", type_=BigInteger),
        bindparam(f"{name}_type", type_=Text),
        bindparam(f"{name}_id", type_=Text),
    )


def _stale() -> ColumnElement[bool]:
    """Not indexed by any of `rules`, or a version that follows the one that was."""
    return and_(
        ~_current.c.deleted,
        _current.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        or_(
            _current.c.indexed_as != func.all(bindparam("rules", type_=ARRAY(Text))),
            _current.c.indexed_version != _current.c.version,
        ),
    )


ANNOUNCE = compiled(
    insert(index_rules)
    .values(fingerprint=bindparam("fingerprint", type_=Text))
    .on_conflict_do_nothing(index_elements=["fingerprint"])
)
"""Makes rules that were never in force here the newest."""

NEWEST = compiled(select(index_rules.c.fingerprint).order_by(index_rules.c.number.desc()).limit(1))

_STRETCH = (tuple_(*_KEY) > _bound("after"), tuple_(*_KEY) <= _bound("until"))

END = compiled(
    select(*_KEY)
    .where(tuple_(*_KEY) > _bound("after"))
    .order_by(*_KEY)
    .offset(bindparam("length", type_=BigInteger))
    .limit(1)
)
"""Where a stretch of this length ends; no row: it is the last one."""

COUNT_STALE = compiled(select(func.count().label("number")).where(*_STRETCH, _stale()))

LOCK_STALE = compiled(
    select(
        *_KEY,
        _version.c.version,
        func.coalesce(_version.c.served, _version.c.body).label("body"),
        _version.c.meta,
    )
    .select_from(
        _current.join(
            _version, and_(same_resource(_version, _current), _version.c.version == _current.c.version)
        )
    )
    .where(*_STRETCH, _stale())
    .order_by(*_KEY)
    .limit(bindparam("count", type_=BigInteger))
    .with_for_update(of=_current, skip_locked=True)
)
"""The next ones, locked; what somebody is writing just now is left to a later round."""


def _named(name: str, type: Any) -> Any:
    return func.unnest(bindparam(name, type_=ARRAY(type)))


def _these() -> Any:
    return select(_named("persons", BigInteger), _named("types", Text), _named("ids", Text))


def _clear() -> Statement:
    gone = [
        delete(table).where(tuple_(table.c.person, table.c.type, table.c.id).in_(_these())).cte(table.name)
        for table, _ in INDEX.values()
    ]
    return compiled(select(literal(1)).add_cte(*gone))


CLEAR = _clear()
"""Takes away all the index rows of these resources."""


def _fill() -> Statement:
    """New index rows, each with whose it is, and the rules by which they were made."""
    rows = []
    for prefix, (table, names) in INDEX.items():
        all_names = ("person", "type", "id", *names)
        given = arrays(table, prefix, all_names)
        filled = insert(table).from_select(list(all_names), select(*kept(table, given, all_names)))
        rows.append(filled.on_conflict_do_nothing().cte(f"{prefix}_rows"))
    done = select(
        _named("persons", BigInteger).label("person"),
        _named("types", Text).label("type"),
        _named("ids", Text).label("id"),
        _named("versions", Integer).label("version"),
        _named("rules", Text).label("rules"),
    ).subquery("done")
    marked = (
        update(_current)
        .where(same_resource(_current, done))
        .values(indexed_as=done.c.rules, indexed_version=done.c.version)
        .cte("marked")
    )
    return compiled(select(literal(1)).add_cte(*rows, marked))


FILL = _fill()
