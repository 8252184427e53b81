"""The law, asked within a transaction on the facts of the person whose lock it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from consent.categories import mask as mask_of
from consent.facts import COMPLETION, Facts
from consent.invariants import clashes
from consent.law import Decision, decide, permitted
from consent.settings import verdicts
from dzop.access import facts, guarded
from dzop.access.events import event
from dzop.access.matrices import InForce, Matrices
from dzop.actor import Call
from dzop.fhir.outcome import FhirError, Forbidden
from dzop.store import generations
from dzop.store.audit import Event
from dzop.store.database import Transaction
from dzop.store.persons import LOCK_FACTS, SHARE_FACTS
from dzop.store.tables import DIRECTORY

DIED: Final = "the person has died: nothing is written in this plan any more but tasks of aftercare"
COMPLETED: Final = (
    "the plan is completed: nothing is written in it any more but tasks of aftercare, and consents; the "
    "person or a representative can take it up again by making it `active`"
)


class Judgement:
    """What this call may do; `refusals` are recorded even when the transaction is undone."""

    def __init__(self, transaction: Transaction, call: Call, matrices: Matrices, base: str) -> None:
        self._transaction = transaction
        self._call = call
        self._matrices = matrices
        self._in_force: InForce | None = None
        self._base = base
        self._facts: dict[int, Facts] = {}
        self._at_first: dict[int, Facts] = {}
        self._patients: dict[int, str] = {}
        self._keys: dict[str, int] = {}
        self._alone: dict[int, bool] = {}
        self._decisions: dict[tuple[int, str, int, frozenset[str]], Decision] = {}
        self._related: dict[int, bool] = {}
        self.refusals: list[Event] = []

    async def permits(self, person: int, action: str, mask: int, kinds: frozenset[str]) -> bool:
        """May the actor do this to a resource with these categories, being tied to it in these ways?"""
        return (await self.decision(person, action, mask, kinds)).permit

    async def decision(self, person: int, action: str, mask: int, kinds: frozenset[str]) -> Decision:
        """The same with the rules that determine it."""
        actor = self._call.actor
        # What no matrix decides names none.
        if actor.is_system:
            return Decision(permit=True, rules=("system",), matrix_version="")
        if person <= DIRECTORY:
            return Decision(person == DIRECTORY and action == "read", ("directory",), matrix_version="")
        asked = (person, action, mask, kinds)
        if asked not in self._decisions:
            known, in_force = await self.facts_of(person), await self.in_force()
            self._decisions[asked] = decide(
                guarded.shape_of(actor), known, self._call.now, action, mask, kinds, in_force.active.matrix
            )
        return self._decisions[asked]

    async def require(
        self, person: int, action: str, mask: int, kinds: frozenset[str], type: str, id: str, text: str = ""
    ) -> Decision:
        """The decision that permits; Forbidden, on something the actor may know of, when there is none; `text` is
        what to say then.
        """
        decision = await self.decision(person, action, mask, kinds)
        if not decision.permit:
            self.refusals.append(
                event(
                    self._call, action, 403, type, id, person=person, mask=mask,
                    rules=decision.rules, matrix_version=decision.matrix_version,
                )
            )  # fmt: skip
            raise Forbidden(
                await self._why_ended(person, decision)
                or text
                or f"what you may do with this plan does not include `{action}` of this `{type}`"
            )
        return decision

    async def right(self, person: int, action: str, category: str) -> Literal["all", "own", "none"]:
        """How far the actor may do this with the category as a whole; for `create` of a team `own` is to propose."""
        if self._call.actor.is_system:
            return "all"
        known, in_force = await self.facts_of(person), await self.in_force()
        granted = permitted(
            guarded.shape_of(self._call.actor), known, self._call.now, action, in_force.active.matrix
        )
        bit = mask_of([category])
        return "all" if granted.full & bit else "own" if granted.own & bit else "none"

    async def is_related(self, person: int) -> bool:
        """Has the actor any access of their own to this person's plan?"""
        actor = self._call.actor
        if actor.is_system or person <= DIRECTORY:
            return True
        if person not in self._related:
            known, in_force = await self.facts_of(person), await self.in_force()
            granted = permitted(
                guarded.shape_of(actor), known, self._call.now, "read", in_force.active.matrix
            )
            self._related[person] = bool(granted.full | granted.own)
        return self._related[person]

    async def is_kept_back(self, person: int, mask: int) -> bool:
        """Does a setting of the person keep any of these categories from being taken elsewhere (`disclose`)?"""
        if person <= DIRECTORY:
            return False
        shape, known = guarded.shape_of(self._call.actor), await self.facts_of(person)
        decisive = verdicts(
            known.settings,
            shape.individual,
            shape.organisation,
            frozenset({shape.role}),
            self._call.now,
            "share",
        )
        return any(each.categories & mask for each in decisive if not each.provision.permit)

    def refuse(
        self, interaction: str, status: int, type: str, id: str, person: int | None = None, mask: int = 0
    ) -> None:
        """Notes a refusal for the audit; the caller raises."""
        self.refusals.append(event(self._call, interaction, status, type, id, person=person, mask=mask))

    @contextmanager
    def noting(
        self, interaction: str, type: str, id: str, person: int | None = None, mask: int = 0
    ) -> Iterator[None]:
        """Notes a refusal that is raised within, unless the law has noted it already, with its rules."""
        noted = len(self.refusals)
        try:
            yield
        except FhirError as error:
            if len(self.refusals) == noted:
                self.refuse(interaction, error.status, type, id, person, mask)
            raise

    async def facts_of(self, person: int) -> Facts:
        """The facts of a person, read under a lock that keeps others from changing them meanwhile."""
        if person not in self._facts:
            patient = self._patients.get(person) or await self.lock(person, exclusive=False)
            known, row = await facts.read_with_law(self._transaction, person, patient, self._base)
            self._facts[person] = known
            # The lock keeps it from being switched, so what was read once holds for the transaction.
            self._in_force = self._in_force or await self._matrices.in_force(self._transaction, row)
        return self._facts[person]

    async def in_force(self) -> InForce:
        """The law that judges; it came with the facts when any were read."""
        if self._in_force is None:
            await self._transaction.run(generations.HOLD)
            self._in_force = await self._matrices.in_force(self._transaction)
        return self._in_force

    async def lock_patient(self, patient_id: str, *, exclusive: bool) -> int | None:
        """The same as `lock` for a person known by Patient id: the key, or None when there is no such person."""
        if not self.is_locked(patient_id, exclusive=exclusive):
            await self.lock_all([], [patient_id], exclusive=exclusive)
        return self._keys.get(patient_id)

    async def lock(self, person: int, *, exclusive: bool) -> str:
        """Locks the person's row: exclusively to change a fact, shared to be judged by them; `Patient/id`."""
        if person <= DIRECTORY:
            return ""
        if person not in self._alone or (exclusive and not self._alone[person]):
            await self.lock_all([person], [], exclusive=exclusive)
        return self._patients.get(person, "")

    async def lock_all(self, persons: Sequence[int], patient_ids: Sequence[str], *, exclusive: bool) -> None:
        """Locks the rows of persons, known by key or by Patient id, in an order that all keep."""
        statement = LOCK_FACTS if exclusive else SHARE_FACTS
        rows = await self._transaction.rows(statement, persons=list(persons), patients=list(patient_ids))
        for row in rows:
            person, patient_id = int(row["key"]), row["patient_id"]
            self._patients[person], self._keys[patient_id] = f"Patient/{patient_id}", person
            self._alone[person] = exclusive or self._alone.get(person, False)

    def is_locked(self, patient_id: str, *, exclusive: bool) -> bool:
        """Whether this transaction holds that lock of a person already."""
        key = self._keys.get(patient_id)
        return key is not None and (self._alone[key] or not exclusive)

    def forget(self, person: int) -> None:
        """A fact of this person changed: the next judgement reads them anew."""
        known = self._facts.pop(person, None)
        self._related.pop(person, None)
        for asked in [each for each in self._decisions if each[0] == person]:
            del self._decisions[asked]
        if known is not None:
            self._at_first.setdefault(person, known)

    async def new_clashes(self, person: int) -> tuple[str, ...]:
        """What must never be, and is since this transaction began (`consent.invariants`)."""
        at_first, now = self._at_first.get(person), self._call.now
        old = () if at_first is None else clashes(at_first, now)
        return tuple(each for each in clashes(await self.facts_of(person), now) if each not in old)

    async def _why_ended(self, person: int, decision: Decision) -> str | None:
        """Why nothing is written any more, where that refused, to who reads what says so."""
        known = await self.facts_of(person)
        rule = known.closed(self._call.now)
        if decision.step != "closing" or rule is None:
            return None
        is_plan = rule.startswith(COMPLETION)
        type, _, id = (rule.removeprefix(COMPLETION) if is_plan else known.person).partition("/")
        found = await guarded.read(self._transaction, self._call, type, id)
        return None if found is None or found.deleted else (COMPLETED if is_plan else DIED)
