"""Who works where, and under which identifiers: asked on every request, compiled nowhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Text,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.store.statement import Statement, compiled
from dzop.store.tables import DIRECTORY, directory_identifier, directory_role, index_token

_NOW = bindparam("now", type_=DateTime(timezone=True))
_ACTOR = bindparam("actor", type_=Text)

_held = directory_identifier.alias("held")


def _keys_of(*actors: Any) -> Any:
    """The actor keys of these actors, as one array."""
    keys = select(_held.c.key).where(or_(*[_held.c.actor == actor for actor in actors]))
    return func.array(keys.scalar_subquery(), type_=ARRAY(Text))


def _is_active(actor: Any) -> Any:
    """False when the directory says that the actor is suspended; an actor it does not know is not."""
    # An aggregate is looked up actor by actor; what does not exist might be looked for in the whole table at once.
    every = select(func.bool_and(_held.c.active)).where(_held.c.actor == actor)
    return func.coalesce(every.scalar_subquery(), literal(True))


def _capacities() -> Statement:
    row = directory_role
    in_force = row.c.active & (row.c.valid_from <= _NOW) & (row.c.valid_until > _NOW)
    of_role = select(
        row.c.role, row.c.practitioner, row.c.organization, row.c.profession, in_force.label("in_force"),
        _is_active(row.c.practitioner).label("active"), _keys_of(row.c.practitioner, row.c.organization).label("keys"),
    ).where(or_(row.c.role == _ACTOR, row.c.practitioner == _ACTOR))  # fmt: skip
    without_role = select(
        literal(""),
        _ACTOR,
        literal(""),
        literal(None, Text),
        literal(False),
        _is_active(_ACTOR),
        _keys_of(_ACTOR),
    ).where(~exists(select(literal(1)).where(or_(row.c.role == _ACTOR, row.c.practitioner == _ACTOR))))
    return compiled(of_role.union_all(without_role))


CAPACITIES = _capacities()
"""The capacities of a Practitioner, or one PractitionerRole; one row without role for any other actor."""


def _records() -> Statement:
    named, row = directory_identifier.alias("named"), directory_role
    found = (
        select(named.c.actor)
        .distinct()
        .where(
            named.c.key == any_(bindparam("keys", type_=ARRAY(Text))),
            named.c.actor.startswith("Practitioner/"),
        )
        .subquery("found")
    )
    in_force = row.c.active & (row.c.valid_from <= _NOW) & (row.c.valid_until > _NOW)
    codes = select(index_token.c.code).where(
        index_token.c.person == literal(DIRECTORY),
        index_token.c.type == literal("PractitionerRole"),
        index_token.c.id == func.substr(row.c.role, literal(len("PractitionerRole/") + 1)),
        index_token.c.parameter == literal("role"),
        index_token.c.system == bindparam("professions", type_=Text),
    )
    return compiled(
        select(
            found.c.actor.label("practitioner"),
            _is_active(found.c.actor).label("active"),
            _keys_of(found.c.actor).label("keys"),
            row.c.role,
            row.c.organization,
            row.c.profession,
            func.coalesce(in_force, literal(False)).label("in_force"),
            func.array(codes.scalar_subquery(), type_=ARRAY(Text)).label("codes"),
            _keys_of(row.c.organization).label("employer"),
        )
        .select_from(found.outerjoin(row, row.c.practitioner == found.c.actor))
        .order_by(found.c.actor, row.c.role)
    )


RECORDS = _records()
"""The professionals that these keys name, with each of their capacities.

A row a capacity, or one without `role`: what they and their `employer` are known by, and the codes that
`professions`, a code system, has for what they do there.
"""


def _staff() -> Statement:
    row = directory_role
    in_force = row.c.active & (row.c.valid_from <= _NOW) & (row.c.valid_until > _NOW)
    at = row.c.organization == bindparam("organization", type_=Text)
    employed = select(row.c.role, row.c.practitioner, _keys_of(row.c.practitioner).label("keys"))
    return compiled(employed.where(at, in_force, _is_active(row.c.practitioner)))


STAFF = _staff()
"""Who works at an organisation now: the PractitionerRole, the Practitioner, and every key of theirs."""

PUT_ROLE = compiled(
    (
        role := insert(directory_role).values(
            role=bindparam("role", type_=Text),
            practitioner=bindparam("practitioner", type_=Text),
            organization=bindparam("organization", type_=Text),
            profession=bindparam("profession", type_=Text),
            active=bindparam("active", type_=Boolean),
            valid_from=bindparam("valid_from", type_=DateTime(timezone=True)),
            valid_until=bindparam("valid_until", type_=DateTime(timezone=True)),
        )
    ).on_conflict_do_update(
        index_elements=["role"],
        set_={
            column.name: role.excluded[column.name] for column in directory_role.c if column.name != "role"
        },
    )
)

CLEAR_IDENTIFIERS = compiled(delete(directory_identifier).where(directory_identifier.c.actor == _ACTOR))


def _same() -> Statement:
    named, own, other = (directory_identifier.alias(name) for name in ("named", "own", "other"))
    return compiled(
        select(named.c.key, other.c.actor)
        .distinct()
        .join_from(named, own, own.c.actor == named.c.actor)
        .join(other, other.c.key == own.c.key)
        .where(named.c.key == any_(bindparam("keys", type_=ARRAY(Text))))
    )


SAME = _same()
"""Per key (a reference or an identifier) every record of the one it names: those that share an identifier too."""

PUT_IDENTIFIERS = compiled(
    insert(directory_identifier)
    .from_select(
        ["actor", "key", "active"],
        select(
            _ACTOR,
            func.unnest(bindparam("keys", type_=ARRAY(Text))),
            bindparam("active", type_=Boolean),
        ),
    )
    .on_conflict_do_nothing()
)
