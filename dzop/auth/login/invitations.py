"""Codes with which somebody who is invited takes up a capacity, `RelatedPerson/x`, with a login of their own.

A code counts once and for two weeks, and only its digest is kept. It is given for a capacity in which nobody could act
so far; a new one takes the place of one that was lost. Where the capacity is given more meanwhile, it is void.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    ARRAY,
    DateTime,
    LargeBinary,
    Text,
    any_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from dzop.auth.login.passwords import made_up
from dzop.store.database import Connection
from dzop.store.identity_tables import invitation as table
from dzop.store.identity_tables import login_account, login_capacity
from dzop.store.statement import compiled

__all__ = ["LASTS", "Invitations"]

LASTS: Final = timedelta(days=14)
_GROUPS: Final = 4

_INSTANT = DateTime(timezone=True)
_NOW, _SUBJECT = bindparam("now", type_=_INSTANT), bindparam("subject", type_=Text)
_DIGEST = bindparam("digest", type_=LargeBinary)
_ISSUER, _IDENTITY = bindparam("issuer", type_=Text), bindparam("identity", type_=Text)
_IS_LIVE = (table.c.digest == _DIGEST, table.c.used_at.is_(None), table.c.expires_at > _NOW)
_GIVEN = {
    "inviter": bindparam("inviter", type_=Text),
    "digest": _DIGEST,
    "created_at": _NOW,
    "expires_at": bindparam("expires", type_=_INSTANT),
}
_ISSUE = compiled(
    insert(table)
    .values(subject=_SUBJECT, **_GIVEN)
    .on_conflict_do_update(index_elements=["subject"], set_=_GIVEN, where=table.c.used_at.is_(None))
    .returning(literal(1))
)
_LIVE = compiled(select(table.c.subject).where(*_IS_LIVE))
_REDEEM = compiled(update(table).where(*_IS_LIVE).values(used_at=_NOW).returning(table.c.subject))
_WAITS = compiled(select(table.c.inviter).where(table.c.subject == _SUBJECT, table.c.used_at.is_(None)))
_VOID = compiled(
    update(table)
    .where(table.c.subject == any_(bindparam("subjects", type_=ARRAY(Text))), table.c.used_at.is_(None))
    .values(expires_at=table.c.created_at, inviter=literal(""))
)
_HELD = compiled(
    select(literal(1)).where(
        or_(
            exists().where(_SUBJECT == any_(login_account.c.subjects)),
            exists().where(login_capacity.c.subject == _SUBJECT),
            exists().where(table.c.subject == _SUBJECT, table.c.used_at.is_not(None)),
        )
    )
)
_HOLD = compiled(
    insert(login_capacity)
    .values(issuer=_ISSUER, identity=_IDENTITY, subject=_SUBJECT, since=_NOW)
    .on_conflict_do_nothing()
)
_OF = compiled(
    select(login_capacity.c.subject)
    .where(login_capacity.c.issuer == _ISSUER, login_capacity.c.identity == _IDENTITY)
    .order_by(login_capacity.c.since, login_capacity.c.subject)
)


@dataclass(frozen=True, slots=True)
class Invitations:
    """The invitations in the database, by one connection or within one transaction."""

    connection: Connection

    async def issue(self, subject: str, inviter: str, now: datetime) -> str | None:
        """A code for this capacity, to be shown once to `inviter`; None when one was used already."""
        code = made_up(_GROUPS)
        row = await self.connection.row(
            _ISSUE, subject=subject, inviter=inviter, digest=_digest(code), now=now, expires=now + LASTS
        )
        return None if row is None else code

    async def inviter_of(self, subject: str) -> str | None:
        """Who invited somebody who did not take it up yet; empty where that is void, None for who was not invited,
        or came.
        """
        row = await self.connection.row(_WAITS, subject=subject)
        return None if row is None else str(row["inviter"])

    async def void(self, subjects: Sequence[str]) -> None:
        """Codes for these count no more, and nobody stands for them: what they open is not what it was."""
        await self.connection.run(_VOID, subjects=list(subjects))

    async def is_held(self, subject: str) -> bool:
        """Whether somebody logs in as this already."""
        return await self.connection.row(_HELD, subject=subject) is not None

    async def subject_of(self, code: str, now: datetime) -> str | None:
        """What the code is for; None for one that is used, expired, replaced, or was never given."""
        row = await self.connection.row(_LIVE, digest=_digest(code), now=now)
        return None if row is None else str(row["subject"])

    async def redeem(self, code: str, now: datetime) -> str | None:
        """The same, and it counts no more: of any number of attempts at once one gets it."""
        row = await self.connection.row(_REDEEM, digest=_digest(code), now=now)
        return None if row is None else str(row["subject"])

    async def hold(self, issuer: str, identity: str, subject: str, now: datetime) -> None:
        """From now on who logs in at `issuer` as `identity` may act as `subject` too."""
        await self.connection.run(_HOLD, issuer=issuer, identity=identity, subject=subject, now=now)

    async def held_by(self, issuer: str, identity: str) -> Sequence[str]:
        """What somebody who logs in elsewhere took up here, the oldest first."""
        rows = await self.connection.rows(_OF, issuer=issuer, identity=identity)
        return [row["subject"] for row in rows]


def _digest(code: str) -> bytes:
    """Of the letters and digits alone, however they were typed."""
    plain = "".join(each for each in code[:200].casefold() if each.isalnum())
    return hashlib.sha256(plain.encode()).digest()
