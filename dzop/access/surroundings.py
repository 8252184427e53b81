"""What a rule of the plan may look at besides the resource that is written.

Who the writer is to the person, who else is around, and what there is already, as far as the writer may see it: rules
that count or warn look at nothing else (access law, "Disclosure").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from consent.categories import mask
from consent.facts import Facts
from consent.relations import Relation
from dzop.access import guarded
from dzop.access.labels import SENSITIVE, is_labelled_sensitive, kept_meta
from dzop.access.reach import allows
from dzop.access.writing import Writing
from dzop.fhir.search.query import Query, read_query

__all__ = [
    "Capacity",
    "capacity",
    "coordinators",
    "counted",
    "deciders",
    "is_sensitive",
    "keeps_labels",
    "members",
    "visible",
]

_SENSITIVE: Final = mask([SENSITIVE])
MOST: Final = 1_000
"""So many resources of a type a rule looks at; more are not expected around one person."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """As what somebody writes about a person: kinds of relation in force (`consent.relations.TOKENS`), and offices."""

    kinds: frozenset[str]
    roles: frozenset[str]
    coordinates: bool = False

    @property
    def decides(self) -> bool:
        """The person, or who acts in the name of the person."""
        return not self.kinds.isdisjoint({"person", "representative"})


async def capacity(writing: Writing) -> Capacity:
    """As what the writer writes; `system` in no capacity at all."""
    actor, known = writing.call.actor, await writing.law.facts_of(writing.person)
    mine = [
        each
        for each in _in_force(known, writing.call.now)
        if each.party.individual == actor.individual
        or (each.party.individual is None and each.party.organisation == actor.organization is not None)
    ]
    itself = {"person"} if actor.individual == known.person else set()
    return Capacity(
        frozenset({each.kind for each in mine} | itself),
        frozenset(role for each in mine for role in each.roles),
        any(each.coordinates for each in mine),
    )


async def coordinators(writing: Writing) -> tuple[str, ...]:
    """The actor key of the care coordinator now; none, or one."""
    known = await writing.law.facts_of(writing.person)
    found = (each.party.individual or each.party.organisation for each in _in_force(known, writing.call.now)
             if each.coordinates)  # fmt: skip
    return tuple(dict.fromkeys(key for key in found if key))


async def deciders(writing: Writing) -> tuple[str, ...]:
    """The actor keys of who decides now, the writer apart: the person, and who acts in the name of the person."""
    known = await writing.law.facts_of(writing.person)
    relations = [each for each in _in_force(known, writing.call.now) if each.kind == "representative"]
    keys = dict.fromkeys([known.person, *(each.party.individual for each in relations)])
    return tuple(key for key in keys if key is not None and key not in writing.call.actor.keys)


def is_sensitive(writing: Writing) -> bool:
    """Whether what is written is for few, by the label that it had or gets."""
    was = writing.before
    return is_labelled_sensitive(writing.proposal.meta) or bool(was and was.row["mask"] & _SENSITIVE)


def keeps_labels(writing: Writing) -> bool:
    """Whether profiles, tags and labels stay as they are; of what is not new."""
    meta, was = writing.proposal.meta, writing.before
    if was is None or kept_meta(meta) != was.row["meta"]:
        return False
    return not is_labelled_sensitive(meta) or bool(was.row["mask"] & _SENSITIVE)


async def members(writing: Writing) -> tuple[Relation, ...]:
    """The memberships of a team in force now."""
    known = await writing.law.facts_of(writing.person)
    return tuple(each for each in _in_force(known, writing.call.now) if each.is_member)


async def visible(
    writing: Writing, type: str, *parameters: tuple[str, str], most: int = MOST
) -> Sequence[Mapping[str, Any]]:
    """What there is of a type about this person that the writer may see and that meets these search parameters.

    The resource that is written is among them as it was, if it was there.
    """
    if not allows(writing.call.actor, type, "s"):
        return ()
    page = await guarded.find(
        writing.transaction, writing.call, await _query(writing, type, parameters), None, most
    )
    return tuple(orjson.loads(each.served) for each in page.matches)


async def counted(writing: Writing, type: str, *parameters: tuple[str, str]) -> int:
    """How many of these there are."""
    if not allows(writing.call.actor, type, "s"):
        return 0
    query = await _query(writing, type, (*parameters, ("_total", "accurate")))
    return (await guarded.find(writing.transaction, writing.call, query, None, 0)).total or 0


async def _query(writing: Writing, type: str, parameters: Sequence[tuple[str, str]]) -> Query:
    person = (await writing.law.facts_of(writing.person)).person
    about = ("patient", person.partition("/")[2])
    return read_query(type, (about, *parameters), base=writing.base, lenient=False)


def _in_force(known: Facts, now: datetime) -> list[Relation]:
    return [each for each in known.relations if each.period.covers(now)]
