"""What was judged is kept: a version with all its rows, and at the end what follows from the writes of a unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent.categories import BURDEN
from consent.law import Decision
from dzop.access import directory, facts
from dzop.access.events import event
from dzop.access.goal_links import GoalLinks
from dzop.access.indexing import index_columns
from dzop.access.judgement import Judgement
from dzop.access.labels import kept_meta
from dzop.access.proposal import Proposal
from dzop.access.shown import Shown
from dzop.access.versions import Before, Concerned, Version, audience_columns
from dzop.actor import Call
from dzop.auth.login.invitations import Invitations
from dzop.fhir.outcome import Issue
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.plan.invitation import NAMED_IN, given_more
from dzop.plan.rule import refusal
from dzop.store import audit, exchange, index_tables, writing
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY

_CLASH: Mapping[str, str] = {
    "second-coordinator": "second-coordinator",
    "case-manager-member": "case-manager-apart",
    "case-manager-coordinator": "case-manager-apart",
}
"""The rule that a write breaks which would bring about one of `consent.invariants.CLASHES`."""
Partners = Mapping[str, frozenset[str]]


class Collision(Exception):
    """Somebody changed in this very moment what this unit goes by; it starts again and will see it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write. `shown` is None when the actor may not read the result."""

    type: str
    id: str
    version: int
    created: bool
    last_updated: datetime
    shown: Shown | None
    remarks: tuple[Issue, ...] = ()


class Keeper:
    """Stores versions in the name of one call, and settles what they bring about."""

    def __init__(
        self, transaction: Transaction, call: Call, law: Judgement, base: str, partners: Partners
    ) -> None:
        self._transaction = transaction
        self._call = call
        self._law = law
        self._base = base
        self._partners = partners
        self._goal_links = GoalLinks(transaction, call, law, base)
        self._concerns_of: set[int] = set()
        self._facts_of: set[int] = set()
        self._changed_of: set[int] = set()
        self._given_more: defaultdict[int, set[str]] = defaultdict(set)

    async def keep(
        self,
        person: int,
        proposal: Proposal,
        before: Before | None,
        method: str,
        named: Concerned,
        total: int,
        decision: Decision,
    ) -> Written:
        """Stores a version that was judged, with all its rows."""
        type, id = proposal.type, proposal.id
        created = before is None or before.deleted
        version, now = (before.version + 1 if before else 1), self._after(before)
        shown = proposal.served or proposal
        body = proposal.body
        served = None if shown is proposal else shown.body
        meta = kept_meta(proposal.meta)
        interaction = "create" if created else "patch" if method == "PATCH" else "update"
        noted = self._noted(decision, person, interaction, type, id, total, version)
        await self._write(
            person, type, id, before, named, index_columns(shown, self._base), noted, version=version,
            body=body, served=served, meta=meta, mask=total, last_updated=now, method=method,
            deleted=False,
        )  # fmt: skip
        if before and total & ~before.row["mask"]:
            await self._transaction.run(writing.LABEL_TELLING, person=person, type=type, id=id, mask=total)
        now_said = Version(proposal.value, named)
        self._follow_up(person, type, total, now_said, *([before.as_it_was] if before else []))
        former = None if before is None or before.deleted else before.as_it_was.value
        self._goal_links.note(person, type, id, proposal.value, former)
        if type in NAMED_IN:
            self._given_more[person] |= given_more(proposal.value, former, self._base)
        if person == DIRECTORY:
            self._facts_of |= await directory.record(self._transaction, proposal.value, self._base)
        answer = Shown(person, type, id, version, served or body, meta, total, now, deleted=False)
        return Written(type, id, version, created, now, answer)

    async def remove(self, person: int, type: str, id: str, before: Before, decision: Decision) -> Written:
        """Stores that it is deleted: it keeps the categories and the audience of its last version."""
        row, now, version = before.row, self._after(before), before.version + 1
        noted = self._noted(decision, person, "delete", type, id, row["mask"], version)
        await self._write(
            person, type, id, before, before.named, index_tables.no_index(), noted, version=version,
            body=row["kept"], served=None, meta=row["meta"], mask=row["mask"], last_updated=now, method="DELETE",
            deleted=True,
        )  # fmt: skip
        self._follow_up(person, type, row["mask"], before.as_it_was)
        self._goal_links.note(person, type, id, None, before.as_it_was.value)
        if type in NAMED_IN:
            self._given_more[person] |= given_more(before.as_it_was.value, None, self._base)
        if person == DIRECTORY:
            # Who is taken out of the directory acts in that capacity no longer.
            gone = {**before.as_it_was.value, "active": False}
            self._facts_of |= await directory.record(self._transaction, gone, self._base)
        return Written(type, id, version, created=False, last_updated=now, shown=None)

    async def _write(
        self,
        person: int,
        type: str,
        id: str,
        before: Before | None,
        named: Concerned,
        index: Mapping[str, Any],
        noted: Mapping[str, list[Any]],
        **version: Any,
    ) -> None:
        """Has the version written with all its rows, and announced to every partner that takes this type.

        It waits for others to be written with it (`Transaction.later`). When it is sent, the law decides.
        """
        if before is not None:
            await self._transaction.run(writing.FORGET, person=person, type=type, id=id)
        columns = {**index, "indexed_as": [index["indexed_as"]], **audience_columns(named)}
        whole = {name: [value] for name, value in version.items()}
        await self._transaction.later(
            writing.WRITE, person=[person], type=[type], id=[id], **whole, **noted, **columns,
            **writing.rows_of((person, type, id), columns),
        )  # fmt: skip
        partners = [partner for partner, types in self._partners.items() if type in types]
        if partners and person > DIRECTORY:
            row = {
                "person": person,
                "type": type,
                "id": id,
                "version": version["version"],
                "now": self._call.now,
            }
            await self._transaction.later(
                exchange.ENQUEUE,
                partner=partners,
                **{name: [value] * len(partners) for name, value in row.items()},
            )

    async def settle(self) -> None:
        """What follows from the writes so far, once a person: grants, codes of invitations that count no more, and the
        audience that depends on others.
        """
        for person in sorted(self._facts_of):
            await self._law.lock(person, exclusive=True)
            self._law.forget(person)
            known = await self._law.facts_of(person)
            if person in self._changed_of:
                await self._refuse_clashes(person)
            if invited := self._given_more[person] & known.related_persons:
                await Invitations(self._transaction).void(sorted(invited))
            laws = (await self._law.in_force()).compiled
            await facts.compile_person(self._transaction, person, known, laws)
            for partner in self._partners:
                for statement in (exchange.MAKE_DUE, exchange.REOPEN):
                    await self._transaction.run(statement, person=person, partner=partner, now=self._call.now)
        self._concerns_of |= await self._goal_links.settle()
        for person in sorted(self._facts_of | self._concerns_of):
            known = await self._law.facts_of(person)
            await facts.expand_teams(self._transaction, person, known)
            await facts.open_shares(self._transaction, person, known, self._base)
        self._given_more.clear()
        for changed in (self._facts_of, self._changed_of, self._concerns_of):
            changed.clear()

    async def _refuse_clashes(self, person: int) -> None:
        """The invariants of a plan; the texts are constant, for what clashes may be hidden from the actor."""
        for clash in await self._law.new_clashes(person):
            refused = refusal(_CLASH[clash])
            self._law.refuse("update", refused.status, "", "", person)
            raise refused

    def _follow_up(self, person: int, type: str, mask: int, *versions: Version) -> None:
        """Notes what has to be settled: `versions` are what the resource was and what it is now."""
        if person <= DIRECTORY:
            return
        if RESOURCE_TYPES[type].is_fact:
            self._law.forget(person)
            self._facts_of.add(person)
            self._changed_of.add(person)
        if mask & BURDEN or any(
            actor.startswith("CareTeam/") for each in versions for _, actor, _ in each.named
        ):
            self._concerns_of.add(person)

    def _noted(
        self, decision: Decision, person: int, interaction: str, type: str, id: str, mask: int, version: int
    ) -> dict[str, list[Any]]:
        """The audit row of a write, which goes into the statement that writes."""
        status = {"create": 201, "delete": 204}.get(interaction, 200)
        return audit.note(
            event(
                self._call, interaction, status, type, id, person=person, mask=mask, version=version,
                rules=decision.rules, matrix_version=decision.matrix_version,
            )
        )  # fmt: skip

    def _after(self, before: Before | None) -> datetime:
        """The instant of this version: later than the one it follows, whatever the clock does."""
        if before is None:
            return self._call.now
        following: datetime = before.row["last_updated"] + timedelta(microseconds=1)
        return max(self._call.now, following)
