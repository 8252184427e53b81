"""Checks of the store against itself and against the law.

Every check recomputes from what cannot lie (the bodies, in order of version) and compares.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from consent.grants import compile_grants
from consent.matrix import Matrix
from dzop.access import facts
from dzop.access.indexing import index_columns
from dzop.access.matrices import Matrices
from dzop.access.reindexing import are_ours, as_stored, waiting
from dzop.store import grants, verify
from dzop.store.database import Database, Row, Transaction
from dzop.store.index_tables import INDEX, no_index


async def differences(database: Database, shipped: Matrix, base: str) -> AsyncIterator[str]:
    """One line each: gaps in versions, index rows that do not follow from the body, grants the law would not give."""
    async with database.transaction() as transaction:
        matrices = Matrices(shipped)
        if await are_ours(transaction) and (number := await waiting(transaction)):
            yield f"{number} resources are not indexed by the present rules: run `dzop migrate`"
        for row in await transaction.rows(verify.BROKEN_CHAINS):
            yield f"{row['type']}/{row['id']}: versions {row['first']}..{row['last']} are {row['number']} rows"
        for row in await transaction.rows(verify.MISPLACED):
            yield f"{row['type']}/{row['id']}: the current version is not the newest, or its location differs"
        for row in await transaction.rows(verify.PERSONS):
            async for line in _of_person(transaction, row, matrices, base):
                yield line
        for row in await transaction.rows(verify.WITHOUT_PERSON):
            async for line in _of_resource(transaction, row, base):
                yield line


async def _of_person(
    transaction: Transaction, person: Row, matrices: Matrices, base: str
) -> AsyncIterator[str]:
    key, patient = person["key"], person["patient_id"]
    known, row = await facts.read_with_law(transaction, key, f"Patient/{patient}", base)
    law = (await matrices.in_force(transaction, row)).active
    expected = {
        (grant.shape.key, facts.start(grant.valid_from), facts.end(grant.valid_until)): (
            grant.full,
            grant.own,
            grant.authored,
            grant.shared,
        )
        for grant in compile_grants(known, law.matrix)
    }
    found = {
        (row["shape"], _aware(row["valid_from"]), _aware(row["valid_until"])): (
            row["full"],
            row["own"],
            row["authored"],
            row["shared"],
        )
        for row in await transaction.rows(grants.GRANTS, person=key, generation=law.generation)
    }
    for shape in sorted(
        {grant[0] for grant in expected.keys() | found.keys() if expected.get(grant) != found.get(grant)}
    ):
        yield f"Patient/{patient}: the grants of {shape} are not what the law says"
    for row in await transaction.rows(verify.OF_PERSON, person=key):
        async for line in _of_resource(transaction, row, base):
            yield line


async def _of_resource(transaction: Transaction, row: Row, base: str) -> AsyncIterator[str]:
    """The index rows of one current resource, recomputed from its body."""
    where = {"person": row["person"], "type": row["type"], "id": row["id"]}
    expected = no_index() if row["deleted"] else index_columns(as_stored(row), base)
    for name, (_, columns) in INDEX.items():
        stored = await transaction.rows(verify.INDEX_ROWS[name], **where)
        found = {tuple(_aware(each[column]) for column in columns) for each in stored}
        if found != await _expected(transaction, expected, name, columns):
            yield f"{row['type']}/{row['id']}: the {name} index is not what the body says"


async def _expected(
    transaction: Transaction, columns_of: dict[str, Any], name: str, columns: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    """The rows that the arguments of a write come to; what a text's words are, only the database knows."""
    if name == "text":
        rows = await transaction.rows(verify.WORDS, **columns_of)
        return {tuple(row[column] for column in columns) for row in rows}
    return set(zip(*(columns_of[f"{name}_{column}"] for column in columns), strict=True))


def _aware(value: Any) -> Any:
    """An open end comes back from the database as an instant without a zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
