"""Who tried too often: failed logins of late, by account and by address, and wrong codes, counted over all workers.

An attempt is counted before the password is looked at, in one statement, so that of many at the same time no more than
are allowed get an answer. One that is not allowed does not count, so that nobody is kept out for ever by others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import (
    DateTime,
    Integer,
    LargeBinary,
    Text,
    all_,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array, insert

from dzop.auth.networks import network_of
from dzop.store.database import Connection
from dzop.store.identity_tables import login_failure as table
from dzop.store.statement import compiled

__all__ = ["WINDOW", "Failures", "forget", "unlock"]

Kind = Literal["account", "address", "code"]
WINDOW: Final = timedelta(minutes=15)
ADDRESS_FACTOR: Final = 10
"""How many times as often an address may fail as an account: behind one, a whole hospital may log in."""

CODE_FACTOR: Final = 2

_INSTANT = DateTime(timezone=True)
_NOW, _SINCE = bindparam("now", type_=_INSTANT), bindparam("since", type_=_INSTANT)
_KIND, _DIGEST = bindparam("kind", type_=Text), bindparam("digest", type_=LargeBinary)
_IT = and_(table.c.kind == _KIND, table.c.digest == _DIGEST)
_failed = func.unnest(table.c.instants).column_valued("failed")
_late = select(func.array_agg(_failed)).where(_failed > _SINCE).correlate(table).scalar_subquery()
_number = select(func.count(_failed)).where(_failed > _SINCE).correlate(table).scalar_subquery()
# A second attempt waits for the first one's row and then counts it too; what is too many changes nothing, and
# returns nothing.
_COUNT = compiled(
    insert(table)
    .values(kind=_KIND, digest=_DIGEST, instants=array([_NOW], type_=ARRAY(_INSTANT)))
    .on_conflict_do_update(
        index_elements=["kind", "digest"],
        set_={"instants": func.array_append(_late, _NOW)},
        where=_number < bindparam("most", type_=Integer),
    )
    .returning(literal(1))
)
_TAKE_BACK = compiled(update(table).where(_IT).values(instants=func.array_remove(table.c.instants, _NOW)))
_FORGIVE = compiled(delete(table).where(_IT))
_FORGET = compiled(delete(table).where(all_(table.c.instants) <= _SINCE))


@dataclass(frozen=True, slots=True)
class Failures:
    """`most` wrong passwords lock an account for a quarter of an hour, ten times as many an address; twice as many
    wrong codes of invitations keep an address from trying others.
    """

    connection: Connection
    most: int

    async def admits_address(self, address: str, now: datetime) -> bool:
        """Counts an attempt from this address; False when there were too many of late."""
        return await self._counts("address", network_of(address), self.most * ADDRESS_FACTOR, now)

    async def admits_account(self, name: str, now: datetime) -> bool:
        """Counts an attempt on this name, be it of an account or not; False when there were too many of late."""
        return await self._counts("account", name, self.most, now)

    async def admits_code(self, address: str, now: datetime) -> bool:
        """Counts a code that is tried from this address; False when there were too many of late."""
        return await self._counts("code", network_of(address), self.most * CODE_FACTOR, now)

    async def forgive_code(self, address: str, now: datetime) -> None:
        """The code that was tried at `now` was right: it counts for nothing."""
        await self.connection.run(_TAKE_BACK, **_key("code", network_of(address)), now=now)

    async def forgive(self, name: str, address: str, now: datetime) -> None:
        """The attempt that began at `now` was right: the account starts anew.

        The address only gets this attempt back, or who has one account could try all others for ever.
        """
        await unlock(self.connection, name)
        await self.connection.run(_TAKE_BACK, **_key("address", network_of(address)), now=now)
        await forget(self.connection, now)

    async def _counts(self, kind: Kind, value: str, most: int, now: datetime) -> bool:
        row = await self.connection.row(_COUNT, **_key(kind, value), now=now, since=now - WINDOW, most=most)
        return row is not None


async def forget(connection: Connection, now: datetime) -> None:
    """Removes what counts no more."""
    await connection.run(_FORGET, since=now - WINDOW)


async def unlock(connection: Connection, name: str) -> None:
    """Forgets the failed logins of this account."""
    await connection.run(_FORGIVE, **_key("account", name))


def _key(kind: Kind, value: str) -> dict[str, str | bytes]:
    return {"kind": kind, "digest": hashlib.sha256(f"{kind} {value}".encode()).digest()}
