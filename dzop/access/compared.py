"""Two states of one thing, for who may see both: a plan at two moments, or two versions of a resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dzop.access.everything import Whole, of_plan
from dzop.access.guarded import binds, read
from dzop.access.reach import Bounds, allows, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store import reading
from dzop.store.database import Connection

__all__ = ["Moment", "both", "instant_of", "of_plans", "version_of"]

Moment = int | datetime
"""A version of the plan, which stands for when it was written, or an instant."""


async def version_of(
    connection: Connection, call: Call, base: str, type: str, id: str, number: int
) -> Shown | None:
    """One version, where the actor may see what is current and that version's own categories."""
    statement = reading.vread(sight(call.actor, "r", type))
    row = await connection.row(statement, type=type, id=id, version=number, **binds(call))
    if row is None or not await Bounds(connection, call, base).reach_version(Shown.of(row), "r"):
        return None
    return Shown.of(row)


async def instant_of(
    connection: Connection, call: Call, base: str, plan: str, moment: Moment
) -> datetime | None:
    """When that was; None for a version that there is not, or that the actor may not see."""
    if isinstance(moment, datetime):
        return moment
    found = await version_of(connection, call, base, "CarePlan", plan, moment)
    return None if found is None else found.last_updated


async def of_plans(
    connection: Connection,
    call: Call,
    base: str,
    plan: Shown,
    types: frozenset[str],
    instants: Sequence[datetime | None],
) -> list[Whole]:
    """The plan with what belongs to it at each instant (None: now); with nothing in it where it was not there."""
    found = [await of_plan(connection, call, base, plan, types, at) for at in instants]
    return [each or Whole((), (), 0) for each in found]


async def both(
    connection: Connection, call: Call, base: str, type: str, id: str, number: int
) -> tuple[Shown, Shown] | None:
    """That version and the current one; None unless both are there, not deleted, and the actor may see both."""
    if not allows(call.actor, type, "r"):
        return None
    then = await version_of(connection, call, base, type, id, number)
    now = await read(connection, call, type, id)
    if then is None or now is None or then.deleted or now.deleted:
        return None
    return then, now
