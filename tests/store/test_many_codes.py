"""Searches for thousands of codes: how PostgreSQL goes about them when the tables hold a lot."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from dzop.access import guarded
from dzop.actor import Actor, Call
from dzop.fhir.search.query import read_query
from dzop.fhir.search.terminology import Question
from dzop.fhir.search.token import Codes
from dzop.store import search
from dzop.store.database import SESSION

CALL = Call(Actor("Practitioner/a", "nurse", keys=("Practitioner/a",)), datetime(2026, 6, 1, tzinfo=UTC))
ANSWERS = {
    Question("in", name): (Codes("http://s.example", frozenset(map(str, range(count)))),)
    for name, count in (("v", 10_000), ("few", 20))
}
HASHED = "code = (hashed SubPlan"
MANY_GOALS = """
    insert into resource_current (person, type, id, version, mask, last_updated, deleted)
    select number / 10, 'Goal', 'many-' || number, 1, 1, now(), false from generate_series(10, 20009) number;
    insert into index_token (person, type, id, parameter, system, code)
    select number / 10, 'Goal', 'many-' || number, 'category', 'http://s.example', number
    from generate_series(10, 20009) number;
    analyze resource_current, index_token
"""


def plan(url: str, name: str, text: str, type: str = "Goal") -> str:
    """The plan of a search that counts what a nurse sees of it."""
    query = read_query(type, [(name, text)], base="http://b", lenient=False, answers=ANSWERS)
    statement, values = search.counted(query, guarded.seeing(CALL.actor))
    sql = f"explain (costs off) {statement.sql}"

    async def asked() -> str:
        connection = await asyncpg.connect(url, server_settings=SESSION)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(MANY_GOALS)
        rows = await connection.fetch(sql, *statement.values(**values, **guarded.binds(CALL)))
        await transaction.rollback()
        await connection.close()
        return "\n".join(str(row[0]) for row in rows)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("name", "text", "type"),
    [
        ("category:in", "v", "Goal"),
        ("category:not-in", "v", "Goal"),
        ("category:not-in", "few", "Goal"),
        ("_filter", "category in v or lifecycle-status eq active", "Goal"),
        ("_filter", "not (category in v)", "Goal"),
        ("focus:Goal.category:not-in", "v", "Task"),
    ],
)
def test_codes_that_are_held_against_each_resource_are_hashed(
    database: str, name: str, text: str, type: str
) -> None:
    assert HASHED in plan(database, name, text, type)


def test_few_codes_that_find_resources_are_not_hashed(database: str) -> None:
    found = plan(database, "category:in", "few")

    assert HASHED not in found


@pytest.mark.parametrize("name", ["category:in", "category:not-in"])
def test_what_is_found_by_codes_is_judged_in_the_same_statement(database: str, name: str) -> None:
    assert "grants" in plan(database, name, "v")
