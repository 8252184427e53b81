"""What a write goes through once its person is known and locked: it is judged, kept, and something may follow.

The law judges the resource as it was and as it will be (access law, "Writing"), and after it the rules of its type:
so a rule that is broken is told to those only who might have written, had they kept it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consent.categories import mask
from consent.law import Decision
from dzop.access import labelling, on_behalf
from dzop.access.authorship import Authorship, authorship, ties
from dzop.access.classification import Classification
from dzop.access.judgement import Judgement
from dzop.access.keeping import Keeper, Written
from dzop.access.labels import SENSITIVE, is_labelled_sensitive
from dzop.access.placement import Places
from dzop.access.proposal import Proposal
from dzop.access.reach import Bounds
from dzop.access.registering import REGISTERED, registers
from dzop.access.rules import permission, rules_of
from dzop.access.versions import Before, Concerned
from dzop.access.writing import Consequence, Ruled, Writing
from dzop.actor import Call
from dzop.fhir.audience import of_aftercare
from dzop.fhir.outcome import InsufficientScope
from dzop.store.database import Transaction

_SENSITIVE = mask([SENSITIVE])
_BY_SERVER = Decision(permit=True, rules=("system",), matrix_version="")


@dataclass(frozen=True, slots=True)
class Storing:
    """The writes of one unit from the moment that their person is locked."""

    _transaction: Transaction
    _call: Call
    _law: Judgement
    _base: str
    _keeper: Keeper
    _places: Places
    _classification: Classification
    _bounds: Bounds

    async def store(
        self, person: int, proposal: Proposal, before: Before | None, method: str, letter: str
    ) -> tuple[Written, Sequence[Consequence]]:
        """Judges the resource as it will be, and stores it with all its rows; and what the server is to write next."""
        claim = await self._authorship(person, proposal, before)
        kinds = of_aftercare(ties(self._call, claim.named, before), proposal.value, proposal.type)
        kept = before.row["mask"] & _SENSITIVE if before else 0
        computed = mask(await self._classification.of(proposal, before)) | kept
        decision, ruled = await self._judged(person, proposal, before, computed, kinds)
        proposal = ruled.proposal
        # A label that only narrows may be added by whoever may write: it needs no cell of its own.
        total = computed | (_SENSITIVE if is_labelled_sensitive(proposal.meta) else 0)
        named = tuple(dict.fromkeys((*claim.named, *ruled.named)))
        written = await self._keep(person, proposal, before, method, named, total, decision)
        await self._require_reach(written, total, letter)
        spoken = on_behalf.provenance(self._call, proposal, written.version, claim.named, claim.spoken_for)
        written = replace(written, remarks=(*proposal.remarks, *ruled.remarks))
        # What the server makes of something sensitive tells of it, so it is sensitive too.
        following = [
            replace(each, is_sensitive=each.is_sensitive or bool(each.is_new and total & _SENSITIVE))
            for each in ruled.following
        ]
        return await self._disclosed(person, written, total, kinds), (*following, *spoken)

    async def label(self, before: Before, given: Mapping[str, Any], *, add: bool) -> Written:
        """Stores a version with other labels: whoever may update may do so; `sensitive` has rules of its own."""
        row, own = before.row, before.proposal
        person = row["person"]
        proposal = own.with_member("meta", labelling.changed(own.meta, given, add=add))
        decision = await labelling.decided(self._law, self._call, person, before, given, add=add)
        if decision is None:
            decision, ruled = await self._judged(person, proposal, before, row["mask"], before.kinds)
            proposal = ruled.proposal
        if add:
            labelling.require_conformance(self._call, proposal, given)
        computed = mask(await self._classification.of(proposal, before))
        total = computed | labelling.sensitive(before, given, add=add)
        written = await self._keep(person, proposal, before, "PUT", before.named, total, decision)
        await self._require_reach(written, total, "u")
        return await self._disclosed(person, written, total, before.kinds)

    async def enter(self, person: int, entered: Consequence, before: Before | None) -> None:
        """Stores a version of the server's own making, which nobody has to judge."""
        proposal = entered.proposal
        kept = before.row["mask"] & _SENSITIVE if before else 0
        kept |= _SENSITIVE if entered.is_sensitive or is_labelled_sensitive(proposal.meta) else 0
        total = mask(await self._classification.of(proposal)) | kept
        method = "PUT" if before else "POST"
        await self._keep(person, proposal, before, method, entered.named, total, _BY_SERVER)

    async def _keep(
        self,
        person: int,
        proposal: Proposal,
        before: Before | None,
        method: str,
        named: Concerned,
        total: int,
        decision: Decision,
    ) -> Written:
        """Stores what was judged, and knows from then on where it is and of which categories."""
        self._places.note(person, proposal.type, proposal.id)
        self._classification.note(proposal.type, proposal.id, total)
        return await self._keeper.keep(person, proposal, before, method, named, total, decision)

    async def _disclosed(self, person: int, written: Written, total: int, kinds: frozenset[str]) -> Written:
        """The same without its content for an actor who may not read the result."""
        readable = await self._law.permits(person, "read", total, kinds)
        return await self.disclosed(written) if readable else replace(written, shown=None)

    async def disclosed(self, written: Written) -> Written:
        """The same without its content for a token that may not read it."""
        shown = written.shown
        return (
            written if shown is None or await self._bounds.reach(shown, "r") else replace(written, shown=None)
        )

    async def _require_reach(self, written: Written, total: int, letter: str) -> None:
        """InsufficientScope when the token does not reach the resource as it would be: then nothing is stored."""
        shown, interaction = written.shown, "create" if letter == "c" else "update"
        if shown is not None and not await self._bounds.reach(shown, letter):
            self._law.refuse(interaction, 403, written.type, written.id, shown.person, total)
            raise InsufficientScope(
                f"the scopes of this token do not include `{interaction}` of such a `{written.type}`"
            )

    async def _authorship(self, person: int, proposal: Proposal, before: Before | None) -> Authorship:
        with self._law.noting("update", proposal.type, proposal.id):
            return await authorship(
                self._transaction, self._call, self._law, person, proposal, before, self._base
            )

    async def _judged(
        self, person: int, proposal: Proposal, before: Before | None, computed: int, kinds: frozenset[str]
    ) -> tuple[Decision, Ruled]:
        """What the law says of it, then what the rules of its type make of it; a refusal of theirs is recorded too."""
        writing = Writing(
            self._transaction, self._call, self._law, self._base, person, proposal, before, kinds
        )
        ruled = Ruled(proposal)
        with self._law.noting("update", proposal.type, proposal.id, person):
            decision = await permission(writing) or await self._required(writing, computed)
            for rules in rules_of(proposal.type):
                ruled = ruled.and_then(await rules.of_writing(replace(writing, proposal=ruled.proposal)))
        return decision, ruled

    async def _required(self, writing: Writing, computed: int) -> Decision:
        """The decision of the cells on the resource as it was and as it will be."""
        person, before = writing.person, writing.before
        type, id = writing.proposal.type, writing.proposal.id
        if before is None and registers(self._call.actor, writing.proposal.value):
            return REGISTERED
        if before is None or before.deleted:
            return await self._law.require(person, "create", computed, writing.ties, type, id)
        await self._law.require(person, "update", before.row["mask"], before.kinds, type, id)
        return await self._law.require(person, "update", computed, writing.ties, type, id)
