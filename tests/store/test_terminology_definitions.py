"""What is loaded is found by the same searches as what is shipped: here all that is shipped is also loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from dzop.access.published import Published, Shipped
from dzop.definitions.published import ALWAYS
from dzop.fhir.search.query import read_query
from dzop.store.database import Database, Transaction
from dzop.store.terminology_definitions import LoadedDefinitions
from dzop.store.terminology_writing import (
    Definition,
    write_code_system,
    write_concept_map,
    write_value_set,
)
from terminology.code_system import with_parents
from terminology.concept_map import rows

BASE = "https://plan.test/fhir"
Resource = Mapping[str, Any]
# By type and query what is found among what is shipped, and among what is loaded.
Answers = dict[tuple[str, str], tuple[list[str], list[str]]]
QUERIES = {
    "CodeSystem": [
        "", "code=parenthood", "code=active,cat", "code:not=active", "code:missing=true", "code:missing=false",
        "code=MTH", "language=fr", "language:not=fr", "content-mode=fragment", "name:contains=status",
        "url:below=http://hl7.org/fhir", "system=http://hl7.org/fhir/goal-status", "_filter=not (code eq active)",
        "_id=role,proof", "status=draft", "title:contains=doel",
    ],
    "ConceptMap": [
        "", "source-code=persnurse", "target-code=person", "source-code:not=persnurse", "source-code:missing=false",
        "target-system=https://dzop.example/fhir/CodeSystem/role", "other:missing=true", "product:missing=true",
    ],
    "ValueSet": [
        "", "code=tutor", "code=tutor,Task", "code:missing=true", "code:not=tutor", "expansion:missing=true",
        "reference=http://hl7.org/fhir/goal-status", "version=4.0.1",
    ],
}  # fmt: skip


class Nothing:
    """A place where there are no definitions."""

    async def heads(self, type: str, urls: Sequence[str] | None) -> Mapping[str, Resource]:
        return {}

    async def having(self, type: str, parameter: str, codes: Sequence[str]) -> Iterable[tuple[str, str]]:
        return ()

    async def bodies(self, type: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {}


async def _shipped(type: str) -> Mapping[str, Resource]:
    return ALWAYS[type]


async def _write(transaction: Transaction, resource: Resource) -> None:
    definition = Definition(
        resource, resource["id"], orjson.dumps(resource), "tests", datetime(2026, 11, 22, tzinfo=UTC)
    )
    match resource["resourceType"]:
        case "CodeSystem":
            await write_code_system(transaction, definition, with_parents(resource))
        case "ConceptMap":
            await write_concept_map(transaction, definition, rows(resource))
        case _:
            await write_value_set(transaction, definition)


class _Undone(Exception):
    """Ends the transaction in which all is loaded."""


async def _answers(database: str) -> Answers:
    found: Answers = {}
    try:
        async with Database.opened(database, 1) as opened, opened.transaction() as transaction:
            for type in QUERIES:
                for resource in ALWAYS[type].values():
                    await _write(transaction, resource)
            places = (
                Published(Shipped(_shipped), Nothing()),
                Published(Nothing(), LoadedDefinitions(transaction)),
            )
            for type, queries in QUERIES.items():
                for query in queries:
                    shipped, loaded = [await _found(place, type, query) for place in places]
                    found[type, query] = shipped, loaded
            raise _Undone
    except _Undone:
        return found


async def _found(place: Published, type: str, text: str) -> list[str]:
    parameters = [tuple(text.split("=", 1))] if text else []
    return await place.search(type, read_query(type, parameters, base=BASE, lenient=False).criteria, BASE)


@pytest.fixture(scope="module")
def answers(database: str) -> Answers:
    return asyncio.run(_answers(database))


@pytest.mark.parametrize(
    ("type", "query"), [(type, query) for type, queries in QUERIES.items() for query in queries]
)
def test_what_is_loaded_is_found_as_what_is_shipped(answers: Answers, type: str, query: str) -> None:
    shipped, loaded = answers[type, query]
    assert shipped == loaded


@pytest.mark.parametrize("type", QUERIES)
def test_queries_tell_definitions_apart(answers: Answers, type: str) -> None:
    sizes = {len(answers[type, query][0]) for query in QUERIES[type]}
    assert len(sizes) > 2
