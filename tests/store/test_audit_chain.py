"""The chain of the audit: what `dzop verify` finds when somebody who rules the database changed the log."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from audited import KEY, NOW, Log, event, gone, log_at, made
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Integer, LargeBinary, SmallInteger

from dzop.store.audit_chain import SEALED
from dzop.store.audit_seal import MovedError, prune, seal
from dzop.store.migrations import migrate, migrate_async
from dzop.store.tables import audit, audit_block

ORIGINAL = "audited"
BLOCKS, ROWS = 3, 4
_number = count()
_OTHER = {
    ARRAY: "array_append({0}, {0}[1])", BigInteger: "{0} + 1000", Integer: "{0} + 1", SmallInteger: "{0} + 1",
    DateTime: "{0} + interval '1 second'", LargeBinary: "{0} || '\\x00'::bytea",
}  # fmt: skip


def other(column: Column[Any]) -> str:
    """SQL for another value of this column."""
    return _OTHER.get(type(column.type), "{0} || 'x'").format(column.name)


async def write(url: str, folder: Path) -> None:
    """Some blocks of some rows, each with its anchor."""
    async with log_at(url, folder) as log:
        for number in range(BLOCKS):
            await log.write(*[event(number * ROWS + row) for row in range(ROWS)])
            log.anchor(await log.seal())


@pytest.fixture(scope="session")
def original(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the anchors of a log that each test takes a copy of."""
    url, folder = made(database, ORIGINAL), tmp_path_factory.mktemp("anchors")
    migrate(url)
    asyncio.run(write(url, folder))
    return folder


@pytest.fixture
def copy(database: str, original: Path) -> Iterator[str]:
    """The URL of a copy of its database."""
    name = f"{ORIGINAL}_{next(_number)}"
    yield made(database, name, template=ORIGINAL)
    gone(database, name)


@pytest.fixture
async def log(copy: str, original: Path, tmp_path: Path) -> AsyncIterator[Log]:
    """A log of one's own to spoil."""
    shutil.copytree(original, tmp_path / "anchors")
    async with log_at(copy, tmp_path / "anchors") as log:
        yield log


async def first_seq(log: Log) -> int:
    """Of a row in the block in the middle."""
    rows = await log.sql("select seqs[1] as seq from audit_block where number = 2")
    return int(rows[0]["seq"])


async def test_a_log_that_nobody_touched_has_no_faults(log: Log) -> None:
    assert await log.faults() == []


def test_every_column_is_in_the_digest() -> None:
    assert set(SEALED) == {column.name for column in audit.columns}


@pytest.mark.parametrize("column", audit.columns, ids=lambda column: column.name)
async def test_a_changed_column_names_its_row(log: Log, column: Column[Any]) -> None:
    seq = await first_seq(log)
    await log.sql(f"update audit set {column.name} = {other(column)} where seq = $1", seq)  # noqa: S608
    found = await log.faults()
    assert [line for line in found if line.startswith(f"audit event {seq} (block 2): ")] != []


async def test_a_removed_row_is_named(log: Log) -> None:
    seq = await first_seq(log)
    await log.sql("delete from audit where seq = $1", seq)
    assert await log.faults() == [f"audit event {seq} (block 2): removed, or moved out of its block"]


async def test_a_row_added_to_a_sealed_stretch_is_named(log: Log) -> None:
    seq = await first_seq(log)
    columns = ", ".join(column.name for column in audit.columns if column.name != "seq")
    added = await log.sql(
        f"insert into audit ({columns}) select {columns} from audit where seq = $1 returning seq",  # noqa: S608
        seq,
    )
    assert await log.faults() == [
        f"audit event {added[0]['seq']} (block 2): added after the block was sealed"
    ]


@pytest.mark.parametrize("column", audit_block.columns, ids=lambda column: column.name)
async def test_a_changed_block_is_named(log: Log, column: Column[Any]) -> None:
    await log.sql(f"update audit_block set {column.name} = {other(column)} where number = 2")  # noqa: S608
    found = " ".join(await log.faults())
    assert (
        "audit block 2:" in found
        or "audit block 3:" in found
        or "1 blocks were sealed with another key" in found
    )


async def test_a_block_forged_with_a_mac_of_its_own_is_named(log: Log) -> None:
    """Somebody rewrites a row and its digest, but has not the key."""
    seq = await first_seq(log)
    await log.sql("update audit set actor = 'Practitioner/y' where seq = $1", seq)
    await log.sql("update audit_block set digests = sha256(digests) || substr(digests, 33) where number = 2")
    found = await log.faults()
    assert "audit block 2: it, or the one before, is not what was sealed" in found


async def test_a_removed_block_is_named(log: Log) -> None:
    await log.sql("delete from audit_block where number = 2")
    assert "audit block 2: missing" in await log.faults()


async def test_a_cut_tail_shows_in_the_anchors(log: Log) -> None:
    await log.sql("delete from audit where position >= (select since from audit_block where number = 3)")
    await log.sql("delete from audit_block where number = 3")
    assert await log.faults() == ["audit block 3: gone since it was anchored at 2026-11-22T09:00:00+00:00"]


async def test_a_tail_cut_and_grown_again_shows_in_the_anchors(log: Log) -> None:
    await log.sql("delete from audit where position >= (select since from audit_block where number = 3)")
    await log.sql("delete from audit_block where number = 3")
    await log.write(event(99))
    await log.seal()
    assert await log.faults() == ["audit block 3: not the one that was anchored at 2026-11-22T09:00:00+00:00"]


