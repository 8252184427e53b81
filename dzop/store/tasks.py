"""The tasks of somebody, of all persons: what is open, and due or running on a day, with the first deadline first.

Open tasks are indexed by who has them to do and when, together (`listed_for`), so what was done over the years is not
gone through. They are judged by the law in their order, one after the other until the page is full.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.index_tables import indexed
from dzop.store.reading import KEPT, in_room, read_whole
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import audience, index_date, same_resource
from dzop.store.tables import resource_current as current
from dzop.store.visibility import KEYS, NOW, judged, seen_of_few, teams

_LISTED: Final = "_listed "

_AT: Final = (current.c.person, current.c.type, current.c.id, current.c.version, current.c.mask)
_INSTANT: Final = DateTime(timezone=True)


def listed_for(actor: str) -> str:
    """Index parameter of when an open Task is on the list of this actor key, and its deadline; no search parameter."""
    return indexed(_LISTED + actor)


@lru_cache(maxsize=KEPT)
def due(sight: Sight) -> Statement:
    """Tasks of the actor's that are open, and on the day that ends at `end_of_day` due, overdue, running or undated.

    In order of deadline and id, those without one last, behind (`after_deadline`, `after_id`), at most `count`. Each
    row has its `deadline`. `lists` are the parameters of the actor's own keys, as `listed_for` gives them.
    """
    listed = _listed()
    after = tuple_(bindparam("after_deadline", type_=_INSTANT), bindparam("after_id", type_=Text))
    order = (listed.c.deadline, listed.c.id)
    in_order = select(*listed.c).where(tuple_(*order) > after).order_by(*order).subquery("in_order")
    source: FromClause = in_order.join(current, same_resource(current, in_order))
    source, rules = judged(source, current) if sight.judged else (source, ())
    found = (
        select(*_AT, in_order.c.deadline, *rules)
        .select_from(source)
        .where(*sight.within(current))
        .order_by(in_order.c.deadline, in_order.c.id)
        .limit(bindparam("count", type_=Integer))
        .subquery("found")
    )
    return compiled(in_room(read_whole(found), (found.c.deadline, found.c.id)))


@lru_cache(maxsize=KEPT)
def counted(sight: Sight) -> Statement:
    """How many there are of them on all pages, as `total`."""
    listed = _listed()
    there = (
        select(*_AT)
        .select_from(listed.join(current, same_resource(current, listed)))
        .where(*sight.within(current))
        .cte("there")
        .prefix_with("MATERIALIZED")
    )
    seen = seen_of_few(there) if sight.judged else there
    return compiled(select(func.count().label("total")).select_from(seen))


def _listed() -> CTE:
    """The open tasks that somebody of these keys has to do or is offered, and those of the teams they are in."""
    own, of_team = (index_date.alias(each) for each in ("own", "of_team"))
    mine = select(*_of(own)).where(_is_on(own, bindparam("lists", type_=ARRAY(Text))))
    named = teams().subquery("named")
    lists = func.array(select(literal(_LISTED).op("||")(named.c.team)).scalar_subquery())
    theirs = select(*_of(of_team)).where(_is_on(of_team, lists)).cte("theirs").prefix_with("MATERIALIZED")
    together = mine.union(select(*theirs.c).where(_concerns(theirs)))
    return together.cte("listed").prefix_with("MATERIALIZED")


def _of(row: FromClause) -> tuple[ColumnElement[Any], ...]:
    return row.c.person, row.c.type, row.c.id, row.c.high.label("deadline")


def _is_on(row: FromClause, lists: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a row says that an open task is on one of these lists that day."""
    begun = row.c.low < bindparam("end_of_day", type_=_INSTANT)
    return and_(row.c.type == literal("Task"), row.c.parameter == any_(lists), begun)


def _concerns(task: FromClause) -> ColumnElement[bool]:
    """What a team has to do concerns its members only."""
    now = and_(audience.c.valid_from <= NOW, audience.c.valid_until > NOW)
    theirs = and_(same_resource(audience, task), audience.c.actor == any_(KEYS), now)
    return exists(select(literal(1)).select_from(audience).where(theirs).correlate(task))
