"""Guarded reads on any connection: each carries the actor's shapes and keys into the statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from consent import categories
from consent.law import Shape
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.fhir.resource_types import RESOURCE_TYPES
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


def sees_all(actor: Actor, type: str) -> bool:
    """`system` sees everything; everyone sees the directory."""
    return actor.is_system or RESOURCE_TYPES[type].compartment == "directory"


def binds(call: Call) -> dict[str, Any]:
    """What the visibility predicate needs to know of the call."""
    keys = list(call.actor.keys)
    return {"shapes": fitting_shapes(call.actor), "keys": keys, "now": call.now}


def seeing(actor: Actor) -> Seeing:
    """How a statement looks for this actor, its grants aside."""
    return Seeing(partial(sees_all, actor), _labels)


async def read(connection: Connection, call: Call, type: str, id: str) -> Shown | None:
    statement = reading.read(sees_all(call.actor, type))
    row = await connection.row(statement, type=type, id=id, **binds(call))
    return None if row is None else Shown.of(row)


async def find(
    connection: Connection, call: Call, query: Query, after: tuple[str, ...] | None, size: int
) -> Page:
    """Visible matches in order, `size` at most, and the total when the query asks for it."""
    total, sight = None, seeing(call.actor)
    if query.total:
        statement, values = await _built(query, sight, searches.counted)
        row = await connection.row(statement, **values, **binds(call))
        total = row["total"] if row else 0
    if size == 0:
        return Page((), total, None)
    statement, values = await _built(query, sight, partial(searches.page, after=after))
    rows = await connection.rows(statement, **values, limit=size + 1, **binds(call))
    matches = tuple(Shown.of(row) for row in rows[:size])
    more = bool(rows) and rows[0]["found"] > len(matches)
    following = searches.position(query, rows[len(matches) - 1]) if more else None
    if total is None and after is None and following is None:
        total = len(matches)
    return Page(matches, total, following)


async def _built(
    query: Query, sight: Seeing, build: Callable[[Query, Seeing], tuple[Statement, dict[str, Any]]]
) -> tuple[Statement, dict[str, Any]]:
    """A statement of many parts is built beside the loop, so that others are answered meanwhile."""
    if searches.is_large(query, sight):
        return await asyncio.to_thread(build, query, sight)
    return build(query, sight)


def _labels(code: str | None) -> int:
    """The bit of a data category; of none, all of them."""
    if code is None:
        return categories.ALL
    return categories.mask([code]) if code in categories.CATEGORIES else 0
