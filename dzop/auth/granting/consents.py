"""What somebody allowed an app, so that it need not be asked every time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, Text, bindparam, literal, select
from sqlalchemy.dialects.postgresql import insert

from dzop.store.database import Connection
from dzop.store.identity_tables import oauth_consent as table
from dzop.store.statement import compiled

__all__ = ["covers", "give"]

_CLIENT, _SUBJECT = bindparam("client_id", type_=Text), bindparam("subject", type_=Text)
_SCOPES = bindparam("scopes", type_=ARRAY(Text))
_COVERS = compiled(
    select(literal(1)).where(
        table.c.client_id == _CLIENT, table.c.subject == _SUBJECT, table.c.scopes.contains(_SCOPES)
    )
)
_given = insert(table).values(
    client_id=_CLIENT, subject=_SUBJECT, scopes=_SCOPES, given_at=bindparam("now", type_=DateTime(timezone=True))
)  # fmt: skip
_GIVE = compiled(
    _given.on_conflict_do_update(
        index_elements=["client_id", "subject"],
        set_={"scopes": _given.excluded.scopes, "given_at": _given.excluded.given_at},
    )
)


async def covers(connection: Connection, client_id: str, subject: str, scopes: Sequence[str]) -> bool:
    """Whether `subject` has allowed the client all of these."""
    found = await connection.row(_COVERS, client_id=client_id, subject=subject, scopes=list(scopes))
    return found is not None


async def give(
    connection: Connection, client_id: str, subject: str, scopes: Sequence[str], now: datetime
) -> None:
    """Remembers that `subject` allows the client these, and no longer what was allowed before."""
    await connection.run(_GIVE, client_id=client_id, subject=subject, scopes=list(scopes), now=now)
