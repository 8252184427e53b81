"""The tasks of the actor on a day, of all persons whose plan the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dzop.access.events import disclosures, event
from dzop.access.guarded import Page, binds
from dzop.access.reach import allows, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store import reading, tasks
from dzop.store.audit import Event
from dzop.store.database import Connection
from dzop.store.statement import Statement
from dzop.store.tables import ALWAYS

__all__ = ["of_tasks", "tasks_due"]


async def tasks_due(
    connection: Connection,
    call: Call,
    end_of_day: datetime,
    after: tuple[str, ...] | None,
    size: int,
    *,
    total: bool,
) -> tuple[Page, tuple[Shown, ...]]:
    """A page of them, overdue first, behind (deadline, id); and the persons they are for.

    How many there are is counted when asked for, and known when the first page has them all.
    """
    looking = sight(call.actor, "s", "Task")
    asked = {
        "end_of_day": end_of_day, "lists": [tasks.listed_for(each) for each in call.actor.keys], **binds(call)
    }  # fmt: skip
    count = await _count(connection, tasks.counted(looking), asked) if total else None
    deadline, id = after or (ALWAYS.isoformat(), "")
    rows = await connection.rows(
        tasks.due(looking),
        after_deadline=datetime.fromisoformat(deadline),
        after_id=id,
        count=size + 1,
        **asked,
    )
    matches = tuple(Shown.of(row) for row in rows[:size])
    more = bool(rows) and rows[0]["found"] > len(matches)
    last = rows[len(matches) - 1] if more else None
    following = None if last is None else (last["deadline"].isoformat(), last["id"])
    if count is None and after is None and following is None:
        count = len(matches)
    return Page(matches, count, following), await _persons(connection, call, matches)


async def _count(connection: Connection, statement: Statement, asked: Mapping[str, Any]) -> int:
    row = await connection.row(statement, **asked)
    return row["total"] if row else 0


async def _persons(connection: Connection, call: Call, tasks: Sequence[Shown]) -> tuple[Shown, ...]:
    if not tasks or not allows(call.actor, "Patient", "r"):
        return ()
    persons = sorted({each.person for each in tasks})
    rows = await connection.rows(
        reading.patients(sight(call.actor, "r", "Patient")), persons=persons, **binds(call)
    )
    return tuple(Shown.of(row) for row in rows)


def of_tasks(call: Call, tasks: Sequence[Shown], persons: Sequence[Shown]) -> list[Event]:
    """That these were shown: one event a person, and an empty answer one."""
    shown = disclosures(call, "$mine", [*tasks, *persons], type="Task")
    return shown or [event(call, "$mine", 200, "Task")]
