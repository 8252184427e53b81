"""`dzop terminology`: what it prints and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from audited import gone, made, run
from fhir_packages import SYSTEM, code_system, packed, usual
from rf2_releases import edition
from serving import ran

from dzop.settings import Settings
from dzop.store.migrations import migrate
from dzop.terminology_loading import operation

Terminology = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def url(database: str) -> Iterator[str]:
    """A database beside the one that other tests use."""
    url = made(database, "terminology_commands")
    migrate(url)
    yield url
    gone(database, "terminology_commands")


@pytest.fixture
def terminology(url: str, tmp_path: Path) -> Iterator[Terminology]:
    """`dzop terminology ARGUMENTS` in a folder of the test's own; nothing is loaded before and after."""
    yield lambda *arguments: ran(tmp_path, "terminology", *arguments, DZOP_DATABASE_URL=url)
    run(url, "delete from terminology_definition")


def loaded(url: str, path: Path, *resources: Any) -> None:
    """Loads a file of these resources, without the command."""
    path.write_text("".join(f"{json.dumps(each)}\n" for each in resources))
    settings = Settings(database_url=url)
    asyncio.run(operation.load(settings, [path], lambda *_: lambda _: None, again=False, module=None))


def ended(answer: CompletedProcess[str]) -> tuple[int, list[str], list[str]]:
    return answer.returncode, answer.stdout.splitlines(), answer.stderr.splitlines()


def test_what_is_loaded_is_counted(terminology: Terminology, tmp_path: Path) -> None:
    packed(tmp_path / "p.tgz", usual(code_system()))
    edition().zipped(tmp_path / "release.zip")
    assert ended(terminology("load", "p.tgz", "release.zip")) == (
        0,
        ["2 loaded: CodeSystem 2", "11 concepts written"],
        [],
    )


def test_what_is_not_taken_is_told_with_exit_1(terminology: Terminology, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(f"{json.dumps(code_system())}\n{json.dumps(code_system('x'))}\n")
    why = "`x` is no absolute address without `|` and `#`; mend `url`"
    assert ended(terminology("load", "a.ndjson")) == (
        1,
        ["1 loaded: CodeSystem 1", "2 concepts written", f"fault: a.ndjson:2: {why}"],
        [],
    )


def test_what_is_loaded_is_listed_by_what_removes_it(
    terminology: Terminology, url: str, tmp_path: Path
) -> None:
    loaded(url, tmp_path / "a.ndjson", code_system())
    listed = terminology("list").stdout.split()
    removed = terminology("remove", listed[1])
    left = run(url, "select url from terminology_definition")
    assert (listed[:3], ended(removed), left) == (
        ["CodeSystem", f"{SYSTEM}|1.0", "2"],
        (0, ["Removed."], []),
        [],
    )


def test_of_several_versions_the_one_to_remove_is_named(
    terminology: Terminology, url: str, tmp_path: Path
) -> None:
    loaded(url, tmp_path / "a.ndjson", code_system(), code_system(version="2.0"))
    assert [
        ended(terminology("remove", SYSTEM)),
        ended(terminology("remove", SYSTEM, "--version", "1.0")),
    ] == [
        (2, [], ["dzop: there are several versions; say which one with --version: 1.0, 2.0"]),
        (0, ["Removed."], []),
    ]


def test_without_anything_loaded_the_list_says_so(terminology: Terminology) -> None:
    assert ended(terminology("list")) == (0, ["Nothing is loaded."], [])


def test_what_is_not_loaded_cannot_be_removed(terminology: Terminology) -> None:
    assert ended(terminology("remove", f"{SYSTEM}|9")) == (
        1,
        [],
        [f"dzop: `{SYSTEM}|9` is not loaded; `dzop terminology list` shows what is"],
    )


def test_a_path_that_is_not_there_is_wrong_use(terminology: Terminology) -> None:
    code, printed, told = ended(terminology("load", "nowhere.tgz"))
    assert (code, printed, len(told)) == (2, [], 1)


def test_a_folder_without_terminology_is_told_with_exit_1(terminology: Terminology, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    said = "nothing to load: there is no code system, value set, concept map or release of SNOMED CT there"
    assert ended(terminology("load", str(tmp_path / "empty"))) == (1, [said], [])
