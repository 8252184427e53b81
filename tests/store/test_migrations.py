"""The schema and the embedded database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from serving import in_process, ran

from dzop.store.embedded import embedded
from dzop.store.migrations import configuration, migrate
from dzop.store.migrations.declared import metadata


@pytest.fixture
async def empty(database: str) -> str:
    """The URL of a database with nothing in it at all."""
    name = "empty"
    connection = await asyncpg.connect(database)
    await connection.execute(f"drop database if exists {name}")
    await connection.execute(f"create database {name}")
    await connection.close()
    return database.replace("/dzop?", f"/{name}?")


async def tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public' order by 1")
    await connection.close()
    return [row["tablename"] for row in rows]


async def differences(url: str) -> list[str]:
    """Columns that the declared tables and the database do not have in common."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "select table_name, column_name from information_schema.columns where table_schema = 'public'"
    )
    await connection.close()
    there = {
        f"{row['table_name']}.{row['column_name']}" for row in rows if row["table_name"] != "alembic_version"
    }
    declared = {
        f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns
    }
    return sorted(there ^ declared)


async def test_the_schema_is_the_declared_one(database: str) -> None:
    assert await differences(database) == []


async def keys_and_indexes(url: str) -> dict[str, list[str]]:
    """The columns of each primary key, and the names of the indexes of each table."""
    connection = await asyncpg.connect(url)
    keys = await connection.fetch(
        """select c.relname as name, array_agg(a.attname::text order by k.place) as columns
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace,
        unnest(i.indkey) with ordinality as k(number, place) join pg_attribute a on a.attnum = k.number
        where a.attrelid = i.indrelid and i.indisprimary and n.nspname = 'public' group by 1"""
    )
    indexes = await connection.fetch(
        "select tablename, indexname from pg_indexes where schemaname = 'public' and indexname like 'ix_%'"
    )
    await connection.close()
    found: dict[str, list[str]] = {row["name"]: list(row["columns"]) for row in keys}
    for row in indexes:
        found.setdefault(f"indexes of {row['tablename']}", []).append(row["indexname"])
    return {name: sorted(each) for name, each in found.items() if name != "alembic_version"}


async def test_keys_and_indexes_are_the_declared_ones(database: str) -> None:
    declared = {
        table.name: sorted(each.name for each in table.primary_key) for table in metadata.tables.values()
    }
    declared |= {
        f"indexes of {table.name}": sorted(str(each.name) for each in table.indexes)
        for table in metadata.tables.values()
        if table.indexes
    }
    assert await keys_and_indexes(database) == declared


async def test_the_newest_migration_can_be_taken_back_and_made_again(empty: str, database: str) -> None:
    await asyncio.to_thread(migrate, empty)
    await asyncio.to_thread(command.downgrade, configuration(empty), "-1")
    await asyncio.to_thread(migrate, empty)
    assert await keys_and_indexes(empty) == await keys_and_indexes(database)


def test_migrating_twice_changes_nothing(database: str) -> None:
    migrate(database)
    migrate(database)


async def test_two_that_migrate_at_once_agree(empty: str, database: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(ran, tmp_path, "migrate", "--database", empty) for _ in range(2)]
    codes = [each.result().returncode for each in started]
    assert (codes, await tables(empty)) == ([0, 0], await tables(database))


def test_a_folder_serves_several_at_once_and_stops_with_the_last(tmp_path: Path) -> None:
    pid = tmp_path / "postgres" / "postmaster.pid"
    with embedded(tmp_path) as first:
        with embedded(tmp_path) as second:
            assert first == second
        between = pid.exists()
    assert (between, pid.exists()) == (True, False)


def test_a_folder_far_down_serves_as_well(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    with embedded(deep) as url:
        migrate(url)
    assert (deep / "postgres" / "PG_VERSION").exists()


def test_a_migrated_database_serves(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path) as service:
        answer = service.client("system").get("/Patient")
    assert answer.status_code == 200
