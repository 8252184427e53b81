"""Whose compartment a resource belongs to, and where one is stored."""

from __future__ import annotations

from dzop.access import guarded
from dzop.access.proposal import Proposal
from dzop.actor import Call
from dzop.fhir.references import Reference, person_references
from dzop.store import resources
from dzop.store.database import Transaction
from dzop.store.tables import DIRECTORY


async def located(transaction: Transaction, type: str, id: str) -> int | None:
    """The compartment of an id in use."""
    row = await transaction.row(resources.LOCATE, type=type, id=id)
    return None if row is None else int(row["person"])


async def person_of(
    transaction: Transaction, call: Call, proposal: Proposal, base: str, *, anybody: bool = False
) -> int | None:
    """The one person a proposal is about; None when that is nobody, somebody unknown, or several.

    What the actor may not see is as unknown as what is not there, unless it may write of `anybody`. A person
    is known from the first mention by `system`, so that it may load in any order.
    """
    references, reserve = _references(proposal, base), call.actor.is_system
    patients = [each.id for each in references if each.type == "Patient" and each.id]
    if reserve:
        for patient in patients:
            await transaction.run(resources.ADD_PERSON, patient_id=patient)
    logical = [each.identifier for each in references if each.id is None and each.identifier]
    rows = await transaction.rows(
        resources.persons(call.actor.is_system or anybody),
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
    return found.pop() if len(found) == 1 and (all_known or reserve) else None


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
