"""Guarded reads on any connection: each carries the actor's shapes and keys into the statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consent.law import Shape
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.query import Include, Query
from dzop.store import resources
from dzop.store import search as searches
from dzop.store.database import Connection

MOST_INCLUDED = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of matches. `total` is None unless asked for; `after` continues behind the last match."""

    matches: tuple[Shown, ...]
    total: int | None
    after: tuple[str, ...] | None


def shape_of(actor: Actor) -> Shape:
    """The token's own shape: its individual, its organisation, its role."""
    own_software = actor.role == "system-client"
    return Shape(None if own_software else actor.individual, actor.organization, actor.role)


def fitting_shapes(actor: Actor) -> list[str]:
    """Keys of all the shapes that fit the token; the store chooses the valid row of highest rank."""
    individual, organisation, role = (shape := shape_of(actor)).individual, shape.organisation, shape.role
    fitting = [
        Shape(individual, organisation, role),
        Shape(individual, None, role),
        Shape(None, organisation, role),
    ]
    return [each.key for each in dict.fromkeys(fitting) if each.individual or each.organisation]


def sees_all(actor: Actor, type: str) -> bool:
    """`system` sees everything; everyone sees the directory."""
    return actor.is_system or RESOURCE_TYPES[type].compartment == "directory"


def binds(call: Call) -> dict[str, Any]:
    """What the visibility predicate needs to know of the call."""
    keys = list(call.actor.keys)
    return {"shapes": fitting_shapes(call.actor), "keys": keys, "now": call.now}


async def read(connection: Connection, call: Call, type: str, id: str) -> Shown | None:
    statement = resources.read(sees_all(call.actor, type))
    row = await connection.row(statement, type=type, id=id, **binds(call))
    return None if row is None else Shown.of(row)


async def find(
    connection: Connection, call: Call, query: Query, after: tuple[str, ...] | None, size: int
) -> Page:
    """Visible matches in order, `size` at most, and the total when the query asks for it."""
    everything = sees_all(call.actor, query.type)
    total = None
    if query.total:
        statement, values = searches.counted(query, everything)
        row = await connection.row(statement, **values, **binds(call))
        total = row["total"] if row else 0
    if size == 0:
        return Page((), total, None)
    statement, values = searches.page(query, everything, after)
    rows = await connection.rows(statement, **values, limit=size + 1, **binds(call))
    matches = tuple(Shown.of(row) for row in rows[:size])
    following = searches.position(query, rows[size - 1]) if len(rows) > size else None
    if total is None and after is None and following is None:
        total = len(matches)
    return Page(matches, total, following)


async def include(
    connection: Connection, call: Call, matches: Sequence[Shown], includes: Sequence[Include]
) -> list[Shown]:
    """What the matches reference through the includes, as far as the actor may see it, matches aside."""
    if not matches or not includes:
        return []
    rows = await connection.rows(
        searches.REFERENCED,
        persons=[match.person for match in matches],
        types=[match.type for match in matches],
        ids=[match.id for match in matches],
        parameters=[each.parameter.name for each in includes],
        targets=[each.target or "" for each in includes],
        sources=[each.source for each in includes],
    )
    there = {(match.type, match.id) for match in matches}
    wanted = sorted({(row["target_type"], row["target_id"]) for row in rows} - there)
    known = [each for each in wanted if each[0] in RESOURCE_TYPES][:MOST_INCLUDED]
    found: list[Shown] = []
    for everything in (False, True):
        part = [each for each in known if sees_all(call.actor, each[0]) == everything]
        if part:
            types, ids = [type for type, _ in part], [id for _, id in part]
            statement = resources.read_many(everything)
            found += [
                Shown.of(row) for row in await connection.rows(statement, types=types, ids=ids, **binds(call))
            ]
    return found
