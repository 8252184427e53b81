"""Access tokens that are refused although they have not expired, known to every worker within a second.

https://www.rfc-editor.org/rfc/rfc7009. A worker keeps the list and looks again when what it has is
older than half a second: who asks then waits for it, so nothing depends on a task in the background.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import DateTime, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from dzop.auth.claims import Claims
from dzop.fhir.outcome import Unauthenticated
from dzop.store.database import Connection
from dzop.store.identity_tables import oauth_revocation as table
from dzop.store.statement import compiled

__all__ = ["Kind", "Revocations", "restore", "revoke"]

Kind = Literal["token", "grant", "client", "session"]
FRESH: Final = 0.5
"""Seconds for which a worker believes what it has."""
_LEEWAY: Final = timedelta(minutes=1)
"""How long after its expiry a token may still be taken, where clocks differ; so long it stays revoked too."""

_INSTANT = DateTime(timezone=True)
_REVOKE = compiled(
    (
        revoked := insert(table).values(
            kind=bindparam("kind", type_=Text),
            value=bindparam("value", type_=Text),
            revoked_at=bindparam("now", type_=_INSTANT),
            until=bindparam("until", type_=_INSTANT),
        )
    ).on_conflict_do_update(
        index_elements=["kind", "value"],
        set_={"revoked_at": revoked.excluded.revoked_at, "until": func.greatest(revoked.excluded.until, table.c.until)},
    )
)  # fmt: skip
_RESTORE = compiled(
    delete(table).where(
        table.c.kind == bindparam("kind", type_=Text), table.c.value == bindparam("value", type_=Text)
    )
)
_IN_FORCE = compiled(
    select(table.c.kind, table.c.value).where(table.c.until > bindparam("now", type_=_INSTANT))
)


async def revoke(connection: Connection, kind: Kind, value: str, now: datetime, until: datetime) -> None:
    """From now until then nothing of it is accepted; `until` is when its last access token expires."""
    await connection.run(_REVOKE, kind=kind, value=value, now=now, until=until)


async def restore(connection: Connection, kind: Kind, value: str) -> None:
    """Takes a revocation back, as for a client that is enabled again."""
    await connection.run(_RESTORE, kind=kind, value=value)


class Revocations:
    """The list of one worker. `elapsed` is a clock in seconds that never goes back."""

    def __init__(self, connection: Connection, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._connection, self._elapsed = connection, elapsed
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._looked: float | None = None
        self._looking = asyncio.Lock()

    async def require_in_force(self, claims: Claims, now: datetime) -> None:
        """Unauthenticated when the token, or anything it rests on, has been revoked."""
        if not self._is_fresh():
            await self._look(now)
        for kind, value in _rests_on(claims):
            if (kind, value) in self._known:
                raise Unauthenticated("The access token has been revoked.")

    def _is_fresh(self) -> bool:
        return self._looked is not None and self._elapsed() - self._looked < FRESH

    async def _look(self, now: datetime) -> None:
        async with self._looking:
            if self._is_fresh():
                return
            began = self._elapsed()
            rows = await self._connection.rows(_IN_FORCE, now=now - _LEEWAY)
            self._known = frozenset((row["kind"], row["value"]) for row in rows)
            self._looked = began


def _rests_on(claims: Claims) -> list[tuple[Kind, str]]:
    named: list[tuple[Kind, str | None]] = [
        ("token", claims.token_id),
        ("grant", claims.grant),
        ("client", claims.client_id),
        ("session", claims.session),
    ]
    return [(kind, value) for kind, value in named if value is not None]
