"""Searches for thousands of codes: how PostgreSQL goes about them, whatever the tables hold."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dzop.access import guarded
from dzop.actor import Actor, Call
from dzop.fhir.search.query import read_query
from dzop.fhir.search.terminology import Question
from dzop.fhir.search.token import Codes
from dzop.store import search
from dzop.store.database import Database

CALL = Call(Actor("Practitioner/a", "nurse", keys=("Practitioner/a",)), datetime(2026, 6, 1, tzinfo=UTC))
ANSWERS = {Question("in", "v"): (Codes("http://s.example", frozenset(map(str, range(10_000)))),)}
HASHED = "code = (hashed SubPlan"


def plan(url: str, name: str, text: str, type: str = "Goal") -> str:
    """The plan of a search that counts what a nurse sees of it."""
    query = read_query(type, [(name, text)], base="http://b", lenient=False, answers=ANSWERS)
    statement, values = search.counted(query, guarded.seeing(CALL.actor))
    explained = replace(statement, sql=f"explain (costs off) {statement.sql}")

    async def asked() -> str:
        async with Database.opened(url) as database:
            rows = await database.rows(explained, **values, **guarded.binds(CALL))
            return "\n".join(str(row[0]) for row in rows)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("name", "text", "type"),
    [
        ("category:not-in", "v", "Goal"),
        ("_filter", "category in v or lifecycle-status eq active", "Goal"),
        ("_filter", "not (category in v)", "Goal"),
        ("focus:Goal.category:not-in", "v", "Task"),
    ],
)
def test_codes_that_are_held_against_each_resource_are_hashed(
    database: str, name: str, text: str, type: str
) -> None:
    assert HASHED in plan(database, name, text, type)


def test_codes_that_find_resources_are_looked_up_one_by_one(database: str) -> None:
    found = plan(database, "category:in", "v")

    assert (True, False) == ("ix_index_token_code" in found, HASHED in found)


@pytest.mark.parametrize("name", ["category:in", "category:not-in"])
def test_what_is_found_by_codes_is_judged_in_the_same_statement(database: str, name: str) -> None:
    assert "grants" in plan(database, name, "v")
