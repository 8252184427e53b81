"""SQL finds what the pure matcher finds among what the actor may see, whatever is asked, page after page."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reached import reaches, scopes
from resources import Resource
from search_worlds import BASE, OF_PERSON, TYPES, Held, clauses, links, restrictions, worlds

from consent.law import Shape
from dzop.access import guarded
from dzop.access.labels import kept_meta, served_meta
from dzop.access.reindexing import reindex
from dzop.actor import Actor, Call
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import Clause
from dzop.fhir.search.match import Neighbours, matches
from dzop.fhir.search.query import Query, Sort, sortable
from dzop.store.database import Database
from dzop.store.migrations import migrate_async
from dzop.store.tables import ALWAYS, FOREVER, metadata

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SYSTEM = Actor("system", "system")
NURSE = Actor("Practitioner/a", "nurse", keys=("Practitioner/a",))
FULL, OWN = 1, 3  # the nurse sees category 1 of whomever grants, category 2 where concerned, and 4 never
_EXAMPLES = max(3, int(os.environ.get("DZOP_EXAMPLES", "60")) // 4)
# To shrink a whole store takes long and shows little more than the first question that differs.
few = settings(
    max_examples=_EXAMPLES,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


@dataclass
class Store:
    """A database filled directly, the pool that reads it, and the loop in which all this happens."""

    direct: asyncpg.Connection
    database: Database
    run: Any

    async def clear(self) -> None:
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables if "person" in table.c)
        await self.direct.execute(f"truncate person, generation, {names}")

    async def fill(self, world: Sequence[Held], concerned: frozenset[str]) -> None:
        """Holds this world; of `concerned` the nurse is in the audience."""
        await self.clear()
        await self.direct.execute("insert into generation (active, matrix_version, last) values (1, 'x', 1)")
        for number, id in enumerate("pqz", 1):
            await self.direct.execute(
                "insert into person overriding system value values ($1, $2)", number, id
            )
        for number in (1, 2):
            await self.direct.execute(
                """insert into grants (person, generation, shape, valid_from, valid_until, rank, "full", own, authored,
                rules, matrix_version) values ($1, 1, $2, $3, $4, 1, $5, $6, 0, '{}', 'x')""",
                number, Shape("Practitioner/a", None, "nurse").key, ALWAYS, FOREVER, FULL, OWN,
            )  # fmt: skip
        for number, each in enumerate(world):
            await self.add(each, at(number))
            if each.key in concerned:
                key = each.key.split("/")
                await self.direct.execute(
                    "insert into audience values ($1, $2, $3, 'Practitioner/a', 'acting', '', $4, $5)",
                    each.person, *key, ALWAYS, FOREVER,
                )  # fmt: skip
        await self.index()

    async def change(self, held: Held, other: Resource, when: datetime) -> None:
        """It says from now on what the other says."""
        type, id = held.key.split("/")
        body = {**other, "resourceType": type, "id": id}
        await self.direct.execute(
            """insert into resource_version select person, type, id, version + 1, $3, served, meta, mask, $4,
            'PUT', false from resource_version where type = $1 and id = $2 order by version desc limit 1""",
            type, id, orjson.dumps(body, default=_number), when,
        )  # fmt: skip
        await self.direct.execute(
            """update resource_current set version = version + 1, last_updated = $3, deleted = false
            where type = $1 and id = $2""",
            type, id, when,
        )  # fmt: skip
        await self.index()

    async def delete(self, held: Held) -> None:
        await self.direct.execute(
            "update resource_current set deleted = true where type = $1 and id = $2", *held.key.split("/")
        )

    async def index(self) -> None:
        await reindex(self.database, BASE, lambda _: None)

    async def add(self, held: Held, when: datetime) -> None:
        """One resource, not yet indexed."""
        type, id = held.key.split("/")
        body = {name: value for name, value in held.resource.items() if name != "meta"}
        meta = kept_meta(held.resource.get("meta", {}))
        await self.direct.execute("insert into resource_location values ($1, $2, $3)", type, id, held.person)
        await self.direct.execute(
            "insert into resource_version values ($1, $2, $3, 1, $4, null, $5, $6, $7, 'PUT', $8)",
            held.person, type, id, orjson.dumps(body, default=_number), meta, held.mask, when, held.deleted,
        )  # fmt: skip
        await self.direct.execute(
            "insert into resource_current values ($1, $2, $3, 1, $4, $5, $6)",
            held.person, type, id, held.mask, when, held.deleted,
        )  # fmt: skip


def _number(value: Any) -> Any:
    return orjson.Fragment(str(value))


def at(number: int) -> datetime:
    return NOW - timedelta(days=100) + timedelta(hours=number)


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[Store]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield Store(*runner.run(_opened(database, stack)), runner.run)
        runner.run(stack.aclose())


async def _opened(url: str, stack: AsyncExitStack) -> tuple[asyncpg.Connection, Database]:
    admin = await asyncpg.connect(url)
    await admin.execute("drop database if exists searched")
    await admin.execute("create database searched")
    await admin.execute("alter database searched set synchronous_commit = off")
    await admin.close()
    own = url.replace("/dzop?", "/searched?")
    await migrate_async(own)
    database = await stack.enter_async_context(Database.opened(own, 2))
    direct = await asyncpg.connect(own)
    stack.push_async_callback(direct.close)
    return direct, database


def seen(actor: Actor, world: Sequence[Held], concerned: frozenset[str]) -> dict[str, Resource]:
    """What the actor may see, by its place, as it is served."""
    return {
        each.key: served(each, at(number))
        for number, each in enumerate(world)
        if not each.deleted and _may_see(actor, each, each.key in concerned)
    }


def _may_see(actor: Actor, held: Held, is_concerned: bool) -> bool:
    if actor.is_system or held.person == 0:
        return True
    return held.person < 3 and not held.mask & ~(OWN if is_concerned else FULL)


def served(held: Held, when: datetime) -> Resource:
    meta = served_meta(1, when, kept_meta(held.resource.get("meta", {})), held.mask)
    return {**held.resource, "meta": orjson.loads(meta)}


def expected(type: str, clause: Clause, there: dict[str, Resource]) -> list[str]:
    """The ids that the pure matcher finds."""
    of_type: dict[str, list[Resource]] = {}
    for each in there.values():
        of_type.setdefault(each["resourceType"], []).append(each)
    neighbours = Neighbours(
        resolve=lambda kind, name: there.get(f"{kind}/{name}"),
        canonical=lambda kind, url: [each for each in of_type.get(kind, ()) if each.get("url") == url],
        referrers=lambda kind, *_: of_type.get(kind, ()),
    )
    return sorted(each["id"] for each in of_type.get(type, ()) if matches(each, clause, BASE, neighbours))


async def found(store: Store, actor: Actor, query: Query, size: int = 1000) -> list[str]:
    """The ids of all pages, in order."""
    ids: list[str] = []
    after: tuple[str, ...] | None = None
    while True:
        page = await guarded.find(store.database, Call(actor, NOW), query, after, size)
        ids += [each.id for each in page.matches]
        if (after := page.after) is None:
            return ids


@few
@given(data=st.data(), world=worlds())
def test_sql_finds_what_the_matcher_finds_among_what_is_seen(
    store: Store, data: st.DataObject, world: list[Held]
) -> None:
    concerned = data.draw(st.frozensets(st.sampled_from([each.key for each in world])))
    store.run(store.fill(world, concerned))
    for _ in range(20):
        type = data.draw(st.sampled_from(TYPES))
        criteria = data.draw(st.lists(clauses(world, type), min_size=1, max_size=2).map(tuple))
        for actor in (SYSTEM, NURSE):
            there = seen(actor, world, concerned)
            wanted = [set(expected(type, clause, there)) for clause in criteria]
            got = store.run(found(store, actor, Query(type, criteria)))
            assert sorted(got) == sorted(set.intersection(*wanted)), (actor.individual, type, criteria)


@few
@given(data=st.data(), world=worlds())
def test_scopes_narrow_a_search_to_what_the_matcher_admits_wherever_it_leads(
    store: Store, data: st.DataObject, world: list[Held]
) -> None:
    concerned = data.draw(st.frozensets(st.sampled_from([each.key for each in world])))
    store.run(store.fill(world, concerned))
    of_patient = {each.key for each in world if each.person == 1}
    linked = links(world)
    for place in range(8):
        if place % 2 and linked:
            type, clause = data.draw(st.sampled_from(linked))
        else:
            type = data.draw(st.sampled_from(TYPES))
            clause = data.draw(clauses(world, type))
        narrow = data.draw(scopes(TYPES, partial(restrictions, world), ("s", "rs", "r")))
        # Where much is reached of what is searched, more depends on what that leads to.
        granted = (*narrow, *data.draw(st.sampled_from(((), (f"user/{type}.s",)))))
        for actor, own in ((SYSTEM, _by_itself(granted)), (NURSE, granted)):
            there = {
                key: value
                for key, value in seen(actor, world, concerned).items()
                if reaches(own, "s", value, BASE, is_of_patient=key in of_patient)
            }
            asking = replace(actor, scopes=own, patient="p")
            got = store.run(found(store, asking, Query(type, (clause,))))
            assert sorted(got) == expected(type, clause, there), (own, type, clause)


def _by_itself(granted: Sequence[str]) -> tuple[str, ...]:
    """The same scopes for software, of which none is about a person."""
    return tuple(each.replace("user/", "system/", 1) for each in granted if each.startswith("user/"))


# -- pages -------------------------------------------------------------------------------------------


@st.composite
def orders(draw: st.DrawFn, type: str) -> tuple[Sort, ...]:
    """Up to three keys, each up or down."""
    entry = RESOURCE_TYPES[type]
    names = draw(st.lists(st.sampled_from(sortable(entry)), max_size=3, unique=True))
    parameters = [entry.parameter(name) for name in names]
    return tuple(Sort(each, draw(st.booleans())) for each in parameters if each is not None)


@few
@given(data=st.data(), world=worlds(most=12))
def test_pages_are_one_list_cut_into_parts(store: Store, data: st.DataObject, world: list[Held]) -> None:
    store.run(store.fill(world, frozenset()))
    for _ in range(5):
        type = data.draw(st.sampled_from(TYPES))
        query = Query(type, sort=data.draw(orders(type)))
        size = data.draw(st.integers(1, 7))
        for actor in (SYSTEM, NURSE):
            whole, parts = (store.run(found(store, actor, query, each)) for each in (1000, size))
            assert (parts, sorted(parts)) == (whole, sorted(_ids(seen(actor, world, frozenset()), type)))


@few
@given(data=st.data(), world=worlds(most=12))
def test_pages_miss_and_repeat_nothing_that_stays_as_it_is(
    store: Store, data: st.DataObject, world: list[Held]
) -> None:
    type = data.draw(st.sampled_from(OF_PERSON))
    store.run(store.fill(world, frozenset()))
    query, size = Query(type, sort=data.draw(orders(type))), data.draw(st.integers(1, 7))
    there = [each for each in world if each.key.startswith(f"{type}/") and not each.deleted]
    changed: set[str] = set()
    shown: list[str] = []
    after: tuple[str, ...] | None = None
    for turn in range(1000):
        page = store.run(guarded.find(store.database, Call(SYSTEM, NOW), query, after, size))
        shown += [each.id for each in page.matches]
        if (after := page.after) is None:
            break
        what = data.draw(st.sampled_from(("add", "change", "delete")))
        changed.add(store.run(_disturb(store, data, what, there, turn)))
    stays = {each.resource["id"] for each in there} - changed
    assert sorted(id for id in shown if id in stays) == sorted(stays)


def _ids(there: dict[str, Resource], type: str) -> list[str]:
    return [each["id"] for each in there.values() if each["resourceType"] == type]


async def _disturb(store: Store, data: st.DataObject, what: str, there: list[Held], turn: int) -> str:
    """Somebody else writes between two pages; the id of what is other than before."""
    one, other = data.draw(st.sampled_from(there)), data.draw(st.sampled_from(there))
    match what:
        case "add":
            new = replace(one, resource={**one.resource, "id": f"new{turn}"})
            await store.add(new, at(turn))
            await store.index()
            return f"new{turn}"
        case "change":
            await store.change(one, other.resource, at(500 + turn))
        case _:
            await store.delete(one)
    return str(one.resource["id"])
