"""The tasks of the actor on a day, of all persons whose plan the actor may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from dzop.access.events import disclosures, event
from dzop.access.guarded import Page, binds
from dzop.access.including import include
from dzop.access.reach import allows, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.include import Include
from dzop.store import tasks
from dzop.store.audit import Event
from dzop.store.database import Connection
from dzop.store.tables import ALWAYS

__all__ = ["of_tasks", "tasks_due"]

_PATIENT: Final = next(each for each in RESOURCE_TYPES["Task"].search if each.name == "patient")
_PERSONS: Final = (Include("Task", _PATIENT, "Patient"),)


async def tasks_due(
    connection: Connection, call: Call, end_of_day: datetime, after: tuple[str, ...] | None, size: int
) -> tuple[Page, tuple[Shown, ...]]:
    """A page of them, overdue first, behind (deadline, id); and the persons they are for."""
    deadline, id = after or (ALWAYS.isoformat(), "")
    rows = await connection.rows(
        tasks.due(sight(call.actor, "s", "Task")),
        end_of_day=end_of_day,
        after_deadline=datetime.fromisoformat(deadline),
        after_id=id,
        count=size + 1,
        **binds(call),
    )
    matches = tuple(Shown.of(row) for row in rows[:size])
    more = bool(rows) and rows[0]["found"] > len(matches)
    last = rows[len(matches) - 1] if more else None
    following = None if last is None else (last["deadline"].isoformat(), last["id"])
    total = rows[0]["total"] if rows else 0 if after is None else None
    return Page(matches, total, following), await _persons(connection, call, matches)


async def _persons(connection: Connection, call: Call, tasks: Sequence[Shown]) -> tuple[Shown, ...]:
    if not allows(call.actor, "Patient", "r"):
        return ()
    return (await include(connection, call, tasks, _PERSONS, ["Patient"])).found


def of_tasks(call: Call, tasks: Sequence[Shown], persons: Sequence[Shown]) -> list[Event]:
    """That these were shown: one event a person, and an empty answer one."""
    shown = disclosures(call, "$mine", [*tasks, *persons], type="Task")
    return shown or [event(call, "$mine", 200, "Task")]
