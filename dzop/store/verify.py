"""Statements that read everything, for `dzop verify`: they carry no predicate, for nobody is shown a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, func, literal, or_, select

from dzop.store.index_tables import INDEX, arrays, as_read, kept
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    person,
    resource_current,
    resource_location,
    resource_version,
    same_resource,
)

_current, _version, _location = resource_current, resource_version, resource_location

BROKEN_CHAINS = compiled(
    select(
        _version.c.type,
        _version.c.id,
        func.min(_version.c.version).label("first"),
        func.max(_version.c.version).label("last"),
        func.count().label("number"),
    )
    .group_by(_version.c.person, _version.c.type, _version.c.id)
    .having(or_(func.min(_version.c.version) != literal(1), func.max(_version.c.version) != func.count()))
    .order_by(_version.c.type, _version.c.id)
)

_newest = (
    select(func.max(_version.c.version))
    .where(
        same_resource(_version, _current),
    )
    .correlate(_current)
    .scalar_subquery()
)

MISPLACED = compiled(
    select(_current.c.type, _current.c.id)
    .select_from(
        _current.outerjoin(
            _location, and_(_location.c.type == _current.c.type, _location.c.id == _current.c.id)
        )
    )
    .where(
        or_(
            func.coalesce(_location.c.person, literal(-2)) != _current.c.person,
            func.coalesce(_newest, literal(0)) != _current.c.version,
        )
    )
    .order_by(_current.c.type, _current.c.id)
)

PERSONS = compiled(select(person.c.key, person.c.patient_id).order_by(person.c.key))


def _bodies(*where: Any) -> Statement:
    same = and_(
        same_resource(_version, _current),
        _version.c.version == _current.c.version,
    )
    body = func.coalesce(_version.c.served, _version.c.body).label("body")
    state = (_current.c.person, _current.c.type, _current.c.id, _current.c.deleted)
    statement = select(*state, body, _version.c.meta)
    return compiled(
        statement.select_from(_current.join(_version, same))
        .where(*where)
        .order_by(_current.c.type, _current.c.id)
    )


OF_PERSON = _bodies(_current.c.person == bindparam("person", type_=BigInteger))
WITHOUT_PERSON = _bodies(_current.c.person <= literal(0))


def _index_rows(prefix: str) -> Statement:
    table, names = INDEX[prefix]
    here = (
        table.c.person == bindparam("person", type_=BigInteger),
        table.c.type == bindparam("type", type_=Text),
        table.c.id == bindparam("id", type_=Text),
    )
    return compiled(select(*as_read([table.c[name] for name in names])).where(*here))


INDEX_ROWS = {prefix: _index_rows(prefix) for prefix in INDEX}
"""What each table of the index has of one resource; words as text."""


def _words() -> Statement:
    table, names = INDEX["text"]
    return compiled(select(*as_read(kept(table, arrays(table, "text", names), names))))


WORDS = _words()
"""The words that the arguments of a write come to."""
