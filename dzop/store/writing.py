"""Statements of a write: what it reads without the predicate, and what it stores in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.fhir.resource_types import RESOURCE_TYPES, Kind
from dzop.store.audit import noted
from dzop.store.index_tables import INDEX, arrays, kept
from dzop.store.reading import (
    CURRENT_VERSION,
    ID,
    PERSON,
    SHOWN,
    TYPE,
    current,
    location,
    named,
    pairs,
    version,
)
from dzop.store.statement import Statement, compiled
from dzop.store.tables import DIRECTORY, audience, index_reference, index_token, same_resource
from dzop.store.visibility import visible

# What a write reads: without the predicate, for the law itself judges it on the person's facts.

_THIS = (current.c.person == PERSON, current.c.type == TYPE, current.c.id == ID)

LOCK_CURRENT = compiled(select(current.c.version).where(*_THIS).with_for_update())
"""Waits for whoever changes this resource; what they made of it is for a later statement to read."""

BEFORE = compiled(
    select(*SHOWN, version.c.body.label("kept"))
    .select_from(current.join(version, CURRENT_VERSION))
    .where(*_THIS)
)

AUDIENCE_OF = compiled(
    select(audience.c.kind, audience.c.actor, audience.c.via).where(
        audience.c.person == PERSON,
        audience.c.type == TYPE,
        audience.c.id == ID,
        audience.c.valid_from <= bindparam("now", type_=DateTime(timezone=True)),
        audience.c.valid_until > bindparam("now", type_=DateTime(timezone=True)),
    )
)


@cache
def masks(everything: bool) -> Statement:
    """Categories of resources by reference, of those the actor sees, and of Questionnaires by canonical.

    What is hidden must not be told by the labels of what refers to it.
    """
    seen = true() if everything else or_(current.c.person == literal(DIRECTORY), visible(current))
    referenced = (
        select(named(current.c.type, literal("/"), current.c.id).label("key"), current.c.mask)
        .select_from(location.join(current, same_resource(current, location)))
        .where(tuple_(location.c.type, location.c.id).in_(pairs("types", "ids")), seen)
    )
    cited = (
        select(index_token.c.code, current.c.mask)
        .select_from(index_token.join(current, same_resource(current, index_token)))
        .where(
            index_token.c.type == literal("Questionnaire"),
            index_token.c.parameter == literal("url"),
            index_token.c.code == any_(bindparam("urls", type_=ARRAY(Text))),
        )
    )
    return compiled(referenced.union_all(cited))


_RESOURCE = ("person", "type", "id")


def _rows_of(table: Table, prefix: str, *columns: str) -> Any:
    """An insert of rows in one of the tables of resources, from one array a column."""
    names = (*_RESOURCE, *columns)
    given = arrays(table, prefix, names)
    return (
        insert(table)
        .from_select(names, select(*kept(table, given, names)))
        .on_conflict_do_nothing()
        .cte(f"{prefix}_rows")
    )


_AUDIENCE = ("actor", "kind", "via", "valid_from", "valid_until")
_STATE = ("version", "mask", "last_updated", "deleted", "indexed_as", "indexed_version")
_VERSION = ("version", "body", "served", "meta", "mask", "last_updated", "method", "deleted")


def _write() -> Statement:
    """Versions and all that follows from them, in one round trip; a first version also claims its id.

    An id that somebody else has claimed meanwhile is a unique violation.
    """
    columns = {name: version.c[name].type for name in (*_RESOURCE, *_VERSION)} | {"indexed_as": Text()}
    given = select(
        *(func.unnest(bindparam(name, type_=ARRAY(type))).label(name) for name, type in columns.items())
    ).cte("given")
    versions = insert(version).from_select(
        [*_RESOURCE, *_VERSION], select(*(given.c[name] for name in (*_RESOURCE, *_VERSION)))
    )
    state = insert(current).from_select(
        [*_RESOURCE, *_STATE],
        select(
            *(given.c[name] for name in _RESOURCE),
            *(given.c["version" if name == "indexed_version" else name] for name in _STATE),
        ),
    )
    upsert = state.on_conflict_do_update(
        index_elements=_RESOURCE, set_={name: state.excluded[name] for name in _STATE}
    )
    claimed = insert(location).from_select(
        ["type", "id", "person"],
        select(given.c.type, given.c.id, given.c.person).where(given.c.version == literal(1)),
    )
    return compiled(
        select(literal(1)).add_cte(
            claimed.cte("claimed"),
            versions.cte("new_version"),
            upsert.cte("new_state"),
            *(_rows_of(table, prefix, *names) for prefix, (table, names) in INDEX.items()),
            _rows_of(audience, "audience", *_AUDIENCE),
            noted(),
        )
    )


WRITE = _write()


def rows_of(resource: tuple[int, str, str], columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The arguments of `WRITE` that say whose the rows in these columns are: a resource's (person, type, id)."""
    first = {prefix: names[0] for prefix, (_, names) in INDEX.items()} | {"audience": _AUDIENCE[0]}
    return {
        f"{prefix}_{key}": [value] * len(columns[f"{prefix}_{name}"])
        for prefix, name in first.items()
        for key, value in zip(_RESOURCE, resource, strict=True)
    }


