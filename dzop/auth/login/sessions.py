"""Browsers that are logged in, kept in the database: any worker knows them, and a stolen table lets nobody in.

A session ends after a time without a sign of life, after a time in any case, and when somebody logs out. Signs of
life are a page of the authorization server and the use of a refresh token for `online_access`: an app that is worked
with refreshes, and who works in it is not to be thrown out.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import DateTime, LargeBinary, Text, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from starlette.requests import Request

from dzop.auth.cookies import Cookies
from dzop.auth.revocations import revoke
from dzop.auth.sessions import Session
from dzop.store.database import Connection, Database, Row
from dzop.store.identity_tables import login_session as table
from dzop.store.statement import compiled

__all__ = ["SESSION", "Opened", "Sessions", "Started"]

SESSION = "dzop-session"
"""The cookie that says who is logged in: a new value at every login."""
SEEN_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=1)
"""How long a session that is over stays in the table."""

_INSTANT = DateTime(timezone=True)
_NOW, _SUBJECTS = bindparam("now", type_=_INSTANT), bindparam("subjects", type_=ARRAY(Text))
_ID, _DIGEST = bindparam("id", type_=Text), bindparam("digest", type_=LargeBinary)
_IS_OPEN = and_(
    table.c.ended_at.is_(None),
    table.c.expires_at > _NOW,
    table.c.seen_at > bindparam("idle_since", type_=_INSTANT),
)
_FIND = {
    name: compiled(select(table).where(column == value, _IS_OPEN))
    for name, column, value in (("digest", table.c.digest, _DIGEST), ("id", table.c.id, _ID))
}
_FIND_OF = compiled(
    select(table).where(table.c.subjects.overlap(_SUBJECTS), _IS_OPEN).order_by(table.c.authenticated_at)
)
_NAMES = (
    "digest", "id", "account", "subjects", "acr", "amr", "id_token", "authenticated_at", "seen_at", "expires_at"
)  # fmt: skip
_START = compiled(insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in _NAMES}))
_RENEW = compiled(
    update(table)
    .where(table.c.id == bindparam("former", type_=Text), table.c.ended_at.is_(None))
    .values({name: bindparam(name, type_=table.c[name].type) for name in _NAMES if name != "id"})
    .returning(table.c.id)
)
_SEEN = compiled(update(table).where(table.c.id == _ID, table.c.seen_at < _NOW).values(seen_at=_NOW))
_ENDED = {"ended_at": _NOW, "id_token": None}
_END = compiled(update(table).where(table.c.id == _ID, table.c.ended_at.is_(None)).values(_ENDED))
_OF_SUBJECTS = compiled(
    select(table.c.id).where(
        table.c.subjects.overlap(_SUBJECTS), table.c.ended_at.is_(None), table.c.expires_at > _NOW
    )
)
_OF_ACCOUNT = compiled(
    select(table.c.id).where(
        table.c.account == bindparam("account", type_=Text),
        table.c.ended_at.is_(None),
        table.c.expires_at > _NOW,
    )
)
_FORGET = compiled(delete(table).where(table.c.expires_at < bindparam("before", type_=_INSTANT)))


@dataclass(frozen=True, slots=True)
class Started:
    """A session and the value of its cookie, which is nowhere else."""

    session: Session
    cookie: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as its owner is told of it: since when, and when it last gave a sign of life."""

    id: str
    authenticated: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Sessions:
    """`idle` and `lasts` end a session; `token_lasts` is how long an access token lives that names it."""

    database: Database
    idle: timedelta
    lasts: timedelta
    token_lasts: timedelta
    cookies: Cookies = field(default_factory=Cookies)

    async def session_of(self, request: Request, now: datetime) -> Session | None:
        """Who is logged in with the browser that sent this; that counts as a sign of life."""
        value = self.cookies.value(request, SESSION)
        return await self._found("digest", now, digest=_digest(value)) if value else None

    async def is_live(self, session_id: str, now: datetime) -> bool:
        """Whether the session (`sid`) has not ended; to ask is a sign of life, as a refresh is."""
        return await self._found("id", now, id=session_id) is not None

    async def start(
        self,
        subjects: Sequence[str],
        now: datetime,
        *,
        authenticated: datetime | None = None,
        acr: str = "",
        amr: Sequence[str] = (),
        account: str | None = None,
        id_token: str | None = None,
        former: Session | None = None,
    ) -> Started:
        """A login that was just proven; `former` is what this browser was logged in as before.

        `authenticated` is when somebody showed who they are, where that was earlier (at an identity provider).

        The cookie is new in any case, so that one somebody else knows is worth nothing. Who logs in again as the same
        person keeps the session's id, and with it the apps that are open; another person ends it.
        """
        cookie = secrets.token_urlsafe(32)
        since, expires = authenticated or now, now + self.lasts
        values = {
            "digest": _digest(cookie), "account": account, "subjects": list(subjects), "acr": acr, "amr": list(amr),
            "id_token": id_token, "authenticated_at": since, "seen_at": now, "expires_at": expires,
        }  # fmt: skip
        is_same = former is not None and (former.account, former.subjects) == (account, tuple(subjects))
        async with self.database.transaction() as connection:
            id = await _renewed(connection, former.id, values) if former and is_same else None
            if id is None:
                id = secrets.token_urlsafe(16)
                await connection.run(_START, id=id, **values)
            if former is not None and not is_same:
                await self._end(connection, former.id, now)
            await connection.run(_FORGET, before=now - KEPT)
        session = Session(id, tuple(subjects), since, expires, acr, tuple(amr), account)
        return Started(session, cookie)

    async def end(self, session_id: str, now: datetime) -> None:
        """Ends it, and within a second every access token that names it."""
        async with self.database.transaction() as connection:
            await self._end(connection, session_id, now)

    async def end_all(self, subjects: Sequence[str], now: datetime) -> None:
        """Ends every session of the person with these capacities."""
        async with self.database.transaction() as connection:
            for row in await connection.rows(_OF_SUBJECTS, subjects=list(subjects), now=now):
                await self._end(connection, row["id"], now)

    async def end_of_account(self, account: str, now: datetime) -> None:
        """Ends every session of an account, as when it is disabled or gets another password."""
        async with self.database.transaction() as connection:
            for row in await connection.rows(_OF_ACCOUNT, account=account, now=now):
                await self._end(connection, row["id"], now)

    async def of(self, subjects: Sequence[str], now: datetime) -> Sequence[Opened]:
        """The open sessions of the person with these capacities, the oldest first."""
        rows = await self.database.rows(
            _FIND_OF, subjects=list(subjects), now=now, idle_since=now - self.idle
        )
        return [Opened(row["id"], row["authenticated_at"], row["seen_at"]) for row in rows]

    async def id_token(self, session: Session, now: datetime) -> str | None:
        """What the identity provider said at the login, to log out there too."""
        row = await self.database.row(_FIND["id"], id=session.id, now=now, idle_since=now - self.idle)
        return row["id_token"] if row else None

    async def _end(self, connection: Connection, session_id: str, now: datetime) -> None:
        await connection.run(_END, id=session_id, now=now)
        await revoke(connection, "session", session_id, now, now + self.token_lasts)

    async def _found(self, by: str, now: datetime, **values: object) -> Session | None:
        row = await self.database.row(_FIND[by], now=now, idle_since=now - self.idle, **values)
        if row is None:
            return None
        if now - row["seen_at"] >= SEEN_EVERY:
            await self.database.run(_SEEN, id=row["id"], now=now)
        return _session(row)


async def _renewed(connection: Connection, former: str, values: Mapping[str, object]) -> str | None:
    row = await connection.row(_RENEW, former=former, **values)
    return row["id"] if row else None


def _session(row: Row) -> Session:
    return Session(
        row["id"],
        tuple(row["subjects"]),
        row["authenticated_at"],
        row["expires_at"],
        row["acr"],
        tuple(row["amr"]),
        row["account"],
    )


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
