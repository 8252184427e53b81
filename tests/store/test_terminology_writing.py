"""Writing terminologies: all at once or not at all, versions side by side, known to every worker soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from dzop.access.vocabulary.loaded import Loaded
from dzop.fhir.outcome import Issue, Unavailable
from dzop.store.database import Database
from dzop.store.statement import Statement
from dzop.store.terminology_writing import (
    Definition,
    remove,
    write_code_system,
    write_concept_map,
    write_value_set,
)
from terminology.concept import Concept
from terminology.concept_map import MapRow
from terminology.concept_set import AllOf, AnyOf, Every, Filter
from terminology.fault import Fault
from terminology.question import Wanted

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://written.example"
SYSTEM, VALUE_SET, MAP = f"{URL}/codes", f"{URL}/set", f"{URL}/map"
OTHER = f"{URL}/other/codes"  # of which the id is the same
ANIMALS = (Concept("animal"), Concept("cat", parents=("animal",)), Concept("tabby", parents=("cat",)))


@pytest.fixture
async def store(database: str) -> AsyncIterator[Database]:
    """A database in which nothing stays."""
    async with Database.opened(database, 3) as opened:
        yield opened
        async with opened.transaction() as transaction:
            for url in (SYSTEM, OTHER, VALUE_SET, MAP):
                await remove(transaction, url)


def definition(type: str = "CodeSystem", url: str = SYSTEM, version: str = "1", **more: Any) -> Definition:
    resource = {"resourceType": type, "url": url, "version": version, "status": "active", **more}
    if type == "CodeSystem":
        resource = {"content": "complete", "caseSensitive": True} | resource
    id = f"{url.rpartition('/')[2]}-{version}"
    return Definition(resource, id, b'{"resourceType": "%s"}' % type.encode(), "a test", NOW)


async def write(store: Database, given: Definition, concepts: Iterable[Concept] = ANIMALS) -> int:
    async with store.transaction() as transaction:
        return await write_code_system(transaction, given, concepts)


async def loaded(store: Database) -> Loaded:
    """What a worker that begins now knows."""
    found = Loaded(store)
    await found.current()
    return found


async def versions(store: Database) -> list[str]:
    return sorted(each.version for each in (await loaded(store)).code_systems(SYSTEM))


async def codes_below(store: Database, version: str, code: str) -> list[str]:
    found = await loaded(store)
    held = next(each for each in found.code_systems(SYSTEM) if each.version == version)
    matched = await found.matched(held, Filter("concept", "descendent-of", code), Wanted())
    return [each.code for each in matched.concepts]


async def test_versions_stand_side_by_side(store: Database) -> None:
    await write(store, definition(version="1"))
    await write(store, definition(version="2"), [*ANIMALS, Concept("persian", parents=("cat",))])
    below = [await codes_below(store, version, "cat") for version in ("1", "2")]
    assert below == [["tabby"], ["tabby", "persian"]]


async def test_a_version_that_is_removed_leaves_the_other(store: Database) -> None:
    for version in ("1", "2"):
        await write(store, definition(version=version))
    async with store.transaction() as transaction:
        await remove(transaction, SYSTEM, "1")
    assert (await versions(store), await codes_below(store, "2", "animal")) == (["2"], ["cat", "tabby"])


async def test_all_versions_can_be_removed_at_once(store: Database) -> None:
    for version in ("1", "2"):
        await write(store, definition(version=version))
    async with store.transaction() as transaction:
        removed = await remove(transaction, SYSTEM)
    assert (removed, await versions(store)) == (2, [])


async def test_several_code_systems_go_in_one_transaction(store: Database) -> None:
    async with store.transaction() as transaction:
        await write_code_system(transaction, definition(version="1"), ANIMALS)
        await write_code_system(transaction, definition(version="2"), ANIMALS[:2])
    assert [await codes_below(store, each, "animal") for each in ("1", "2")] == [["cat", "tabby"], ["cat"]]


@pytest.mark.parametrize(
    ("again", "concepts", "text"),
    [
        (definition(), ANIMALS, f"`{SYSTEM}|1` is loaded already; remove it or replace it"),
        (
            definition(url=OTHER),
            ANIMALS,
            f"`CodeSystem/codes-1` is already the id of `{SYSTEM}`; remove it or replace it",
        ),
        (definition(version="2"), [*ANIMALS, ANIMALS[0]], "the code `animal` stands twice; list it once"),
        (
            definition(version="2", caseSensitive=False),
            [*ANIMALS, Concept("CAT")],
            "the code `CAT` stands twice; list it once",
        ),
        (
            definition(version="2"),
            [Concept("hen", parents=("egg",)), Concept("egg", parents=("hen",))],
            "the code `hen` is above itself in the hierarchy, or below such a code",
        ),
    ],
    ids=["same-version", "same-id", "same-code", "same-code-in-another-case", "circle"],
)
async def test_what_cannot_be_held_is_refused(
    store: Database, again: Definition, concepts: Sequence[Concept], text: str
) -> None:
    await write(store, definition())
    with pytest.raises(Fault) as refused:
        await write(store, again, concepts)
    assert (refused.value.code, refused.value.text) == ("invalid", text)


async def test_what_is_refused_leaves_nothing_behind(store: Database) -> None:
    with pytest.raises(Fault):
        await write(store, definition(), [*ANIMALS, ANIMALS[0]])
    assert await versions(store) == []


async def test_of_two_who_write_the_same_version_at_once_one_is_refused(store: Database) -> None:
    done = await asyncio.gather(*(write(store, definition()) for _ in range(2)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Fault", "int"]


async def test_a_parent_that_is_not_there_is_left_out(store: Database) -> None:
    await write(store, definition(), [*ANIMALS, Concept("unicorn", parents=("myth", "animal"))])
    found = await loaded(store)
    concepts = await found.concepts(found.code_systems(SYSTEM)[0], ["unicorn"])
    assert concepts["unicorn"].parents == ("animal",)


async def test_a_hierarchy_can_be_deep(store: Database) -> None:
    chain = [Concept("0"), *(Concept(str(each), parents=(str(each - 1),)) for each in range(1, 500))]
    await write(store, definition(), chain)
    found = await loaded(store)
    ancestors = await found.ancestors(found.code_systems(SYSTEM)[0], "499")
    assert len(ancestors or ()) == 500


async def test_progress_tells_of_every_concept(store: Database) -> None:
    told: list[int] = []
    async with store.transaction() as transaction:
        await write_code_system(transaction, definition(), ANIMALS, told.append)
    assert sum(told) == len(ANIMALS)


async def test_more_descendants_than_are_taken_are_too_costly(store: Database) -> None:
    await write(store, definition())
    found = await loaded(store)
    with pytest.raises(Fault) as refused:
        await found.descendants(found.code_systems(SYSTEM)[0], "animal", 2)
    assert refused.value.code == "too-costly"


async def test_what_is_loaded_counts_after_half_a_second(store: Database) -> None:
    time = [0.0]
    found = Loaded(store, lambda: time[0])
    known = []
    await found.current()
    await write(store, definition())
    for time[0] in (0.4, 0.6):
        await found.current()
        known.append(len(found.code_systems(SYSTEM)))
    assert known == [0, 1]


async def test_what_is_known_is_equal_until_something_changes(store: Database) -> None:
    time = [0.0]
    found = Loaded(store, lambda: time[0])
    first = await found.current()
    time[0] = 1.0
    second = await found.current()
    await write(store, definition())
    time[0] = 2.0
    third = await found.current()
    assert (first == second, second == third) == (True, False)


async def test_within_a_transaction_what_it_wrote_is_found(store: Database) -> None:
    async with store.transaction() as transaction:
        await write_code_system(transaction, definition(), ANIMALS)
        found = Loaded(store).within(transaction)
        await found.current()
        concepts = await found.concepts(found.code_systems(SYSTEM)[0], ["cat"])
    assert list(concepts) == ["cat"]


async def test_a_code_system_names_the_value_set_of_its_codes(store: Database) -> None:
    await write(store, definition(valueSet=VALUE_SET))
    assert [each.url for each in (await loaded(store)).implied(VALUE_SET)] == [SYSTEM]


async def test_a_code_system_of_which_nothing_is_present_is_not_held(store: Database) -> None:
    await write(store, definition(content="not-present"), [])
    assert await versions(store) == []


async def test_a_value_set_comes_back_as_it_is_served(store: Database) -> None:
    async with store.transaction() as transaction:
        await write_value_set(transaction, definition("ValueSet", VALUE_SET))
    found = await loaded(store)
    defined = found.identified("ValueSet", "set-1")
    assert defined is not None
    assert await found.value_set(defined) == {"resourceType": "ValueSet"}


@pytest.mark.parametrize(
    ("coding", "reverse", "places"),
    [
        ((SYSTEM, "cat"), False, [0, 1]),
        (("", "cat"), False, [0, 1]),
        (("https://other.example", "cat"), False, []),
        (("https://target.example", "kat"), True, [0]),
        ((SYSTEM, "nul\0"), False, []),
    ],
    ids=["source", "any-system", "other-system", "reverse", "impossible"],
)
async def test_a_concept_map_tells_what_a_code_becomes(
    store: Database, coding: tuple[str, str], reverse: bool, places: list[int]
) -> None:
    rows = [
        MapRow(SYSTEM, "cat", "https://target.example", "kat", "Kat", "equivalent"),
        MapRow(SYSTEM, "cat", "https://target.example", "dier", "Dier", "wider", "An animal."),
        MapRow(SYSTEM, "dog", "https://target.example", "hond", "Hond", "equivalent"),
    ]
    async with store.transaction() as transaction:
        await write_concept_map(transaction, definition("ConceptMap", MAP), rows)
    found = await loaded(store)
    maps = [each for each in found.concept_maps() if each.defined.url == MAP]
    told = await found.mapped(maps, coding, reverse=reverse)
    assert [row for _, row in told] == [rows[place] for place in places]


async def test_a_set_of_many_subtrees_is_one_comparison(store: Database) -> None:
    await write(store, definition())
    found = await loaded(store)
    many = AnyOf(tuple(Filter("concept", "is-a", each) for each in ("cat", "tabby", *map(str, range(500)))))
    matched = await found.matched(found.code_systems(SYSTEM)[0], many, Wanted())
    assert [each.code for each in matched.concepts] == ["cat", "tabby"]


async def test_a_set_of_too_many_comparisons_is_too_costly(store: Database) -> None:
    await write(store, definition())
    found = await loaded(store)
    many = AllOf(tuple(Filter("colour", "regex", f"{each}.*") for each in range(101)))
    with pytest.raises(Fault) as refused:
        await found.matched(found.code_systems(SYSTEM)[0], many, Wanted())
    assert refused.value.code == "too-costly"


class Slow:
    """A connection over which every question takes too long."""

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        raise Unavailable(Issue("too-costly", "this takes the database too long"))

    row = run = copy = rows


async def test_what_takes_the_database_too_long_is_too_costly(store: Database) -> None:
    await write(store, definition())
    held = (await loaded(store)).code_systems(SYSTEM)[0]
    with pytest.raises(Fault) as refused:
        await Loaded(Slow()).matched(held, Every(), Wanted())
    assert refused.value.code == "too-costly"
