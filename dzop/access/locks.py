"""Locks that a unit takes beyond those of each write, in an order that all keep: nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b

from dzop.access.judgement import Judgement
from dzop.access.placement import Places, reserve
from dzop.actor import Call
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.store import writing
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY


def lock_of(type: str, *names: str) -> int:
    """The lock on what goes by a code or identifier of this type, or on the type as a whole (`Locks.serialise`)."""
    return int.from_bytes(
        blake2b("|".join((type, *names)).encode(), digest_size=8).digest(), "big", signed=True
    )


class Locks:
    """The locks of one unit, kept until its transaction ends."""

    def __init__(self, transaction: Transaction, call: Call, law: Judgement, places: Places) -> None:
        self._transaction = transaction
        self._call = call
        self._law = law
        self._places = places
        self._waited_for: dict[int, bool] = {}

    async def serialise(self, locks: Mapping[int, bool]) -> None:
        """Waits for others that go by the same conditions, in sorted order, so that nobody waits in a circle.

        A lock is taken alone (True), or shared with all who do not want it alone.
        """
        new = {lock: alone for lock, alone in locks.items() if self._waited_for.get(lock, -1) < alone}
        if new:
            ordered = sorted(new)
            await self._transaction.rows(
                writing.ADVISORY_LOCKS, locks=ordered, alone=[new[lock] for lock in ordered]
            )
            self._waited_for |= new

    async def expect(
        self, patients: Collection[str], ids: Iterable[tuple[str, str]], types: Iterable[str]
    ) -> dict[tuple[str, str], int]:
        """Takes the locks that writes to come will need, in an order that all keep, and finds all places at once.

        `patients` are the ids of Patients who will be written about, `ids` those of resources (type, id) that will
        be written under their ids, `types` all that will be written. The versions that are current, of those that
        are there: they stay so. Without it, each write takes its locks and asks by itself.
        """
        if patients and self._call.actor.is_system:
            await reserve(self._transaction, patients)
        there = sorted(set(ids))
        places = dict(zip(there, await self._places.of(*there), strict=True))
        found = [(person, *each) for each, person in places.items() if person is not None]
        persons = sorted({person for person, _, _ in found if person > DIRECTORY})
        if persons or patients:
            exclusive = any(RESOURCE_TYPES[type].is_fact for type in types)
            await self._law.lock_all(persons, sorted(patients), exclusive=exclusive)
        if not found:
            return {}
        columns = zip(("persons", "types", "ids"), zip(*found, strict=True), strict=True)
        rows = await self._transaction.rows(writing.LOCK_ALL, **{name: list(each) for name, each in columns})
        return {(row["type"], row["id"]): row["version"] for row in rows}

    async def hold(self, type: str, id: str) -> None:
        """Locks a resource and its person, so that nobody else changes it before this transaction ends."""
        (person,) = await self._places.of((type, id))
        if person is not None:
            await self._law.lock(person, exclusive=RESOURCE_TYPES[type].is_fact)
            await self._transaction.row(writing.LOCK_CURRENT, person=person, type=type, id=id)
