"""The pool: what becomes of a connection that is interrupted or lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import func, literal, select

from dzop.fhir.outcome import Unavailable
from dzop.store.database import PING, Database
from dzop.store.statement import compiled

SLEEP = compiled(select(func.pg_sleep(literal(30)).is_(None).label("slept")))
OWN_END = compiled(select(func.pg_terminate_backend(func.pg_backend_pid()).label("ended")))
WRONG = compiled(select((literal(1) / literal(0)).label("nothing")))


async def test_a_statement_that_is_given_up_leaves_its_connection_usable(database: str) -> None:
    async with Database.opened(database, 1) as pool:
        waiting = asyncio.ensure_future(pool.rows(SLEEP))
        # One connection: the next statement can only run when the cancelled one has let go of it.
        await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting

        assert len(await asyncio.wait_for(pool.rows(PING), 10)) == 1


async def test_a_statement_that_takes_too_long_is_given_up_and_said(database: str) -> None:
    async with Database.opened(database, 1, given_up=0.01) as pool:
        with pytest.raises(Unavailable) as raised:
            await pool.rows(SLEEP)

        assert [issue.code for issue in raised.value.issues] == ["too-costly"]


async def test_a_statement_that_took_too_long_leaves_its_connection_usable(database: str) -> None:
    async with Database.opened(database, 1, given_up=0.5) as pool:
        with suppress(Unavailable):
            await pool.rows(SLEEP)

        assert len(await pool.rows(PING)) == 1


async def test_a_lost_connection_is_said_and_replaced(database: str) -> None:
    async with Database.opened(database, 1) as pool:
        with pytest.raises(Unavailable, match="try again"):
            await pool.rows(OWN_END)

        assert len(await pool.rows(PING)) == 1


async def test_a_connection_lost_in_a_transaction_is_said_and_replaced(database: str) -> None:
    async with Database.opened(database, 1) as pool:
        with pytest.raises(Unavailable, match="try again"):
            async with pool.transaction() as transaction:
                await transaction.rows(OWN_END)

        assert len(await pool.rows(PING)) == 1


async def test_an_error_of_a_statement_is_not_taken_for_a_lost_connection(database: str) -> None:
    async with Database.opened(database, 1) as pool:
        with pytest.raises(Exception, match="division by zero"):
            await pool.rows(WRONG)

        assert len(await pool.rows(PING)) == 1


async def test_a_database_that_is_not_there_is_said() -> None:
    with pytest.raises(Unavailable, match="try again"):
        async with Database.opened("postgresql://nobody@127.0.0.1:1/none", 1):
            pass
