"""The part of the audience that depends on other resources, kept in the transaction of the source.

The members of a team are concerned by what is addressed to the team, and whoever an entry was opened
to by that entry. What tasks and goals bring stands in `dzop.store.goal_links`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Text,
    bindparam,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from dzop.store.statement import compiled
from dzop.store.tables import audience, resource_current, same_resource

_PERSON = bindparam("person", type_=BigInteger)

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
            same_resource(state, written),
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
