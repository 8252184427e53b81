"""What somebody hostile put into terminology is told or left out; the terminal and the database bear it."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir_packages import SYSTEM, code_system, manifest, packed
from serving import ran

from dzop.store.database import Database, Transaction
from dzop.store.statement import Statement
from dzop.store.terminology_hierarchy import hierarchy
from dzop.store.terminology_writing import Definition, remove, write_code_system
from dzop.terminology_loading.package import package
from terminology.concept import Concept
from terminology.fault import Fault

WAITING = Statement(
    "select from pg_locks where not granted and relation = 'terminology_definition'::regclass", (), {}
)
OURS = "https://dzop.example/fhir/ValueSet/role"


def test_the_name_of_a_package_cannot_command_a_terminal(tmp_path: Path) -> None:
    named = manifest() | {"name": "made\x1b]0;up\n\u202epackage"}
    path = packed(tmp_path / "p.tgz", {"package/package.json": named})
    assert package(path).name == "made]0;uppackage"


def test_the_name_of_a_package_is_no_markup(tmp_path: Path, terminology_database: str, loading: Any) -> None:
    named = manifest() | {"name": "[/bold]"}
    path = packed(tmp_path / "p.tgz", {"package/package.json": named, "package/vessels.json": code_system()})
    ran(
        tmp_path, "terminology", "load", str(path), "--database", terminology_database,
        FORCE_COLOR="1", TERM="xterm",
    )  # fmt: skip
    assert loading.listed() == [(SYSTEM, "1.0", 2)]


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.map": "a,b"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5"},
    ],
    ids=["old", "new"],
)
def test_a_package_with_a_broken_map_of_holes_is_damaged(tmp_path: Path, headers: dict[str, str]) -> None:
    path = tmp_path / "p.tgz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/holes.json")
        entry.size, entry.pax_headers = 600, headers
        archive.addfile(entry, io.BytesIO(b"z\n" * 300))
    with pytest.raises(Fault) as refused:
        package(path)
    assert refused.value.text == f"{path}: the package is damaged; get it again"


def test_the_codes_of_others_are_not_those_of_our_value_sets(loading: Any, tmp_path: Path) -> None:
    path = tmp_path / "vessels.json"
    path.write_text(json.dumps(code_system(valueSet=OURS)))
    assert loading.load(path).faults == [
        f"{path}: `{OURS}` is dzop's own and cannot be the value set of other codes; mend `valueSet`"
    ]


def test_a_hierarchy_that_is_too_deep_is_refused() -> None:
    codes = [str(number) for number in range(101)]
    numbers = {code: number for number, code in enumerate(codes)}
    with pytest.raises(Fault) as refused:
        hierarchy(numbers, [[], *([code] for code in codes[:-1])], most=5_000)
    assert refused.value.code == "too-costly"


def test_two_that_replace_at_once_wait_for_each_other_in_turn(
    loading: Any, terminology_database: str
) -> None:
    first, second = code_system("urn:example:first"), code_system("urn:example:second")

    async def write(transaction: Transaction, resource: dict[str, Any]) -> None:
        body = json.dumps(resource).encode()
        definition = Definition(resource, resource["id"], body, "test", datetime.now(UTC))
        await write_code_system(transaction, definition, [Concept("pot")])

    async def replace(database: Database, resource: dict[str, Any], begun: asyncio.Event) -> None:
        async with database.transaction() as transaction:
            await remove(transaction, resource["url"])
            begun.set()
            await write(transaction, resource)

    async def both() -> None:
        async with Database.opened(terminology_database, 3) as database:
            async with database.transaction() as transaction:
                await write(transaction, first)
                await write(transaction, second)
            begun = asyncio.Event()
            async with database.transaction() as transaction:
                await remove(transaction, first["url"])
                other = asyncio.create_task(replace(database, second, begun))
                while not begun.is_set() and not await database.rows(WAITING):
                    pass
                await write(transaction, first)
            await other

    asyncio.run(both())
    assert loading.listed() == [("urn:example:first", "1.0", 1), ("urn:example:second", "1.0", 1)]
