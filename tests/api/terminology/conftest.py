"""A service with terminologies of its own, loaded as an operator loads them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from aids import DEFINED
from serving import Service, in_process, ran

from dzop.store.embedded import embedded
from dzop.store.migrations import migrate


@pytest.fixture(scope="session")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in which the aids are loaded."""
    folder = tmp_path_factory.mktemp("terms")
    for each in DEFINED:
        (folder / f"{each['resourceType']}-{each['id']}.json").write_text(json.dumps(each))
    with embedded(folder / "var") as url:
        migrate(url)
        loaded = ran(folder, "terminology", "load", str(folder), "--database", url)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        with in_process(url, folder / "var", expansion_limit=20) as service:
            yield service


@pytest.fixture(scope="session")
def client(terms: Service) -> Iterator[httpx.Client]:
    """The operator's client of it."""
    with terms.client("system") as client:
        yield client
