"""Statements over resources: where one is, what it says now, what it said, and how it changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import FromClause

from dzop.store.audit import noted
from dzop.store.generations import held
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    audience,
    index_date,
    index_reference,
    index_string,
    index_token,
    person,
    resource_current,
    resource_location,
    resource_version,
    same_resource,
)
from dzop.store.visibility import judged, visible

current, version, location = resource_current, resource_version, resource_location
TYPE = bindparam("type", type_=Text)
ID = bindparam("id", type_=Text)
PERSON = bindparam("person", type_=BigInteger)
VERSION = bindparam("version", type_=Integer)

_SHOWN = (
    current.c.person,
    current.c.type,
    current.c.id,
    current.c.mask,
    version.c.version,
    func.coalesce(version.c.served, version.c.body).label("body"),
    version.c.meta,
    version.c.last_updated,
    version.c.deleted,
)
_SAME = same_resource(version, current)
_CURRENT_VERSION = and_(_SAME, version.c.version == current.c.version)


def shown(everything: bool, *where: ColumnElement[bool], source: FromClause | None = None) -> Select[Any]:
    """Resources with all it takes to serve them, and by which rules; `source` has them and their versions.

    `everything` is for types without a person and for `system`: then nothing has to be judged.
    """
    source = current.join(version, _CURRENT_VERSION) if source is None else source
    source, rules = (source, ()) if everything else judged(source, current)
    return select(*_SHOWN, *rules).select_from(source).where(*where)


def read_whole(
    found: FromClause, source: FromClause | None = None, also: Iterable[ColumnElement[Any]] = ()
) -> Select[Any]:
    """All it takes to serve what was found: rows with person, type, id, version and mask, and what else they have.

    `source` is `found` or has it as a part, and `also` are columns of it to add.
    """
    at = and_(
        same_resource(version, found),
        version.c.version == found.c.version,
    )
    body = func.coalesce(version.c.served, version.c.body).label("body")
    whole = (body, version.c.meta, version.c.last_updated, version.c.deleted)
    source = found if source is None else source
    return select(*found.c, *also, *whole).select_from(source.join(version, at))


def _at_location() -> ColumnElement[bool]:
    found = select(location.c.person).where(location.c.type == TYPE, location.c.id == ID).scalar_subquery()
    return and_(current.c.person == found, current.c.type == TYPE, current.c.id == ID)


def _as_then(everything: bool) -> ColumnElement[bool]:
    """A version is shown when the current state may be seen, and that version's own categories too."""
    return true() if everything else visible(version)


@cache
def read(everything: bool) -> Statement:
    """The current version, deleted or not."""
    return compiled(shown(everything, _at_location()))


@cache
def vread(everything: bool) -> Statement:
    return compiled(_of_version(everything, version.c.version == VERSION))


@cache
def history(everything: bool) -> Statement:
    """Versions newest first, older than `before`; one more than `count` tells whether more follow."""
    newest = _of_version(everything, version.c.version < bindparam("before", type_=Integer))
    ordered = newest.order_by(version.c.version.desc())
    return compiled(ordered.limit(bindparam("count", type_=Integer)))


@cache
def history_total(everything: bool) -> Statement:
    where = [_at_location()] if everything else [_at_location(), visible(current), visible(version)]
    return compiled(
        select(func.count().label("total")).select_from(current.join(version, _SAME)).where(*where)
    )


def _of_version(everything: bool, *where: ColumnElement[bool]) -> Select[Any]:
    versions = shown(
        everything, _at_location(), _as_then(everything), *where, source=current.join(version, _SAME)
    )
    return versions.add_columns(version.c.method, version.c.mask.label("version_mask"))


@cache
def read_many(everything: bool) -> Statement:
    """The visible ones of `types[i]/ids[i]`, in order of type and id."""
    wanted = select(
        func.unnest(bindparam("types", type_=ARRAY(Text))).label("type"),
        func.unnest(bindparam("ids", type_=ARRAY(Text))).label("id"),
    ).subquery("wanted")
    at = and_(location.c.type == wanted.c.type, location.c.id == wanted.c.id)
    here = same_resource(current, location)
    joined = wanted.join(location, at).join(current, here).join(version, _CURRENT_VERSION)
    statement = shown(everything, ~current.c.deleted, source=joined)
    return compiled(statement.order_by(current.c.type, current.c.id))


