"""The visibility predicate: the compiled law, inside every statement that reads resources.

Per person the one valid grant of highest rank that fits the actor's shapes is chosen, alone; a
resource is visible when its categories are all granted in full, or granted with the actor in the
audience (access law, "How it is made fast").

Parameters: `shapes` and `keys` (text[]), `now` (timestamptz), `burden` (the bit of carer-burden).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.tables import audience, grants

SHAPES = bindparam("shapes", type_=ARRAY(Text))
KEYS = bindparam("keys", type_=ARRAY(Text))
NOW = bindparam("now", type_=DateTime(timezone=True))
BURDEN = bindparam("burden", type_=BigInteger)


def visible(resource: FromClause) -> ColumnElement[bool]:
    """May the actor see this row, which has columns person, type, id and mask?"""
    row = resource.c
    chosen = (
        select(grants.c.full, grants.c.own, grants.c.authored)
        .where(
            grants.c.person == row.person,
            grants.c.shape == any_(SHAPES),
            grants.c.valid_from <= NOW,
            grants.c.valid_until > NOW,
        )
        .order_by(grants.c.rank.desc())
        .limit(1)
        .correlate(resource)
        .subquery("chosen")
    )
    full, own, authored = chosen.c.full, chosen.c.own, chosen.c.authored
    permitted = or_(
        _covers(full, row.mask),
        and_(_covers(full.op("|")(own), row.mask), _concerned(resource, _tie(row.mask))),
        and_(
            _covers(full.op("|")(own).op("|")(authored), row.mask),
            _concerned(resource, audience.c.kind == literal("author")),
        ),
    )
    return exists(select(literal(1)).select_from(chosen).where(permitted).correlate(resource))


def _tie(mask: ColumnElement[Any]) -> ColumnElement[bool]:
    """What makes an entry one's own; for the burden of a carer only authorship, or that the carer shared it."""
    is_burden = mask.op("&")(BURDEN) != literal(0)
    return or_(~is_burden, audience.c.kind.in_([literal("author"), literal("shared")]))


def _covers(granted: ColumnElement[Any], mask: ColumnElement[Any]) -> ColumnElement[bool]:
    return granted.op("&")(mask) == mask


def _concerned(resource: FromClause, *kinds: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal(1))
        .select_from(audience)
        .where(
            audience.c.person == resource.c.person,
            audience.c.type == resource.c.type,
            audience.c.id == resource.c.id,
            audience.c.actor == any_(KEYS),
            audience.c.valid_from <= NOW,
            audience.c.valid_until > NOW,
            *kinds,
        )
        .correlate(resource)
    )


def panel(resource: FromClause) -> ColumnElement[bool]:
    """Narrows to the persons the actor has any grant for; a hint for the planner, not the rule."""
    return resource.c.person.in_(select(grants.c.person).where(grants.c.shape == any_(SHAPES)))
