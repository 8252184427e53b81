"""Grants in the database: each a family of refresh tokens, of which one at a time counts.

https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

A grant begins when its code is redeemed, also where there is no refresh token: what was handed out for a code that
turns up again must be found and taken back (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import DateTime, Integer, Text, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from dzop.auth import revocations
from dzop.auth.granting.granted import Granted
from dzop.auth.granting.revived import revived
from dzop.store.database import Connection, Row
from dzop.store.identity_tables import oauth_grant as table
from dzop.store.statement import compiled

__all__ = ["Grant", "add", "find", "revoke", "rotate"]

_INSTANT = DateTime(timezone=True)
_ID, _NOW = bindparam("id", type_=Text), bindparam("now", type_=_INSTANT)
_ADD = compiled(
    insert(table).values(
        id=_ID,
        client_id=bindparam("client_id", type_=Text),
        subject=bindparam("subject", type_=Text),
        context=bindparam("context", type_=JSONB),
        session=bindparam("session", type_=Text),
        generation=0,
        created_at=_NOW,
        expires_at=bindparam("expires", type_=_INSTANT),
    )
)
_FIND = compiled(select(table).where(table.c.id == _ID))
_ROTATE = compiled(
    update(table)
    .where(
        table.c.id == _ID,
        table.c.generation == bindparam("used", type_=Integer),
        table.c.revoked_at.is_(None),
        table.c.expires_at > _NOW,
    )
    .values(generation=table.c.generation + 1)
    .returning(table.c.generation)
)
_REVOKE = compiled(
    update(table).where(table.c.id == _ID, table.c.revoked_at.is_(None)).values(revoked_at=_NOW)
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as it stands; `generation` is that of the refresh token that counts now."""

    granted: Granted
    generation: int
    expires: datetime
    is_revoked: bool

    def is_open(self, now: datetime) -> bool:
        return not self.is_revoked and now < self.expires


async def add(connection: Connection, granted: Granted, now: datetime, expires: datetime) -> None:
    """Begins the grant; `expires` is when it ends in any case."""
    await connection.run(
        _ADD,
        id=granted.id,
        client_id=granted.client_id,
        subject=granted.subject,
        context=orjson.dumps(granted.to_json()).decode(),
        session=granted.ends_with,
        now=now,
        expires=expires,
    )


async def find(connection: Connection, id: str) -> Grant | None:
    """The grant, also one that has ended."""
    row = await connection.row(_FIND, id=id)
    return None if row is None else _grant(row)


async def rotate(connection: Connection, id: str, used: int, now: datetime) -> bool:
    """Makes the next refresh token the one that counts; False when `used` is not the one that counted until now.

    Of any number of attempts at the same time one succeeds.
    """
    return await connection.row(_ROTATE, id=id, used=used, now=now) is not None


async def revoke(connection: Connection, id: str, now: datetime, until: datetime) -> None:
    """Ends the grant, and within a second every access token of it; `until` is when the last of them expires."""
    await connection.run(_REVOKE, id=id, now=now)
    await revocations.revoke(connection, "grant", id, now, until)


def _grant(row: Row) -> Grant:
    granted = revived(Granted, orjson.loads(row["context"]))
    return Grant(granted, row["generation"], row["expires_at"], row["revoked_at"] is not None)
