"""What counts once: authorization codes, client assertions, launches, answers of an identity provider to a login.

One row a use, shared by all workers, so that of any number of attempts at the same time one counts
(https://www.rfc-editor.org/rfc/rfc9700#section-4.5.3, https://www.rfc-editor.org/rfc/rfc7523#section-3).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from sqlalchemy import DateTime, LargeBinary, Text, bindparam, literal
from sqlalchemy.dialects.postgresql import insert

from dzop.store.database import Connection
from dzop.store.identity_tables import oauth_spent
from dzop.store.statement import compiled

__all__ = ["Kind", "spend"]

Kind = Literal["code", "assertion", "launch", "login"]

_SPEND = compiled(
    insert(oauth_spent)
    .values(
        kind=bindparam("kind", type_=Text),
        digest=bindparam("digest", type_=LargeBinary),
        expires_at=bindparam("expires_at", type_=DateTime(timezone=True)),
    )
    .on_conflict_do_nothing()
    .returning(literal(1))
)


async def spend(connection: Connection, kind: Kind, value: str, expires: datetime) -> bool:
    """Marks this as used; False when it was used before. After `expires` it must be refused anyhow."""
    digest = hashlib.sha256(value.encode()).digest()
    return await connection.row(_SPEND, kind=kind, digest=digest, expires_at=expires) is not None
