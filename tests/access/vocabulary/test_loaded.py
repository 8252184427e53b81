"""What is loaded into the database answers as the same in memory does, and takes part with what is shipped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from vocabulary_worlds import CARE, FROM, FRUIT, FRUITS, MAPS, PARTS, SNOMED, TO, importing, value_set

from consent.matrix import load
from dzop.access.matrices import Matrices
from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.law import LawInForce
from dzop.access.vocabulary.loaded import Loaded
from dzop.access.vocabulary.vocabulary import OURS, Vocabulary
from dzop.store.database import Database, Row, Transaction
from dzop.store.statement import Statement
from dzop.store.terminology_writing import (
    Definition,
    remove,
    write_code_system,
    write_concept_map,
    write_value_set,
)
from terminology.code_system import with_parents
from terminology.concept_map import rows
from terminology.concept_set import Filter
from terminology.fault import Fault
from terminology.question import Wanted
from terminology.text import words_of

RESOURCES = (*FRUITS, *MAPS)
HERE = Vocabulary(InMemory(RESOURCES), OURS)
WANTED = (
    Wanted(),
    Wanted(offset=1, count=3),
    Wanted(offset=3, count=9, most=3),
    Wanted(words_of("pom")),
    Wanted(words_of("pruim")),
    Wanted(active_only=True),
)


@dataclass(frozen=True, slots=True)
class Asking:
    """The vocabulary with what is loaded, and the loop in which it is asked."""

    runner: asyncio.Runner
    database: Database
    loaded: Vocabulary

    def both(self, ask: Any) -> tuple[Any, Any]:
        """What the vocabulary in memory answers, and what the one with the database does; a Fault as its code."""
        return self.runner.run(_told(ask(HERE))), self.runner.run(_told(ask(self.loaded)))


async def _told(answer: Any) -> Any:
    try:
        return await answer
    except Fault as fault:
        return fault.code, fault.text


async def _write(transaction: Transaction, number: int, resource: Mapping[str, Any]) -> None:
    id = resource.get("id", f"world-{number}")
    kept = {**resource, "id": id}
    definition = Definition(kept, id, orjson.dumps(kept), "a test", datetime(2026, 6, 1, tzinfo=UTC))
    match resource["resourceType"]:
        case "CodeSystem":
            await write_code_system(transaction, definition, with_parents(resource))
        case "ConceptMap":
            await write_concept_map(transaction, definition, rows(resource))
        case _:
            await write_value_set(transaction, definition)


@pytest.fixture(scope="module")
def asking(database: str) -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = runner.run(stack.enter_async_context(Database.opened(database, 2)))
        runner.run(_load(opened))
        law = LawInForce(opened, Matrices(load()))
        yield Asking(runner, opened, Vocabulary(Loaded(opened), law, OURS))
        runner.run(_unload(opened))
        runner.run(stack.aclose())


async def _load(database: Database) -> None:
    async with database.transaction() as transaction:
        for number, each in enumerate(RESOURCES):
            await _write(transaction, number, each)


async def _unload(database: Database) -> None:
    async with database.transaction() as transaction:
        for url in {each["url"] for each in RESOURCES}:
            await remove(transaction, url)


@pytest.mark.parametrize("wanted", WANTED, ids=str)
@pytest.mark.parametrize(
    "canonical", sorted({each["url"] for each in FRUITS if each["resourceType"] == "ValueSet"})
)
def test_expansions_are_the_same(asking: Asking, canonical: str, wanted: Wanted):
    async def ask(vocabulary: Vocabulary) -> Any:
        return await vocabulary.expansion(await vocabulary.composed(canonical), wanted)

    here, there = asking.both(ask)
    assert here == there


@pytest.mark.parametrize("code", ["apple", "wash", "WASH", "unknown", "quince", "73211009", "none"])
@pytest.mark.parametrize("system", [FRUIT, CARE, PARTS, SNOMED, None])
@pytest.mark.parametrize("name", ["both", "less", "parts", "snomed", "active"])
def test_members_are_the_same(asking: Asking, name: str, system: str | None, code: str):
    async def ask(vocabulary: Vocabulary) -> Any:
        composed = await vocabulary.composed(f"http://vs.example/{name}")
        return await vocabulary.member(composed, system, "", code)

    here, there = asking.both(ask)
    assert here == there


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("url", ["", *(each["url"] for each in MAPS)])
@pytest.mark.parametrize("coding", [(FROM, "a"), (FROM, "e"), (FROM, "v"), (FROM, "z"), (TO, "A"), ("", "a")])
def test_translations_are_the_same(asking: Asking, coding: tuple[str, str], url: str, reverse: bool):
    here, there = asking.both(lambda vocabulary: vocabulary.translate(coding, url=url, reverse=reverse))
    assert here == there


def test_concepts_are_looked_up_with_those_above_and_below(asking: Asking):
    here, there = asking.both(lambda vocabulary: vocabulary.lookup(FRUIT, "", "apple"))
    assert (here.concept, here.children) == (there.concept, there.children)


def test_a_value_set_that_is_sent_along_may_import_what_is_loaded(asking: Asking):
    here, there = asking.both(lambda vocabulary: vocabulary.composed(value_set("sent", importing("both"))))
    assert here == there


def test_what_is_loaded_and_what_is_shipped_are_shown_together(asking: Asking):
    apple, person = (FRUIT, "apple"), ("https://dzop.example/fhir/CodeSystem/role", "person")
    shown = asking.runner.run(asking.loaded.displays([apple, person], ["nl"]))
    assert {apple: "appel", person: "de persoon zelf"} == shown


def test_the_access_matrix_in_force_is_a_code_system(asking: Asking):
    law = asking.loaded.code_system("https://dzop.example/fhir/CodeSystem/access-matrix")
    assert load().version == asking.runner.run(law).version


def test_what_is_loaded_counts_in_a_transaction_too(asking: Asking):
    async def inside() -> Any:
        async with asking.database.transaction() as transaction:
            return await asking.loaded.within(transaction).code_system(FRUIT)

    assert asking.runner.run(asking.loaded.code_system(FRUIT)) == asking.runner.run(inside())


GENDER = "http://hl7.org/fhir/administrative-gender"


@pytest.fixture
def with_english_only(asking: Asking) -> Iterator[Asking]:
    """A newer version of a code system that is shipped, of which the publisher tells English words only."""
    resource = {
        "resourceType": "CodeSystem", "id": "newer", "url": GENDER, "version": "99", "content": "complete",
        "concept": [{"code": "female", "display": "Female (new)"}, {"code": "new", "display": "New"}],
    }  # fmt: skip
    asking.runner.run(_load_one(asking.database, resource))
    yield replace(asking, loaded=Vocabulary(Loaded(asking.database), OURS))
    asking.runner.run(_unload_one(asking.database, GENDER))


async def _load_one(database: Database, resource: Mapping[str, Any]) -> None:
    async with database.transaction() as transaction:
        await _write(transaction, 0, resource)


async def _unload_one(database: Database, url: str) -> None:
    async with database.transaction() as transaction:
        await remove(transaction, url)


def test_a_code_system_that_is_loaded_goes_before_an_older_one_that_is_shipped(with_english_only: Asking):
    members = with_english_only.loaded.members("http://hl7.org/fhir/ValueSet/administrative-gender", 9)
    assert ((GENDER, "female"), (GENDER, "new")) == with_english_only.runner.run(members)


@pytest.mark.parametrize(
    ("language", "expected"), [("nl", "vrouw"), ("en", "Female (new)"), ("it", "Female (new)")]
)
def test_what_is_loaded_is_also_called_as_dzop_calls_it_in_its_languages(
    with_english_only: Asking, language: str, expected: str
):
    shown = with_english_only.loaded.displays([(GENDER, "female")], [language])
    assert {(GENDER, "female"): expected} == with_english_only.runner.run(shown)


def test_members_of_a_value_set_are_called_so_too(with_english_only: Asking):
    async def ask() -> str:
        vocabulary = with_english_only.loaded
        composed = await vocabulary.composed("http://hl7.org/fhir/ValueSet/administrative-gender")
        found = await vocabulary.member(composed, GENDER, "", "female")
        return found.display(["nl"]) if found else ""

    assert "vrouw" == with_english_only.runner.run(ask())


def test_what_is_loaded_is_found_by_the_words_of_dzop_too(with_english_only: Asking):
    async def ask() -> list[str]:
        vocabulary = with_english_only.loaded
        composed = await vocabulary.composed("http://hl7.org/fhir/ValueSet/administrative-gender")
        found = await vocabulary.expansion(composed, Wanted(words_of("vrou")))
        return [each.concept.code for each in found.contained]

    assert ["female"] == with_english_only.runner.run(ask())


class Busy:
    """A connection that tells how many asked something of it at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = 0
        self.most = 0

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._database.rows(statement, **values)
        finally:
            self._now -= 1

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        return await self._database.row(statement, **values)

    async def run(self, statement: Statement, **values: Any) -> None:
        await self._database.run(statement, **values)

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        await self._database.copy(table, columns, rows)


def test_regular_expressions_leave_connections_to_others(asking: Asking):
    busy = Busy(asking.database)
    loaded = Loaded(busy)

    async def ask() -> int:
        await loaded.current()
        (held,) = loaded.code_systems(CARE)
        expression = Filter("display", "regex", ".*a.*")
        await asyncio.gather(*(loaded.matched(held, expression, Wanted()) for _ in range(8)))
        return busy.most

    assert asking.runner.run(ask()) == 2
