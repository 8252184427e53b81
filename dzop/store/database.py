"""One pool of connections; every statement goes through it as a prepared statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import literal, select

from dzop.fhir.outcome import Issue, Unavailable
from dzop.store.statement import Statement, compiled

Row = Mapping[str, Any]
"""A row by column name; an `asyncpg.Record`."""

# Every statement has an index made for it. Plans are made once, also while tables are still small,
# where the planner would choose to read them whole and keep doing so when they have grown.
SESSION: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
}

_MOST_WAITING = 200

PING = compiled(select(literal(1)))


class Connection(Protocol):
    """What runs statements: the pool (each by itself) or a transaction (all or nothing)."""

    async def rows(self, statement: Statement, **values: Any) -> list[Row]: ...

    async def row(self, statement: Statement, **values: Any) -> Row | None: ...

    async def run(self, statement: Statement, **values: Any) -> None: ...

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None: ...


class Transaction:
    """A `Connection` whose statements take effect together, when its block ends without an error.

    What is to be written may wait (`later`) and is then written at once for many rows. Nothing is asked past it:
    every statement, and the end of the transaction, first writes what waits.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, tuple[Statement, dict[str, list[Any]]]] = {}

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        await self.written()
        rows: list[Row] = await self._connection.fetch(statement.sql, *statement.values(**values))
        return rows

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        await self.written()
        row: Row | None = await self._connection.fetchrow(statement.sql, *statement.values(**values))
        return row

    async def run(self, statement: Statement, **values: Any) -> None:
        await self.written()
        await self._connection.execute(statement.sql, *statement.values(**values))

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        await self.written()
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    async def later(self, statement: Statement, **columns: Sequence[Any]) -> None:
        """Adds rows, one array a column, to what this statement will write; statements keep their order.

        Not too many wait: what is sent in one piece keeps other requests waiting.
        """
        if statement.sql not in self._waiting:
            names = (name for name in statement.names if name not in statement.fixed)
            self._waiting[statement.sql] = (statement, {name: [] for name in names})
        arrays = self._waiting[statement.sql][1]
        for name, column in arrays.items():
            column += columns[name]
        if len(arrays[statement.names[0]]) >= _MOST_WAITING:
            await self.written()

    async def written(self) -> None:
        """Writes what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            for statement, columns in waiting.values():
                await self._connection.execute(statement.sql, *statement.values(**columns))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A part of it that can be undone by itself."""
        await self.written()
        try:
            async with self._connection.transaction():
                yield self
                await self.written()
        except BaseException:
            self._waiting.clear()
            raise


class Database:
    """The pool. It never grows beyond its size: a request waits rather than opens a connection.

    A connection is opened when first needed, and again when it was lost. asyncpg's own pool also resets
    and listens; our statements leave nothing behind, and without that a read costs a tenth less.
    """

    def __init__(self, url: str, size: int, timeout: float | None = None) -> None:
        self._url = url
        self._size = size
        self._timeout = timeout
        self._free: asyncio.LifoQueue[asyncpg.Connection | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._free.put_nowait(None)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, size: int = 10, given_up: float | None = None) -> AsyncIterator[Database]:
        """The database, with one connection that shows that it is there.

        A statement by itself, which is one that reads, is given up after `given_up` seconds.
        """
        database = cls(url, size, given_up)
        database._give_back(await database._take())
        try:
            yield database
        finally:
            await database._close()

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        connection = await self._take()
        try:
            arguments = statement.values(**values)
            rows: list[Row] = await connection.fetch(statement.sql, *arguments, timeout=self._timeout)
        except Exception as error:
            raise _said(error, connection) from error
        finally:
            self._give_back(connection)
        return rows

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        found = await self.rows(statement, **values)
        return found[0] if found else None

    async def run(self, statement: Statement, **values: Any) -> None:
        await self.rows(statement, **values)

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows, all of them or none: what takes the database least when there are several."""
        connection = await self._take()
        try:
            await connection.copy_records_to_table(table, columns=columns, records=rows)
        except Exception as error:
            raise _said(error, connection) from error
        finally:
            self._give_back(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Read committed: each statement sees what was committed before it, as the person lock needs."""
        connection = await self._take()
        try:
            async with connection.transaction():
                transaction = Transaction(connection)
                yield transaction
                await transaction.written()
        except Exception as error:
            raise _said(error, connection) from error
        finally:
            self._give_back(connection)

    async def _take(self) -> asyncpg.Connection:
        connection = await self._free.get()
        if connection is not None and not connection.is_closed():
            return connection
        try:
            return await asyncpg.connect(
                self._url,
                max_cached_statement_lifetime=0,
                statement_cache_size=200,
                server_settings=SESSION,
            )
        except BaseException as error:
            self._free.put_nowait(None)
            raise (
                Unavailable(_LOST) if isinstance(error, OSError | asyncpg.PostgresError) else error
            ) from error

    def _give_back(self, connection: asyncpg.Connection) -> None:
        self._free.put_nowait(connection)

    async def _close(self) -> None:
        """Waits for what is still in use, then closes."""
        for _ in range(self._size):
            connection = await self._free.get()
            if connection is not None:
                await connection.close()


_LOST = "the database cannot be reached just now; try again"


_TOO_COSTLY = (
    "this takes the database too long and has changed nothing; ask for less at once, or more narrowly"
)
_FAILED = "the database cannot do this just now and has changed nothing; try again"
# A full disk, a server that stops or only reads, a right or a table that was taken away: none of them is
# the fault of the request.
_ITS_OWN = (
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.RaiseError,
)


def _said(error: Exception, connection: asyncpg.Connection) -> Exception:
    """What went wrong as the client may know it: that the database is not able to, or the error itself."""
    if connection.is_closed():
        return Unavailable(_LOST)
    if isinstance(error, TimeoutError | asyncpg.QueryCanceledError):
        return Unavailable(Issue("too-costly", _TOO_COSTLY))
    # The audit takes whatever we give it: when it does not, that is no fault of the request either.
    refused = isinstance(error, _ITS_OWN) or getattr(error, "table_name", None) == "audit"
    return Unavailable(_FAILED) if refused else error
