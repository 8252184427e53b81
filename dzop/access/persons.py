"""Whose record a reference belongs to: asked by the login, before there is an actor to judge."""

from __future__ import annotations

from dzop.store import persons
from dzop.store.database import Database


async def patient_of(database: Database, reference: str) -> str | None:
    """The id of the Patient in whose compartment `Type/id` is; None for the directory and the unknown."""
    type, _, id = reference.partition("/")
    row = await database.row(persons.PATIENT_AT, type=type, id=id)
    return None if row is None else str(row["patient_id"])
