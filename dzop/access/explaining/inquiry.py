"""Who may ask why, and what an answer starts from (access law, "Explaining").

The person, a representative who sees all that the law rests on, and the operator. Nobody else learns anything:
who may see the Patient gets one constant refusal, who may not gets what a free id gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from consent.categories import ALL, BURDEN, codes, mask
from consent.facts import Facts
from consent.law import Permission, permitted
from consent.matrix import Matrix
from dzop.access import guarded
from dzop.access.events import event
from dzop.access.guarded import binds, shape_of
from dzop.access.judgement import Judgement
from dzop.access.matrices import Law, Matrices
from dzop.access.reach import sees_all, sight
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.explanation.languages import preferred
from dzop.explanation.words import WORDS, Words
from dzop.fhir.outcome import Forbidden, NotFound
from dzop.store import reading
from dzop.store.audit import Event
from dzop.store.database import Connection, Transaction

NOT_FOR_YOU = "why somebody has access is told to the person, a representative or the operator"
NOT_THEIRS = "what carers say about their own burden is theirs: nobody else is told who sees it"

_NEEDED = mask(["about-me", "plan", "care-team", "consent", "sensitive", "access-log"])
"""What the facts and the log are made of: who does not see all of it cannot be told why without being told more."""

_EVERYTHING = Permission(ALL, 0, 0, 0, ("system",))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which operation, about whose plan (`patient` is an id), and the language of the answer.

    `language` is one of ours, or None for the best of `accept_language`, else the person's.
    """

    code: str
    patient: str
    language: str | None = None
    accept_language: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What an answer told of: these categories, of one entry or of the plan."""

    categories: int
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One person's access as the asker may know it, read under the person's lock.

    `person` is the key, `patient` the reference. `facts` are without what others' carers shared of their
    burden; `permission` is what the asker may read.
    """

    connection: Connection
    call: Call
    base: str
    law: Law
    person: int
    patient: str
    facts: Facts
    permission: Permission
    words: Words

    @property
    def matrix(self) -> Matrix:
        """The matrix in force."""
        return self.law.matrix

    @property
    def readable(self) -> int:
        """The categories of which the asker may read anything at all."""
        allowed = self.permission
        return allowed.full | allowed.own | allowed.authored

    def require_askable(self, categories: int) -> None:
        """Forbidden about the burden of carers for who is none, whatever there is."""
        if categories & BURDEN & ~self.readable:
            raise Forbidden(NOT_THEIRS)

    def about(self, facts: Facts) -> Inquiry:
        """The same of other facts, for what would be."""
        return replace(self, facts=known_to(self.call, facts))

    async def resource(self, reference: str) -> Shown:
        """A current resource of this person that the asker sees; NotFound for any other."""
        type, _, id = reference.partition("/")
        found = await guarded.read(self.connection, self.call, type, id)
        if found is None or found.deleted or found.person != self.person:
            raise NotFound(f"`{reference}` is not known")
        return found

    async def visible(self, references: list[str]) -> dict[str, Any]:
        """The resources among these that the asker sees, as JSON, by reference."""
        found: dict[str, Any] = {}
        pairs = [each.split("/") for each in dict.fromkeys(references) if each.count("/") == 1]
        for everything in (False, True):
            wanted = [pair for pair in pairs if sees_all(self.call.actor, pair[0]) == everything]
            if wanted:
                types, ids = [type for type, _ in wanted], [id for _, id in wanted]
                looking = sight(self.call.actor, "r", *dict.fromkeys(types))
                rows = await self.connection.rows(
                    reading.read_many(looking), types=types, ids=ids, **binds(self.call)
                )
                found |= {f"{row['type']}/{row['id']}": orjson.loads(row["body"]) for row in rows}
        return found

    def recorded(self, code: str, told: Sequence[About] = ()) -> list[Event]:
        """That this was told: one event, and more where there is a carer's burden in it, which is for its author."""
        return [self._event(code, each) for each in told or (About(0),)]

    def _event(self, code: str, about: About) -> Event:
        type, _, id = (about.entry or self.patient).partition("/")
        mask = about.categories if about.entry else about.categories & ~BURDEN
        return event(
            self.call, f"${code}", 200, type, id, person=self.person, mask=mask,
            rules=self.permission.rules, matrix_version=self.matrix.version,
        )  # fmt: skip


async def begin(
    transaction: Transaction,
    call: Call,
    matrices: Matrices,
    base: str,
    question: Question,
    *,
    exclusive: bool = False,
) -> Inquiry:
    """The inquiry of who may ask it; NotFound or Forbidden for everybody else."""
    law = Judgement(transaction, call, matrices, base)
    shown = await guarded.read(transaction, call, "Patient", question.patient)
    if shown is None:  # nobody locks a person who is hidden
        raise _unknown(question)
    person = await law.lock_patient(question.patient, exclusive=exclusive)
    if person is None:
        raise _unknown(question)
    facts = await law.facts_of(person)
    active = (await law.in_force()).active
    permission = _permission(call, facts, active.matrix)
    if permission is None:
        raise Forbidden(NOT_FOR_YOU)
    language = question.language or preferred(question.accept_language, orjson.loads(shown.body))
    return Inquiry(
        transaction,
        call,
        base,
        active,
        person,
        facts.person,
        known_to(call, facts),
        permission,
        WORDS[language],
    )


def known_to(call: Call, facts: Facts) -> Facts:
    """The facts without what other carers shared of their burden: only they know whom they told."""
    if call.actor.is_system:
        return facts
    own = tuple(each for each in facts.carer_shares if each.carer == call.actor.individual)
    return replace(facts, carer_shares=own)


def category_mask(code: str) -> int:
    """The bit of a data category; 0 for a code that is none."""
    try:
        return mask([code])
    except KeyError:
        return 0


def category_codes(categories: int) -> tuple[str, ...]:
    """The codes of these categories."""
    return codes(categories)


def _permission(call: Call, facts: Facts, matrix: Matrix) -> Permission | None:
    """What the asker may read; None for who may not ask.

    The person, or a representative now, and not one from whom the person keeps part of what must be known.
    """
    actor = call.actor
    if actor.is_system:
        return _EVERYTHING
    represents = any(
        each.kind == "representative"
        and each.party.includes(actor.individual, None)
        and each.period.covers(call.now)
        for each in facts.relations
    )
    permission = permitted(shape_of(actor), facts, call.now, "read", matrix)
    may_ask = represents or actor.individual == facts.person
    return permission if may_ask and permission.full & _NEEDED == _NEEDED else None


def _unknown(question: Question) -> NotFound:
    return NotFound(f"`Patient/{question.patient}` is not known")


__all__ = [
    "NOT_FOR_YOU", "NOT_THEIRS", "About", "Inquiry", "Question", "begin", "category_codes",
    "category_mask", "known_to",
]  # fmt: skip
