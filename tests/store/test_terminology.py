"""SQL says of loaded code systems what the pure functions say of the same in memory, whatever is asked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dzop.store.database import Database
from dzop.store.terminology import LoadedSystem
from dzop.store.terminology_catalog import catalog
from dzop.store.terminology_writing import Definition, remove, write_code_system
from terminology.code_system import Concepts
from terminology.concept import Concept, Designation, Property
from terminology.concept_set import (
    AllOf,
    AnyOf,
    ConceptSet,
    Every,
    Filter,
    Listed,
    ListedConcept,
    Without,
)
from terminology.membership import matched, members
from terminology.question import Matched, Wanted

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://agrees.example/codes"
_EXAMPLES = max(5, int(os.environ.get("DZOP_EXAMPLES", "60")) // 5)
# To shrink a whole code system takes long and shows little more than the first question that differs.
few = settings(
    max_examples=_EXAMPLES,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)

# -- worlds ------------------------------------------------------------------------------------------

CODES = ["a", "A", "b1", "B2", "c_d", "10%", "x'y", "é", "a b", "z\\"]
NAMES = [
    "",
    "Œdème",
    "oedeme aigu",
    "Diabetes mellitus",
    "diabète",
    "mellitus",
    "a",
    "-",
    "100% dia_x",
    "DIA MEL",
]
WORDS = ["dia", "mel", "d", "oedeme", "a", "100", "dia_", "zz", "diabetes"]
TEXTS = ["red", "blue", "x'y", "s|c", "5", "true", "a\\b", "long " * 100]
PROPERTIES = ["colour", "size", "it's", "part"]
LANGUAGES = ["nl", "fr", "", "de"]


def values() -> st.SearchStrategy[tuple[str, Any]]:
    return st.one_of(
        st.tuples(st.sampled_from(["string", "code"]), st.sampled_from(TEXTS)),
        st.tuples(st.just("integer"), st.sampled_from([5, 7])),
        st.tuples(st.just("boolean"), st.booleans()),
        st.tuples(st.just("Coding"), st.sampled_from([{"code": "red"}, {"system": "s", "code": "c"}])),
    )


@st.composite
def concepts(draw: st.DrawFn, is_case_sensitive: bool) -> list[Concept]:
    """A few concepts in no order of their hierarchy, in which some stand below several."""
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique_by=_folding(is_case_sensitive)))
    order = draw(st.permutations(codes))
    made = []
    for code in codes:
        above = order[: order.index(code)]
        parents = draw(st.lists(st.sampled_from(above), unique=True, max_size=3)) if above else []
        names = draw(st.lists(st.tuples(st.sampled_from(LANGUAGES), st.sampled_from(NAMES)), max_size=3))
        said = draw(st.lists(st.tuples(st.sampled_from(PROPERTIES), values()), max_size=3))
        made.append(
            Concept(
                code,
                draw(st.sampled_from(NAMES)),
                draw(st.sampled_from(["", "What it is."])),
                tuple(Designation(*each, use=("s", "u", "")) for each in names),
                tuple(Property(name, *value) for name, value in said),
                tuple(parents),
                draw(st.booleans()),
                draw(st.booleans()),
            )
        )
    return made


def _folding(is_case_sensitive: bool) -> Any:
    return (lambda code: code) if is_case_sensitive else str.lower


def filters() -> st.SearchStrategy[Filter]:
    code = st.sampled_from([*CODES, "nowhere", "B1", "Z\0"])
    text = st.sampled_from([*TEXTS, *NAMES[1:], "false", "nowhere"])
    value = st.one_of(code, text)
    many = st.lists(value, min_size=1, max_size=3).map(",".join)
    expression = st.sampled_from(["[a-z]+", "r.*", ".*", "s\\|c", "true|5", "(?:Dia|dia).*", "[^b]+", "A"])
    own = st.sampled_from(["concept", "code"])
    any_property = st.sampled_from(
        ["concept", "code", "display", "parent", "child", "inactive", "notSelectable", *PROPERTIES, "unknown"]
    )
    return st.one_of(
        st.builds(Filter, own, st.sampled_from(["is-a", "descendent-of", "is-not-a", "generalizes"]), code),
        st.builds(Filter, any_property, st.just("="), value),
        st.builds(Filter, any_property, st.sampled_from(["in", "not-in"]), many),
        st.builds(Filter, any_property, st.just("regex"), expression),
        st.builds(Filter, any_property, st.just("exists"), st.sampled_from(["true", "false"])),
    )


def sets() -> st.SearchStrategy[ConceptSet]:
    listed = st.lists(st.sampled_from([*CODES, "nowhere", "B1"]).map(ListedConcept), max_size=4)
    leaves = st.one_of(st.just(Every()), st.builds(Listed, listed.map(tuple)), filters(), filters())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(tuple).map(AllOf),
            st.lists(inner, max_size=3).map(tuple).map(AnyOf),
            st.builds(Without, inner, inner),
        ),
        max_leaves=5,
    )


def questions() -> st.SearchStrategy[Wanted]:
    words = st.lists(st.sampled_from(WORDS), max_size=2).map(tuple)
    numbers = st.integers(0, 4)
    return st.builds(Wanted, words, st.booleans(), numbers, numbers, st.sampled_from([0, 2, 100]))


# -- the database ------------------------------------------------------------------------------------


@dataclass
class Store:
    """A database, and the loop in which it is asked."""

    database: Database
    runner: asyncio.Runner

    def load(
        self, given: Sequence[Concept], *, is_case_sensitive: bool = True, version: str = "1"
    ) -> LoadedSystem:
        """The code system, loaded beside others with the same codes."""
        return self.runner.run(self._load(given, is_case_sensitive, version))

    async def emptied(self) -> None:
        async with self.database.transaction() as transaction:
            await remove(transaction, URL)

    async def _load(self, given: Sequence[Concept], is_case_sensitive: bool, version: str) -> LoadedSystem:
        async with self.database.transaction() as transaction:
            await remove(transaction, URL, version)
            definition = definition_of(version, is_case_sensitive)
            await write_code_system(transaction, definition, given)
        catalogued = await catalog(self.database)
        key = next(row["key"] for row in catalogued if (row["url"], row["version"]) == (URL, version))
        return LoadedSystem(self.database, key, is_case_sensitive, len(given))


def definition_of(version: str, is_case_sensitive: bool = True) -> Definition:
    resource = {
        "resourceType": "CodeSystem",
        "url": URL,
        "version": version,
        "status": "active",
        "content": "complete",
        "caseSensitive": is_case_sensitive,
    }
    return Definition(resource, f"agrees-{version}", b"{}", "a test", NOW)


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[Store]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = runner.run(stack.enter_async_context(Database.opened(database, 2)))
        store = Store(opened, runner)
        yield store
        runner.run(store.emptied())
        runner.run(stack.aclose())


@few
@given(data=st.data(), is_case_sensitive=st.booleans())
def test_sql_matches_what_memory_matches(store: Store, data: st.DataObject, is_case_sensitive: bool) -> None:
    world = data.draw(concepts(is_case_sensitive))
    held = Concepts(world, is_case_sensitive=is_case_sensitive)
    loaded = store.load(world, is_case_sensitive=is_case_sensitive)
    for _ in range(15):
        concept_set, wanted = data.draw(sets()), data.draw(questions())
        found = store.runner.run(loaded.matched(concept_set, wanted))
        assert found == matched(held, concept_set, wanted), (concept_set, wanted)


@few
@given(data=st.data())
def test_many_concepts_are_those_in_memory_by_how_short_their_shortest_name_is(
    store: Store, data: st.DataObject
) -> None:
    world = data.draw(concepts(is_case_sensitive=True))
    held, loaded = Concepts(world), replace(store.load(world), few=1)
    for _ in range(15):
        concept_set, wanted = data.draw(sets()), data.draw(questions())
        found = store.runner.run(loaded.matched(concept_set, wanted))
        assert found == among_many(held, concept_set, wanted), (concept_set, wanted)


def among_many(held: Concepts, concept_set: ConceptSet, wanted: Wanted) -> Matched:
    """What is matched when more than one concept is many."""
    everything = matched(held, concept_set, replace(wanted, offset=0, count=len(CODES), most=len(CODES)))
    if not wanted.words or len(everything.concepts) < 2:
        return matched(held, concept_set, wanted)
    ordered = sorted(everything.concepts, key=_by_shortest_name)
    total = len(ordered) if len(ordered) <= wanted.most else None
    return Matched(tuple(ordered[wanted.offset : wanted.offset + wanted.count]), total)


def _by_shortest_name(concept: Concept) -> tuple[int, str]:
    names = [concept.display, *(each.value for each in concept.designations)]
    return min((len(each) for each in names if each), default=len(concept.code)), concept.code


@few
@given(data=st.data(), is_case_sensitive=st.booleans())
def test_sql_knows_the_members_and_the_hierarchy_that_memory_knows(
    store: Store, data: st.DataObject, is_case_sensitive: bool
) -> None:
    world = data.draw(concepts(is_case_sensitive))
    held = Concepts(world, is_case_sensitive=is_case_sensitive)
    loaded = store.load(world, is_case_sensitive=is_case_sensitive)
    asked = [*CODES, "nowhere", "B1", "Z\0"]
    run = store.runner.run
    for concept_set in data.draw(st.lists(sets(), min_size=5, max_size=5)):
        assert run(loaded.members(concept_set, asked)) == members(held, concept_set, asked), concept_set
    assert run(loaded.concepts(asked)) == {each: held.get(each) for each in asked if held.get(each)}
    for code in asked:
        above, below = held.ancestors(code), list(held.descendants(code))
        assert _in_order(run(loaded.ancestors(code))) == _in_order(above)
        assert _in_order(run(loaded.descendants(code, 100))) == _in_order(below)
        assert tuple(run(loaded.children(code))) == held.children(code)


def _in_order(codes: Sequence[str] | None) -> tuple[str, ...] | None:
    """The code itself, then the others, of no order."""
    return (codes[0], *sorted(codes[1:])) if codes else None
