"""Accounts with a password, for sites without an identity provider: a name, and the capacities of one person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Text, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from dzop.auth.login.passwords import Passwords
from dzop.store.database import Connection, Row
from dzop.store.identity_tables import login_account as table
from dzop.store.statement import compiled

__all__ = ["Account", "Accounts", "account_name", "is_capacity"]

_NAME: Final = re.compile(r"[\w.@+-]{1,64}")
_CAPACITY: Final = re.compile(r"(?:Practitioner|PractitionerRole|RelatedPerson|Patient)/[A-Za-z0-9\-.]{1,64}")
_INSTANT = DateTime(timezone=True)
_IT = table.c.name == bindparam("it", type_=Text)
_NOW, _PASSWORD = bindparam("now", type_=_INSTANT), bindparam("password", type_=Text)
_FIND = compiled(select(table).where(_IT))
_ALL = compiled(select(table).order_by(table.c.name))
_ANY = compiled(select(literal(1)).select_from(table).limit(1))
_ADD = compiled(
    insert(table)
    .values(
        name=bindparam("it", type_=Text),
        password=_PASSWORD,
        subjects=bindparam("subjects", type_=ARRAY(Text)),
        created_at=_NOW,
    )
    .on_conflict_do_nothing()
    .returning(literal(1))
)
_CHANGE = {
    "password": compiled(update(table).where(_IT).values(password=_PASSWORD).returning(literal(1))),
    "disable": compiled(update(table).where(_IT).values(disabled_at=_NOW).returning(literal(1))),
    "enable": compiled(update(table).where(_IT).values(disabled_at=None).returning(literal(1))),
    "remove": compiled(delete(table).where(_IT).returning(literal(1))),
}
_SUBJECT = bindparam("subject", type_=Text)
_HOLD = compiled(
    update(table)
    .where(_IT, table.c.disabled_at.is_(None))
    .values(subjects=func.array_append(func.array_remove(table.c.subjects, _SUBJECT), _SUBJECT))
    .returning(literal(1))
)


@dataclass(frozen=True, slots=True)
class Account:
    """`subjects` are the capacities of one person, of which one is chosen for each token (`Practitioner/x`)."""

    name: str
    subjects: tuple[str, ...]
    created: datetime
    disabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts in the database."""

    connection: Connection
    passwords: Passwords

    async def proven(self, name: str, password: str) -> Account | None:
        """The account, when this is its password and it is not disabled; about the same work in any case."""
        row = await self.connection.row(_FIND, it=name)
        if not await self.passwords.match(row["password"] if row else None, password) or row is None:
            return None
        # That took a while: meanwhile it may have been disabled, or have got another password.
        known = await self.connection.row(_FIND, it=name)
        if known is None or known["disabled_at"] is not None or known["password"] != row["password"]:
            return None
        account = _account(known)
        if self.passwords.is_outdated(row["password"]):
            await self.set_password(name, password)
        return account

    async def are_there(self) -> bool:
        """Whether anybody logs in with a password here."""
        return await self.connection.row(_ANY) is not None

    async def all(self) -> Sequence[Account]:
        return [_account(row) for row in await self.connection.rows(_ALL)]

    async def add(self, name: str, subjects: Sequence[str], password: str, now: datetime) -> bool:
        """False when there is an account with this name already."""
        hashed = await self.passwords.hashed(password)
        row = await self.connection.row(_ADD, it=name, password=hashed, subjects=list(subjects), now=now)
        return row is not None

    async def set_password(self, name: str, password: str) -> bool:
        """False when there is no such account; so too below."""
        hashed = await self.passwords.hashed(password)
        return await self.connection.row(_CHANGE["password"], it=name, password=hashed) is not None

    async def disable(self, name: str, now: datetime) -> bool:
        return await self.connection.row(_CHANGE["disable"], it=name, now=now) is not None

    async def enable(self, name: str) -> bool:
        return await self.connection.row(_CHANGE["enable"], it=name) is not None

    async def hold(self, name: str, subject: str) -> bool:
        """Adds a capacity to an account that is not disabled."""
        return await self.connection.row(_HOLD, it=name, subject=subject) is not None

    async def remove(self, name: str) -> bool:
        return await self.connection.row(_CHANGE["remove"], it=name) is not None


def account_name(text: str) -> str:
    """The name as it is stored, the same in capitals or not; empty when it cannot be a name."""
    name = unicodedata.normalize("NFC", text.strip()).casefold()
    return name if _NAME.fullmatch(name) else ""


def is_capacity(reference: str) -> bool:
    """Whether a person can act as this."""
    return _CAPACITY.fullmatch(reference) is not None


def _account(row: Row) -> Account:
    return Account(row["name"], tuple(row["subjects"]), row["created_at"], row["disabled_at"])
