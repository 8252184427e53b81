"""Statements that find persons, and lock what the law knows of them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.expression import FromClause

from dzop.store.generations import held
from dzop.store.reading import ID, TYPE, current, location, named, pairs
from dzop.store.statement import Statement, compiled
from dzop.store.tables import DIRECTORY, index_token, person, same_resource
from dzop.store.visibility import visible

LOCATE = compiled(
    select(location.c.type, location.c.id, location.c.person).where(
        tuple_(location.c.type, location.c.id).in_(pairs("types", "ids"))
    )
)
"""The compartments of ids in use."""

_PATIENTS = bindparam("patients", type_=ARRAY(Text))
_SYSTEM = bindparam("system", type_=Text)

ADD_PERSONS = compiled(
    insert(person).from_select(["patient_id"], select(func.unnest(_PATIENTS))).on_conflict_do_nothing()
)
"""Persons that are mentioned and not yet known; in sorted order, so that nobody waits in a circle."""

PATIENT_AT = compiled(
    select(person.c.patient_id)
    .select_from(location.join(person, person.c.key == location.c.person))
    .where(location.c.type == TYPE, location.c.id == ID)
)


def _with_number() -> Statement:
    held, other = index_token.alias("held"), index_token.alias("other")
    mandator = bindparam("mandator", type_=Text)
    is_inactive = exists().where(
        same_resource(other, held),
        other.c.parameter == literal("active"),
        other.c.code == literal("false"),
    )
    is_of_mandator = exists().where(
        other.c.person == held.c.person,
        other.c.type == literal("Patient"),
        other.c.parameter == literal("identifier"),
        other.c.system == _SYSTEM,
        other.c.code == mandator,
    )
    return compiled(
        select((held.c.type + literal("/") + held.c.id).label("reference"))
        .where(
            held.c.person > literal(DIRECTORY),
            held.c.type.in_([literal("Patient"), literal("RelatedPerson")]),
            held.c.parameter == literal("identifier"),
            held.c.system == _SYSTEM,
            held.c.code == bindparam("number", type_=Text),
            or_(held.c.type == literal("Patient"), ~is_inactive),
            or_(mandator.is_(None), is_of_mandator),
        )
        .order_by(held.c.type, held.c.id)
    )


WITH_NUMBER = _with_number()
"""Who has this number: Patients, and RelatedPersons in use, of the person with the number `mandator` if given."""


@cache
def persons(everything: bool) -> Statement:
    """Persons by Patient id, by the place of another resource of theirs, by an identifier of the Patient.

    What the actor may not see leads to nobody, as if it were not there. A Patient id does: whoever has no
    relation with that person is refused, in the words for a person who is not known.
    """
    seen = [] if everything else [visible(current)]
    located = (
        select(location.c.person, named(location.c.type, literal("/"), location.c.id))
        .select_from(location.join(current, _is_current(location)))
        .where(tuple_(location.c.type, location.c.id).in_(pairs("types", "ids")), *seen)
    )
    identified = (
        select(index_token.c.person, named(index_token.c.system, literal("|"), index_token.c.code))
        .select_from(index_token.join(current, _is_current(index_token)))
        .where(
            index_token.c.type == literal("Patient"),
            index_token.c.parameter == literal("identifier"),
            tuple_(index_token.c.system, index_token.c.code).in_(pairs("systems", "values")),
            *seen,
        )
    )
    by_id = select(person.c.key.label("person"), named(literal("Patient/"), person.c.patient_id)).where(
        person.c.patient_id == any_(_PATIENTS)
    )
    return compiled(by_id.union_all(located, identified))


def _is_current(resource: FromClause) -> ColumnElement[bool]:
    """The row of the resource's current state."""
    return same_resource(current, resource)


PERSONS = persons(everything=True)


def _lock(*, shared: bool) -> Statement:
    found = or_(
        person.c.key == any_(bindparam("persons", type_=ARRAY(BigInteger))),
        person.c.patient_id == any_(_PATIENTS),
    )
    locked = select(person.c.key, person.c.patient_id, held()).where(found).order_by(person.c.key)
    return compiled(locked.with_for_update(read=shared))


LOCK_FACTS, SHARE_FACTS = _lock(shared=False), _lock(shared=True)
"""Locks persons, by key or by Patient id, in an order that all keep."""
