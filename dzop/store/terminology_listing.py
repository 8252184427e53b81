"""What terminologies are loaded, as the operator sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from dzop.store.database import Connection
from dzop.store.statement import compiled
from dzop.store.terminology_tables import terminology_definition

__all__ = ["Listed", "body", "listed"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One definition; `count` is how many concepts or elements it has, `source` the file or package it came from."""

    type: str
    url: str
    version: str
    count: int
    source: str
    loaded_at: datetime

    @property
    def named(self) -> str:
        """The canonical, with its version where there is one."""
        return f"{self.url}|{self.version}" if self.version else self.url


async def listed(connection: Connection) -> list[Listed]:
    """All that is loaded, by type, URL and version."""
    return [Listed(**row) for row in await connection.rows(_ALL)]


async def body(connection: Connection, type: str, url: str, version: str) -> bytes | None:
    """The JSON of what is loaded under this URL in this version, as it is served."""
    row = await connection.row(_BODY, type=type, url=url, version=version)
    return row["body"] if row else None


_definition = terminology_definition.c
_ALL: Final = compiled(
    select(
        _definition.type, _definition.url, _definition.version, _definition.count, _definition.source,
        _definition.loaded_at,
    ).order_by(_definition.type, _definition.url, _definition.version)
)  # fmt: skip
_BODY: Final = compiled(
    select(_definition.body).where(
        _definition.type == bindparam("type"),
        _definition.url == bindparam("url"),
        _definition.version == bindparam("version"),
    )
)
