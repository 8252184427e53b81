"""A search that takes the database too long ends with an outcome that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import asyncpg
import pytest
from persons import refused
from serving import in_process


@pytest.fixture
def held_up(database: str) -> Iterator[Event]:
    """Whoever looks into the index of tokens waits, until the test is over."""
    held, over = Event(), Event()

    async def hold() -> None:
        connection = await asyncpg.connect(database)
        async with connection.transaction():
            await connection.execute("lock table index_token in access exclusive mode")
            held.set()
            await asyncio.to_thread(over.wait)
        await connection.close()

    thread = Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    assert held.wait(20)
    yield over
    over.set()
    thread.join()


@pytest.mark.usefixtures("held_up")
def test_an_expensive_search_is_answered_503_with_too_costly(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path, search_timeout=1) as service:
        answer = service.client("system").get("/Goal?lifecycle-status=active")
    assert (refused(answer)[0], answer.json()["issue"][0]["code"]) == (503, "too-costly")
