"""Resources are indexed anew when the rules of indexing have changed: in batches, each of them all or nothing.

What is done is remembered with each resource, so it goes on where it was after a stop, and what an older
process writes meanwhile is done too. Several may do it at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from dzop.access.indexing import fingerprint, index_columns
from dzop.access.proposal import Proposal
from dzop.fhir import json
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.store import reindexing
from dzop.store.database import Connection, Database, Row
from dzop.store.index_tables import INDEX

__all__ = ["announce", "are_ours", "as_stored", "reindex", "waiting"]

BATCH: Final = 200
_STRETCH: Final = 20_000
_ROUNDS: Final = 20
"""As often as it looks again for what others held or wrote meanwhile."""
_PAUSE: Final = 0.05
_NAMES: Final = ("person", "type", "id")

Key = tuple[int, str, str]
_FIRST: Final[Key] = (-(2**62), "", "")
_LAST: Final[Key] = (2**62, "", "")


async def announce(connection: Connection) -> bool:
    """Makes our rules the newest when they were never in force here; whether they are the newest.

    An older process that starts again does not index by its own rules what newer ones have indexed.
    """
    await connection.run(reindexing.ANNOUNCE, fingerprint=_all_rules())
    return await are_ours(connection)


async def are_ours(connection: Connection) -> bool:
    """Whether no newer rules than ours are in force."""
    newest = await connection.row(reindexing.NEWEST)
    return newest is None or newest["fingerprint"] == _all_rules()


async def waiting(connection: Connection) -> int:
    """How many resources are not indexed by our rules."""
    number = 0
    async for stretch in _stretches(connection):
        row = await connection.row(reindexing.COUNT_STALE, **stretch, **_rules())
        number += row["number"] if row else 0
    return number


async def reindex(database: Database, base: str, advanced: Callable[[int], None], size: int = BATCH) -> int:
    """Indexes what is not indexed by our rules, telling of each batch how many; how many are still waiting."""
    for _ in range(_ROUNDS):
        async for stretch in _stretches(database):
            while number := await _batch(database, base, stretch, size):
                advanced(number)
        if not (left := await waiting(database)):
            return 0
        await asyncio.sleep(_PAUSE)
    return left


async def _batch(database: Database, base: str, stretch: dict[str, Any], size: int) -> int:
    async with database.transaction() as transaction:
        rows = await transaction.rows(reindexing.LOCK_STALE, count=size, **stretch, **_rules())
        if rows:
            keys = {f"{name}s": [row[name] for row in rows] for name in _NAMES}
            await transaction.run(reindexing.CLEAR, **keys)
            versions = [row["version"] for row in rows]
            rules = [fingerprint(row["type"]) for row in rows]
            columns = _columns(rows, base)
            await transaction.run(reindexing.FILL, **columns, **keys, versions=versions, rules=rules)
    return len(rows)


def _columns(rows: Sequence[Row], base: str) -> dict[str, list[Any]]:
    """The index rows of all these, each with whose it is."""
    columns: dict[str, list[Any]] = {
        f"{prefix}_{name}": [] for prefix, (_, names) in INDEX.items() for name in (*_NAMES, *names)
    }
    for row in rows:
        own = index_columns(as_stored(row), base)
        for prefix, (_, names) in INDEX.items():
            for name in names:
                columns[f"{prefix}_{name}"] += own[f"{prefix}_{name}"]
            number = len(own[f"{prefix}_{names[0]}"])
            for name in _NAMES:
                columns[f"{prefix}_{name}"] += [row[name]] * number
    return columns


def as_stored(row: Row) -> Proposal:
    """A stored version as what it was made of: what is shown of it, with the client's `meta`."""
    text = json.with_member(row["body"].decode(), "meta", row["meta"].decode())
    return Proposal(row["type"], row["id"], json.parse(text.encode()))


def _all_rules() -> str:
    return hashlib.sha256("".join(_rules()["rules"]).encode()).hexdigest()[:16]


def _rules() -> dict[str, list[str]]:
    return {"types": list(RESOURCE_TYPES), "rules": [fingerprint(type) for type in RESOURCE_TYPES]}


async def _stretches(connection: Connection) -> AsyncIterator[dict[str, Any]]:
    """All keys, cut into stretches that one statement can look through in time."""
    after = _FIRST
    while after != _LAST:
        row = await connection.row(reindexing.END, length=_STRETCH, **_key("after", after))
        until = (row["person"], row["type"], row["id"]) if row else _LAST
        yield {**_key("after", after), **_key("until", until)}
        after = until


def _key(name: str, key: Key) -> dict[str, Any]:
    return {f"{name}_{part}": value for part, value in zip(_NAMES, key, strict=True)}
