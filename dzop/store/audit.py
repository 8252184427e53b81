"""The audit: one row a disclosure or refusal, durable before its answer leaves.

Rows of reads and refusals go through one writer a process. While one batch commits, the next
gathers, so that a busy server writes many rows with one sync to disk and an idle one waits for
nothing. When a row cannot be written, its request fails: no audit, no answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from dzop.fhir.outcome import Unavailable
from dzop.store.database import Connection
from dzop.store.statement import Statement, compiled
from dzop.store.tables import NONE, audit, person, resource_current, resource_location
from dzop.store.visibility import panel, visible

_MOST = 256
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. Without `person` it is looked up from the entity, as are its categories.

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


_PLAIN: dict[str, TypeEngine[Any]] = {
    "recorded": DateTime(timezone=True),
    "interaction": Text(),
    "outcome": SmallInteger(),
    "actor": Text(),
    "role": Text(),
    "organization": Text(),
    "client": Text(),
    "request_id": Text(),
    "entity_type": Text(),
    "entity_id": Text(),
    "entity_version": Integer(),
    "query_hash": Text(),
    "matrix_version": Text(),
}


def _insert() -> Statement:
    looked_up: dict[str, TypeEngine[Any]] = {
        "person": BigInteger(),
        "mask": BigInteger(),
        "rules": Text(),
    }
    columns = {**_PLAIN, **looked_up}
    given = select(
        *[func.unnest(bindparam(name, type_=ARRAY(kind))).label(name) for name, kind in columns.items()]
    ).subquery("given")
    here, state = resource_location, resource_current
    at = and_(here.c.type == given.c.entity_type, here.c.id == given.c.entity_id)
    found = and_(state.c.person == here.c.person, state.c.type == here.c.type, state.c.id == here.c.id)
    rows = select(
        *[given.c[name] for name in _PLAIN],
        cast(func.gen_random_uuid(), Text),
        func.coalesce(given.c.person, here.c.person, literal(NONE)),
        given.c.mask.op("|")(func.coalesce(state.c.mask, literal(0))),
        func.string_to_array(given.c.rules, literal(" ")),
    ).select_from(given.outerjoin(here, at).outerjoin(state, found))
    return compiled(insert(audit).from_select([*_PLAIN, "id", *looked_up], rows))


_INSERT = _insert()
_OF_WRITE: dict[str, TypeEngine[Any]] = {
    **_PLAIN,
    "person": BigInteger(),
    "mask": BigInteger(),
    "rules": ARRAY(Text),
}


def noted() -> CTE:
    """The row of a write, as part of the statement that writes; its parameters are those of `note`."""
    given = {name: bindparam(f"audit_{name}", type_=kind) for name, kind in _OF_WRITE.items()}
    row = insert(audit).values(id=cast(func.gen_random_uuid(), Text), **given)
    return row.cte("noted")


def note(event: Event) -> dict[str, Any]:
    """The parameters of `noted`: an event whose person and categories the writer knows."""
    return {f"audit_{name}": getattr(event, name) for name in _OF_WRITE}


async def write(connection: Connection, events: Sequence[Event]) -> None:
    """Writes the rows on this connection: within a transaction they commit with it."""
    arrays = {name: [getattr(event, name) for event in events] for name in (*_PLAIN, "person", "mask")}
    await connection.run(
        _INSERT,
        **arrays,
        rules=[" ".join(event.rules) for event in events],
    )


class Writer:
    """Gathers the events of concurrent requests into batches and commits each batch once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Event, asyncio.Future[None]]] = []
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
        loop = asyncio.get_running_loop()
        written = [loop.create_future() for _ in events]
        self._waiting.extend(zip(events, written, strict=True))
        self._arrived.set()
        await asyncio.gather(*written)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not self._waiting:
                self._arrived.clear()
            await self._commit(batch)

    async def _commit(self, batch: list[tuple[Event, asyncio.Future[None]]]) -> None:
        try:
            await write(self._connection, [event for event, _ in batch])
        except Exception as error:
            # Whatever went wrong, the answers that wait for these rows must not leave.
            _log.error("audit.failed", events=len(batch), error=type(error).__name__)
            for _, written in batch:
                if not written.done():
                    written.set_exception(
                        Unavailable("the access could not be recorded, so it was not given")
                    )
            return
        for _, written in batch:
            if not written.done():
                written.set_result(None)


_LOG = (
    select(audit, person.c.patient_id, literal("AuditEvent").label("type"))
    .select_from(audit.outerjoin(person, person.c.key == audit.c.person))
    .subquery("log")
)


def _log_statement(*, everything: bool, narrowed: tuple[str, ...]) -> Statement:
    """The newest visible events before `before`, in a stretch of time, of these Patients or with this id."""
    narrowing = {
        "patients": _LOG.c.patient_id == any_(bindparam("patients", type_=ARRAY(Text))),
        "id": _LOG.c.id == bindparam("id", type_=Text),
    }
    statement = select(_LOG).where(
        _LOG.c.seq < bindparam("before", type_=BigInteger),
        # A search of the log sees only what happened before it began.
        _LOG.c.recorded < bindparam("now", type_=DateTime(timezone=True)),
        _LOG.c.recorded >= bindparam("low", type_=DateTime(timezone=True)),
        _LOG.c.recorded < bindparam("high", type_=DateTime(timezone=True)),
        *[narrowing[name] for name in narrowed],
        *([] if everything else [visible(_LOG), panel(_LOG)]),
    )
    return compiled(statement.order_by(_LOG.c.seq.desc()).limit(bindparam("count", type_=Integer)))


@cache
def log(everything: bool, narrowed: tuple[str, ...]) -> Statement:
    """The statement that reads the log; `narrowed` are `patients` and `id`, as far as they are given."""
    return _log_statement(everything=everything, narrowed=narrowed)
