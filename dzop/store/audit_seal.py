"""The sealer of the audit: one process at a time turns new rows into the next block of the chain.

It stays about a second behind, unless a transaction that writes is open for longer: what began after it
waits, for nobody can know yet which rows it will bring.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BYTEA, aggregate_order_by

from dzop.store import audit_anchors
from dzop.store.audit_anchors import Anchor
from dzop.store.audit_chain import BEGINNING, Block, digest, fingerprint
from dzop.store.audit_position import ended
from dzop.store.database import Connection, Database
from dzop.store.statement import compiled
from dzop.store.tables import audit, audit_block

_LOCK = 0x647A6F7061756474  # "dzopaudt": whoever holds it is the sealer
_EVERY, _ANCHORED_EVERY, _PRUNED_EVERY = 0.5, 60.0, 86_400.0  # seconds
_MOST = 4_096
_log = structlog.get_logger()


def _held() -> Any:
    """Does this connection hold the lock already? Asking for it again would only count it twice."""
    return sql(
        "exists (select from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()"
        " and (classid::bigint << 32 | objid::bigint) = :held)"
    ).bindparams(bindparam("held", _LOCK, BigInteger))


LEAD = compiled(
    select(
        case((_held(), true()), else_=func.pg_try_advisory_lock(literal(_LOCK, BigInteger))).label("leads")
    )
)
"""Is this connection the sealer's? The lock goes with the connection, and so with its process."""

HORIZON = compiled(select(ended().label("position")))
HEAD = compiled(select(audit_block).order_by(audit_block.c.number.desc()).limit(literal(1)))

_SINCE, _HORIZON = bindparam("since", type_=BigInteger), bindparam("horizon", type_=BigInteger)


def _next_rows() -> Any:
    """The next rows in order, as two arrays; `until` keeps a block to a size that can be handled."""
    unsealed = (audit.c.position >= _SINCE, audit.c.position < _HORIZON)
    last = (
        select(audit.c.position)
        .where(*unsealed)
        .order_by(audit.c.position)
        .limit(literal(1))
        .offset(literal(_MOST))
    )
    until = func.coalesce(last.scalar_subquery() + literal(1), _HORIZON)
    end = select(until.label("until")).cte("stretch")
    rows = (
        select(audit.c.position, audit.c.seq, digest())
        .where(audit.c.position >= _SINCE, audit.c.position < select(end.c.until).scalar_subquery())
        .subquery("rows")
    )
    order = (rows.c.position, rows.c.seq, rows.c.digest)
    return select(
        select(end.c.until).scalar_subquery().label("until"),
        func.array_agg(aggregate_order_by(rows.c.seq, *order), type_=ARRAY(BigInteger)).label("seqs"),
        func.string_agg(rows.c.digest, aggregate_order_by(literal(b"", BYTEA), *order), type_=BYTEA).label(
            "digests"
        ),
    )


NEXT = compiled(_next_rows())
ADD = compiled(
    insert(audit_block).values(
        {each.name: bindparam(each.name, type_=each.type) for each in audit_block.columns}
    )
)
KEPT_FROM = compiled(
    select(func.max(audit_block.c.until).label("position")).where(
        audit_block.c.sealed_at < bindparam("before", type_=audit_block.c.sealed_at.type)
    )
)


def _drop() -> Any:
    old = (
        select(audit.c.person, audit.c.seq)
        .where(audit.c.position < bindparam("position", type_=BigInteger))
        .order_by(audit.c.position)
        .limit(bindparam("count", type_=Integer))
    )
    return delete(audit).where(tuple_(audit.c.person, audit.c.seq).in_(old)).returning(audit.c.seq)


DROP = compiled(_drop())


@dataclass(frozen=True, slots=True)
class Sealing:
    """With which key, where the anchors go, the clock, and how many years rows are kept."""

    key: bytes
    anchors: Path
    clock: Callable[[], datetime]
    years: int


class MovedError(Exception):
    """The log stands in another cluster than its chain was made in."""


