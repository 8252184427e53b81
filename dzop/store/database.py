"""One pool of connections; every statement goes through it as a prepared statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
from sqlalchemy import literal, select

from dzop.store.statement import Statement, compiled

Row = Mapping[str, Any]
"""A row by column name; an `asyncpg.Record`."""

# Every statement has an index made for it. Plans are made once, also while tables are still small,
# where the planner would choose to read them whole and keep doing so when they have grown.
_SESSION = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
}

PING = compiled(select(literal(1)))


class Connection(Protocol):
    """What runs statements: the pool (each by itself) or a transaction (all or nothing)."""

    async def rows(self, statement: Statement, **values: Any) -> list[Row]: ...

    async def row(self, statement: Statement, **values: Any) -> Row | None: ...

    async def run(self, statement: Statement, **values: Any) -> None: ...


class Transaction:
    """A `Connection` whose statements take effect together, when its block ends without an error."""

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        rows: list[Row] = await self._connection.fetch(statement.sql, *statement.values(**values))
        return rows

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        row: Row | None = await self._connection.fetchrow(statement.sql, *statement.values(**values))
        return row

    async def run(self, statement: Statement, **values: Any) -> None:
        await self._connection.execute(statement.sql, *statement.values(**values))


class Database:
    """The pool. It never grows beyond its size: a request waits rather than opens a connection."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, size: int = 10) -> AsyncIterator[Database]:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            max_inactive_connection_lifetime=0,
            max_cached_statement_lifetime=0,
            statement_cache_size=500,
            reset=_nothing_to_reset,
            server_settings=_SESSION,
        )
        try:
            yield cls(pool)
        finally:
            await pool.close()

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        rows: list[Row] = await self._pool.fetch(statement.sql, *statement.values(**values))
        return rows

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        row: Row | None = await self._pool.fetchrow(statement.sql, *statement.values(**values))
        return row

    async def run(self, statement: Statement, **values: Any) -> None:
        await self._pool.execute(statement.sql, *statement.values(**values))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Read committed: each statement sees what was committed before it, as the person lock needs."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield Transaction(connection)


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """No statement of ours changes a session, so returning a connection costs no round trip."""
