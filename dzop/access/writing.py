"""A write as the law and the rules of its type see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from consent.law import Decision
from dzop.access.judgement import Judgement
from dzop.access.proposal import Proposal
from dzop.access.versions import Before, Concerned
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.audience import audience
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

    @property
    def former(self) -> dict[str, Any] | None:
        """The resource as it was, with decimals as they were written; None where there was none."""
        was = self.before
        return None if was is None or was.deleted else json.parse(was.row["kept"]).value


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the server itself writes behind a write, in the same transaction: the new state of a resource.

    `named` is whom it concerns, instead of what the resource says of that; `is_new` when nothing can be
    there yet under its id, `is_sensitive` when it is labelled so whatever its `meta` says, `is_gathered` when it is a
    message that becomes one with others of this unit to the same people.
    """

    proposal: Proposal
    named: Concerned
    is_new: bool = False
    is_sensitive: bool = False
    is_gathered: bool = False

    @classmethod
    def of(cls, value: Mapping[str, Any], base: str, *, is_new: bool = False) -> Consequence:
        """A resource, with its id, that concerns whom it names."""
        type, id = value["resourceType"], value["id"]
        proposal = Proposal(type, id, json.parse(orjson.dumps(value, default=float)))
        return cls(proposal, tuple((kind, key, "") for kind, key in audience(value, type, base)), is_new)


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules make of it: what is to be stored, and what the client should know (warnings).

    `named` is whom it concerns besides those it names.
    """

    proposal: Proposal
    remarks: tuple[Issue, ...] = ()
    following: tuple[Consequence, ...] = ()
    named: Concerned = ()

    def and_then(self, other: Ruled) -> Ruled:
        """What two rules make of it together; `other` saw what this one made."""
        return Ruled(
            other.proposal,
            (*self.remarks, *other.remarks),
            (*self.following, *other.following),
            (*self.named, *other.named),
        )


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource of `person` about to be deleted, which the categories permit."""

    transaction: Transaction
    call: Call
    law: Judgement
    person: int
    type: str
    before: Before
    base: str


Permission = Callable[[Writing], Awaitable[Decision | None]]
"""Who may write a type: a decision of the law beyond the cells, Forbidden, or None where the cells of the categories
decide. It is asked before any rule.
"""


async def nothing_follows(_: Removal) -> tuple[Consequence, ...]:
    """Deletion, behind which the server writes nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one type: of storing it, and of deleting it. They raise a FhirError to refuse who may otherwise.

    `behind_removing` is what the server writes behind a deletion.
    """

    of_writing: Callable[[Writing], Awaitable[Ruled]]
    of_removing: Callable[[Removal], Awaitable[None]]
    behind_removing: Callable[[Removal], Awaitable[tuple[Consequence, ...]]] = nothing_follows


async def removed_by_categories(removal: Removal) -> None:
    """Deletion, where the categories alone decide."""
