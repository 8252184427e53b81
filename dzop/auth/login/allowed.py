"""What somebody allowed which app, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Text, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY

from dzop.auth.granting import grants
from dzop.auth.pages.account import AllowedApp
from dzop.auth.registry import Registry
from dzop.store.database import Connection, Database, Row
from dzop.store.identity_tables import oauth_consent as consent
from dzop.store.identity_tables import oauth_grant as grant
from dzop.store.statement import compiled

__all__ = ["apps_of", "disconnect"]

_SUBJECTS = bindparam("subjects", type_=ARRAY(Text))
_GRANTS = compiled(
    select(grant.c.id, grant.c.client_id, grant.c.session, grant.c.created_at, grant.c.expires_at)
    .where(
        grant.c.subject == any_(_SUBJECTS),
        grant.c.revoked_at.is_(None),
        grant.c.expires_at > bindparam("now", type_=DateTime(timezone=True)),
    )
    .order_by(grant.c.created_at)
)
_CONSENTS = compiled(
    select(consent.c.client_id, consent.c.given_at.label("created_at")).where(
        consent.c.subject == any_(_SUBJECTS)
    )
)
_FORGET = compiled(
    delete(consent).where(
        consent.c.subject == any_(_SUBJECTS), consent.c.client_id == bindparam("client_id", type_=Text)
    )
)


async def apps_of(
    database: Database, registry: Registry, subjects: Sequence[str], now: datetime
) -> Sequence[AllowedApp]:
    """The apps, besides our own, that the person with these capacities allowed something."""
    grants = await database.rows(_GRANTS, subjects=list(subjects), now=now)
    rows = [*grants, *await database.rows(_CONSENTS, subjects=list(subjects))]
    apps = []
    for client_id in dict.fromkeys(row["client_id"] for row in rows):
        client = await registry.client(client_id)
        if client is None or not client.is_first_party:
            mine = [row for row in rows if row["client_id"] == client_id]
            given = min(row["created_at"] for row in mine)
            apps.append(AllowedApp(client_id, client.name if client else "", given, _offline_until(mine)))
    return apps


async def disconnect(
    database: Database, subjects: Sequence[str], now: datetime, token_lasts: timedelta, client_id: str = ""
) -> None:
    """Takes back what the person with these capacities gave an app, or all apps: also what works without them.

    What one app was allowed is asked again the next time.
    """
    async with database.transaction() as connection:
        await _revoke(connection, subjects, now, token_lasts, client_id)
        if client_id:
            await connection.run(_FORGET, subjects=list(subjects), client_id=client_id)


async def _revoke(
    connection: Connection, subjects: Sequence[str], now: datetime, token_lasts: timedelta, client_id: str
) -> None:
    for row in await connection.rows(_GRANTS, subjects=list(subjects), now=now):
        if client_id in ("", row["client_id"]):
            await grants.revoke(connection, row["id"], now, now + token_lasts)


def _offline_until(rows: Sequence[Row]) -> datetime | None:
    """When the last of its grants ends that does not end with a login; of a consent alone there is none."""
    offline = [row["expires_at"] for row in rows if "expires_at" in row and row["session"] is None]
    return max(offline, default=None)
