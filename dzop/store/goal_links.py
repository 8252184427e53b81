"""Who is concerned by goals through tasks: the owner of an open Task by the Goal it serves and those above it.

One row of the audience for each goal, owner and task, by way of links that go from a Task to a Goal and
from a Goal to the one above. A row is new only where who changed the link sees the goal it leads to.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.plan.task_states import OPEN
from dzop.store.statement import Statement, compiled
from dzop.store.tables import (
    ALWAYS,
    FOREVER,
    audience,
    index_reference,
    index_token,
    resource_current,
    resource_version,
    same_resource,
)
from dzop.store.visibility import visible

GOAL_LINK = "_goal"
"""Index parameter of the goals a Task serves and a Goal contributes to; no search parameter."""

_PERSON = bindparam("person", type_=BigInteger)
_WRITTEN = bindparam("written", type_=ARRAY(Text))

# Two who change links at the same time would each miss what the other wrote.
ONE_AT_A_TIME = compiled(
    select(
        func.pg_advisory_xact_lock(func.hashtextextended(literal("goals"), _PERSON)).is_(None).label("held")
    )
)

_goal, _version = resource_current.alias("goal"), resource_version.alias("version")
_related = index_reference.alias("related")
LINKED = compiled(
    select(_version.c.body)
    .select_from(
        _goal.join(_version, and_(same_resource(_version, _goal), _version.c.version == _goal.c.version))
    )
    .where(
        _goal.c.person == _PERSON,
        _goal.c.type == literal("Goal"),
        ~_goal.c.deleted,
        exists(
            select(literal(1)).where(
                same_resource(_related, _goal), _related.c.parameter == literal("related-goal")
            )
        ),
    )
)
"""The goals of a person that name others, as they are now."""


@cache
def derive(everything: bool) -> Statement:
    """Brings the rows of a person up to date, and tells whose were added and removed: column `actor`.

    `written` are the tasks that changed (`Task/t`) and the links between goals that are new (`Goal/g Goal/above`).
    What follows from them is added as far as the writer sees the goals; with `everything`, also goals that are
    not there yet. Other rows stay while the links are there that they rest on.
    """
    reached = _reached(everything)
    row = (reached.c.goal, reached.c.actor, literal("Task/").op("||")(reached.c.task))
    gone = (
        delete(audience)
        .where(*_derived(), tuple_(audience.c.id, audience.c.actor, audience.c.via).not_in(select(*row)))
        .returning(audience.c.actor)
        .cte("gone")
    )
    bounds = [literal(each, DateTime(timezone=True)) for each in (ALWAYS, FOREVER)]
    columns = ["person", "type", "id", "actor", "kind", "via", "valid_from", "valid_until"]
    goal, actor, via = row
    rows = select(_PERSON, literal("Goal"), goal, actor, literal("derived"), via, *bounds)
    come = (
        insert(audience)
        .from_select(columns, rows)
        .on_conflict_do_nothing()
        .returning(audience.c.actor)
        .cte("come")
    )
    return compiled(select(gone.c.actor).union(select(come.c.actor)))


def _reached(everything: bool) -> CTE:
    """Goal, actor and task, from the tasks upwards; a goal that may not be reached leads nowhere."""
    focus, owner = index_reference.alias("focus"), index_reference.alias("owner")
    status, above = index_token.alias("status"), index_reference.alias("above")
    written = literal("Task/").op("||")(focus.c.id) == any_(_WRITTEN)
    actor = _actor(owner)
    serves = (
        select(
            focus.c.target_id.label("goal"),
            actor.label("actor"),
            focus.c.id.label("task"),
            written.label("written"),
        )
        .select_from(
            focus.join(owner, and_(same_resource(owner, focus), owner.c.parameter == "owner")).join(
                status,
                and_(
                    same_resource(status, focus),
                    status.c.parameter == "status",
                    status.c.code.in_([literal(code) for code in OPEN]),
                ),
            )
        )
        .where(
            focus.c.person == _PERSON,
            focus.c.type == "Task",
            focus.c.parameter == GOAL_LINK,
            actor != "|",
            _counts(everything, focus.c.target_id, actor, focus.c.id, written),
        )
        .cte("serves", recursive=True)
    )
    lower = serves.alias("lower")
    link = literal("Goal/").op("||")(above.c.id).op("||")(" Goal/").op("||")(above.c.target_id)
    follows = or_(lower.c.written, link == any_(_WRITTEN))
    return serves.union(
        select(above.c.target_id, lower.c.actor, lower.c.task, follows).where(
            above.c.person == _PERSON,
            above.c.type == "Goal",
            above.c.id == lower.c.goal,
            above.c.parameter == GOAL_LINK,
            _counts(everything, above.c.target_id, lower.c.actor, lower.c.task, follows),
        )
    )


def _counts(everything: bool, goal: Any, actor: Any, task: Any, written: Any) -> ColumnElement[bool]:
    """It did before, or the writer sees the goal."""
    before = exists(
        select(literal(1))
        .select_from(audience)
        .where(
            *_derived(),
            audience.c.id == goal,
            audience.c.actor == actor,
            audience.c.via == literal("Task/").op("||")(task),
        )
    )
    current = resource_current.alias("current")
    sees = exists(
        select(literal(1))
        .select_from(current)
        .where(current.c.person == _PERSON, current.c.type == "Goal", current.c.id == goal, visible(current))
    )
    return or_(before, and_(written, true() if everything else sees))


def _derived() -> tuple[ColumnElement[bool], ...]:
    """The rows of the audience that are kept here; those of a team's members follow from them."""
    return (
        audience.c.person == _PERSON,
        audience.c.type == literal("Goal"),
        audience.c.kind == literal("derived"),
        func.starts_with(audience.c.via, literal("Task/")),
    )


def _actor(row: Any) -> ColumnElement[str]:
    columns = row.c
    literal_reference = columns.target_type.op("||")("/").op("||")(columns.target_id)
    logical = columns.identifier_system.op("||")("|").op("||")(columns.identifier_value)
    return case((columns.target_id != "", literal_reference), else_=logical)
