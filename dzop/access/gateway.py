"""The gateway binds every access to an actor: each method takes the call, judges it and records it.

Nothing is returned before its audit row is durable. What the actor may not see is not found.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from consent.categories import BURDEN
from consent.matrix import Matrix
from dzop.access.billing import seen_of
from dzop.access.compared import Moment, both, instant_of, of_plans
from dzop.access.events import disclosure, disclosures, event, of_history, of_log
from dzop.access.everything import AskedWhole, Whole, of_person, of_plan, of_whole
from dzop.access.explaining.changes import AskedChange, Changes, what_if
from dzop.access.explaining.inquiry import About, Inquiry, Question, begin
from dzop.access.explaining.log import Entry, entries, people_in
from dzop.access.explaining.people import names
from dzop.access.guarded import Page, binds, find, read
from dzop.access.including import Included, include
from dzop.access.keeping import Collision
from dzop.access.logged import Asked, Logged, logged
from dzop.access.matrices import Matrices
from dzop.access.on_paper import AskedPaper, Papers, gather, papers
from dzop.access.overview import seen_around
from dzop.access.past import AskedHistory, Past, versions
from dzop.access.proposal import Proposal
from dzop.access.published import Published, Shipped
from dzop.access.questionnaires import issues as instrument_issues
from dzop.access.reach import Bounds, is_restricted, sight
from dzop.access.searched import of_search
from dzop.access.shown import Shown
from dzop.access.tasks_due import of_tasks, tasks_due
from dzop.access.unit import Unit
from dzop.actor import Call
from dzop.definitions.published import definitions
from dzop.fhir.outcome import (
    Conflict,
    FhirError,
    Forbidden,
    Gone,
    Issue,
    NotFound,
    Unavailable,
    Unprocessable,
)
from dzop.fhir.search.query import Include, Query
from dzop.plan import billing
from dzop.plan.overview import Seen
from dzop.store import reading
from dzop.store.audit import Event, Writer
from dzop.store.audit_log import log as audit_log
from dzop.store.database import Database, Transaction
from dzop.store.terminology_definitions import LoadedDefinitions

Result = TypeVar("Result")
_ATTEMPTS = 4
# Two took the same id, or waited for each other: whoever lost starts again and sees what the other did.
_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError, Collision)


class _Undone(Exception):
    """Ends a transaction that was only tried out."""


class _WithUnit:
    """Records with a unit what is read in the middle of it; a refusal also when the unit is undone."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def record(self, *events: Event) -> None:
        self._unit.record(*(each for each in events if each.outcome < 400))
        self._unit.refusals.extend(each for each in events if each.outcome >= 400)


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
        """`matrix` is the law of a database that has none yet, `base` the FHIR base of this server,
        `partners` the types that each exchange partner takes.
        """
        self._database: Database | Transaction = database
        self._audit: Writer | _WithUnit = audit
        self._matrices = Matrices(matrix)
        self._base = base
        self._partners = partners or {}

    # -- reading -------------------------------------------------------------------------------

    async def read(self, call: Call, type: str, id: str) -> Shown:
        """The current version; NotFound when free or hidden, Gone when deleted."""
        found = await read(self._database, call, type, id)
        return await self._disclosed(call, "read", type, id, found)

    async def vread(self, call: Call, type: str, id: str, version: int) -> Shown:
        """One version, readable when the current state and that version's own categories are."""
        statement = reading.vread(sight(call.actor, "r", type))
        row = await self._database.row(statement, type=type, id=id, version=version, **binds(call))
        bounds = Bounds(self._database, call, self._base)
        if row is None or not await bounds.reach_version(Shown.of(row), "r"):
            return await self._disclosed(call, "vread", type, id, None)
        # It is recorded with the categories that the version had, beside those the resource has now.
        return await self._disclosed(call, "vread", type, id, Shown.of(row), row["version_mask"])

    async def history(self, call: Call, asked: AskedHistory) -> Past:
        """A page of visible versions, newest first; of one resource NotFound when that is free or hidden."""
        if asked.at and any(is_restricted(call.actor, each, asked.letter) for each in asked.types):
            await self.refused(call, asked.interaction, 403, asked.type, asked.id)
            raise Forbidden(
                "with scopes that are restricted by a search there is no history `_at` an instant"
            )
        past = await versions(self._database, call, asked, self._base)
        if asked.id and not past.rows and await read(self._database, call, asked.type, asked.id) is None:
            await self._refuse(call, asked.interaction, asked.type, asked.id)
        await self._audit.record(*of_history(call, asked, past.rows))
        return past

    async def _disclosed(
        self, call: Call, interaction: str, type: str, id: str, found: Shown | None, mask: int = 0
    ) -> Shown:
        if found is None:
            await self._refuse(call, interaction, type, id)
            raise AssertionError  # pragma: no cover - _refuse always raises
        status = 410 if found.deleted else 200
        await self._audit.record(disclosure(call, interaction, found, status=status, mask=mask))
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
        await self._audit.record(*await of_search(self._database, call, query, page.matches))
        return page

    async def included(
        self, call: Call, matches: Sequence[Shown], includes: Sequence[Include], types: Sequence[str]
    ) -> Included:
        """What of these types comes along with the matches, as far as the actor may see it."""
        included = await include(self._database, call, matches, includes, types)
        await self._audit.record(*disclosures(call, "search-type", included.found))
        return included

    async def tasks_due(
        self, call: Call, end_of_day: datetime, after: tuple[str, ...] | None, size: int, *, total: bool
    ) -> tuple[Page, tuple[Shown, ...]]:
        """A page of the actor's tasks on the day that ends then, behind (deadline, id); and whom they are for."""
        page, persons = await tasks_due(self._database, call, end_of_day, after, size, total=total)
        await self._audit.record(*of_tasks(call, page.matches, persons))
        return page, persons

    # -- everything ----------------------------------------------------------------------------

    async def everything(
        self, call: Call, id: str, asked: AskedWhole, after: tuple[str, str] | None, size: int
    ) -> Whole:
        """A page of all that is kept of a person, behind (type, id); NotFound when the Patient is hidden."""
        patient = await self._found(call, "$everything", "Patient", id)
        whole = await of_person(self._database, call, self._base, patient.person, asked, after, size)
        await self._audit.record(*of_whole(call, patient, whole))
        return whole

    async def everything_of_plan(
        self, call: Call, id: str, types: frozenset[str], at: datetime | None
    ) -> Whole:
        """A plan with all that belongs to it, now or as it was at an instant; NotFound when it was not there."""
        plan = await self._found(call, "$everything", "CarePlan", id)
        whole = await of_plan(self._database, call, self._base, plan, types, at)
        if whole is None:
            raise await self._not_here_then(call, "$everything", id)
        await self._audit.record(*of_whole(call, plan, whole))
        return whole

    async def plan_on_paper(self, call: Call, id: str, asked: AskedPaper) -> Papers:
        """A plan as it is told on paper; NotFound when it is hidden."""
        plan = await self._found(call, "$document", "CarePlan", id)
        async with self._database.transaction() as transaction:
            around, found = await gather(transaction, call, self._matrices, self._base, plan, asked)
        told = await asyncio.to_thread(papers, around, found)
        await self._audit.record(*of_whole(call, plan, told.whole, "$document"))
        return told

    async def plan_at(
        self, call: Call, id: str, types: frozenset[str], moments: Sequence[Moment | None]
    ) -> list[tuple[datetime, Whole]]:
        """When each moment was (None: now), and the plan with all that belongs to it as it was then.

        NotFound when the plan is hidden, was not there at any of them, or a version is not to be seen.
        """
        plan = await self._found(call, "$diff", "CarePlan", id)
        instants: list[datetime | None] = []
        for each in moments:
            at = None if each is None else await instant_of(self._database, call, self._base, id, each)
            if at is None and each is not None:
                await self.refused(call, "$diff", 404, "CarePlan", id)
                raise NotFound(f"`CarePlan/{id}` has no version `{each}`")
            instants.append(at)
        found = await of_plans(self._database, call, self._base, plan, types, instants)
        if not any(each.matches for each in found):
            raise await self._not_here_then(call, "$diff", id)
        matches = tuple(shown for each in found for shown in each.matches)
        included = tuple(shown for each in found for shown in each.included)
        await self._audit.record(*of_whole(call, plan, Whole(matches, included, None), "$diff"))
        return [(at or call.now, each) for at, each in zip(instants, found, strict=True)]

    async def _not_here_then(self, call: Call, interaction: str, id: str) -> NotFound:
        """The refusal of a moment of a plan that the actor sees now: the same whether it was not here or hidden."""
        await self.refused(call, interaction, 404, "CarePlan", id)
        text = f"`CarePlan/{id}` was not here at that moment, as far as you may see; ask for a later one"
        return NotFound(text)

    async def both_versions(self, call: Call, type: str, id: str, version: int) -> tuple[Shown, Shown] | None:
        """A version and the current one, for who may see both."""
        found = await both(self._database, call, self._base, type, id, version)
        if found is not None:
            then, now = found
            await self._audit.record(disclosure(call, "vread", then), disclosure(call, "read", now))
        return found

    async def brought_together(
        self,
        call: Call,
        type: str,
        id: str,
        version: int,
        merge: Callable[[Shown, Shown], Awaitable[tuple[Proposal, Result]]],
    ) -> tuple[Shown, Result] | None:
        """The current version, and what `merge` makes of an earlier one and of it: for who may see both of them, and
        whom the law lets store the proposal that comes of it.
        """
        found = await both(self._database, call, self._base, type, id, version)
        if found is None or found[0].version == found[1].version:
            return None
        then, now = found
        proposal, merged = await merge(then, now)
        if not await self._may_update(call, proposal, now.version):
            return None
        await self._audit.record(disclosure(call, "vread", then), disclosure(call, "read", now))
        return now, merged

    async def _may_update(self, call: Call, proposal: Proposal, version: int) -> bool:
        """Whether the law, whatever the rules say, lets the actor store this over that version: tried, and undone."""
        try:
            async with self._database.transaction() as transaction:
                unit = Unit(transaction, call, self._matrices, self._base, self._partners)
                await unit.update(proposal, version, may_create=False)
                raise _Undone
        except (_Undone, Conflict, Unprocessable):
            return True
        except (FhirError, *_AGAIN):
            return False

    async def instrument_issues(self, value: Mapping[str, Any]) -> Sequence[Issue]:
        """What the rules of questionnaires and answers say of this; they look into the directory and no further."""
        return await instrument_issues(self._database, self._base, value)

    async def require(self, call: Call, interaction: str, type: str, id: str) -> None:
        """That there is such a resource and the actor may see it; NotFound or Gone."""
        found = await self._found(call, interaction, type, id)
        await self._audit.record(disclosure(call, interaction, found))

    async def overview(self, call: Call, id: str, types: frozenset[str]) -> Seen:
        """What somebody may see of these types around a plan, for what there is to say of it."""
        plan = await self._found(call, "$overview", "CarePlan", id)
        async with self._database.transaction() as transaction:
            seen, mask = await seen_around(transaction, call, self._base, plan, types)
        await self._audit.record(disclosure(call, "$overview", plan, mask=mask))
        return seen

    async def billing_facts(
        self, call: Call, id: str, organization: str, asked: billing.Stretch
    ) -> billing.Facts:
        """What an organisation (`Organization/x`) did around the person of a plan in the time that is asked for."""
        plan = await self._found(call, "$billing-facts", "CarePlan", id)
        async with self._database.transaction() as transaction:
            seen, mask = await seen_of(transaction, call, self._base, plan, organization, asked)
        await self._audit.record(disclosure(call, "$billing-facts", plan, mask=mask))
        return billing.facts(seen, asked)

    async def _found(self, call: Call, interaction: str, type: str, id: str) -> Shown:
        """What an operation is asked of; only what is not shown is recorded here."""
        found = await read(self._database, call, type, id)
        if found is None or found.deleted:
            return await self._disclosed(call, interaction, type, id, found)
        return found

    # -- the log ---------------------------------------------------------------------------------

    async def log(
        self, call: Call, asked: Asked, *, interaction: str = "search-type", before: int, count: int
    ) -> list[Logged]:
        """Visible events, newest first; looking at the log is itself recorded, with each person it was about."""
        looking = sight(call.actor, "r" if interaction == "read" else "s", "AuditEvent")
        statement = audit_log(looking, asked.narrowed)
        rows = await self._database.rows(
            statement, before=before, count=count, burden=BURDEN, **asked.values, **binds(call)
        )
        await self._audit.record(*of_log(call, interaction, asked, rows))
        return [logged(row, self._base) for row in rows]

    # -- explaining --------------------------------------------------------------------------------

    async def explain(
        self,
        call: Call,
        question: Question,
        work: Callable[[Inquiry], Awaitable[tuple[Result, Sequence[About]]]],
    ) -> Result:
        """What `work` finds out for who may ask; it also says of what it told."""
        async with self._recording(call, question), self._database.transaction() as transaction:
            inquiry = await begin(transaction, call, self._matrices, self._base, question)
            result, told = await work(inquiry)
        await self._audit.record(*inquiry.recorded(question.code, told))
        return result

    async def explained_log(
        self, call: Call, question: Question, asked: Asked, count: int
    ) -> tuple[list[Entry], bool]:
        """The newest `count` events in plain words, and whether there are older ones."""
        async with self._recording(call, question), self._database.transaction() as transaction:
            inquiry = await begin(transaction, call, self._matrices, self._base, question)
        events = await self.log(call, asked, interaction=f"${question.code}", before=2**62, count=count + 1)
        outside = replace(inquiry, connection=self._database)
        known = await names(outside, [], *people_in(events))
        return entries(inquiry.words, events[:count], known.known, inquiry.patient), len(events) > count

    async def rehearse(self, call: Call, question: Question, asked: AskedChange) -> Changes:
        """What a change would bring: it is made, told and undone."""
        try:
            async with self._recording(call, question), self._database.transaction() as transaction:
                inquiry = await begin(transaction, call, self._matrices, self._base, question, exclusive=True)
                unit = Unit(transaction, call.unbounded, self._matrices, self._base, {})
                changes = await what_if(transaction, inquiry, unit, asked)
                raise _Undone
        except _Undone:
            # What was only tried and refused tells as much as if it had been done.
            tried = [each._replace(interaction=f"${question.code}") for each in unit.refusals]
            await self._audit.record(*inquiry.recorded(question.code), *tried)
        except _AGAIN:
            raise Unavailable("too many changes at once; try again") from None
        return changes

    @asynccontextmanager
    async def _recording(self, call: Call, question: Question) -> AsyncIterator[None]:
        """Records that an explanation was refused, or that there was nothing to explain."""
        try:
            yield
        except FhirError as error:
            await self.refused(call, f"${question.code}", error.status, "Patient", question.patient)
            raise

    # -- what is published -------------------------------------------------------------------------

    @property
    def published(self) -> Published:
        """Definitions: those of dzop, among them the access matrix in force, and those that were loaded."""
        return Published(Shipped(self._shipped), LoadedDefinitions(self._database))

    async def _shipped(self, type: str) -> Mapping[str, Mapping[str, Any]]:
        law = (await self._matrices.in_force(self._database)).active
        return definitions(type, law.matrix)

    # -- writing -------------------------------------------------------------------------------

    async def commit(self, call: Call, work: Callable[[Unit], Awaitable[Result]]) -> Result:
        """Runs `work` in one transaction: all of it or nothing, also when the client hangs up.

        A deadlock is tried again from the start; what `work` raises undoes everything, and the
        refusals it recorded are then written by themselves.
        """
        return await asyncio.shield(asyncio.ensure_future(self._commit(call, work)))

    def within(self, unit: Unit) -> Gateway:
        """The same door in the middle of a unit: what is read here has the unit's own writes in it."""
        inner = copy(self)
        inner._database, inner._audit = unit.connection, _WithUnit(unit)
        return inner

    async def _commit(self, call: Call, work: Callable[[Unit], Awaitable[Result]]) -> Result:
        for _ in range(_ATTEMPTS):
            unit: Unit | None = None
            try:
                async with self._database.transaction() as transaction:
                    unit = Unit(transaction, call, self._matrices, self._base, self._partners)
                    result = await work(unit)
                    await unit.finish()
                return result
            except _AGAIN:
                continue
            except Exception:
                if unit is not None and (noted := unit.noted):
                    await self._audit.record(*noted)
                raise
        raise Unavailable("too many changes at once; try again")
