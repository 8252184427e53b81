"""What is declared about persons by their number: who has that number, how often somebody tried, what proved it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import array, insert

from dzop.store.statement import compiled
from dzop.store.tables import (
    DIRECTORY,
    declaration_attempts,
    index_token,
    person,
    resource_current,
    resource_version,
    same_resource,
    spent_evidence,
)

_INSTANT = DateTime(timezone=True)
_NOW = bindparam("now", type_=_INSTANT)
_SINCE = bindparam("since", type_=_INSTANT)
_ACTOR = bindparam("actor", type_=Text)
_OPERATION = bindparam("operation", type_=Text)

PATIENT_WITH = compiled(
    select(person.c.key, index_token.c.id)
    .select_from(index_token.join(person, person.c.key == index_token.c.person))
    .where(
        index_token.c.type == literal("Patient"),
        index_token.c.parameter == literal("identifier"),
        index_token.c.system == bindparam("system", type_=Text),
        index_token.c.code == bindparam("value", type_=Text),
        index_token.c.person > DIRECTORY,
    )
    .order_by(person.c.key)
    .limit(1)
)
"""The person with this identifier; the one known longest when somebody was entered twice."""


def _recent() -> Any:
    """The instants kept of an actor that are within the hour, the oldest first."""
    each = func.unnest(declaration_attempts.c.instants).table_valued("instant").render_derived("each")
    return select(each.c.instant).where(each.c.instant > _SINCE).order_by(each.c.instant)


_KEPT: Any = func.array(_recent().scalar_subquery(), type_=ARRAY(_INSTANT))

ATTEMPT = compiled(
    insert(declaration_attempts)
    .values(actor=_ACTOR, operation=_OPERATION, instants=array([_NOW], type_=_INSTANT))
    .on_conflict_do_update(
        index_elements=["actor", "operation"],
        set_={"instants": func.array_append(_KEPT, _NOW)},
        where=func.cardinality(_KEPT) < bindparam("most", type_=Integer),
    )
    .returning(declaration_attempts.c.actor)
)
"""Counts an attempt; no row when there were `most` since `since` already. The row's lock makes workers wait."""

ATTEMPTS = compiled(
    select(_KEPT.label("instants"))
    .select_from(declaration_attempts)
    .where(declaration_attempts.c.actor == _ACTOR, declaration_attempts.c.operation == _OPERATION)
)
"""The attempts that still count, the oldest first: when that no longer does, the next is free."""

SPEND = compiled(
    insert(spent_evidence)
    .values(
        digest=bindparam("digest", type_=LargeBinary),
        expires_at=bindparam("expires_at", type_=_INSTANT),
    )
    .on_conflict_do_nothing()
    .returning(spent_evidence.c.digest)
)
"""Marks evidence as used; no row when it was used before."""

FORGET_EXPIRED = compiled(delete(spent_evidence).where(spent_evidence.c.expires_at < _NOW))

BROKEN_GLASS = compiled(
    select(person.c.patient_id, resource_version.c.id, resource_version.c.body)
    .select_from(
        index_token.join(
            resource_current,
            same_resource(resource_current, index_token),
        )
        .join(
            resource_version,
            and_(
                same_resource(resource_version, resource_current),
                resource_version.c.version == literal(1),
            ),
        )
        .join(person, person.c.key == index_token.c.person)
    )
    .where(
        index_token.c.type == literal("Consent"),
        index_token.c.parameter == literal("category"),
        index_token.c.system == bindparam("system", type_=Text),
        index_token.c.code == literal("break-glass"),
    )
    .order_by(resource_version.c.last_updated.desc(), resource_version.c.id)
)
"""Every emergency that was declared, the newest first, as it was declared whatever became of it."""
