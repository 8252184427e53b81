"""Refusing a write by a rule of the plan: told to who could keep the rule, and not to who may not write at all."""

from __future__ import annotations

from typing import NoReturn

from dzop.access.writing import Writing
from dzop.fhir.outcome import FhirError

__all__ = ["refuse"]


async def refuse(writing: Writing, error: FhirError) -> NoReturn:
    """Raises the error; Forbidden instead, where the law does not let the actor change what is there."""
    before, proposal = writing.before, writing.proposal
    if before is not None and not before.deleted:
        mask, kinds = before.row["mask"], before.kinds
        await writing.law.require(writing.person, "update", mask, kinds, proposal.type, proposal.id)
    raise error
