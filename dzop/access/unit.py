"""One unit of work: the writes of a call in one transaction, each judged by the law on locked facts.

Order within a write: find the person, lock, read the facts, judge the resource as it was and as it
will be, store the version with all that follows from it; at the end recompile what facts changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from consent.law import Decision
from dzop.access import guarded, placement
from dzop.access.classification import Classification
from dzop.access.events import disclosure, event
from dzop.access.gathering import gathered
from dzop.access.judgement import Judgement
from dzop.access.keeping import Keeper, Partners, Written
from dzop.access.locks import Locks
from dzop.access.matrices import Matrices
from dzop.access.placement import Places
from dzop.access.proposal import Proposal
from dzop.access.reach import Bounds
from dzop.access.registering import registers
from dzop.access.rules import as_kept, rules_of
from dzop.access.searched import of_search
from dzop.access.shown import Shown
from dzop.access.storing import Storing
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence, Removal
from dzop.actor import SYSTEM, Actor, Call
from dzop.fhir.json import Source
from dzop.fhir.outcome import (
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    PreconditionFailed,
    Unprocessable,
)
from dzop.fhir.references import person_references
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.query import Query
from dzop.store import audit
from dzop.store.audit import Event
from dzop.store.database import Row, Transaction
from dzop.store.statement import Statement
from dzop.store.tables import DIRECTORY, NONE

_UNKNOWN_PERSON = "the person is not known, or you have no relation with this person"
_NEVER_MOVES = "a resource never moves to another person"


class Unit:
    """Everything a call changes. Made by the gateway, never kept longer than its transaction."""

    def __init__(
        self,
        transaction: Transaction,
        call: Call,
        matrices: Matrices,
        base: str,
        partners: Partners,
        classification: Classification | None = None,
    ) -> None:
        self._transaction = transaction
        self._call = call
        self._base = base
        self._partners = partners
        self._matrices = matrices
        self._law = Judgement(transaction, call, matrices, base)
        self._keeper = Keeper(transaction, call, self._law, base, partners)
        self._places = Places(transaction)
        self._locks = Locks(transaction, call, self._law, self._places)
        self._classification = classification or Classification(transaction, call, base)
        self._bounds = Bounds(transaction, call, base)
        self._storing = Storing(
            transaction, call, self._law, base, self._keeper, self._places, self._classification, self._bounds
        )
        self._events: list[Event] = []
        self._searched: list[Event] = []
        self._messages: list[tuple[int, Consequence]] = []

    @property
    def refusals(self) -> list[Event]:
        return self._law.refusals

    @property
    def noted(self) -> list[Event]:
        """What is recorded also when the unit is undone: refusals, and what its conditions asked for, of which a
        refusal may tell.
        """
        return [*self.refusals, *self._searched]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._call.actor

    @property
    def connection(self) -> Transaction:
        """Where what this unit has written can be read."""
        return self._transaction

    @property
    def law(self) -> Judgement:
        """The law as it judges this call, for operations that ask more of it than a write does."""
        return self._law

    @property
    def locks(self) -> Locks:
        """Locks beyond those that each write takes by itself."""
        return self._locks

    def as_server(self) -> Unit:
        """What the server itself writes because of this call, in the same transaction; to be finished too."""
        call = replace(self._call, actor=Actor(SYSTEM, SYSTEM))
        return Unit(self._transaction, call, self._matrices, self._base, self._partners, self._classification)

    def record(self, *events: Event) -> None:
        """Adds to what is recorded with the unit, and only if it succeeds."""
        self._events += events

    # -- reading within the unit -----------------------------------------------------------------

    async def read(self, type: str, id: str) -> Shown | None:
        """The current version if the actor may see it; recorded with the unit."""
        found = await guarded.read(self._transaction, self._call, type, id)
        if found is None:
            self._events.append(event(self._call, "read", 404, type, id))
            return None
        self._events.append(disclosure(self._call, "read", found, status=410 if found.deleted else 200))
        return found

    async def disclose(self, type: str, id: str) -> Shown | None:
        """The same for who would take it elsewhere: None also when the person keeps it back from that."""
        found = await self.read(type, id)
        if found is None or not await self._law.is_kept_back(found.person, found.mask):
            return found
        self._events[-1] = disclosure(self._call, "read", found, status=403)
        return None

    async def alongside(self, statement: Statement, **values: Any) -> Row | None:
        """Runs a statement about what is no resource, such as the exchange, in this transaction."""
        return await self._transaction.row(statement, **values)

    async def matching(self, query: Query, *, again: bool = False, most: int = 2) -> tuple[Shown, ...]:
        """Visible matches, `most` of them: two tell none, one and several apart. Asked `again`, it is known."""
        matches = (await guarded.find(self._transaction, self._call, query, None, most)).matches
        if not again:
            self._searched += await of_search(self._transaction, self._call, query, matches)
        return matches

    # -- writing -----------------------------------------------------------------------------------

    async def as_found(self, match: Shown) -> Written:
        """What is answered instead of a new resource: the one that is there, as it is."""
        found = Written(
            match.type, match.id, match.version, created=False, last_updated=match.last_updated, shown=match
        )
        return await self._storing.disclosed(found)

    async def create(self, proposal: Proposal, letter: str = "c") -> Written:
        """A new resource under an id the server made, for who may create, or update, by this letter of the scopes."""
        if registers(self._call.actor, proposal.value):
            return await self._add(await self._registered(proposal), proposal, "POST", letter)
        person = await self._related(await self._person_of(proposal), proposal, letter)
        return await self._add(person, proposal, "POST", letter)

    async def update(
        self, proposal: Proposal, if_match: int | None, *, may_create: bool, anew: bool = False
    ) -> Written:
        """A new version, or the first one under an id the client chose; Conflict when it is there and shall not be."""
        person = await self._person_of(proposal)
        located = await self._located(proposal.type, proposal.id)
        before = (
            None
            if located is None
            else await before_of(self._transaction, self._call, located, proposal.type, proposal.id)
        )
        if before is None or not await self._sees(before, "u"):
            person = await self._related(person, proposal, "u")
            if if_match is not None:
                self._law.refuse("update", 412, proposal.type, proposal.id)
                raise PreconditionFailed("there is no such version to replace")
            if located is not None or not may_create:
                self._law.refuse("update", 409, proposal.type, proposal.id)
                raise Conflict("this id cannot be used; let the server choose one with POST")
            return await self._add(person, proposal, "PUT")
        if person is None or located != person:
            with self._law.noting("update", proposal.type, proposal.id, located, before.row["mask"]):
                await self._refuse_moving(before, proposal)
        self._require_match(before, if_match)
        if anew and not before.deleted:
            self._law.refuse("update", 409, proposal.type, proposal.id, person, before.row["mask"])
            raise Conflict("there is a resource under this id that does not meet the condition")
        return await self._store(person, proposal, before, "PUT")

    async def load(self, proposal: Proposal) -> Written | None:
        """Stores a resource of a file unless that is what is stored already: then None."""
        person = await self._related(await self._person_of(proposal), proposal, "u")
        located = await self._located(proposal.type, proposal.id)
        if located is None:
            return await self._add(person, proposal, "PUT")
        before = await before_of(self._transaction, self._call, located, proposal.type, proposal.id)
        if before is None or located != person:
            raise Unprocessable(_NEVER_MOVES, expression=_person_path(proposal))
        same = before.row["kept"] == as_kept(proposal).body and not before.deleted
        return None if same else await self._store(person, proposal, before, "PUT")

    async def amend(
        self, type: str, id: str, change: Callable[[Source], Source], if_match: int | None = None
    ) -> Written:
        """A new version made from the current one by `change`, for operations on one resource.

        `change` is given the body as it is kept, with the client's own `meta`. NotFound for what is free
        or hidden, Gone for what is deleted; the new version is judged like any update.
        """
        before = await self._current(type, id, if_match)
        person = before.row["person"]
        with self._law.noting("update", type, id, person):
            changed = change(before.proposal.source)
        return await self._store(person, Proposal(type, id, changed), before, "PUT")

    async def patch(
        self, type: str, id: str, change: Callable[[Source], Proposal], if_match: int | None = None
    ) -> Written:
        """The same for a client's patch: `change` is given the body as it is shown, with its whole `meta`.

        What is kept of it and not shown stays as it is.
        """
        before = await self._current(type, id, if_match, "patch")
        person, kept = before.row["person"], before.proposal
        with self._law.noting("patch", type, id, person, before.row["mask"]):
            proposal = change(before.shown)
            await self._require_same_person(before, proposal)
        return await self._store(person, proposal.with_withheld(kept), before, "PATCH")

    async def _require_same_person(self, before: Before, proposal: Proposal) -> None:
        """Refused when the change would bring the resource to somebody else."""
        both = (before.proposal, proposal)
        then, now = (person_references(each.value, each.type, self._base) for each in both)
        if now != then and await self._person_of(proposal) != before.row["person"]:
            await self._refuse_moving(before, proposal)

    async def _refuse_moving(self, before: Before, proposal: Proposal) -> NoReturn:
        """Unprocessable; Forbidden for who may not change it anyway."""
        row, type, id = before.row, proposal.type, proposal.id
        await self._law.require(row["person"], "update", row["mask"], before.kinds, type, id)
        raise Unprocessable(_NEVER_MOVES, expression=_person_path(proposal))

    async def label(
        self, type: str, id: str, given: Mapping[str, Any], if_match: int | None, *, add: bool
    ) -> Written:
        """A new version that differs in its `meta` alone: `given` is added to it, or taken out of it.

        Refused as `amend` is. Whoever may update may do so; the label `sensitive` has rules of its own.
        """
        before = await self._current(type, id, if_match)
        return await self._storing.label(before, given, add=add)

    async def _current(self, type: str, id: str, if_match: int | None, interaction: str = "update") -> Before:
        """What is there, locked; NotFound for what is free or hidden, Gone for what is deleted."""
        person = await self._located(type, id)
        before = None
        if person is not None:
            await self._lock(person, type)
            before = await before_of(self._transaction, self._call, person, type, id)
        letters = "ru" if interaction == "patch" else "u"
        if before is None or not all([await self._sees(before, letter) for letter in letters]):
            self._law.refuse(interaction, 404, type, id)
            raise NotFound(f"`{type}/{id}` is not known")
        if before.deleted:
            self._law.refuse(interaction, 410, type, id, person, before.row["mask"])
            raise Gone(f"`{type}/{id}` was deleted")
        self._require_match(before, if_match)
        return before

    async def enter(self, person: int, entered: Consequence) -> None:
        """A new version of the server's own making, which nobody has to judge."""
        proposal, before = entered.proposal, None
        if not entered.is_new:
            before = await before_of(self._transaction, self._call, person, proposal.type, proposal.id)
        await self._storing.enter(person, entered, before)

    async def delete(self, type: str, id: str, if_match: int | None) -> Written | None:
        """Marks as deleted; None when there is nothing to delete, or nothing the actor may know of."""
        person = await self._located(type, id)
        if person is not None:
            await self._lock(person, type)
            before = await before_of(self._transaction, self._call, person, type, id)
            if before is not None and await self._sees(before, "d") and not before.deleted:
                self._require_match(before, if_match)
                decision = await self._law.require(
                    person, "delete", before.row["mask"], before.kinds, type, id
                )
                return await self._remove(person, type, id, before, decision)
        if if_match is not None:
            self._law.refuse("delete", 412, type, id)
            raise PreconditionFailed("there is no such version to delete")
        self._events.append(event(self._call, "delete", 404, type, id))
        return None

    async def _remove(self, person: int, type: str, id: str, before: Before, decision: Decision) -> Written:
        """Deletes what the law permits to be deleted, unless a rule refuses, with all that comes of it."""
        removal = Removal(self._transaction, self._call, self._law, person, type, before, self._base)
        with self._law.noting("delete", type, id, person, before.row["mask"]):
            for rules in rules_of(type):
                await rules.of_removing(removal)
        following = [each for rules in rules_of(type) for each in await rules.behind_removing(removal)]
        written = await self._keeper.remove(person, type, id, before, decision)
        await self._follow(person, following)
        return written

    async def finish(self) -> None:
        """Settles what is left, and writes the audit rows."""
        await self.settle()
        if events := [*self._searched, *self._events]:
            await audit.write(self._transaction, events)

    async def settle(self) -> None:
        """What follows from the writes so far, so that what is read next is judged by them."""
        messages, self._messages = self._messages, []
        for person, each in gathered(messages, self._base):
            await self._enter_all(person, [each])
        await self._keeper.settle()

    # -- steps of a write --------------------------------------------------------------------------

    async def _related(self, person: int | None, proposal: Proposal, letter: str) -> int:
        """The person, with whom the actor has a relation: asked where no resource is visible that says so.

        Whom the token does not reach is as if not known.
        """
        reached = person is not None and await self._bounds.reach_person(person, proposal.type, letter)
        if person is not None and reached and (person == NONE or await self._law.is_related(person)):
            return person
        raise self._unknown(person, proposal)

    async def _registered(self, proposal: Proposal) -> int:
        """The person of whom a registrar enters something: new with the Patient, otherwise known here."""
        if proposal.type == "Patient":
            await placement.reserve(self._transaction, [proposal.id])
        person = await placement.person_of(self._transaction, self._call, proposal, self._base, anybody=True)
        if person is None:
            raise self._unknown(None, proposal)
        await self._law.lock(person, exclusive=True)
        return person

    def _unknown(self, person: int | None, proposal: Proposal) -> Unprocessable:
        self._law.refuse("update", 422, proposal.type, proposal.id, person)
        path, is_named = _person_path(proposal), person_references(proposal.value, proposal.type, self._base)
        nobody = f"say in `{path.rpartition('.')[2]}` about whom this is"
        return Unprocessable(_UNKNOWN_PERSON if is_named else nobody, expression=path)

    async def _person_of(self, proposal: Proposal) -> int | None:
        """The person, locked; None when not known. Only `system` may store what names nobody, in NONE."""
        exclusive, by_system = RESOURCE_TYPES[proposal.type].is_fact, self._call.actor.is_system
        if RESOURCE_TYPES[proposal.type].compartment == "directory":
            if by_system:
                return DIRECTORY
            self._law.refuse("update", 403, proposal.type, proposal.id)
            raise Forbidden("the directory is written by its registry only")
        patient_id = placement.patient_of(proposal, self._base)
        if patient_id is not None and (not by_system or self._law.is_locked(patient_id, exclusive=exclusive)):
            return await self._law.lock_patient(patient_id, exclusive=exclusive)
        person = await placement.person_of(self._transaction, self._call, proposal, self._base)
        if person is None:
            return NONE if by_system else None
        await self._law.lock(person, exclusive=exclusive)
        return person

    async def _add(self, person: int, proposal: Proposal, method: str, letter: str = "u") -> Written:
        type, id = proposal.type, proposal.id
        registered = method == "POST" and registers(self._call.actor, proposal.value)
        if type == "Patient" and not registered and not self._call.actor.is_system:
            self._law.refuse("create", 403, type, id)
            raise Forbidden("a Patient is entered by the registrar only")
        return await self._store(person, proposal, None, method, letter)

    async def _store(
        self, person: int, proposal: Proposal, before: Before | None, method: str, letter: str = "u"
    ) -> Written:
        """Judges the resource as it will be, and stores it with all that comes of it."""
        written, following = await self._storing.store(person, proposal, before, method, letter)
        await self._follow(person, following)
        return written

    async def _follow(self, person: int, following: Sequence[Consequence]) -> None:
        """What the server itself writes behind a write; its messages wait for others to the same people."""
        self._messages += [(person, each) for each in following if each.is_gathered]
        await self._enter_all(person, [each for each in following if not each.is_gathered])

    async def _enter_all(self, person: int, entered: Sequence[Consequence]) -> None:
        """What the server itself writes, as its own."""
        if entered:
            server = self.as_server()
            for each in entered:
                await server.enter(person, each)
            await server.finish()

    async def _located(self, type: str, id: str) -> int | None:
        (person,) = await self._places.of((type, id))
        return person

    async def _lock(self, person: int, type: str) -> None:
        await self._law.lock(person, exclusive=RESOURCE_TYPES[type].is_fact)

    # -- what is asked on the way --------------------------------------------------------------------

    async def _sees(self, before: Before, letter: str) -> bool:
        """Whether the actor may know of it, and the token reaches it by this letter."""
        row = before.row
        return await self._law.permits(
            row["person"], "read", row["mask"], before.kinds
        ) and await self._bounds.reach(Shown.of(row), letter)

    def _require_match(self, before: Before, if_match: int | None) -> None:
        row = before.row
        if if_match is not None and (before.deleted or before.version != if_match):
            self._law.refuse("update", 412, row["type"], row["id"], row["person"], row["mask"])
            raise PreconditionFailed(
                f"version `{if_match}` is not the current one; read it and make your change again",
                expression="http.If-Match",
            )


def _person_path(proposal: Proposal) -> str:
    path = next(iter(RESOURCE_TYPES[proposal.type].person_paths), "")
    return f"{proposal.type}.{path}".rstrip(".")
