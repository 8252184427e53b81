"""What a transaction writes later is there before anything is asked past it, and at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest

from dzop.store import persons
from dzop.store.database import Database, Transaction

MANY = 450


def on(database: str, work: Callable[[Transaction], Awaitable[list[str]]]) -> list[str]:
    """What `work` finds in a transaction of its own."""

    async def run() -> list[str]:
        async with Database.opened(database, 1) as opened, opened.transaction() as transaction:
            return await work(transaction)

    return asyncio.run(run())


async def known(connection: Transaction, *patients: str) -> list[str]:
    rows = await connection.rows(
        persons.PERSONS, patients=list(patients), types=[], ids=[], systems=[], values=[]
    )
    return sorted(row["named"].removeprefix("Patient/") for row in rows)


@pytest.fixture
def one() -> str:
    return f"one-{uuid4()}"


@pytest.fixture
def two() -> str:
    return f"two-{uuid4()}"


def test_the_next_statement_finds_it(database: str, one: str, two: str) -> None:
    async def work(transaction: Transaction) -> list[str]:
        for each in (one, two):
            await transaction.later(persons.ADD_PERSONS, patients=[each])
        return await known(transaction, one, two)

    assert on(database, work) == [one, two]


def test_it_is_there_when_the_transaction_has_ended(database: str, one: str) -> None:
    async def work(transaction: Transaction) -> list[str]:
        await transaction.later(persons.ADD_PERSONS, patients=[one])
        return []

    on(database, work)
    assert on(database, lambda transaction: known(transaction, one)) == [one]


def test_it_is_undone_with_the_transaction(database: str, one: str) -> None:
    async def work(transaction: Transaction) -> list[str]:
        await transaction.later(persons.ADD_PERSONS, patients=[one])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        on(database, work)
    assert on(database, lambda transaction: known(transaction, one)) == []


def test_it_is_undone_with_the_part_of_the_transaction_it_was_in(database: str, one: str, two: str) -> None:
    async def work(transaction: Transaction) -> list[str]:
        await transaction.later(persons.ADD_PERSONS, patients=[one])
        with suppress(RuntimeError):
            async with transaction.transaction() as part:
                await part.later(persons.ADD_PERSONS, patients=[two])
                raise RuntimeError
        return await known(transaction, one, two)

    assert on(database, work) == [one]


def test_many_rows_are_all_written(database: str, one: str) -> None:
    names = [f"{one}-{number}" for number in range(MANY)]

    async def work(transaction: Transaction) -> list[str]:
        for each in names:
            await transaction.later(persons.ADD_PERSONS, patients=[each])
        return await known(transaction, *names)

    assert on(database, work) == sorted(names)


def test_what_cannot_be_written_at_the_end_undoes_the_transaction(database: str, one: str) -> None:
    async def work(transaction: Transaction) -> list[str]:
        await transaction.run(persons.ADD_PERSONS, patients=[one])
        await transaction.later(persons.ADD_PERSONS, patients=[None])
        return []

    with pytest.raises(asyncpg.NotNullViolationError):
        on(database, work)
    assert on(database, lambda transaction: known(transaction, one)) == []
