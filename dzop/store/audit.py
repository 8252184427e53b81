"""The audit: one row a disclosure or refusal, durable before its answer leaves.

Rows of reads and refusals go through one writer a process. While one batch commits, the next
gathers, so that a busy server writes many rows with one sync to disk and an idle one waits for
nothing. When a row cannot be written, its request fails: no audit, no answer.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import ARRAY, CTE, Text, and_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from dzop.fhir.outcome import Unavailable
from dzop.store.database import Connection
from dzop.store.statement import Statement, compiled
from dzop.store.tables import NONE, audit, resource_current, resource_location, same_resource

_MOST = 256
_log = structlog.get_logger()


class Event(NamedTuple):
    """What happened, a row of the audit but for its place. Without `person` the store looks it up from the
    entity, as are its categories.

    `outcome` is the HTTP status; `query_hash` stands for a search, whose words may name others.
    """

    recorded: datetime
    interaction: str
    outcome: int
    actor: str
    role: str
    organization: str
    client: str
    request_id: str
    entity_type: str = ""
    entity_id: str = ""
    entity_version: int | None = None
    person: int | None = None
    mask: int = 0
    query_hash: str | None = None
    rules: tuple[str, ...] = ()
    matrix_version: str = ""


_COLUMNS = ("id", *Event._fields)


def noted() -> CTE:
    """The rows of writes, as part of the statement that writes; its parameters are those of `note`."""
    columns = [_given(name).label(name) for name in _COLUMNS]
    return insert(audit).from_select(list(_COLUMNS), select(*columns)).cte("noted")


def _given(name: str) -> Any:
    if name != "rules":
        return func.unnest(bindparam(f"audit_{name}", type_=ARRAY(audit.c[name].type)))
    # Arrays of unequal length cannot be unnested together, so rules travel as one text a row.
    return func.string_to_array(func.unnest(bindparam("audit_rules", type_=ARRAY(Text))), literal(" "))


def note(event: Event) -> dict[str, list[Any]]:
    """The parameters of `noted`: an event whose person and categories the writer knows."""
    columns = {f"audit_{name}": [value] for name, value in zip(_COLUMNS, _row(event), strict=True)}
    return {**columns, "audit_rules": [" ".join(event.rules)]}


async def write(connection: Connection, events: Sequence[Event]) -> None:
    """Writes the rows on this connection: within a transaction they commit with it."""
    if any(event.person is None for event in events):
        events = await _placed(connection, events)
    await connection.copy(audit.name, _COLUMNS, [_row(event) for event in events])


def _row(event: Event) -> tuple[Any, ...]:
    return (_id(), *event)


def _id() -> str:
    """A UUID of version 7: random, but in order of time, so that the index on it grows at its end.

    https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
    """
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    text = f"{bits & _NOT_VERSION | _VERSION:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_VERSION = 0x7 << 76 | 0x2 << 62
_NOT_VERSION = ~(0xF << 76 | 0x3 << 62) & (2**128 - 1)


def _whose() -> Statement:
    given = select(
        *[func.unnest(bindparam(name, type_=ARRAY(Text))).label(name) for name in ("types", "ids")]
    ).subquery("given")
    here, state = resource_location, resource_current
    at = and_(here.c.type == given.c.types, here.c.id == given.c.ids)
    found = same_resource(state, here)
    mask = func.coalesce(state.c.mask, literal(0)).label("mask")
    return compiled(
        select(given.c.types, given.c.ids, here.c.person, mask).select_from(
            given.join(here, at).outerjoin(state, found)
        )
    )


_WHOSE = _whose()


async def _placed(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """The events with the person and the categories of what they are about, where they did not say."""
    open_ones = [event for event in events if event.person is None]
    rows = await connection.rows(
        _WHOSE, types=[each.entity_type for each in open_ones], ids=[each.entity_id for each in open_ones]
    )
    found = {(row["types"], row["ids"]): (row["person"], row["mask"]) for row in rows}
    return [event if event.person is not None else _placed_at(event, found) for event in events]


def _placed_at(event: Event, found: dict[tuple[str, str], tuple[int, int]]) -> Event:
    person, mask = found.get((event.entity_type, event.entity_id), (NONE, 0))
    return event._replace(person=person, mask=event.mask | mask)


class Writer:
    """Gathers the events of concurrent requests into batches and commits each batch once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[tuple[Event, ...], asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls, connection: Connection) -> AsyncIterator[Writer]:
        writer = cls(connection)
        task = asyncio.create_task(writer._run())
        try:
            yield writer
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def record(self, *events: Event) -> None:
        """Returns when the events are durable; raises Unavailable when they cannot be."""
        if not events:
            return
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, written))
        self._arrived.set()
        await written

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not self._waiting:
                self._arrived.clear()
            await self._commit(batch)

    async def _commit(self, batch: list[tuple[tuple[Event, ...], asyncio.Future[None]]]) -> None:
        try:
            await write(self._connection, [event for events, _ in batch for event in events])
        except Exception as error:
            # Whatever went wrong, the answers that wait for these rows must not leave.
            _log.error("audit.failed", requests=len(batch), error=type(error).__name__)
            for _, written in batch:
                if not written.done():
                    written.set_exception(Unavailable(_NOT_RECORDED))
            return
        for _, written in batch:
            if not written.done():
                written.set_result(None)


_NOT_RECORDED = "the access could not be recorded, so it was not given"
