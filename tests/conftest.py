"""What all tests may share: one running service with the demo persons, and persons of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from persons import Person, new_person
from serving import Server, serving

from dzop.store.embedded import embedded
from dzop.store.migrations import migrate

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`dzop demo` on a free port."""
    with serving(tmp_path_factory.mktemp("demo"), "demo") as server:
        yield server


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    """The root URL of the running service."""
    return server.url


@pytest.fixture(scope="session")
def system(server: Server) -> httpx.Client:
    """The operator, over HTTP."""
    return server.client("system")


@pytest.fixture
def person(server: Server) -> Person:
    """A person of the test's own, with a plan and a team."""
    return new_person(server)


@pytest.fixture(scope="session")
def known(server: Server) -> Person:
    """A person whom several tests look at and none changes."""
    return new_person(server)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded database with the newest schema and nothing in it."""
    with embedded(tmp_path_factory.mktemp("database")) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """A folder of published guide data, which is not part of the project; skips without it."""

    def folder(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.is_dir():
            pytest.skip(f"published guide data `{name}` is not beside the project")
        return path

    return folder
