"""Checks the chain of the audit: against its key, its rows and its anchors, a few blocks at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, any_, bindparam, func, select

from dzop.store.audit_anchors import Anchor, AnchorError, anchors
from dzop.store.audit_chain import BEGINNING, Block, digest, fingerprint
from dzop.store.database import Connection
from dzop.store.statement import compiled
from dzop.store.tables import audit, audit_block

_BLOCKS, _ANCHORS = 16, 500  # at a time: a block may have thousands of rows
_BEHIND = timedelta(minutes=1)

_POSITION = audit.c.position
BLOCKS = compiled(
    select(audit_block)
    .where(audit_block.c.number > bindparam("after", type_=BigInteger))
    .order_by(audit_block.c.number)
    .limit(bindparam("count", type_=Integer))
)
ROWS = compiled(
    select(_POSITION, audit.c.seq, digest()).where(
        _POSITION >= bindparam("since", type_=BigInteger), _POSITION < bindparam("until", type_=BigInteger)
    )
)
UNSEALED = compiled(
    select(func.count().label("number"), func.min(audit.c.recorded).label("since")).where(
        _POSITION >= bindparam("sealed", type_=BigInteger),
        audit.c.recorded < bindparam("before", type_=DateTime(timezone=True)),
    )
)
ANCHORED = compiled(
    select(audit_block.c.number, audit_block.c.mac, audit_block.c.total).where(
        audit_block.c.number == any_(bindparam("numbers", type_=ARRAY(BigInteger)))
    )
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the chain is checked against: the key (None: not here), the anchors, now, and since when rows are kept."""

    key: bytes | None
    anchors: Path
    now: datetime
    kept_since: datetime


async def faults(connection: Connection, expected: Expected) -> AsyncIterator[str]:
    """One line for each row or block that was changed, removed or added later, or is not sealed in time."""
    last: Block | None = None
    others = 0
    while blocks := await _blocks(connection, last):
        if expected.key is not None:
            others += sum(block.key != fingerprint(expected.key) for block in blocks)
        for line in _broken(blocks, last, expected.key):
            yield line
        async for line in _differing(connection, blocks, expected.kept_since):
            yield line
        last = blocks[-1]
    if last is not None and expected.key is None:
        yield "audit: the key that seals it is not in the folder of the keys, so its blocks cannot be checked"
    if others:
        yield f"audit: {others} blocks were sealed with another key than the one in the folder of the keys"
    for several in _grouped(anchors(expected.anchors)):
        async for line in _cut(connection, several):
            yield line
    async for line in _behind(connection, last, expected.now):
        yield line


async def _blocks(connection: Connection, last: Block | None) -> list[Block]:
    rows = await connection.rows(BLOCKS, after=last.number if last else 0, count=_BLOCKS)
    return [Block.of(row) for row in rows]


def _broken(blocks: Sequence[Block], last: Block | None, key: bytes | None) -> Iterator[str]:
    """Blocks that are missing, or are not what was sealed."""
    for block in blocks:
        number, until = (last.number + 1, last.until) if last else (1, BEGINNING)
        if block.number > number:
            missing = f"{number}" if block.number == number + 1 else f"{number} to {block.number - 1}"
            yield f"audit block {missing}: missing"
        elif block.since != until:
            yield f"audit block {block.number}: does not begin where the one before ends"
        elif (
            key is not None
            and block.key == fingerprint(key)
            and block.mac != block.mac_after(_mac(last), key)
        ):
            yield f"audit block {block.number}: it, or the one before, is not what was sealed"
        last = block


def _mac(block: Block | None) -> bytes | None:
    return block.mac if block else None


async def _differing(
    connection: Connection, blocks: Sequence[Block], kept_since: datetime
) -> AsyncIterator[str]:
    """Rows that are not what their block was sealed with; those whose time is over may be gone."""
    rows = await connection.rows(ROWS, since=blocks[0].since, until=blocks[-1].until)
    for block in blocks:
        there = Counter(
            (row["seq"], row["digest"]) for row in rows if block.since <= row["position"] < block.until
        )
        sealed = Counter(block.rows())
        gone, new = dict((sealed - there).keys()), dict((there - sealed).keys())
        for seq in sorted(gone.keys() & new.keys()):
            yield f"audit event {seq} (block {block.number}): changed after it was sealed"
        if block.sealed_at >= kept_since:
            for seq in sorted(gone.keys() - new.keys()):
                yield f"audit event {seq} (block {block.number}): removed, or moved out of its block"
        for seq in sorted(new.keys() - gone.keys()):
            yield f"audit event {seq} (block {block.number}): added after the block was sealed"


async def _cut(connection: Connection, several: Sequence[Anchor | AnchorError]) -> AsyncIterator[str]:
    """Anchors whose block is gone or is another one."""
    known = [each for each in several if isinstance(each, Anchor)]
    rows = await connection.rows(ANCHORED, numbers=[each.block for each in known])
    found = {row["number"]: (row["mac"].hex(), row["total"]) for row in rows}
    for each in several:
        if isinstance(each, AnchorError):
            yield f"audit anchors: {each}"
        elif each.block not in found:
            yield f"audit block {each.block}: gone since it was anchored at {each.at}"
        elif found[each.block] != (each.mac, each.total):
            yield f"audit block {each.block}: not the one that was anchored at {each.at}"


async def _behind(connection: Connection, last: Block | None, now: datetime) -> AsyncIterator[str]:
    """Rows that should have been sealed by now."""
    sealed = last.until if last else BEGINNING
    row = await connection.row(UNSEALED, sealed=sealed, before=now - _BEHIND)
    if row is not None and row["number"]:
        since = row["since"].astimezone(UTC).isoformat(timespec="seconds")
        yield f"audit: {row['number']} events since {since} are not sealed; is the service running?"


def _grouped(lines: Iterator[Anchor | AnchorError]) -> Iterator[list[Anchor | AnchorError]]:
    while several := list(islice(lines, _ANCHORS)):
        yield several
