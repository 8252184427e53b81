"""The part of the audience that depends on other resources, kept in the transaction of the source.

The owner of an open Task is concerned by the Goal it serves and by the goals above it; the members
of a team by what is addressed to the team; and whoever an entry was opened to by that entry.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from dzop.store.statement import compiled
from dzop.store.tables import ALWAYS, FOREVER, audience, index_reference, index_token, resource_current

_PERSON = bindparam("person", type_=BigInteger)
_OPEN = ("draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold")
_reference = index_reference

GOAL_LINK = "_goal"
"""Index parameter of the goals a Task serves and a Goal contributes to; no search parameter."""

CLEAR_DERIVED = compiled(
    delete(audience).where(
        audience.c.person == _PERSON,
        audience.c.type == literal("Goal"),
        audience.c.kind == literal("derived"),
    )
)


def _actor(row: Any) -> Any:
    columns = row.c
    literal_reference = columns.target_type.op("||")("/").op("||")(columns.target_id)
    logical = columns.identifier_system.op("||")("|").op("||")(columns.identifier_value)
    return case((columns.target_id != "", literal_reference), else_=logical)


def _derive() -> Any:
    focus, owner = _reference.alias("focus"), _reference.alias("owner")
    status, above = index_token.alias("status"), _reference.alias("above")
    serves = (
        select(focus.c.target_id.label("goal"), _actor(owner).label("actor"), focus.c.id.label("task"))
        .select_from(
            focus.join(
                owner,
                and_(
                    owner.c.person == focus.c.person,
                    owner.c.type == focus.c.type,
                    owner.c.id == focus.c.id,
                    owner.c.parameter == "owner",
                ),
            ).join(
                status,
                and_(
                    status.c.person == focus.c.person,
                    status.c.type == focus.c.type,
                    status.c.id == focus.c.id,
                    status.c.parameter == "status",
                    status.c.code.in_([literal(code) for code in _OPEN]),
                ),
            )
        )
        .where(
            focus.c.person == _PERSON,
            focus.c.type == "Task",
            focus.c.parameter == GOAL_LINK,
        )
        .cte("serves", recursive=True)
    )
    reached = serves.union(
        select(above.c.target_id, serves.c.actor, serves.c.task).where(
            above.c.person == _PERSON,
            above.c.type == "Goal",
            above.c.id == serves.c.goal,
            above.c.parameter == GOAL_LINK,
        )
    )
    rows = select(
        _PERSON,
        literal("Goal"),
        reached.c.goal,
        reached.c.actor,
        literal("derived"),
        literal("Task/").op("||")(reached.c.task),
        literal(ALWAYS, DateTime(timezone=True)),
        literal(FOREVER, DateTime(timezone=True)),
    ).where(reached.c.actor != "|")
    columns = ["person", "type", "id", "actor", "kind", "via", "valid_from", "valid_until"]
    return insert(audience).from_select(columns, rows).on_conflict_do_nothing()


DERIVE = compiled(_derive())

CLEAR_TEAM = compiled(
    delete(audience).where(
        audience.c.person == _PERSON, func.starts_with(audience.c.via, literal("CareTeam/"))
    )
)


def _expand_team() -> Any:
    """Every audience row that names a team becomes one row a member stretch of that team."""
    named = aliased(audience, name="named")
    members = select(
        func.unnest(bindparam("teams", type_=ARRAY(Text))).label("team"),
        func.unnest(bindparam("members", type_=ARRAY(Text))).label("member"),
        func.unnest(bindparam("starts", type_=ARRAY(DateTime(timezone=True)))).label("valid_from"),
        func.unnest(bindparam("ends", type_=ARRAY(DateTime(timezone=True)))).label("valid_until"),
    ).subquery("members")
    rows = (
        select(
            named.c.person,
            named.c.type,
            named.c.id,
            members.c.member,
            named.c.kind,
            members.c.team,
            members.c.valid_from,
            members.c.valid_until,
        )
        .join_from(named, members, named.c.actor == members.c.team)
        .where(named.c.person == _PERSON)
    )
    columns = ["person", "type", "id", "actor", "kind", "via", "valid_from", "valid_until"]
    return insert(audience).from_select(columns, rows).on_conflict_do_nothing()


EXPAND_TEAM = compiled(_expand_team())


CLEAR_SHARED = compiled(
    delete(audience).where(audience.c.person == _PERSON, audience.c.kind == literal("shared"))
)


def _opened_to() -> Any:
    """What was opened, to whom, by which consent and for how long: one array a column."""
    columns = {"opened": Text(), "actors": Text(), "vias": Text()}
    periods = {"starts": DateTime(timezone=True), "ends": DateTime(timezone=True)}
    return select(
        *[
            func.unnest(bindparam(name, type_=ARRAY(kind))).label(name)
            for name, kind in (columns | periods).items()
        ]
    ).subquery("opened_to")


def _share(resources: Any, opened: Any) -> Any:
    columns = ["person", "type", "id", "actor", "kind", "via", "valid_from", "valid_until"]
    rows = select(
        _PERSON, *resources, opened.c.actors, literal("shared"), opened.c.vias, opened.c.starts, opened.c.ends
    )
    return rows, lambda chosen: insert(audience).from_select(columns, chosen).on_conflict_do_nothing()


def _share_entries() -> Any:
    """Single entries: `opened` are references `Type/id`."""
    opened = _opened_to()
    parts = [func.split_part(opened.c.opened, literal("/"), literal(part)) for part in (1, 2)]
    rows, into = _share(parts, opened)
    return into(rows)


def _share_burden() -> Any:
    """What a carer says of the own burden: `opened` are the carers, the author's rows tell which entries."""
    opened = _opened_to()
    written, state = aliased(audience, name="written"), resource_current
    rows, into = _share([written.c.type, written.c.id], opened)
    return into(
        rows.join_from(opened, written, written.c.actor == opened.c.opened)
        .join(
            state,
            and_(
                state.c.person == written.c.person,
                state.c.type == written.c.type,
                state.c.id == written.c.id,
            ),
        )
        .where(
            written.c.person == _PERSON,
            written.c.kind == literal("author"),
            # With whom the carer shares is for the carer alone to know.
            written.c.type != literal("Consent"),
            state.c.mask.op("&")(bindparam("burden", type_=BigInteger)) != literal(0),
        )
    )


SHARE_ENTRIES, SHARE_BURDEN = compiled(_share_entries()), compiled(_share_burden())