async def seal(connection: Connection, key: bytes, now: datetime) -> Block | None:
    """Adds the next block, in the caller's transaction; None when there is nothing to seal."""
    row, horizon = await connection.row(HEAD), await connection.row(HORIZON)
    head = Block.of(row) if row else None
    since = head.until if head else BEGINNING
    if horizon is None or horizon["position"] < since:
        raise MovedError("the cluster counts its transactions lower than before: run `dzop migrate`")
    found = await connection.row(NEXT, since=since, horizon=horizon["position"])
    if found is None or not found["seqs"]:
        return None
    number, before = (head.number + 1, head.total) if head else (1, 0)
    seqs, digests = found["seqs"], found["digests"]
    block = Block(number, since, found["until"], before + len(seqs), now, seqs, digests, fingerprint(key))
    block = replace(block, mac=block.mac_after(head.mac if head else None, key))
    await connection.run(ADD, **{name: getattr(block, name) for name in Block.__slots__})
    return block


async def is_ours(connection: Connection, key: bytes) -> bool:
    """Is the chain one of this key, or has none begun yet?"""
    head = await connection.row(HEAD)
    return head is None or head["key"] == fingerprint(key)


async def prune(database: Database, before: datetime) -> int:
    """Drops the rows of blocks sealed before this instant; their digests stay. Returns how many."""
    row = await database.row(KEPT_FROM, before=before)
    if row is None or row["position"] is None:
        return 0
    dropped = 0
    while gone := await database.rows(DROP, position=row["position"], count=_MOST):
        dropped += len(gone)
    return dropped


def kept_since(now: datetime, years: int) -> datetime:
    """The instant before which what was sealed may go."""
    return now - timedelta(days=365.25 * years)


@asynccontextmanager
async def sealing(url: str, how: Sealing) -> AsyncIterator[None]:
    """Seals for the length of the block, whenever no other process does, and once more at its end."""
    over = asyncio.Event()
    async with Database.opened(url, 1) as database:
        task = asyncio.create_task(Sealer(database, how).run(over))
        try:
            yield
        finally:
            over.set()
            await task


class Sealer:
    """Works on a connection of its own, so that a busy service does not keep it waiting."""

    def __init__(self, database: Database, how: Sealing) -> None:
        self._database = database
        self._how = how
        self._anchored: Anchor | None = None
        self._next_anchor = self._next_pruning = 0.0

    async def run(self, over: asyncio.Event) -> None:
        """Until it is over, and once after that, so that a service that was stopped leaves nothing open."""
        while not over.is_set():
            await self._try(self.work)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(over.wait(), _EVERY)
        await self._try(self._finish)

    async def _try(self, turn: Callable[[], Awaitable[None]]) -> None:
        """What goes wrong is logged and tried again; what stays unsealed, `dzop verify` shows."""
        try:
            if await self._leads():
                await turn()
        except Exception as error:
            _log.error("audit.not_sealed", error=type(error).__name__)

    async def work(self) -> None:
        """One turn: seal all there is, anchor each minute, drop once a day what was kept long enough."""
        await self._seal()
        now = asyncio.get_running_loop().time()
        if self._anchored is None or now >= self._next_anchor:
            self._next_anchor = now + _ANCHORED_EVERY
            await self._anchor()
        if now >= self._next_pruning:
            self._next_pruning = now + _PRUNED_EVERY
            await prune(self._database, kept_since(self._how.clock(), self._how.years))

    async def _finish(self) -> None:
        await self._seal()
        await self._anchor()

    async def _leads(self) -> bool:
        row = await self._database.row(LEAD)
        return bool(row and row["leads"])

    async def _seal(self) -> None:
        sealed: Block | None
        while True:
            async with self._database.transaction() as transaction:
                sealed = await seal(transaction, self._how.key, self._how.clock())
            if sealed is None:
                return

    async def _anchor(self) -> None:
        row = await self._database.row(HEAD)
        if row is None:
            return
        anchor = Anchor(audit_anchors.at(self._how.clock()), row["number"], row["mac"].hex(), row["total"])
        if self._anchored is None or self._anchored.mac != anchor.mac:
            await asyncio.to_thread(audit_anchors.add, self._how.anchors, anchor)
            self._anchored = anchor
