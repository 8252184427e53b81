"""Guarded reads on any connection: each carries the actor's shapes and keys into the statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from consent.law import Shape
from dzop.access.reach import seeing, sight, values
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.fhir.search.query import Query
from dzop.store import reading
from dzop.store import search as searches
from dzop.store.clauses import Seeing
from dzop.store.database import Connection
from dzop.store.statement import Statement


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


def binds(call: Call) -> dict[str, Any]:
    """What the visibility predicate, and what narrows it to the reach of the token, need to know of the call."""
    keys = list(call.actor.keys)
    return {"shapes": fitting_shapes(call.actor), "keys": keys, "now": call.now, **values(call.actor)}


async def read(connection: Connection, call: Call, type: str, id: str) -> Shown | None:
    statement = reading.read(sight(call.actor, "r", type))
    row = await connection.row(statement, type=type, id=id, **binds(call))
    return None if row is None else Shown.of(row)


async def find(
    connection: Connection, call: Call, query: Query, after: tuple[str, ...] | None, size: int
) -> Page:
    """Visible matches in order, `size` at most, and the total when the query asks for it."""
    total, looking = None, seeing(call.actor)
    if query.total:
        statement, values = await _built(query, looking, searches.counted)
        row = await connection.row(statement, **values, **binds(call))
        total = row["total"] if row else 0
    if size == 0:
        return Page((), total, None)
    statement, values = await _built(query, looking, partial(searches.page, after=after))
    rows = await connection.rows(statement, **values, limit=size + 1, **binds(call))
    matches = tuple(Shown.of(row) for row in rows[:size])
    more = bool(rows) and rows[0]["found"] > len(matches)
    following = searches.position(query, rows[len(matches) - 1]) if more else None
    if total is None and after is None and following is None:
        total = len(matches)
    return Page(matches, total, following)


async def _built(
    query: Query, looking: Seeing, build: Callable[[Query, Seeing], tuple[Statement, dict[str, Any]]]
) -> tuple[Statement, dict[str, Any]]:
    """A statement of many parts is built beside the loop, so that others are answered meanwhile."""
    if searches.is_large(query, looking):
        return await asyncio.to_thread(build, query, looking)
    return build(query, looking)
