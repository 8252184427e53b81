"""What an explanation reads beside the facts: who works where, who is concerned and when, what somebody sees."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import ARRAY, DateTime, Integer, Text, any_, bindparam, literal, select, tuple_

from dzop.store.reading import ID, KEPT, PERSON, TYPE, current, shown
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import audience, directory_role, resource_current, same_resource

_NOW = bindparam("now", type_=DateTime(timezone=True))

STAFF = compiled(
    select(directory_role.c.practitioner, directory_role.c.organization)
    .distinct()
    .where(
        directory_role.c.organization == any_(bindparam("organizations", type_=ARRAY(Text))),
        directory_role.c.practitioner != literal(""),
        directory_role.c.active,
        directory_role.c.valid_from <= _NOW,
        directory_role.c.valid_until > _NOW,
    )
    .order_by(directory_role.c.practitioner, directory_role.c.organization)
)
"""Who works at these organisations at an instant."""

AUDIENCE = compiled(
    select(audience.c.actor, audience.c.kind, audience.c.valid_from, audience.c.valid_until).where(
        audience.c.person == PERSON, audience.c.type == TYPE, audience.c.id == ID
    )
)
"""Whom a resource concerns, at any time."""

OPENED = compiled(
    select(audience.c.type, audience.c.id, audience.c.actor, resource_current.c.mask)
    .distinct()
    .select_from(
        audience.join(
            resource_current,
            same_resource(resource_current, audience),
        )
    )
    .where(
        audience.c.person == PERSON,
        audience.c.kind == literal("shared"),
        audience.c.valid_from <= _NOW,
        audience.c.valid_until > _NOW,
        ~resource_current.c.deleted,
    )
    .order_by(audience.c.type, audience.c.id, audience.c.actor)
)
"""The entries of a person that are opened by themselves at an instant, to whom, and their categories."""


@lru_cache(maxsize=KEPT)
def seen(sight: Sight) -> Statement:
    """The current resources of one person and of these types that somebody sees, in order of type and id,
    behind `after_type` and `after_id`.
    """
    behind = tuple_(current.c.type, current.c.id) > tuple_(
        bindparam("after_type", type_=Text), bindparam("after_id", type_=Text)
    )
    statement = shown(
        sight,
        current.c.person == PERSON,
        current.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        ~current.c.deleted,
        behind,
    )
    ordered = statement.order_by(current.c.type, current.c.id)
    return compiled(ordered.limit(bindparam("count", type_=Integer)))
