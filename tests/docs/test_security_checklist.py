"""Each point of the security checklist names tests, and they are there."""

from __future__ import annotations

import re
from functools import cache

import pytest
from documents import ROOT

CHECKLIST = (ROOT / "docs" / "security-checklist.md").read_text()
ROWS = [line for line in CHECKLIST.splitlines() if re.match(r"\| \d", line)]
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", CHECKLIST)))


@cache
def names(file: str) -> frozenset[str]:
    """The tests of a file."""
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", (ROOT / file).read_text(), re.MULTILINE))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_a_point_names_a_test(row: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::test_\w+`", row.split("|")[3])


@pytest.mark.parametrize(("file", "name"), TESTS, ids=lambda part: part)
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    assert name in names(file)


def test_every_point_of_the_practice_for_tokens_is_there() -> None:
    points = re.findall(r"^\| (3\.\d+) ", CHECKLIST, re.MULTILINE)
    assert points == [f"3.{number}" for number in range(1, 13)]
