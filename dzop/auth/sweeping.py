"""What has expired leaves the tables: nothing that was used or never used stays for ever.

It is harmless when several workers do it at the same time, and when none does for a while: expired is expired.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import DateTime, bindparam, delete

from dzop.auth.login import failures
from dzop.auth.registry import remove_unused
from dzop.store.database import Connection
from dzop.store.identity_tables import login_session, oauth_grant, oauth_revocation, oauth_spent
from dzop.store.statement import compiled

__all__ = ["sweep", "sweeping"]

EVERY: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=1)
"""How long something stays after it has expired, so that what went wrong can be seen."""
UNUSED: Final = timedelta(days=90)
"""How long an app that registered itself stays without anything from anybody."""

_BEFORE = bindparam("before", type_=DateTime(timezone=True))
_EXPIRED = (
    oauth_spent.c.expires_at,
    oauth_revocation.c.until,
    oauth_grant.c.expires_at,
    login_session.c.expires_at,
)
_SWEEP = tuple(compiled(delete(column.table).where(column < _BEFORE)) for column in _EXPIRED)
_log = structlog.get_logger()


async def sweep(connection: Connection, now: datetime) -> None:
    """Removes what expired a day ago or longer, and apps that registered themselves and are not used."""
    for statement in _SWEEP:
        await connection.run(statement, before=now - KEPT)
    await failures.forget(connection, now)
    await remove_unused(connection, now - UNUSED)


@asynccontextmanager
async def sweeping(connection: Connection, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Sweeps every few minutes as long as the block lasts."""
    task = asyncio.create_task(_swept(connection, clock))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _swept(connection: Connection, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            await sweep(connection, clock())
        except Exception as error:
            # Whatever kept it from being done, the next time it may go.
            _log.warning("sweeping.failed", error=type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())
