"""The visibility predicate: the compiled law, inside every statement that reads resources.

Per person the one valid grant of highest rank that fits the actor's shapes is chosen, alone, from the
generation in force; a resource is visible when its categories are all granted in full, or granted with the actor in the
audience (access law, "How it is made fast").

Parameters: `shapes` and `keys` (text[]), `now` (timestamptz).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.expression import FromClause

from dzop.store.generations import in_force
from dzop.store.tables import audience, grants, same_resource

SHAPES = bindparam("shapes", type_=ARRAY(Text))
KEYS = bindparam("keys", type_=ARRAY(Text))
NOW = bindparam("now", type_=DateTime(timezone=True))


_MEMBER: Final = "relation:team:"
"""How the law names the team by which somebody is near a person (`consent.rules`)."""


def visible(resource: FromClause) -> ColumnElement[bool]:
    """May the actor see this row, which has columns person, type, id and mask?"""
    grant = _chosen(resource).subquery("chosen")
    return exists(select(literal(1)).select_from(grant).where(_permits(grant, resource)).correlate(resource))


def judged(source: FromClause, resource: FromClause) -> tuple[FromClause, tuple[ColumnElement[Any], ...]]:
    """`source`, of which `resource` is a part, narrowed to what the actor may see; and by which rules."""
    grant = _chosen(resource).lateral("chosen")
    return source.join(grant, _permits(grant, resource)), (grant.c.rules, grant.c.matrix_version)


def seen_together(person: ColumnElement[Any], source: FromClause, *resources: FromClause) -> FromClause:
    """`source`, all rows of which are this one person's, narrowed to where the actor may see each of `resources`
    that are parts of it. The grant is chosen once.
    """
    grant = _best_of(person).subquery("granted")
    return source.join(grant, and_(*[_permits(grant, each) for each in resources]))


def seen(resource: FromClause) -> FromClause:
    """The rows the actor may see, of whomever: persons who grant the same are looked through together.

    Choosing a grant for each row would be most of the work of a search over many persons.
    """
    return _seen(_alike(), resource)


def seen_of_few(resource: FromClause) -> FromClause:
    """The same of few rows, which are known without asking what is granted: that is put together once, before."""
    return _seen(_alike_of_all().cte("alike").prefix_with("MATERIALIZED"), resource)


def seen_and_granted(resource: FromClause) -> Select[Any]:
    """The same rows with what is granted to the actor there, which `granted` judges other rows of theirs by."""
    alike = _alike()
    own = (resource.c.person, resource.c.type, resource.c.id, resource.c.mask)
    return select(*own, *[alike.c[each.name] for each in _MASKS]).select_from(_seen(alike, resource))


def granted(seen: FromClause, resource: FromClause) -> ColumnElement[bool]:
    """May the actor see this row too, beside one that was seen with what is granted there?"""
    return _permits(seen, resource)


def _seen(alike: FromClause, resource: FromClause) -> FromClause:
    return alike.join(resource, and_(resource.c.person == any_(alike.c.persons), _permits(alike, resource)))


def _alike() -> FromClause:
    """The persons of whom anything is granted to the actor, put together where it is the same."""
    return _alike_of_all().subquery("alike")


def _alike_of_all() -> Select[Any]:
    chosen = (
        select(grants.c.person, *_MASKS)
        .where(*_fits())
        .ext(distinct_on(grants.c.person))
        .order_by(grants.c.person, grants.c.rank.desc())
        .subquery("chosen")
    )
    masks = [chosen.c[each.name] for each in _MASKS]
    return select(*masks, func.array_agg(chosen.c.person).label("persons")).group_by(*masks)


def ruled(resource: FromClause) -> tuple[FromClause, tuple[ColumnElement[Any], ...]]:
    """Rows that were seen, with the rules by which they were."""
    grant = _chosen(resource).lateral("ruling")
    return resource.join(grant, true()), (grant.c.rules, grant.c.matrix_version)


_MASKS = (grants.c.full, grants.c.own, grants.c.authored, grants.c.shared)


def _fits() -> tuple[ColumnElement[bool], ...]:
    """The grants in force now that fit the actor."""
    return (
        grants.c.generation == in_force(),
        grants.c.shape == any_(SHAPES),
        grants.c.valid_from <= NOW,
        grants.c.valid_until > NOW,
    )


def _chosen(resource: FromClause) -> Select[Any]:
    """The one grant that counts for this row: the valid one of highest rank that fits the actor."""
    return _best_of(resource.c.person).correlate(resource)


def _best_of(person: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*_MASKS, grants.c.rules, grants.c.matrix_version)
        .where(grants.c.person == person, *_fits())
        .order_by(grants.c.rank.desc())
        .limit(1)
    )


def _permits(grant: FromClause, resource: FromClause) -> ColumnElement[bool]:
    mask = resource.c.mask
    own = grant.c.full.op("|")(grant.c.own)
    return or_(
        _covers(grant.c.full, mask),
        and_(_covers(own, mask), _concerned(resource)),
        and_(
            _covers(own.op("|")(grant.c.authored), mask),
            _concerned(resource, audience.c.kind == literal("author")),
        ),
        and_(
            _covers(own.op("|")(grant.c.shared), mask),
            _concerned(resource, audience.c.kind == literal("shared")),
        ),
    )


def _covers(granted: ColumnElement[Any], mask: ColumnElement[Any]) -> ColumnElement[bool]:
    return granted.op("&")(mask) == mask


def _concerned(resource: FromClause, *kinds: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal(1))
        .select_from(audience)
        .where(
            same_resource(audience, resource),
            audience.c.actor == any_(KEYS),
            audience.c.valid_from <= NOW,
            audience.c.valid_until > NOW,
            *kinds,
        )
        .correlate(resource)
    )


def teams() -> Select[Any]:
    """The teams, by reference, by which something is granted to the actor now: that of one's membership."""
    told = select(func.unnest(grants.c.rules).label("rule")).where(*_fits()).subquery("told")
    name = func.substr(told.c.rule, literal(len(_MEMBER) + 1)).label("team")
    return select(name).where(func.starts_with(told.c.rule, literal(_MEMBER))).distinct()


def panel(resource: FromClause) -> ColumnElement[bool]:
    """Narrows to the persons the actor has any grant for; a hint for the planner, not the rule."""
    return resource.c.person.in_(
        select(grants.c.person).where(grants.c.generation == in_force(), grants.c.shape == any_(SHAPES))
    )
