"""What a token reaches: by its scopes, in this capacity, beside the access law, which scopes only narrow.

`system/` scopes are for software, `user/` and `patient/` scopes for people. `patient/` scopes are about the Patient in
the context of the token; without one in it, about the Patient it is for, or the one whom its RelatedPerson is near.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import orjson

from consent import categories
from dzop.access.shown import Shown
from dzop.actor import Actor, Call
from dzop.fhir import scopes
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.scopes import NOTHING, WHOLE, Level, Ways
from dzop.fhir.search.clause import Clause
from dzop.fhir.search.match import matches
from dzop.store.clauses import AllOf, Seeing, read
from dzop.store.database import Connection
from dzop.store.sight import JUDGED, PERSON_IN_CONTEXT, UNBOUNDED, Narrowed, Sight, Way

__all__ = [
    "Bounds", "Reach", "allows", "is_restricted", "is_whole", "reach_of", "seeing",
    "sees_all", "sight", "values",
]  # fmt: skip

_STEP: Final = 1_000  # numbers of the conditions of a restriction; those of a query stay below the first


@dataclass(frozen=True, slots=True)
class Reach:
    """By type and letter of `cruds` the ways that lead to a resource; and as statements ask them, where they narrow.

    `values` are those of the parameters of all conditions.
    """

    ways: Mapping[tuple[str, str], Ways]
    asked: Mapping[tuple[str, str], tuple[Way, ...]]
    values: Mapping[str, Any]


def reach_of(actor: Actor) -> Reach:
    """The reach of this actor's token; all there is for who acts without one."""
    return _WITHOUT_TOKEN if actor.scopes is None else _reach(actor.scopes, _levels(actor))


def allows(actor: Actor, type: str, letter: str) -> bool:
    """Whether the token reaches anything at all of a type by this letter."""
    return reach_of(actor).ways[type, letter] != NOTHING


def is_whole(actor: Actor, type: str, letter: str) -> bool:
    """Whether the token reaches all of a type by this letter."""
    return reach_of(actor).ways[type, letter] == WHOLE


def is_restricted(actor: Actor, type: str, letter: str) -> bool:
    """Whether what a resource of the type says decides on whether the token reaches it."""
    return any(way.only for way in reach_of(actor).ways[type, letter])


def sees_all(actor: Actor, type: str) -> bool:
    """`system` sees everything; everyone sees the directory."""
    return actor.is_system or RESOURCE_TYPES[type].compartment == "directory"


def sight(actor: Actor, letter: str, *types: str) -> Sight:
    """How a statement that reads resources of these types by this letter looks for the actor."""
    judged = not all(sees_all(actor, each) for each in types)
    asked, groups = reach_of(actor).asked, dict[tuple[Way, ...], list[str]]()
    for type in types if asked else ():
        if (ways := asked.get((type, letter))) is not None:
            groups.setdefault(ways, []).append(type)
    if not groups:
        return JUDGED if judged else UNBOUNDED
    narrowed = (
        Narrowed(() if len(named) == len(types) else tuple(named), ways) for ways, named in groups.items()
    )
    return Sight(judged, tuple(narrowed))


def seeing(actor: Actor) -> Seeing:
    """How a search looks for this actor, wherever it leads."""
    return Seeing(partial(sight, actor, "s"), _labels)


def values(actor: Actor) -> dict[str, Any]:
    """What statements need to know of the token."""
    return {**reach_of(actor).values, **_context(actor)}


def _context(actor: Actor) -> Mapping[str, str | None]:
    """Whom `patient/` scopes are about: a Patient, by id, or whoever a RelatedPerson is near."""
    type, _, id = actor.individual.partition("/")
    own, near = type == "Patient", type == "RelatedPerson"
    return {
        "scope_patient": actor.patient or (id if own else None),
        "scope_related": id if near and not actor.patient else None,
    }


class Bounds:
    """The reach of one call, held against resources in hand: those that no statement has narrowed."""

    def __init__(self, connection: Connection, call: Call, base: str) -> None:
        self._connection = connection
        self._actor = call.actor
        self._base = base
        self._in_context: int | None = None

    async def reach(self, shown: Shown, letter: str) -> bool:
        """Whether the token reaches this version by this letter; what is deleted meets no restriction."""
        ways = reach_of(self._actor).ways[shown.type, letter]
        return ways == WHOLE or any(
            [await self._is_open(way, shown.person) and self._meets(way, shown) for way in ways]
        )

    async def reach_version(self, shown: Shown, letter: str) -> bool:
        """The same of a version whose resource, as it is now, is known to be within reach."""
        return not is_restricted(self._actor, shown.type, letter) or await self.reach(shown, letter)

    async def reach_person(self, person: int, type: str, letter: str) -> bool:
        """Whether the token reaches, by this letter, anything of this type that is of the person of this key."""
        ways = reach_of(self._actor).ways[type, letter]
        return any([await self._is_open(way, person) for way in ways])

    async def _is_open(self, way: scopes.Way, person: int) -> bool:
        return not way.of_patient or person == await self._person_in_context()

    def _meets(self, way: scopes.Way, shown: Shown) -> bool:
        if not way.only:
            return True
        value = None if shown.deleted else orjson.loads(shown.served)
        return value is not None and all(matches(value, each, self._base) for each in way.only)

    async def _person_in_context(self) -> int | None:
        if self._in_context is None:
            row = await self._connection.row(PERSON_IN_CONTEXT, **_context(self._actor))
            self._in_context = row["person"] if row else None
        return self._in_context


def _levels(actor: Actor) -> tuple[Level, ...]:
    if actor.is_system or actor.role == "system-client":
        return ("system",)
    return ("user", "patient") if any(_context(actor).values()) else ("user",)


@lru_cache(maxsize=256)
def _reach(granted: tuple[str, ...], levels: tuple[Level, ...]) -> Reach:
    return _built(scopes.ways(granted, levels))


def _built(ways: Mapping[tuple[str, str], Ways]) -> Reach:
    """The ways with the conditions they are in a statement; a restriction is one condition wherever it stands."""
    known: dict[tuple[str, tuple[Clause, ...]], AllOf] = {}
    values: dict[str, Any] = {}

    def asked(type: str, way: scopes.Way) -> Way:
        if not way.only:
            return Way(way.of_patient)
        if (type, way.only) not in known:
            met, own = read(way.only, type, _IN_ITSELF, first=_STEP * (len(known) + 1))
            known[type, way.only] = met
            values.update(own)
        return Way(way.of_patient, known[type, way.only])

    narrowing = {key: each for key, each in ways.items() if each != WHOLE}
    return Reach(
        ways, {key: tuple(asked(key[0], way) for way in each) for key, each in narrowing.items()}, values
    )


def _labels(code: str | None) -> int:
    """The bit of a data category; of none, all of them."""
    if code is None:
        return categories.ALL
    return categories.mask([code]) if code in categories.CATEGORIES else 0


# A restriction leads nowhere else, so nothing is looked at there.
_IN_ITSELF: Final = Seeing(lambda _: Sight(judged=True, narrowed=(Narrowed((), ()),)), _labels)
_WITHOUT_TOKEN: Final = _built(dict.fromkeys(scopes.ways((), ()), WHOLE))
