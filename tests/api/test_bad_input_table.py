"""Every malformed request of the tables: the right refusal, in words a user reads, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bad_input.bodies import BODIES
from bad_input.bundles import BUNDLES
from bad_input.headers import HEADERS
from bad_input.malformed import Malformed, Versions, foreign, told, versions_of
from bad_input.operations import OPERATIONS
from bad_input.patches import PATCHES
from bad_input.queries import QUERIES
from persons import Person, new_person
from serving import Server

TABLES = (BODIES, BUNDLES, HEADERS, OPERATIONS, PATCHES, QUERIES)
CASES = [pytest.param(case, id=name[:60]) for table in TABLES for name, case in table.items()]


@pytest.fixture(scope="module")
def about(server: Server) -> Person:
    return new_person(server)


@pytest.fixture(scope="module")
def versions(server: Server) -> Iterator[Versions]:
    with versions_of(server) as versions:
        yield versions


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_request_is_told_what_is_wrong_and_where_and_changes_nothing(
    about: Person, versions: Versions, case: Malformed
) -> None:
    before = versions.count()
    answer = case.asked(about)
    assert (told(answer), foreign(answer), versions.count() - before) == (
        (case.status, case.code, case.at),
        [],
        0,
    )
