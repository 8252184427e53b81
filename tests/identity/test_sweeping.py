"""What has expired leaves the tables; what has not stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from dzop.auth import once, revocations
from dzop.auth.granting import grants
from dzop.auth.granting.granted import Granted
from dzop.auth.sweeping import KEPT, sweep
from dzop.store.database import Database
from dzop.store.identity_tables import oauth_grant, oauth_revocation, oauth_spent
from dzop.store.statement import compiled

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
"""Before anything else that is in the tables."""
SOON = LONG_AGO + timedelta(hours=1)


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Database]:
    async with Database.opened(database, 2) as connection:
        yield connection


async def number(connection: Database, column: object) -> int:
    """How many rows expired before that year was over."""
    row = await connection.row(
        compiled(select(func.count()).where(column < datetime(2002, 1, 1, tzinfo=UTC)))  # type: ignore[operator]
    )
    return int(row["count_1"]) if row else 0


async def spent(connection: Database) -> None:
    await once.spend(connection, "code", uuid4().hex, SOON)


async def revoked(connection: Database) -> None:
    await revocations.revoke(connection, "token", uuid4().hex, LONG_AGO, SOON)


async def granted(connection: Database) -> None:
    await grants.add(connection, Granted(uuid4().hex, "app", "Patient/x", ("openid",)), LONG_AGO, SOON)


KINDS = [
    (spent, oauth_spent.c.expires_at),
    (revoked, oauth_revocation.c.until),
    (granted, oauth_grant.c.expires_at),
]


@pytest.mark.parametrize(("make", "column"), KINDS)
async def test_what_expired_a_day_ago_is_removed(connection: Database, make: object, column: object) -> None:
    await make(connection)  # type: ignore[operator]
    await sweep(connection, SOON + KEPT + timedelta(seconds=1))
    assert await number(connection, column) == 0


@pytest.mark.parametrize(("make", "column"), KINDS)
async def test_what_has_not_expired_stays(connection: Database, make: object, column: object) -> None:
    await make(connection)  # type: ignore[operator]
    await sweep(connection, SOON)
    assert await number(connection, column) > 0
