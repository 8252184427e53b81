"""The facts the law reads of one person, and the grants it compiles to.

Whoever changes a fact first locks the person (`resources.LOCK_FACTS`), then reads the facts here in a
later statement, so that two changes never compile from each other's old facts.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Text,
    any_,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.store.generations import LAW
from dzop.store.statement import compiled
from dzop.store.tables import (
    directory_identifier,
    directory_role,
    generation,
    grants,
    index_reference,
    resource_current,
    resource_version,
    same_resource,
)

_PERSON = bindparam("person", type_=BigInteger)

_one = select(literal_column("1").label("one")).subquery("one")
_fact = (
    select(resource_current.c.type, resource_current.c.id, resource_version.c.body)
    .select_from(
        resource_current.join(
            resource_version,
            same_resource(resource_version, resource_current)
            & (resource_version.c.version == resource_current.c.version),
        )
    )
    .where(
        resource_current.c.person == _PERSON,
        resource_current.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        ~resource_current.c.deleted,
    )
    .subquery("fact")
)

FACTS = compiled(
    select(*LAW, _fact.c.type, _fact.c.body)
    .select_from(_one.outerjoin(generation, true()).outerjoin(_fact, true()))
    .order_by(_fact.c.type, _fact.c.id)
)
"""The law in force with each fact; one row without a fact when there is none."""

PARTIES = compiled(
    select(
        directory_role.c.role.label("key"),
        directory_role.c.practitioner.label("individual"),
        directory_role.c.organization.label("organisation"),
    )
    .where(directory_role.c.role == any_(bindparam("references", type_=ARRAY(Text))))
    .union_all(
        select(directory_identifier.c.key, directory_identifier.c.actor, literal("")).where(
            directory_identifier.c.key == any_(bindparam("identifiers", type_=ARRAY(Text)))
        )
    )
)

MENTIONING = compiled(
    select(index_reference.c.person)
    .distinct()
    .where(
        index_reference.c.person > literal(0),
        index_reference.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        or_(
            (index_reference.c.target_type == literal("PractitionerRole"))
            & (index_reference.c.target_id == any_(bindparam("role_ids", type_=ARRAY(Text)))),
            (index_reference.c.target_type == literal("Practitioner"))
            & (index_reference.c.target_id == any_(bindparam("practitioner_ids", type_=ARRAY(Text)))),
            func.left(index_reference.c.identifier_value, literal(8))
            == any_(bindparam("identifier_values", type_=ARRAY(Text))),
        ),
    )
    .order_by(index_reference.c.person)
)
"""Persons whose facts name one of these PractitionerRoles or Practitioners, or an identifier that starts alike."""

_COLUMNS = (
    "generation", "shape", "valid_from", "valid_until", "rank", "full", "own", "authored", "shared",
    "matrix_version",
)  # fmt: skip

CLEAR = compiled(
    delete(grants).where(
        grants.c.person == _PERSON,
        grants.c.generation == any_(bindparam("generations", type_=ARRAY(Integer))),
    )
)

STORE = compiled(
    insert(grants).from_select(
        ["person", *_COLUMNS, "rules"],
        select(
            _PERSON,
            *[func.unnest(bindparam(name, type_=ARRAY(grants.c[name].type))) for name in _COLUMNS],
            # Arrays of unequal length cannot be unnested together, so rules travel as one text a row.
            func.string_to_array(func.unnest(bindparam("rules", type_=ARRAY(Text))), literal(" ")),
        ),
    )
)

GRANTS = compiled(
    select(grants)
    .where(grants.c.person == _PERSON, grants.c.generation == bindparam("generation", type_=Integer))
    .order_by(grants.c.shape, grants.c.valid_from)
)
