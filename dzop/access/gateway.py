"""The gateway binds every access to an actor: each method takes the call, judges it and records it.

Nothing is returned before its audit row is durable. What the actor may not see is not found.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from consent.matrix import Matrix
from dzop.access.events import disclosure, event
from dzop.access.guarded import Page, binds, find, include, read, sees_all
from dzop.access.logged import Logged, logged
from dzop.access.shown import Shown
from dzop.access.unit import Collision, Unit
from dzop.actor import Call
from dzop.fhir.outcome import Gone, NotFound, Unavailable
from dzop.fhir.search.query import Include, Query
from dzop.fhir.search.reference import ReferenceTarget
from dzop.store import resources
from dzop.store.audit import Event, Writer
from dzop.store.audit import log as audit_log
from dzop.store.database import Database
from dzop.store.tables import ALWAYS, FOREVER

Result = TypeVar("Result")
_ATTEMPTS = 4
# Two took the same id, or waited for each other: whoever lost starts again and sees what the other did.
_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError, Collision)


class Gateway:
    """The one door to the resources."""

    def __init__(
        self,
        database: Database,
        audit: Writer,
        matrix: Matrix,
        base: str,
        partners: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`base` is the FHIR base of this server, `partners` the types that each exchange partner takes."""
        self._database = database
        self._audit = audit
        self._matrix = matrix
        self._base = base
        self._partners = partners or {}

    # -- reading -------------------------------------------------------------------------------

    async def read(self, call: Call, type: str, id: str) -> Shown:
        """The current version; NotFound when free or hidden, Gone when deleted."""
        found = await read(self._database, call, type, id)
        return await self._disclosed(call, "read", type, id, found)

    async def vread(self, call: Call, type: str, id: str, version: int) -> Shown:
        """One version, readable when the current state and that version's own categories are."""
        statement = resources.vread(sees_all(call.actor, type))
        row = await self._database.row(statement, type=type, id=id, version=version, **binds(call))
        return await self._disclosed(call, "vread", type, id, None if row is None else Shown.of(row))

    async def history(
        self, call: Call, type: str, id: str, before: int, count: int
    ) -> tuple[list[Shown], int]:
        """Visible versions older than `before`, newest first, and how many there are in all."""
        everything = sees_all(call.actor, type)
        where = {"type": type, "id": id, **binds(call)}
        total = await self._database.row(resources.history_total(everything), **where)
        if total is None or total["total"] == 0:
            await self._refuse(call, "history", type, id)
        statement = resources.history(everything)
        rows = await self._database.rows(statement, before=before, count=count, **where)
        await self._audit.record(event(call, "history", 200, type, id))
        return [Shown.of(row) for row in rows], total["total"] if total else 0

    async def _disclosed(
        self, call: Call, interaction: str, type: str, id: str, found: Shown | None
    ) -> Shown:
        if found is None:
            await self._refuse(call, interaction, type, id)
            raise AssertionError  # pragma: no cover - _refuse always raises
        status = 410 if found.deleted else 200
        await self._audit.record(disclosure(call, interaction, found, status=status))
        if found.deleted:
            raise Gone(f"`{type}/{id}` was deleted")
        return found

    async def refused(self, call: Call, interaction: str, status: int, type: str, id: str) -> None:
        """Records what was refused before there was anything to judge."""
        await self._audit.record(event(call, interaction, status, type, id))

    async def _refuse(self, call: Call, interaction: str, type: str, id: str) -> None:
        await self.refused(call, interaction, 404, type, id)
        raise NotFound(f"`{type}/{id}` is not known")

    # -- searching -----------------------------------------------------------------------------

    async def search(self, call: Call, query: Query, after: tuple[str, ...] | None, size: int) -> Page:
        """One page of visible matches. Every person disclosed gets one event, and an empty answer one."""
        page = await find(self._database, call, query, after, size)
        await self._audit.record(*self._search_events(call, query, page))
        return page

    def _search_events(self, call: Call, query: Query, page: Page) -> Iterable[Event]:
        asked = hashlib.sha256(repr(query.criteria).encode()).hexdigest()[:16]
        if not page.matches:
            patient = _patient_of(query)
            entity = "Patient" if patient else query.type
            return [event(call, "search-type", 200, entity, patient, query_hash=asked)]
        masks: dict[int, int] = {}
        for match in page.matches:
            masks[match.person] = masks.get(match.person, 0) | match.mask
        # All that one person's matches were judged by is one grant.
        shown = {match.person: match for match in page.matches}
        return [
            event(
                call, "search-type", 200, query.type, person=person, mask=mask, query_hash=asked,
                rules=shown[person].rules, matrix_version=shown[person].matrix_version,
            )
            for person, mask in masks.items()
        ]  # fmt: skip

    async def included(
        self, call: Call, matches: Sequence[Shown], includes: Sequence[Include]
    ) -> list[Shown]:
        """What the matches reference through these includes, as far as the actor may see it."""
        found = await include(self._database, call, matches, includes)
        await self._audit.record(*[disclosure(call, "search-type", each) for each in found])
        return found

    # -- the log ---------------------------------------------------------------------------------

    async def log(
        self,
        call: Call,
        *,
        patients: list[str] | None = None,
        id: str | None = None,
        low: datetime = ALWAYS,
        high: datetime = FOREVER,
        before: int = 2**62,
        count: int,
    ) -> list[Logged]:
        """Visible events, newest first; looking at the log is itself recorded."""
        given: dict[str, Any] = {"patients": patients, "id": id}
        given = {name: value for name, value in given.items() if value is not None}
        statement = audit_log(call.actor.is_system, tuple(given))
        rows = await self._database.rows(
            statement, before=before, low=low, high=high, count=count, **given, **binds(call)
        )
        patient = next(iter(patients or ()), "")
        asked = event(call, "search-type", 200, "Patient" if patient else "AuditEvent", patient)
        await self._audit.record(asked)
        return [logged(row) for row in rows]

    # -- writing -------------------------------------------------------------------------------

    async def commit(self, call: Call, work: Callable[[Unit], Awaitable[Result]]) -> Result:
        """Runs `work` in one transaction: all of it or nothing, also when the client hangs up.

        A deadlock is tried again from the start; what `work` raises undoes everything, and the
        refusals it recorded are then written by themselves.
        """
        return await asyncio.shield(asyncio.ensure_future(self._commit(call, work)))

    async def _commit(self, call: Call, work: Callable[[Unit], Awaitable[Result]]) -> Result:
        for _ in range(_ATTEMPTS):
            unit: Unit | None = None
            try:
                async with self._database.transaction() as transaction:
                    unit = Unit(transaction, call, self._matrix, self._base, self._partners)
                    result = await work(unit)
                    await unit.finish()
                return result
            except _AGAIN:
                continue
            except Exception:
                if unit is not None and unit.refusals:
                    await self._audit.record(*unit.refusals)
                raise
        raise Unavailable("too many changes at once; try again")


def _patient_of(query: Query) -> str:
    """The person a query names, so that an empty answer is in that person's log too."""
    for criterion in query.criteria:
        for value in criterion.values:
            if criterion.parameter.name in ("patient", "subject") and isinstance(value, ReferenceTarget):
                return value.id or ""
    return ""
