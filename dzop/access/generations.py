"""A changed matrix becomes law: recorded, compiled for one batch of persons after the other, then switched.

So does a changed law: a migration begins a generation of the same matrix. What goals are open through tasks follows.

All of it stands in the database, so it goes on where it was after a stop, whichever process goes on with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from consent.matrix import Matrix
from dzop.access import facts, goal_links
from dzop.access.matrices import Law, Matrices
from dzop.store import generations
from dzop.store.database import Database, Row, Transaction

__all__ = ["Progress", "announce", "compiling", "progress", "step", "use"]

BATCH = 16
"""Persons compiled in one transaction: as long as that takes, nobody changes their facts."""
_SWEPT = 2_000
_IDLE = 2.0
_LONGEST = 1.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Progress:
    """Which matrix is in force and since when; which one is coming, and for how many persons it is compiled."""

    version: str
    since: datetime
    coming: str | None
    compiled: int
    persons: int
    known: tuple[tuple[str, datetime], ...]


async def announce(database: Database, matrix: Matrix) -> bool:
    """Makes a matrix that was never used here the next one; whether it was new.

    One that is known already changes nothing: an older process that starts again does not take the law back.
    """
    async with database.transaction() as transaction:
        kept = await transaction.row(generations.KEEP, version=matrix.version, text=matrix.text)
        if kept is None:
            return False
        await _prepare(transaction, matrix.version)
        return True


async def use(database: Database, version: str, *, again: bool = False) -> bool:
    """Makes a known matrix the next one, or stays with the one in force; False when it is not known.

    `again` compiles also what is in force already, as after a correction of the law's own code.
    """
    async with database.transaction() as transaction:
        if await transaction.row(generations.TEXT_OF, version=version) is None:
            return False
        await _prepare(transaction, version, again=again)
        if not again:
            await transaction.run(generations.ABANDON, version=version)
        return True


async def _prepare(transaction: Transaction, version: str, *, again: bool = False) -> None:
    await transaction.run(generations.BRIEFLY)
    await transaction.run(generations.CLOSE)
    await transaction.run(generations.PREPARE_AGAIN if again else generations.PREPARE, version=version)


async def progress(database: Database, shipped: Matrix) -> Progress:
    """How far it is."""
    await Matrices(shipped).in_force(database)
    state, count = await database.row(generations.STATE), await database.row(generations.COUNT)
    assert state is not None and count is not None  # noqa: S101, PT018 - just made sure of
    known = tuple((row["version"], row["known_since"]) for row in await database.rows(generations.KNOWN))
    coming = state["next_matrix_version"]
    return Progress(
        state["matrix_version"], state["active_since"], coming, count["compiled"], count["persons"], known
    )


async def step(database: Database, matrices: Matrices, base: str, size: int = BATCH) -> bool:
    """One batch of whatever is to be done; False when there is nothing, or another process does it."""
    async with database.transaction() as transaction:
        lead = await transaction.row(generations.LEAD)
        if lead is None or not lead["leads"]:
            return False
        await transaction.run(generations.HOLD)
        law = (await matrices.in_force(transaction)).following
        if law is None:
            return bool(await transaction.rows(generations.SWEEP, count=_SWEPT))
        if await _compile(transaction, law, base, size):
            return True
    return await _switch(database, law)


async def _compile(transaction: Transaction, law: Law, base: str, size: int) -> bool:
    persons = await _locked(transaction, size)
    for each in persons:
        known = await facts.read(transaction, each["key"], f"Patient/{each['patient_id']}", base)
        await facts.compile_person(transaction, each["key"], known, [law])
        if await goal_links.derive_again(transaction, each["key"]):
            await facts.expand_teams(transaction, each["key"], known)
    if persons:
        await transaction.run(generations.ADVANCE, next=law.generation, compiled_to=persons[-1]["key"])
    return bool(persons)


async def _locked(transaction: Transaction, size: int) -> list[Row]:
    """The next persons, in order, up to the first whose facts somebody is changing; we wait for one only."""
    state = await transaction.row(generations.STATE)
    after = state["compiled_to"] if state else 0
    keys = [row["key"] for row in await transaction.rows(generations.FOLLOWING, after=after, count=size)]
    free = await transaction.rows(generations.FREE, keys=keys)
    in_order = [row for row, key in zip(free, keys, strict=False) if row["key"] == key]
    return in_order or await transaction.rows(generations.AWAITED, keys=keys[:1])


async def _switch(database: Database, law: Law) -> bool:
    """From one instant to the next everybody is judged by this law; waits for writers, but only briefly."""
    async with database.transaction() as transaction:
        await transaction.run(generations.BRIEFLY)
        await transaction.run(generations.CLOSE)
        switched = await transaction.row(generations.SWITCH, next=law.generation)
    if switched is not None:
        _log.info("matrix.switched", matrix=law.matrix.version, generation=law.generation)
    return True


@asynccontextmanager
async def compiling(database: Database, matrix: Matrix, base: str) -> AsyncIterator[None]:
    """Announces the matrix, and does in the background what is to be done, for the length of the block."""
    await Matrices(matrix).in_force(database)
    task = asyncio.create_task(_work(database, matrix, base))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work(database: Database, matrix: Matrix, base: str) -> None:
    """Rests after each batch as long as the batch took, so that at most half of a process goes into it."""
    matrices, announced = Matrices(matrix), False
    while True:
        begun, worked = time.monotonic(), False
        try:
            if not announced:
                await announce(database, matrix)
                announced = True
            worked = await step(database, matrices, base)
        except Exception as error:
            # A writer that takes long, a deadlock, a lost connection: what is not done now is done later.
            _log.warning("matrix.waits", error=type(error).__name__)
        await asyncio.sleep(min(time.monotonic() - begun, _LONGEST) if worked else _IDLE)
