"""A dzop without a network, on a database that tests fill, copy and cut down to what somebody may see."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from plan_worlds import World
from resources import Resource, bundle, put
from serving import Clock, Service

from dzop.app import application
from dzop.settings import Settings
from dzop.store.migrations import migrate
from dzop.store.tables import metadata

ROOT = "http://plan.test"
BASE = f"{ROOT}/fhir"
BEGINNING = datetime(2026, 6, 1, 8, tzinfo=UTC)
# What tells of persons, and the directory; what the service knows of itself stays.
TABLES = [
    table.name
    for table in metadata.sorted_tables
    if "person" in table.c or table.name in ("person", "directory_role", "directory_identifier")
]
OF_RESOURCES = [
    table.name for table in metadata.sorted_tables if {"person", "type", "id"} <= set(table.c.keys())
]
_SEQUENCES = {"person": "key", "audit": "seq"}


@dataclass(frozen=True)
class Store:
    """The application on a database of its own, and a connection that goes around it."""

    service: Service
    transport: httpx.AsyncBaseTransport
    direct: asyncpg.Connection

    def client(self, reference: str, **options: Any) -> httpx.AsyncClient:
        """A client in the name of `reference`."""
        headers = {
            "Content-Type": "application/fhir+json",
            # Compressed, the length of an answer also tells how its random ids compress.
            "Accept-Encoding": "identity",
            "Authorization": f"Bearer {self.service.token(reference, **options)}",
        }
        return httpx.AsyncClient(base_url=BASE, headers=headers, transport=self.transport)

    async def clear(self) -> None:
        """As if nothing had ever been stored."""
        for name in TABLES:
            await self.direct.execute(f'delete from "{name}"')  # noqa: S608 - a name of ours

    async def become(self, other: Store) -> None:
        """Holds from now on what the other holds, to the byte."""
        await self.clear()
        for name in TABLES:
            rows = io.BytesIO()
            await other.direct.copy_from_table(name, output=rows, format="binary")
            rows.seek(0)
            await self.direct.copy_to_table(name, source=rows, format="binary")
        for name, column in _SEQUENCES.items():
            find = f"select nextval(pg_get_serial_sequence('{name}', '{column}'))"
            newest = await other.direct.fetchval(find)
            await self.direct.execute(
                f"select setval(pg_get_serial_sequence('{name}', '{column}'), {newest})"
            )

    async def forget(self, resources: Iterable[tuple[int, str, str]]) -> None:
        """Removes these resources without a trace: (person, type, id)."""
        rows = list(resources)
        for name in [*OF_RESOURCES, "resource_location"]:
            await self.direct.executemany(
                f'delete from "{name}" where person = $1 and type = $2 and id = $3',  # noqa: S608
                rows,
            )

    async def forget_events(self, events: Iterable[int]) -> None:
        """Removes these rows of the access log: by their place in it."""
        await self.direct.execute("delete from audit where seq = any($1)", list(events))


@asynccontextmanager
async def _opened(url: str, folder: Path, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
    settings = Settings(
        database_url=url, var=folder, base_url=ROOT, sandbox=True, client_ids="any", pool_size=2, page_size=3
    )
    front = application(settings, clock)
    async with front.app.router.lifespan_context(front.app):
        direct = await asyncpg.connect(url)
        try:
            yield Store(Service(ROOT, folder, now=clock), httpx.ASGITransport(front), direct)
        finally:
            await direct.close()


@dataclass(frozen=True)
class Stores:
    """Two stores that answer under one address, and the loop in which they do."""

    first: Store
    second: Store
    run: Callable[[Any], Any]


@contextmanager
def two_stores(server: str, folder: Path, clock: Callable[[], datetime]) -> Iterator[Stores]:
    """Two empty databases on the server of this URL, each with a service; nothing is synced to disk."""
    with asyncio.Runner() as runner:
        urls = runner.run(_created(server))
        for url in urls:
            runner.get_loop().run_until_complete(asyncio.to_thread(migrate, url))
        stop, opened = asyncio.Event(), runner.get_loop().create_future()
        holding = runner.get_loop().create_task(_held(urls, folder, clock, opened, stop))
        runner.run(asyncio.wait([holding, opened], return_when=asyncio.FIRST_COMPLETED))
        try:
            if holding.done():
                holding.result()
            yield Stores(*opened.result(), run=runner.run)
        finally:
            stop.set()
            runner.run(asyncio.wait([holding]))


async def _held(
    urls: list[str],
    folder: Path,
    clock: Callable[[], datetime],
    opened: asyncio.Future[tuple[Store, Store]],
    stop: asyncio.Event,
) -> None:
    async with _opened(urls[0], folder, clock) as first, _opened(urls[1], folder, clock) as second:
        opened.set_result((first, second))
        await stop.wait()


async def _created(server: str) -> list[str]:
    """Makes the databases `first` and `second`."""
    admin, urls = await asyncpg.connect(server), []
    for name in ("first", "second"):
        await admin.execute(f'drop database if exists "{name}"')
        await admin.execute(f'create database "{name}"')
        await admin.execute(f'alter database "{name}" set synchronous_commit = off')
        urls.append(server.replace("/dzop?", f"/{name}?"))
    await admin.close()
    return urls


async def build(store: Store, world: World, clock: Clock) -> None:
    """Stores the world, each of its transactions a minute after the one before."""
    await store.clear()
    clock.instant = BEGINNING
    deletions = [{"request": {"method": "DELETE", "url": each}} for each in world.deleted]
    rounds = [[put(each) for each in round] for round in world.rounds]
    await add(store, *rounds, *([deletions] if deletions else []), clock=clock)


async def add(store: Store, *transactions: list[Resource], clock: Clock) -> None:
    """Stores what `system` sends, each transaction a minute after the one before."""
    async with store.client("system") as system:
        for transaction in transactions:
            clock.instant += timedelta(minutes=1)
            answer = await system.post("/", json=bundle("transaction", *transaction))
            assert answer.status_code == 200, answer.text
    clock.instant += timedelta(minutes=1)
