"""What loaded concept maps say of a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, or_, select

from dzop.store.database import Connection
from dzop.store.statement import Statement, compiled
from dzop.store.terminology_rows import can_be_kept
from dzop.store.terminology_tables import terminology_mapping as table
from terminology.concept import Coding
from terminology.concept_map import MapRow

__all__ = ["mapped"]


async def mapped(
    connection: Connection, maps: Sequence[int], coding: Coding, *, reverse: bool
) -> Sequence[tuple[int, MapRow]]:
    """The elements of these maps whose source, or with `reverse` whose target, is the coding, each with the key of its
    map, in order of the elements. An empty system means any.
    """
    system, code = coding
    if not maps or not can_be_kept(system + code):
        return []
    rows = await connection.rows(_MAPPED[reverse], maps=list(maps), code=code, of=system)
    return [(row["map"], MapRow(*(row[name] for name in _NAMES))) for row in rows]


_NAMES: Final = (
    "source_system", "source_code", "target_system", "target_code", "target_display", "equivalence", "comment",
)  # fmt: skip


def _of(side: str) -> Statement:
    maps: Any = bindparam("maps", type_=ARRAY(Integer))
    system: Any = bindparam("of", type_=Text)
    where = [
        table.c[f"{side}_code"] == bindparam("code", type_=Text),
        or_(system == "", table.c[f"{side}_system"] == system),
        table.c.map == any_(maps),
    ]
    names = ("map", *_NAMES)
    return compiled(
        select(*(table.c[name] for name in names)).where(*where).order_by(table.c.map, table.c.place)
    )


_MAPPED: Final = {False: _of("source"), True: _of("target")}
