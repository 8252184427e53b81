"""The sealer at work: one at a time, soon after the event, and after the death of whoever it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from audited import KEY, Log, event, gone, log_at, made, run
from serving import eventually, launched, ran

from dzop.auth.keys import audit_key, known_audit_key
from dzop.store.audit_anchors import anchors
from dzop.store.audit_seal import Sealing, sealing
from dzop.store.embedded import embedded
from dzop.store.migrations import migrate

_SEALERS = (
    "select pid from pg_locks where locktype = 'advisory' and objid::bigint = x'61756474'::bigint and granted"
    " and database = (select oid from pg_database where datname = current_database())"
)
_OPEN = "select count(*) as number from audit where position >= coalesce((select max(until) from audit_block), -2^62)"


@pytest.fixture
def url(database: str) -> Iterator[str]:
    """A database of our own."""
    own = made(database, "sealed")
    migrate(own)
    yield own
    gone(database, "sealed")


@pytest.fixture
async def log(url: str, tmp_path: Path) -> AsyncIterator[Log]:
    async with log_at(url, tmp_path / "anchors") as log:
        yield log


def how(log: Log) -> Sealing:
    return Sealing(KEY, log.anchors, lambda: datetime.now(UTC), 30)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Waits for at most half a minute."""
    async with asyncio.timeout(30):
        while not await true():
            pass  # asking takes its time


async def nothing_is_open(log: Log) -> bool:
    return (await log.sql(_OPEN))[0]["number"] == 0


async def test_what_is_written_is_sealed_and_anchored(log: Log) -> None:
    async with sealing(log.url, how(log)):
        await log.write(*[event(number) for number in range(5)])
        await until(lambda: nothing_is_open(log))
    anchored = list(anchors(log.anchors))
    totals = [each.total for each in anchored if hasattr(each, "total")]
    assert (totals[-1], await log.faults()) == (5, [])


async def test_what_comes_last_is_sealed_when_the_service_stops(log: Log) -> None:
    async with sealing(log.url, how(log)):
        await log.write(event())
    assert (await nothing_is_open(log), await log.faults()) == (True, [])


async def test_several_workers_make_one_chain_with_one_sealer(log: Log) -> None:
    async with AsyncExitStack() as workers:
        for _ in range(3):
            await workers.enter_async_context(sealing(log.url, how(log)))
        for number in range(10):
            await log.write(event(number))
        await until(lambda: nothing_is_open(log))
        sealers = await log.sql(_SEALERS)
    assert (len(sealers), await log.faults()) == (1, [])


async def test_another_seals_on_when_the_sealer_is_lost(log: Log) -> None:
    async with AsyncExitStack() as workers:
        for _ in range(2):
            await workers.enter_async_context(sealing(log.url, how(log)))
        await log.write(event(1))
        await until(lambda: nothing_is_open(log))
        for sealer in await log.sql(_SEALERS):
            await log.sql("select pg_terminate_backend($1)", sealer["pid"])
        await log.write(event(2))
        await until(lambda: nothing_is_open(log))
    assert await log.faults() == []


def test_the_command_names_what_was_changed_in_a_log_of_a_service_that_was_killed(tmp_path: Path) -> None:
    server = launched(tmp_path, "serve", DZOP_SANDBOX="1")
    client = server.client("system")
    client.post("/Organization", json={"resourceType": "Organization", "name": "Praktijk"})
    client.get("/Organization")
    eventually(lambda: list(server.var.glob("anchors/*.jsonl")))
    server.process.kill()
    server.process.wait()
    with embedded(server.var) as url:
        run(url, "update audit set actor = 'Practitioner/y' where seq = 1")
        found = ran(tmp_path, "verify")
    assert (found.returncode, found.stdout.splitlines()[0]) == (
        1,
        "audit event 1 (block 1): changed after it was sealed",
    )


def test_who_only_checks_makes_no_key(tmp_path: Path) -> None:
    assert (known_audit_key(tmp_path), list(tmp_path.iterdir())) == (None, [])


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    assert audit_key(tmp_path) == audit_key(tmp_path) == known_audit_key(tmp_path)
