"""A write as the rules of its type see it, before the law has spoken on the categories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from consent.law import Decision
from dzop.access.judgement import Judgement
from dzop.access.proposal import Proposal
from dzop.access.versions import Before, Concerned
from dzop.actor import Call
from dzop.fhir.outcome import Issue
from dzop.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Writing:
    """A resource of `person` about to be stored; `before` is None when it is new.

    `ties` are the kinds of audience that tie the actor to it, as it was and as it will be. The person's
    row is locked; `law` answers from the facts as they are before this write.
    """

    transaction: Transaction
    call: Call
    law: Judgement
    base: str
    person: int
    proposal: Proposal
    before: Before | None
    ties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the server itself writes behind a write, in the same transaction: the new state of a resource.

    `named` is whom it concerns, instead of what the resource says of that; `is_new` when nothing can be
    there yet under its id.
    """

    proposal: Proposal
    named: Concerned
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules make of it: what is to be stored, and what the client should know (warnings).

    With a `decision` the rules have asked the law themselves; otherwise the categories decide.
    """

    proposal: Proposal
    decision: Decision | None = None
    remarks: tuple[Issue, ...] = ()
    following: tuple[Consequence, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource of `person` about to be deleted, which the categories permit."""

    call: Call
    law: Judgement
    person: int
    type: str
    before: Before
    base: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one type: of storing it, and of deleting it. They raise a FhirError to refuse."""

    of_writing: Callable[[Writing], Awaitable[Ruled]]
    of_removing: Callable[[Removal], Awaitable[None]]


async def ruled_by_categories(writing: Writing) -> Ruled:
    """The rule of types that have none of their own."""
    return Ruled(writing.proposal)


async def removed_by_categories(removal: Removal) -> None:
    """The same for a deletion."""
