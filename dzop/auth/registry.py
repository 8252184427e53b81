"""The clients that may ask for tokens, in the database, and how each worker comes to know them.

https://www.rfc-editor.org/rfc/rfc7591#section-2
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Boolean, DateTime, LargeBinary, Text, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from dzop.auth import revocations
from dzop.auth.client import Client
from dzop.auth.metadata import INTROSPECTS
from dzop.auth.published_keys import PublishedKeys
from dzop.store.database import Connection, Database, Row
from dzop.store.identity_tables import oauth_client, oauth_consent, oauth_grant, oauth_revocation
from dzop.store.statement import compiled

__all__ = [
    "PORTAL", "Registered", "Registry", "add", "disable", "disabled_elsewhere", "enable", "every", "find", "number",
    "registration", "remove", "remove_unused",
]  # fmt: skip

PORTAL: Final = "dzop-portal"
"""The client that is built in: the service's own app."""
FRESH: Final = 0.5
"""Seconds for which a worker believes what it knows of a client."""
_REMEMBERED: Final = 1024
_TOKENS_LAST: Final = timedelta(minutes=61)
_FOR_EVER: Final = datetime(9999, 12, 31, tzinfo=UTC)

_INSTANT = DateTime(timezone=True)
_ID, _NOW = bindparam("client_id", type_=Text), bindparam("now", type_=_INSTANT)
_IS_REVOKED = (
    select(literal(True))
    .where(
        oauth_revocation.c.kind == "client", oauth_revocation.c.value == _ID, oauth_revocation.c.until > _NOW
    )
    .exists()
)
_ADD = compiled(
    insert(oauth_client)
    .from_select(
        [
            "client_id",
            "registration",
            "organization",
            "is_dynamic",
            "registration_token",
            "created_at",
        ],
        select(
            _ID,
            bindparam("registration", type_=JSONB),
            bindparam("organization", type_=Text),
            bindparam("is_dynamic", type_=Boolean),
            bindparam("registration_token", type_=LargeBinary),
            _NOW,
        ).where(~_IS_REVOKED),
    )
    .on_conflict_do_nothing()
    .returning(oauth_client.c.client_id)
)
_FIND = compiled(select(oauth_client).where(oauth_client.c.client_id == _ID))
_EVERY = compiled(select(oauth_client).order_by(oauth_client.c.created_at, oauth_client.c.client_id))
_DISABLED_ELSEWHERE = compiled(
    select(oauth_revocation.c.value)
    .where(
        oauth_revocation.c.kind == "client",
        oauth_revocation.c.until == _FOR_EVER,
        ~select(oauth_client.c.client_id)
        .where(oauth_client.c.client_id == oauth_revocation.c.value)
        .exists(),
    )
    .order_by(oauth_revocation.c.value)
)
_NUMBER = compiled(select(func.count().label("number")).where(oauth_client.c.is_dynamic))
_DISABLE = compiled(
    update(oauth_client)
    .where(oauth_client.c.client_id == _ID)
    .values(disabled_at=func.coalesce(oauth_client.c.disabled_at, _NOW))
    .returning(oauth_client.c.client_id)
)
_ENABLE = compiled(
    update(oauth_client)
    .where(oauth_client.c.client_id == _ID)
    .values(disabled_at=None)
    .returning(oauth_client.c.client_id)
)
_REMOVE = compiled(
    delete(oauth_client).where(oauth_client.c.client_id == _ID).returning(oauth_client.c.client_id)
)
_REMOVE_UNUSED = compiled(
    delete(oauth_client).where(
        oauth_client.c.is_dynamic,
        oauth_client.c.disabled_at.is_(None),
        oauth_client.c.created_at < bindparam("before", type_=_INSTANT),
        ~select(oauth_grant.c.id).where(oauth_grant.c.client_id == oauth_client.c.client_id).exists(),
        ~select(oauth_consent.c.subject)
        .where(oauth_consent.c.client_id == oauth_client.c.client_id)
        .exists(),
    )
)
_REMOVE_GRANTS = compiled(delete(oauth_grant).where(oauth_grant.c.client_id == _ID))
_REMOVE_CONSENTS = compiled(delete(oauth_consent).where(oauth_consent.c.client_id == _ID))


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as it stands in the database; `token` is the digest of its registration access token."""

    client: Client
    is_dynamic: bool
    created: datetime
    disabled: datetime | None
    token: bytes | None


class Registry:
    """The clients as one worker knows them: what changed is seen within half a second.

    `public_url` is where the portal is, `published` has the keys of clients that publish them; `elapsed` is a clock
    in seconds that never goes back.
    """

    def __init__(
        self,
        connection: Connection,
        public_url: str,
        elapsed: Callable[[], float] = time.monotonic,
        published: PublishedKeys | None = None,
    ) -> None:
        self._connection, self._elapsed = connection, elapsed
        self._published = published or PublishedKeys()
        self._portal = _portal(public_url)
        self._known: OrderedDict[str, tuple[float, Client]] = OrderedDict()

    async def client(self, client_id: str) -> Client | None:
        """The client with its keys, or None when it is not registered, or disabled."""
        client = self._portal if client_id == PORTAL else await self._current(client_id)
        if client is None or client.jwks_uri is None:
            return client
        return replace(client, jwks=await self._published.at(client.jwks_uri))

    async def _current(self, client_id: str) -> Client | None:
        asked = self._elapsed()
        looked, known = self._known.get(client_id, (None, None))
        if looked is not None and asked - looked < FRESH:
            return known
        found = await find(self._connection, client_id)
        if found is None or found.disabled is not None:
            self._known.pop(client_id, None)
            return None
        self._remember(found.client, asked)
        return found.client

    def _remember(self, client: Client, asked: float) -> None:
        self._known[client.client_id] = (asked, client)
        self._known.move_to_end(client.client_id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


async def add(
    connection: Connection,
    client: Client,
    now: datetime,
    *,
    is_dynamic: bool = False,
    token: bytes | None = None,
) -> bool:
    """Registers the client; `token` is the digest of its registration access token.

    False when the id is taken, or was so recently that tokens of it may still be about.
    """
    added = await connection.row(
        _ADD,
        client_id=client.client_id,
        registration=orjson.dumps(registration(client)).decode(),
        organization=client.organization,
        is_dynamic=is_dynamic,
        registration_token=token,
        now=now,
    )
    return added is not None


async def find(connection: Connection, client_id: str) -> Registered | None:
    """The client as it stands, disabled or not."""
    row = await connection.row(_FIND, client_id=client_id) if _is_possible(client_id) else None
    return None if row is None else _registered(row)


async def every(connection: Connection) -> Sequence[Registered]:
    """All clients in the database, the oldest first."""
    return [_registered(row) for row in await connection.rows(_EVERY)]


async def disabled_elsewhere(connection: Connection) -> Sequence[str]:
    """The ids of clients that are disabled here and registered at another issuer only."""
    return [row["value"] for row in await connection.rows(_DISABLED_ELSEWHERE)]


async def number(connection: Connection) -> int:
    """How many clients have registered themselves."""
    row = await connection.row(_NUMBER)
    return 0 if row is None else int(row["number"])


async def disable(database: Database, client_id: str, now: datetime) -> bool:
    """Within a second no worker takes anything of the client; False when it is not registered here.

    Then too: tokens that another issuer gives it are refused.
    """
    async with database.transaction() as transaction:
        found = await transaction.row(_DISABLE, client_id=client_id, now=now)
        await revocations.revoke(transaction, "client", client_id, now, _FOR_EVER)
    return found is not None


async def enable(database: Database, client_id: str) -> bool:
    """Takes `disable` back; False when it is not registered here."""
    async with database.transaction() as transaction:
        found = await transaction.row(_ENABLE, client_id=client_id)
        await revocations.restore(transaction, "client", client_id)
    return found is not None


async def remove(database: Database, client_id: str, now: datetime) -> bool:
    """Forgets the client, and what was given to it; its tokens are refused. False when it is not registered."""
    async with database.transaction() as transaction:
        if await transaction.row(_REMOVE, client_id=client_id) is None:
            return False
        await transaction.run(_REMOVE_GRANTS, client_id=client_id)
        await transaction.run(_REMOVE_CONSENTS, client_id=client_id)
        await revocations.restore(transaction, "client", client_id)
        await revocations.revoke(transaction, "client", client_id, now, now + _TOKENS_LAST)
    return True


async def remove_unused(connection: Connection, before: datetime) -> None:
    """Forgets clients that registered themselves before this instant and have nothing from anybody."""
    await connection.run(_REMOVE_UNUSED, before=before)


def _portal(public_url: str) -> Client:
    address = f"{public_url}/portal/"
    return Client(
        PORTAL,
        redirect_uris=(address,),
        name="dzop",
        grant_types=("authorization_code", "refresh_token"),
        post_logout_redirect_uris=(address,),
        is_first_party=True,
    )


def _is_possible(client_id: str) -> bool:
    """PostgreSQL keeps no text with a NUL, and nobody has an id this long."""
    return len(client_id) <= 256 and client_id.isprintable()


# The fields of `Client` by the names of RFC 7591, section 2, and of RP-Initiated Logout; the others are ours.
_NAMES: Final = {
    "redirect_uris": "redirect_uris",
    "name": "client_name",
    "method": "token_endpoint_auth_method",
    "grant_types": "grant_types",
    "scope": "scope",
    "jwks": "jwks",
    "jwks_uri": "jwks_uri",
    "launch_uri": "launch_uri",
    "logo": "logo_uri",
    "policy": "policy_uri",
    "post_logout_redirect_uris": "post_logout_redirect_uris",
    "introspects": INTROSPECTS,
}


def registration(client: Client) -> dict[str, Any]:
    """What is registered of the client, by the names of RFC 7591; what is empty is left out."""
    values = {name: getattr(client, field) for field, name in _NAMES.items()}
    return {name: value for name, value in values.items() if value}


def _registered(row: Row) -> Registered:
    said = orjson.loads(row["registration"])
    values = {field: said[name] for field, name in _NAMES.items() if name in said}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    client = Client(row["client_id"], **{**values, **lists}, organization=row["organization"])
    return Registered(
        client, row["is_dynamic"], row["created_at"], row["disabled_at"], row["registration_token"]
    )
