"""A database of its own for what is loaded, emptied for each test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from audited import made

from dzop.settings import Settings
from dzop.store.migrations import migrate
from dzop.terminology_loading import operation
from dzop.terminology_loading.report import Report


@dataclass(frozen=True)
class Loading:
    """`dzop terminology` without the command around it, and a look at what it has written."""

    url: str

    def load(self, *paths: Path, again: bool = False, module: str | None = None) -> Report:
        settings = Settings(database_url=self.url)
        return asyncio.run(
            operation.load(
                settings, paths, lambda title, total: lambda done: None, again=again, module=module
            )
        )

    def remove(self, url: str, version: str | None = None) -> int:
        return asyncio.run(operation.remove(Settings(database_url=self.url), url, version))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async def found() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return asyncio.run(found())

    def listed(self) -> list[tuple[str, str, int]]:
        """URL, version, and number of concepts or elements of all that is loaded."""
        rows = self.rows("select url, version, count from terminology_definition order by type, url, version")
        return [(url, version, count) for url, version, count in rows]

    def served(self, url: str) -> Any:
        """The resource as it is served."""
        return orjson.loads(self.rows("select body from terminology_definition where url = $1", url)[0][0])

    def displays(self, url: str) -> list[tuple[str, str]]:
        """Code and display of the concepts, in order."""
        return [
            (code, display)
            for code, display in self.rows(
                "select code, display from terminology_concept c join terminology_definition d on d.key = c.system"
                " where url = $1 order by c.key",
                url,
            )
        ]


@pytest.fixture(scope="session")
def terminology_database(database: str) -> str:
    """A database beside the one that other tests use."""
    url = made(database, "terminology_loading")
    migrate(url)
    return url


@pytest.fixture
def loading(terminology_database: str) -> Iterator[Loading]:
    """Nothing is loaded before and after."""
    loading = Loading(terminology_database)
    yield loading
    loading.rows("delete from terminology_definition")