# What a write reads: without the predicate, for the law itself judges it on the person's facts.

LOCATE = compiled(select(location.c.person).where(location.c.type == TYPE, location.c.id == ID))

_THIS = (current.c.person == PERSON, current.c.type == TYPE, current.c.id == ID)

LOCK_CURRENT = compiled(select(current.c.version).where(*_THIS).with_for_update())
"""Waits for whoever changes this resource; what they made of it is for a later statement to read."""

BEFORE = compiled(
    select(*_SHOWN, version.c.body.label("kept"))
    .select_from(current.join(version, _CURRENT_VERSION))
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

ADD_PERSON = compiled(
    insert(person).values(patient_id=bindparam("patient_id", type_=Text)).on_conflict_do_nothing()
)

PATIENT_AT = compiled(
    select(person.c.patient_id)
    .select_from(location.join(person, person.c.key == location.c.person))
    .where(location.c.type == TYPE, location.c.id == ID)
)


def _pairs(first: str, second: str) -> Any:
    return select(
        func.unnest(bindparam(first, type_=ARRAY(Text))), func.unnest(bindparam(second, type_=ARRAY(Text)))
    )


def _named(*parts: Any) -> Any:
    """The columns put together as one text, the name under which they were asked for."""
    text: Any = literal("")
    for part in parts:
        text = text.op("||")(part)
    return text.label("named")


@cache
def persons(everything: bool) -> Statement:
    """Persons by Patient id, by the place of another resource of theirs, by an identifier of the Patient.

    What the actor may not see leads to nobody, as if it were not there. A Patient id does: whoever has no
    relation with that person is refused, in the words for a person who is not known.
    """
    seen = [] if everything else [visible(current)]
    located = (
        select(location.c.person, _named(location.c.type, literal("/"), location.c.id))
        .select_from(location.join(current, _is_current(location)))
        .where(tuple_(location.c.type, location.c.id).in_(_pairs("types", "ids")), *seen)
    )
    identified = (
        select(index_token.c.person, _named(index_token.c.system, literal("|"), index_token.c.code))
        .select_from(index_token.join(current, _is_current(index_token)))
        .where(
            index_token.c.type == literal("Patient"),
            index_token.c.parameter == literal("identifier"),
            tuple_(index_token.c.system, index_token.c.code).in_(_pairs("systems", "values")),
            *seen,
        )
    )
    by_id = select(person.c.key.label("person"), _named(literal("Patient/"), person.c.patient_id)).where(
        person.c.patient_id == any_(bindparam("patients", type_=ARRAY(Text)))
    )
    return compiled(by_id.union_all(located, identified))


def _is_current(resource: FromClause) -> ColumnElement[bool]:
    """The row of the resource's current state."""
    return same_resource(current, resource)


PERSONS = persons(everything=True)

MASKS = compiled(
    select(_named(current.c.type, literal("/"), current.c.id).label("key"), current.c.mask)
    .select_from(
        location.join(
            current,
            same_resource(current, location),
        )
    )
    .where(tuple_(location.c.type, location.c.id).in_(_pairs("types", "ids")))
    .union_all(
        select(index_token.c.code, current.c.mask)
        .select_from(
            index_token.join(
                current,
                same_resource(current, index_token),
            )
        )
        .where(
            index_token.c.type == literal("Questionnaire"),
            index_token.c.parameter == literal("url"),
            index_token.c.code == any_(bindparam("urls", type_=ARRAY(Text))),
        )
    )
)
"""Categories of resources by reference, and of Questionnaires by canonical."""


def _lock(*, shared: bool) -> Statement:
    locked = select(person.c.patient_id, held()).where(person.c.key == PERSON)
    return compiled(locked.with_for_update(read=shared))


LOCK_FACTS, SHARE_FACTS = _lock(shared=False), _lock(shared=True)


def _lock_patient(*, shared: bool) -> Statement:
    found = select(person.c.key, held()).where(person.c.patient_id == bindparam("patient_id", type_=Text))
    return compiled(found.with_for_update(read=shared))


LOCK_PATIENT, SHARE_PATIENT = _lock_patient(shared=False), _lock_patient(shared=True)

_INDEX: dict[str, tuple[Table, tuple[str, ...]]] = {
    "token": (index_token, ("parameter", "system", "code")),
    "reference": (
        index_reference,
        ("parameter", "ordinal", "target_type", "target_id", "url", "identifier_system", "identifier_value"),
    ),
    "date": (index_date, ("parameter", "low", "high")),
    "string": (index_string, ("parameter", "ordinal", "normalised", "exact")),
}


def no_index() -> dict[str, list[Any]]:
    """The index arguments of `WRITE` for a resource that shall not be found."""
    return {f"{prefix}_{column}": [] for prefix, (_, columns) in _INDEX.items() for column in columns}


def _rows_of(table: Table, prefix: str, *columns: str) -> Any:
    """An insert of the resource's rows in one of its tables, from one array a column."""
    arrays = [
        func.unnest(bindparam(f"{prefix}_{name}", type_=ARRAY(table.c[name].type))).label(name)
        for name in columns
    ]
    keys = (PERSON.label("person"), TYPE.label("type"), ID.label("id"))
    return (
        insert(table)
        .from_select(["person", "type", "id", *columns], select(*keys, *arrays))
        .on_conflict_do_nothing()
        .cte(f"{prefix}_rows")
    )


_INSTANT = bindparam("now", type_=DateTime(timezone=True))
_MASK = bindparam("mask", type_=BigInteger)
_DELETED = bindparam("deleted", type_=Boolean)


def _write(*, first: bool) -> Statement:
    """A version and all that follows from it, in one round trip; the first one also claims the id.

    One row when the id was there or could be claimed; none when somebody else has claimed it meanwhile.
    """
    new_version = (
        insert(version)
        .values(
            person=PERSON,
            type=TYPE,
            id=ID,
            version=VERSION,
            body=bindparam("body", type_=LargeBinary),
            served=bindparam("served", type_=LargeBinary),
            meta=bindparam("meta", type_=LargeBinary),
            mask=_MASK,
            last_updated=_INSTANT,
            method=bindparam("method", type_=Text),
            deleted=_DELETED,
        )
        .cte("new_version")
    )
    state = insert(current).values(
        person=PERSON, type=TYPE, id=ID, version=VERSION, mask=_MASK, last_updated=_INSTANT, deleted=_DELETED
    )
    upsert = state.on_conflict_do_update(
        index_elements=["person", "type", "id"],
        set_={name: state.excluded[name] for name in ("version", "mask", "last_updated", "deleted")},
    ).cte("new_state")
    rows = [_rows_of(table, prefix, *columns) for prefix, (table, columns) in _INDEX.items()]
    concerned = _rows_of(audience, "audience", "actor", "kind", "via", "valid_from", "valid_until")
    written = [new_version, upsert, *rows, concerned, noted()]
    if not first:
        return compiled(select(literal(1)).add_cte(*written))
    claimed = (
        insert(location)
        .values(type=TYPE, id=ID, person=PERSON)
        .on_conflict_do_nothing()
        .returning(location.c.person)
        .cte("claimed")
    )
    return compiled(select(claimed.c.person).add_cte(*written))


WRITE_FIRST, WRITE = _write(first=True), _write(first=False)


def _forget() -> Statement:
    """Clears what the former version put into the index, and the audience it named itself."""

    def of_resource(table: Table) -> Any:
        return delete(table).where(table.c.person == PERSON, table.c.type == TYPE, table.c.id == ID)

    indexes = [
        of_resource(table).cte(table.name)
        for table in (index_token, index_reference, index_date, index_string)
    ]
    named = of_resource(audience).where(audience.c.via == literal("")).cte("named")
    return compiled(select(literal(1)).add_cte(*indexes, named))


FORGET = _forget()

_told = (
    select(index_reference.c.id)
    .where(
        index_reference.c.person == PERSON,
        index_reference.c.type == literal("Provenance"),
        index_reference.c.parameter == literal("target"),
        index_reference.c.target_type == TYPE,
        index_reference.c.target_id == ID,
    )
    .scalar_subquery()
)

LABEL_PROVENANCE = compiled(
    update(current)
    .where(current.c.person == PERSON, current.c.type == literal("Provenance"), current.c.id.in_(_told))
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

ADVISORY_LOCK = compiled(
    select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger)).is_(None).label("locked"))
)
