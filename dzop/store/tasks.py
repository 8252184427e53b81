"""The tasks of somebody, of all persons: what is open, and due or running on a day, with the first deadline first.

Open tasks are indexed by who has them to do (`WHOM`) and when (`LISTED`), so what was done over the years is not gone
through. What is found is judged by the law, as everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sqlalchemy import (
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
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.sql.expression import FromClause

from dzop.store.reading import KEPT, in_room, read_whole
from dzop.store.sight import Sight
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    audience,
    index_date,
    index_reference,
    same_resource,
)
from dzop.store.tables import resource_current as current
from dzop.store.visibility import KEYS, NOW, ruled, seen_of_few, teams

WHOM: Final = "_whom"
"""Index parameter of who has an open Task to do, actor keys as URLs; no search parameter."""

LISTED: Final = "_listed"
"""Index parameter of when an open Task is on somebody's list, and its deadline; no search parameter."""

_AT: Final = (current.c.person, current.c.type, current.c.id, current.c.version, current.c.mask)
_INSTANT: Final = DateTime(timezone=True)


@lru_cache(maxsize=KEPT)
def due(sight: Sight) -> Statement:
    """Tasks of the actor's that are open, and on the day that ends at `end_of_day` due, overdue, running or undated.

    In order of deadline and id, those without one last, behind (`after_deadline`, `after_id`), at most `count`. Each
    row has its `deadline`, and the `total` of all pages.
    """
    mine = _at_hand()
    listed = and_(same_resource(index_date, mine), index_date.c.parameter == literal(LISTED))
    of_the_day = (
        select(*_AT, index_date.c.high.label("deadline"))
        .select_from(mine.join(index_date, listed).join(current, same_resource(current, mine)))
        .where(index_date.c.low < bindparam("end_of_day", type_=_INSTANT), *sight.within(current))
        .cte("of_the_day")
        .prefix_with("MATERIALIZED")
    )
    looked_at = seen_of_few(of_the_day) if sight.judged else of_the_day
    all_of_it = select(*of_the_day.c).select_from(looked_at).cte("all_of_it").prefix_with("MATERIALIZED")
    after = tuple_(bindparam("after_deadline", type_=_INSTANT), bindparam("after_id", type_=Text))
    ordered = (all_of_it.c.deadline, all_of_it.c.id)
    total = select(func.count()).select_from(all_of_it).scalar_subquery().label("total")
    found = (
        select(*all_of_it.c, total)
        .where(tuple_(*ordered) > after)
        .order_by(*ordered)
        .limit(bindparam("count", type_=Integer))
        .subquery("found")
    )
    whole = read_whole(found, *ruled(found)) if sight.judged else read_whole(found)
    return compiled(in_room(whole, (found.c.deadline, found.c.id)))


def _at_hand() -> CTE:
    """The open tasks that somebody of these keys has to do or is offered, and those of the teams they are in."""
    own, of_team = (index_reference.alias(each) for each in ("own", "of_team"))
    named = teams().cte("named").prefix_with("MATERIALIZED")
    theirs = (
        select(of_team.c.person, of_team.c.type, of_team.c.id)
        .select_from(named.join(of_team, _is_of(of_team, of_team.c.url == named.c.team)))
        .cte("theirs")
        .prefix_with("MATERIALIZED")
    )
    mine = select(own.c.person, own.c.type, own.c.id).where(_is_of(own, own.c.url == any_(KEYS)))
    together = mine.union(select(*theirs.c).where(_concerns(theirs)))
    return together.cte("mine").prefix_with("MATERIALIZED")


def _is_of(row: FromClause, url: ColumnElement[bool]) -> ColumnElement[bool]:
    # That it is not empty is what the index asks for.
    return and_(
        url,
        row.c.url != literal_column("''"),
        row.c.type == literal("Task"),
        row.c.parameter == literal(WHOM),
    )


def _concerns(task: FromClause) -> ColumnElement[bool]:
    """What a team has to do concerns its members only."""
    now = and_(audience.c.valid_from <= NOW, audience.c.valid_until > NOW)
    theirs = and_(same_resource(audience, task), audience.c.actor == any_(KEYS), now)
    return exists(select(literal(1)).select_from(audience).where(theirs).correlate(task))
