"""What older rules have indexed answers again after `dzop migrate`, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from resources import bundle, entity, goal, put
from serving import Service, in_process, ran

from dzop.access.reindexing import reindex, waiting
from dzop.definitions.shipped import SHIPPED
from dzop.store.database import Database
from dzop.store.migrations import migrate

Found = TypeVar("Found")
NUMBER = 30
STALE = "update resource_current set indexed_as = 'older rules'"


@pytest.fixture
def url(database: str) -> str:
    """A database of the test's own."""

    async def make() -> None:
        connection = await asyncpg.connect(database)
        await connection.execute("drop database if exists reindexed")
        await connection.execute("create database reindexed")
        await connection.close()

    asyncio.run(make())
    own = database.replace("/dzop?", "/reindexed?")
    migrate(own)
    return own


def stored(url: str, folder: Path) -> Service:
    """A person with goals, stored by a service that is gone again; what commands beside it would be given."""
    with in_process(url, folder) as service:
        patient = entity("Patient/p", name=[{"text": "Jet"}], birthDate="1944-03-17")
        goals = [goal(f"Goal/g{number}", "Patient/p", startDate="2026-01-02") for number in range(NUMBER)]
        entries = [put(patient), *[put(each) for each in goals], put(entity("Organization/o", name="Huis"))]
        answer = service.client("system").post("/", json=bundle("transaction", *entries))
        assert answer.status_code == 200, answer.text
    return service


def sql(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def asked(url: str, work: Callable[[Database], Awaitable[Found]]) -> Found:
    async def run() -> Found:
        async with Database.opened(url, 4) as database:
            return await work(database)

    return asyncio.run(run())


def total(url: str, folder: Path, query: str) -> int:
    with in_process(url, folder) as service:
        return int(service.client("system").get(f"/{query}&_summary=count").json()["total"])


def command(folder: Path, service: Service, name: str, url: str) -> Any:
    return ran(folder, name, "--database", url, DZOP_BASE_URL=service.url, DZOP_VAR=str(folder))


def test_what_is_stored_is_indexed_by_the_present_rules(url: str, tmp_path: Path) -> None:
    stored(url, tmp_path)
    assert asked(url, waiting) == 0


def test_a_new_parameter_finds_what_was_stored_before(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, "delete from index_date where parameter = 'start-date'", STALE)
    command(tmp_path, service, "migrate", url)
    assert total(url, tmp_path, "Goal?start-date=2026-01-02") == NUMBER


def test_migrating_does_it_once(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)
    command(tmp_path, service, "migrate", url)
    assert asked(url, waiting) == 0


def test_rows_that_no_rule_makes_any_more_are_gone(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, "update index_token set parameter = 'older' where parameter = 'lifecycle-status'", STALE)
    command(tmp_path, service, "migrate", url)
    assert command(tmp_path, service, "verify", url).returncode == 0


def test_older_rules_do_not_come_back(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    command(tmp_path, service, "migrate", url)
    sql(url, STALE, "insert into index_rules (fingerprint) values ('newer rules')")
    command(tmp_path, service, "migrate", url)
    assert asked(url, waiting) == NUMBER + 2 + len(SHIPPED)


def test_verifying_says_that_it_is_not_finished(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)
    report = command(tmp_path, service, "verify", url)
    assert (report.returncode, f"{NUMBER + 2} resources are not indexed" in report.stdout) == (1, True)


def test_what_an_older_process_writes_is_waiting(url: str, tmp_path: Path) -> None:
    stored(url, tmp_path)
    # It knows neither column, and leaves them as they were.
    sql(
        url,
        """insert into resource_version select person, type, id, 2, body, served, meta, mask, last_updated,
           method, deleted from resource_version where id = 'g1'""",
        "update resource_current set version = 2 where id = 'g1'",
    )
    assert asked(url, waiting) == 1


def test_it_goes_on_where_it_was_stopped(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)
    done: list[int] = []

    class Stopped(Exception):
        pass

    def stop(number: int) -> None:
        done.append(number)
        raise Stopped

    async def interrupted(database: Database) -> int:
        with pytest.raises(Stopped):
            await reindex(database, service.fhir, stop, size=7)
        return await waiting(database)

    assert (asked(url, interrupted), done) == (NUMBER + 2 - 7, [7])


def test_what_somebody_is_writing_is_waited_for(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)

    async def beside(database: Database) -> int:
        writer = await asyncpg.connect(url)
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("select 1 from resource_current where id = 'g1' for update")
        first = asyncio.Event()
        working = asyncio.create_task(reindex(database, service.fhir, lambda _: first.set(), size=5))
        await first.wait()
        await transaction.rollback()
        await writer.close()
        return await working

    assert asked(url, beside) == 0


def test_two_at_once_leave_nothing_and_no_doubles(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)

    async def both(database: Database) -> list[int]:
        done: list[int] = []
        await asyncio.gather(*[reindex(database, service.fhir, done.append, size=3) for _ in range(2)])
        return done

    assert sum(asked(url, both)) == NUMBER + 2


def test_changes_during_it_are_found_as_they_are(url: str, tmp_path: Path) -> None:
    service = stored(url, tmp_path)
    sql(url, STALE)
    with in_process(url, tmp_path) as running:
        client = running.client("system")

        async def beside(database: Database) -> None:
            def change(number: int) -> None:
                for each in range(3):
                    id = f"g{(number * 7 + each) % NUMBER}"
                    client.put(f"/Goal/{id}", json=goal(f"Goal/{id}", "Patient/p", startDate="2027-05-05"))

            await reindex(database, service.fhir, change, size=4)

        asked(url, beside)
    assert command(tmp_path, service, "verify", url).returncode == 0
