"""A log of our own: a database with events that are sealed, for tests to spoil."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from dzop.store import audit, audit_anchors
from dzop.store.audit import Event
from dzop.store.audit_anchors import Anchor
from dzop.store.audit_chain import Block
from dzop.store.audit_check import Expected, faults
from dzop.store.audit_seal import seal
from dzop.store.database import Database

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365 * 30)


def event(number: int = 0, **given: Any) -> Event:
    """An event that has something in each of its columns."""
    usual: dict[str, Any] = {
        "recorded": NOW,
        "interaction": "read",
        "outcome": 200,
        "actor": "Practitioner/x",
        "role": "health-professional",
        "organization": "Organization/x",
        "client": "tests",
        "request_id": f"request-{number}",
        "entity_type": "Goal",
        "entity_id": "x",
        "entity_version": 1,
        "person": 7,
        "mask": 3,
        "query_hash": "Goal?0",
        "rules": ("a", "b"),
        "matrix_version": "1",
    }
    return Event(**{**usual, **given})


@dataclass(frozen=True)
class Log:
    """The log in this database, with its anchors in this folder."""

    url: str
    database: Database
    anchors: Path

    async def write(self, *events: Event) -> None:
        await audit.write(self.database, events)

    async def seal(self, now: datetime = NOW, key: bytes = KEY) -> Block:
        """Seals what was written; another transaction of this cluster may keep us waiting for a moment."""
        while True:
            async with self.database.transaction() as transaction:
                if (block := await seal(transaction, key, now)) is not None:
                    return block

    def anchor(self, block: Block) -> None:
        anchor = Anchor(audit_anchors.at(NOW), block.number, block.mac.hex(), block.total)
        audit_anchors.add(self.anchors, anchor)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """What somebody does who rules the database."""
        return await _run(self.url, statement, *values)

    async def faults(
        self, now: datetime = NOW, kept_since: datetime = LONG_AGO, key: bytes | None = KEY
    ) -> list[str]:
        """What `dzop verify` says of it."""
        expected = Expected(key, self.anchors, now, kept_since)
        return [each async for each in faults(self.database, expected)]


def made(beside: str, name: str, template: str = "template1") -> str:
    """The URL of a new database beside the one at this URL."""
    gone(beside, name)
    run(beside, f"create database {name} template {template}")
    return beside.replace("/dzop?", f"/{name}?")


def gone(beside: str, name: str) -> None:
    """Removes that database."""
    run(beside, f"drop database if exists {name} with (force)")


def run(url: str, statement: str) -> list[Any]:
    """The rows that this SQL gives, outside of any service."""
    return asyncio.run(_run(url, statement))


async def _run(url: str, statement: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


@asynccontextmanager
async def log_at(url: str, folder: Path) -> AsyncIterator[Log]:
    async with Database.opened(url, 2) as database:
        yield Log(url, database, folder)
