"""Whose compartment a resource belongs to, and where one is stored."""

from __future__ import annotations

from collections.abc import Iterable

from dzop.access import guarded
from dzop.access.proposal import Proposal
from dzop.actor import Call
from dzop.fhir.references import Reference, person_references
from dzop.store import persons as statements
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY


class Places:
    """Where resources are, asked once each: where one is never changes, and one made meanwhile by somebody else
    cannot be made again.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._known: dict[tuple[str, str], int | None] = {}

    async def of(self, *resources: tuple[str, str]) -> tuple[int | None, ...]:
        """The compartments of ids (type, id) in use; None for one that is free."""
        new = sorted({each for each in resources if each not in self._known})
        if new:
            types, ids = ([each[place] for each in new] for place in (0, 1))
            rows = await self._transaction.rows(statements.LOCATE, types=types, ids=ids)
            found = {(row["type"], row["id"]): int(row["person"]) for row in rows}
            self._known |= {each: found.get(each) for each in new}
        return tuple(self._known[each] for each in resources)

    def note(self, person: int, type: str, id: str) -> None:
        """This unit has put a resource there."""
        self._known[type, id] = person


async def reserve(transaction: Transaction, patients: Iterable[str]) -> None:
    """Makes persons known by their Patient ids."""
    await transaction.run(statements.ADD_PERSONS, patients=sorted(set(patients)))


async def person_of(
    transaction: Transaction, call: Call, proposal: Proposal, base: str, *, anybody: bool = False
) -> int | None:
    """The one person a proposal is about; None when that is nobody, somebody unknown, or several.

    What the actor may not see is as unknown as what is not there, unless it may write of `anybody`. A person
    is known from the first mention by `system`, so that it may load in any order.
    """
    references, by_system = _references(proposal, base), call.actor.is_system
    patients = [each.id for each in references if each.type == "Patient" and each.id]
    if by_system and patients:
        await reserve(transaction, patients)
    logical = [each.identifier for each in references if each.id is None and each.identifier]
    rows = await transaction.rows(
        statements.persons(by_system or anybody),
        **guarded.binds(call),
        patients=patients,
        types=[each.type for each in references if _is_elsewhere(each)],
        ids=[each.id for each in references if _is_elsewhere(each)],
        systems=[system for system, _ in logical],
        values=[value for _, value in logical],
    )
    named = {row["named"] for row in rows}
    found = {row["person"] for row in rows if row["person"] > DIRECTORY}
    all_known = all(_name(each) in named for each in references if _name(each))
    return found.pop() if len(found) == 1 and (all_known or by_system) else None


def patient_of(proposal: Proposal, base: str) -> str | None:
    """The id of the one Patient a proposal names, when that is all it says of the person; it need not exist."""
    references = _references(proposal, base)
    only = references[0] if len(references) == 1 else None
    return only.id if only is not None and only.type == "Patient" else None


def _references(proposal: Proposal, base: str) -> tuple[Reference, ...]:
    return person_references(proposal.value, proposal.type, base)


def _is_elsewhere(reference: Reference) -> bool:
    return reference.id is not None and reference.type != "Patient"


def _name(reference: Reference) -> str | None:
    if reference.id is not None:
        return f"{reference.type}/{reference.id}"
    return "|".join(reference.identifier) if reference.identifier else None