async def test_a_log_that_was_emptied_shows_in_the_anchors(log: Log) -> None:
    await log.sql("truncate audit, audit_block")
    assert len(await log.faults()) == BLOCKS


async def test_a_line_of_the_anchors_that_is_half_there_is_said_and_does_not_spoil_the_next(log: Log) -> None:
    file = next(log.anchors.glob("*.jsonl"))
    with file.open("a") as lines:
        lines.write('{"at": "2026')
    await log.write(event(99))
    log.anchor(await log.seal())
    assert await log.faults() == [f"audit anchors: line {BLOCKS + 1} of {file} is no anchor"]


async def test_another_key_is_said_once(log: Log) -> None:
    assert await log.faults(key=b"x" * 32) == [
        f"audit: {BLOCKS} blocks were sealed with another key than the one in the folder of the keys"
    ]


async def test_a_missing_key_is_said(log: Log) -> None:
    assert await log.faults(key=None) == [
        "audit: the key that seals it is not in the folder of the keys, so its blocks cannot be checked"
    ]


async def test_without_the_key_a_changed_row_is_still_named(log: Log) -> None:
    seq = await first_seq(log)
    await log.sql("update audit set actor = 'Practitioner/y' where seq = $1", seq)
    assert f"audit event {seq} (block 2): changed after it was sealed" in await log.faults(key=None)


async def test_rows_kept_long_enough_may_go_and_the_chain_stays_whole(log: Log) -> None:
    later = NOW + timedelta(seconds=1)
    dropped = await prune(log.database, later)
    rows = await log.sql("select count(*) as number from audit")
    assert (dropped, rows[0]["number"], await log.faults(kept_since=later)) == (BLOCKS * ROWS, 0, [])


async def test_rows_that_go_before_their_time_are_named(log: Log) -> None:
    await prune(log.database, NOW + timedelta(seconds=1))
    assert len(await log.faults()) == BLOCKS * ROWS


async def test_a_block_is_kept_until_its_time_is_over(log: Log) -> None:
    await log.write(event(99))
    await log.seal(NOW + timedelta(days=1))
    later = NOW + timedelta(hours=1)
    await prune(log.database, later)
    rows = await log.sql("select count(*) as number from audit")
    assert (rows[0]["number"], await log.faults(kept_since=later)) == (1, [])


async def test_events_that_wait_too_long_for_their_seal_are_said(log: Log) -> None:
    await log.write(event(99), event(100))
    assert await log.faults(now=NOW + timedelta(minutes=2)) == [
        "audit: 2 events since 2026-11-22T09:00:00+00:00 are not sealed; is the service running?"
    ]


async def test_nothing_new_makes_no_block(log: Log) -> None:
    async with log.database.transaction() as transaction:
        sealed = await seal(transaction, KEY, NOW)
    assert sealed is None


async def test_a_row_whose_transaction_is_open_is_in_a_later_block_and_not_missed(log: Log) -> None:
    slow = await asyncpg.connect(log.url)
    writing = slow.transaction()
    await writing.start()
    columns = ", ".join(column.name for column in audit.columns if column.name not in ("seq", "position"))
    await slow.execute(f"insert into audit ({columns}) select {columns} from audit limit 1")  # noqa: S608
    await log.write(event(99))
    async with log.database.transaction() as transaction:
        meanwhile = await seal(transaction, KEY, NOW)
    await writing.commit()
    await slow.close()
    block = await log.seal()
    assert (meanwhile, len(block.seqs), await log.faults()) == (None, 2, [])


async def test_a_block_ends_where_it_is_large_enough_and_the_next_goes_on(log: Log) -> None:
    for number in range(2):
        await log.write(*[event(number) for _ in range(4_000)])
    blocks = [await log.seal() for _ in range(1)]
    async with log.database.transaction() as transaction:
        following = await seal(transaction, KEY, NOW)
    sizes = [len(each.seqs) for each in (*blocks, following) if each is not None]
    assert (sum(sizes), await log.faults()) == (8_000, [])


async def moved(log: Log, by: int) -> None:
    """As when a dump of this log is restored in a cluster that has counted so many transactions less."""
    await log.sql(
        f"alter table audit alter column position set default pg_current_xact_id()::text::bigint + {by}"
    )
    await log.sql("insert into audit_shift (amount) values ($1)", by)
    await log.write(event(98))
    await log.seal()
    await log.sql("alter table audit alter column position set default pg_current_xact_id()::text::bigint")
    await log.sql("delete from audit_shift")


async def test_in_another_cluster_the_log_goes_on_after_it_is_migrated(log: Log) -> None:
    await moved(log, by=1_000_000_000)
    await migrate_async(log.url)
    await log.write(event(99))
    await log.seal()
    assert await log.faults() == []


async def test_in_another_cluster_nothing_is_sealed_before_that(log: Log) -> None:
    await moved(log, by=1_000_000_000)
    with pytest.raises(MovedError, match="dzop migrate"):
        async with log.database.transaction() as transaction:
            await seal(transaction, KEY, NOW)


async def test_migrating_again_in_the_same_cluster_shifts_nothing(log: Log) -> None:
    await migrate_async(log.url)
    assert await log.sql("select * from audit_shift") == []
