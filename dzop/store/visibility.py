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
    Select,
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
    grant = _chosen(resource).subquery("chosen")
    return exists(select(literal(1)).select_from(grant).where(_permits(grant, resource)).correlate(resource))


def judged(source: FromClause, resource: FromClause) -> tuple[FromClause, tuple[ColumnElement[Any], ...]]:
    """`source`, of which `resource` is a part, narrowed to what the actor may see; and by which rules."""
    grant = _chosen(resource).lateral("chosen")
    return source.join(grant, _permits(grant, resource)), (grant.c.rules, grant.c.matrix_version)


def _chosen(resource: FromClause) -> Select[Any]:
    """The one grant that counts for this row: the valid one of highest rank that fits the actor."""
    return (
        select(grants.c.full, grants.c.own, grants.c.authored, grants.c.rules, grants.c.matrix_version)
        .where(
            grants.c.person == resource.c.person,
            grants.c.shape == any_(SHAPES),
            grants.c.valid_from <= NOW,
            grants.c.valid_until > NOW,
        )
        .order_by(grants.c.rank.desc())
        .limit(1)
        .correlate(resource)
    )


def _permits(grant: FromClause, resource: FromClause) -> ColumnElement[bool]:
    mask = resource.c.mask
    full, own, authored = grant.c.full, grant.c.own, grant.c.authored
    return or_(
        _covers(full, mask),
        and_(_covers(full.op("|")(own), mask), _concerned(resource, _tie(mask))),
        and_(
            _covers(full.op("|")(own).op("|")(authored), mask),
            _concerned(resource, audience.c.kind == literal("author")),
        ),
    )


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
