"""The commands about the access matrix that need no database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matrices import changed
from serving import ran

from consent.categories import CATEGORIES
from consent.matrix import load
from consent.published import as_csv
from dzop.definitions.access_matrix import access_matrix
from dzop.definitions.matrix_page import matrix_page

OWN = {"read": "all", "read_ceiling": "all"}


def test_one_category_is_shown_in_words(tmp_path: Path) -> None:
    shown = ran(tmp_path, "matrix", "show", "journal")
    assert (shown.returncode, shown.stdout) == (0, matrix_page(load(), "journal"))


def test_all_categories_are_shown(tmp_path: Path) -> None:
    shown = ran(tmp_path, "matrix", "show").stdout
    assert [category for category in CATEGORIES if f"(`{category}`)" not in shown] == []


def test_a_category_that_there_is_not_is_wrong_use(tmp_path: Path) -> None:
    refusal = ran(tmp_path, "matrix", "show", "weather")
    assert (refusal.returncode, len(refusal.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("csv", as_csv()),
        ("md", matrix_page(load())),
        ("fhir", json.dumps(access_matrix(load()), ensure_ascii=False, indent=2) + "\n"),
    ],
)
def test_the_matrix_is_exported_as(tmp_path: Path, format: str, expected: str) -> None:
    assert ran(tmp_path, "matrix", "export", "--format", format).stdout == expected


def test_what_is_exported_can_be_reviewed_again(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(ran(tmp_path, "matrix", "export").stdout)
    said = ran(tmp_path, "matrix", "check", "--matrix", "own.csv").stdout
    assert said == f"The matrix is complete (version {load().version}).\n"


def test_a_matrix_of_ones_own_is_the_one_the_commands_are_about(tmp_path: Path) -> None:
    own = changed(tmp_path / "own.csv", document__informal_carer=OWN)
    exported = ran(tmp_path, "matrix", "export", DZOP_MATRIX=str(own)).stdout
    assert exported == own.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The first line names the columns: category,role,read,"),
        ("category,role\n", "The first line names the columns: category,role,read,"),
        (as_csv() + "plan,person\n", "Line 262 does not have 10 columns."),
        (as_csv().replace("plan,person,", "plans,person,", 1), "`plans` x `person`: unknown category."),
        ("\n".join(as_csv().splitlines()[:-1]), "`coordination` x `no-relation` is missing."),
        (as_csv() + as_csv().splitlines()[-1], "`coordination` x `no-relation` is there twice."),
    ],
)
def test_what_is_wrong_with_a_matrix_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.csv").write_text(text)
    report = ran(tmp_path, "matrix", "check", "--matrix", "own.csv")
    assert (report.returncode, report.stdout.startswith(said)) == (1, True)


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(b"\xff\xfe")
    refusal = ran(tmp_path, "matrix", "export", "--matrix", "own.csv")
    assert (refusal.returncode, refusal.stderr) == (1, "dzop: own.csv is no text in UTF-8\n")


def test_a_faulty_matrix_is_not_exported_as_another_thing(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("category\n")
    refusal = ran(tmp_path, "matrix", "export", "--format", "fhir", "--matrix", "own.csv")
    assert (refusal.returncode, refusal.stdout, len(refusal.stderr.splitlines())) == (1, "", 1)
