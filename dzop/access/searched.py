"""What a search, or a condition in place of an id, leaves in the log: whom it showed, and whom it asked for."""

from __future__ import annotations

from collections.abc import Sequence

from dzop.access.asked import digest_of, identified, named
from dzop.access.events import disclosures, event
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.fhir.search.query import Query
from dzop.store import persons
from dzop.store.audit import Event
from dzop.store.database import Connection

__all__ = ["of_search"]


async def of_search(
    connection: Connection, call: Call, query: Query, matches: Sequence[Shown]
) -> list[Event]:
    """Every person disclosed gets one event, whoever was asked for too, and an empty answer one."""
    asked = digest_of(query)
    shown = disclosures(call, "search-type", matches, query=asked, type=query.type)
    about = named(query)
    if not shown or len(about) > 1:
        # Whoever was asked for is told of it, also when there was nothing to show.
        shown += [event(call, "search-type", 200, type, id, query=asked) for type, id in about]
        shown += [
            event(call, "search-type", 200, query.type, person=person, query=asked)
            for person in await _identified(connection, query)
        ]
    return shown or [event(call, "search-type", 200, query.type, query=asked)]


async def _identified(connection: Connection, query: Query) -> list[int]:
    """The persons whom a query asks for by an identifier."""
    identifiers = identified(query)
    if not identifiers:
        return []
    rows = await connection.rows(
        persons.PERSONS, patients=[], types=[], ids=[],
        systems=[system for system, _ in identifiers], values=[value for _, value in identifiers],
    )  # fmt: skip
    return [row["person"] for row in rows]
