"""What terminologies are loaded, without their contents: little enough to be kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, case, cast, func, literal, null, select

from dzop.store.database import Connection, Row
from dzop.store.statement import compiled
from dzop.store.terminology_tables import terminology_definition as table

__all__ = ["catalog", "stamp"]

Stamp = tuple[int, int, int]


async def stamp(connection: Connection) -> Stamp:
    """Equal as long as nothing has been loaded or removed: how many there are, the newest key, the sum of all."""
    row = await connection.row(_STAMP)
    return (row["number"], row["newest"], row["sum"]) if row else (0, 0, 0)


async def catalog(connection: Connection) -> Sequence[Row]:
    """All definitions, by URL and version; `head` is that of concept maps."""
    return await connection.rows(_CATALOG)


_NAMES: Final = ("name", "title", "content", "hierarchyMeaning", "language", "valueSet")
_STAMP: Final = compiled(
    select(
        func.count().label("number"),
        func.coalesce(func.max(table.c.key), literal(0)).label("newest"),
        cast(func.coalesce(func.sum(table.c.key), literal(0)), BigInteger).label("sum"),
    )
)
_CATALOG: Final = compiled(
    select(
        *(table.c[name] for name in ("key", "type", "id", "url", "version", "count")),
        *(func.coalesce(table.c.head.op("->>")(name), literal("")).label(name) for name in _NAMES),
        (func.coalesce(table.c.head.op("->>")("caseSensitive"), literal("true")) == literal("true")).label(
            "is_case_sensitive"
        ),
        case((table.c.type == literal("ConceptMap"), table.c.head), else_=null()).label("head"),
    ).order_by(table.c.url, table.c.version)
)
