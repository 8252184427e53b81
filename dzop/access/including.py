"""What comes along with the matches of a search, round after round, each step as the actor may see it.

https://hl7.org/fhir/R4/search.html#include
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.access.guarded import binds
from dzop.access.reach import sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.query import Include
from dzop.store.database import Connection
from dzop.store.included import included

__all__ = ["MOST_INCLUDED", "ROUNDS", "Included", "include"]

MOST_INCLUDED: Final = 1_000
"""Resources that come along with one page."""

ROUNDS: Final = 5
"""How far `:iterate` goes."""

_OPEN: Final = [name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "directory"]


@dataclass(frozen=True, slots=True)
class Included:
    """What came along, in order of round, type and id; and why some of what the actor may see did not, if so."""

    found: tuple[Shown, ...] = ()
    cut: str | None = None


async def include(
    connection: Connection,
    call: Call,
    matches: Sequence[Shown],
    includes: Sequence[Include],
    types: Sequence[str],
) -> Included:
    """What of these types the matches reference, and what references them; with `:iterate` the same of that."""
    known = {(each.type, each.id) for each in matches}
    found: list[Shown] = []
    start, asked = matches, includes
    for _ in range(ROUNDS):
        left = MOST_INCLUDED - len(found)
        new = await _round(connection, call, start, asked, types, known, left + 1)
        found += new[:left]
        if len(new) > left:
            return Included(
                tuple(found), f"more than {MOST_INCLUDED} resources would come along with this page"
            )
        start, asked = new, [each for each in includes if each.iterate]
        known |= {(each.type, each.id) for each in new}
    if await _round(connection, call, start, asked, types, known, 1):
        return Included(tuple(found), f"`:iterate` follows references over {ROUNDS} rounds only")
    return Included(tuple(found))


async def _round(
    connection: Connection,
    call: Call,
    start: Sequence[Shown],
    includes: Sequence[Include],
    types: Sequence[str],
    known: set[tuple[str, str]],
    limit: int,
) -> list[Shown]:
    """The next that may be seen and are not known yet, in order of type and id."""
    if not start or not includes:
        return []
    rows = await connection.rows(
        included(sight(call.actor, "r", *types)), **_arguments(start, includes), **binds(call), limit=limit,
        known_types=[type for type, _ in known], known_ids=[id for _, id in known],
        kept=list(types), open=_OPEN,
    )  # fmt: skip
    return [Shown.of(row) for row in rows]


def _arguments(start: Sequence[Shown], includes: Sequence[Include]) -> dict[str, list[Any]]:
    return {
        "persons": [each.person for each in start],
        "types": [each.type for each in start],
        "ids": [each.id for each in start],
        "sources": [each.source for each in includes],
        "parameters": [each.parameter.name for each in includes],
        "targets": [each.target or "" for each in includes],
        "backs": [each.reverse for each in includes],
        "by_urls": [each.parameter.canonical for each in includes],
    }