def _forget() -> Statement:
    """Clears what the former version put into the index, and the audience it named itself."""

    def of_resource(table: Table) -> Any:
        return delete(table).where(table.c.person == PERSON, table.c.type == TYPE, table.c.id == ID)

    indexes = [of_resource(table).cte(table.name) for table, _ in INDEX.values()]
    named = of_resource(audience).where(audience.c.via == literal("")).cte("named")
    return compiled(select(literal(1)).add_cte(*indexes, named))


FORGET = _forget()

_MASK = bindparam("mask", type_=BigInteger)
_TELLING = (
    ("Provenance", "target"),
    ("List", "item"),
    ("Binary", "security-context"),
    ("Observation", "derived-from"),
)
"""Types, and through which parameter they tell."""


def _is_of(kind: Kind) -> ColumnElement[bool]:
    return exists(
        select(literal(1)).where(
            same_resource(index_token, index_reference),
            index_token.c.parameter == literal(kind.path),
            index_token.c.system == literal(kind.system),
            index_token.c.code == literal(kind.code),
        )
    )


_told = select(index_reference.c.type, index_reference.c.id).where(
    index_reference.c.person == PERSON,
    or_(
        *[
            and_(index_reference.c.type == literal(type), index_reference.c.parameter == literal(name))
            for type, name in _TELLING
        ],
        *[
            and_(
                index_reference.c.type == literal(type),
                index_reference.c.parameter.in_([literal(each) for each in kind.sources]),
                _is_of(kind),
            )
            for type, entry in RESOURCE_TYPES.items()
            for kind in entry.categories.kinds
        ],
    ),
    index_reference.c.target_type == TYPE,
    index_reference.c.target_id == ID,
)

LABEL_TELLING = compiled(
    update(current)
    .where(current.c.person == PERSON, tuple_(current.c.type, current.c.id).in_(_told))
    .values(mask=current.c.mask.op("|")(_MASK))
)
"""What tells of a resource is at least as closed as the resource itself."""

TASKS_ABOUT = compiled(
    select(index_reference.c.id).where(
        index_reference.c.person == PERSON,
        index_reference.c.type == literal("Task"),
        index_reference.c.parameter == literal("focus"),
        index_reference.c.target_type == TYPE,
        index_reference.c.target_id == ID,
    )
)
"""The Tasks of a person whose focus is this resource."""

_key, _alone = (
    func.unnest(bindparam("locks", type_=ARRAY(BigInteger))),
    func.unnest(bindparam("alone", type_=ARRAY(Boolean))),
)
_wanted = select(_key.label("lock"), _alone.label("alone")).subquery("wanted")

ADVISORY_LOCKS = compiled(
    select(
        case(
            (_wanted.c.alone, func.pg_advisory_xact_lock(_wanted.c.lock).is_(None)),
            else_=func.pg_advisory_xact_lock_shared(_wanted.c.lock).is_(None),
        ).label("locked")
    )
)
"""Takes locks in the order given, each alone or shared."""

LOCK_ALL = compiled(
    select(current.c.type, current.c.id, current.c.version)
    .where(
        tuple_(current.c.person, current.c.type, current.c.id).in_(
            select(
                *(func.unnest(bindparam(f"{name}s", type_=ARRAY(current.c[name].type))) for name in _RESOURCE)
            )
        )
    )
    .order_by(current.c.person, current.c.type, current.c.id)
    .with_for_update()
)
"""Waits for whoever changes these resources, in an order that all keep."""
