"""The matrix and the professions as data: complete, consistent, and checked."""

from __future__ import annotations

import csv
import hashlib
from importlib.resources import files
from pathlib import Path

import pytest

from consent import professions
from consent.categories import CATEGORIES, codes, mask
from consent.matrix import ACTIONS, ROLES, Cell, Matrix, Row, check, joined, load, read
from consent.professions import ROLE_SYSTEM, role_of

HCPARTY = "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty"
PUBLISHED = Path("../shared/data/be/cd-hcparty.tsv")
NO_PROFESSION = {"persadministrative", "pershealthdatamanagemer", "perspatientdriver"}


def lines() -> list[dict[str, str]]:
    return list(csv.DictReader(files("consent").joinpath("matrix.csv").read_text().splitlines()))


def test_the_matrix_that_ships_is_in_order() -> None:
    assert check(lines()) == []


def test_a_matrix_is_read_from_a_file() -> None:
    text = (
        "category,role,read,read_ceiling,create,update,delete,share,basis,source\n"
        "task,person,own,all,propose,none,none,all,stated,S1\n"
    )
    matrix = read(text)
    cell = Cell("own", "all", "propose", "none", "none", "all", "stated", "S1")
    assert ({("task", "person"): cell}, hashlib.sha256(text.encode()).hexdigest()[:12], text) == (
        matrix.cells,
        matrix.version,
        matrix.text,
    )


def test_professions_are_read_from_a_file() -> None:
    assert {("urn:s", "c"): "person"} == professions.read("system,code,role\nurn:s,c,person")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ROLES)
def test_a_row_is_the_column_of_a_role(role: str, action: str) -> None:
    fresh = Matrix("fresh", load().cells)
    column = {line["category"]: line for line in lines() if line["role"] == role}

    def having(name: str, *values: str) -> int:
        return mask(code for code, line in column.items() if line[name] in values)

    ceiling = "read_ceiling" if action == "read" else action
    expected = (
        having(action, "all"),
        having(action, "all", "own", "propose"),
        having(ceiling, "all"),
        having(ceiling, "all", "own", "propose"),
    )
    assert expected == fresh.row((role,), action)


def test_of_two_roles_each_cell_is_the_narrower() -> None:
    fresh = Matrix("fresh", load().cells)
    one, other = fresh.row(("case-manager",), "read"), fresh.row(("general-practitioner",), "read")
    expected = tuple(a & b for a, b in zip(one, other, strict=True))
    assert expected == fresh.row(("case-manager", "general-practitioner"), "read")
    assert expected == fresh.row(("general-practitioner", "case-manager"), "read")


def test_no_role_has_no_row() -> None:
    assert Matrix("fresh", load().cells).row((), "read") == (0, 0, 0, 0)


def test_of_several_rows_each_cell_is_the_widest() -> None:
    assert Row(0b111, 0b111, 0b1011, 0b1111) == joined([Row(1, 3, 2, 7), Row(2, 5, 8, 8), Row(4, 4, 1, 0)])


def test_bits_are_committed() -> None:
    assert codes(0b1011_0000_0000_0001_0001) == (
        "about-me",
        "plan",
        "carer-burden",
        "sensitive",
        "coordination",
    )


def test_a_mask_reads_back_as_its_codes() -> None:
    assert codes(mask(CATEGORIES)) == CATEGORIES


def test_a_cell_that_is_not_there_permits_nothing() -> None:
    assert (load().cell("task", "stranger").read, load().cell("poems", "person").share) == ("none", "none")


def test_an_empty_matrix_permits_nothing() -> None:
    assert Matrix("empty", {}).row(("person",), "read") == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"category": "poems"}, "`poems` x `person`: unknown category."),
        ({"role": "poet"}, "`about-me` x `poet`: unknown role."),
        ({"read": "some"}, "`about-me` x `person`: `some` is no value of read."),
        ({"read_ceiling": "own"}, "`about-me` x `person`: the ceiling is narrower than read."),
        ({"read": "n/a"}, "`about-me` x `person`: read and its ceiling are both `n/a` or neither."),
        ({"create": "propose"}, "`about-me` x `person`: only a team member can be proposed."),
        ({"source": ""}, "`about-me` x `person`: stated without a source."),
    ],
)
def test_a_wrong_line_is_named(change: dict[str, str], problem: str) -> None:
    first, *others = lines()
    assert problem in check([first | change, *others])


def test_a_missing_cell_is_named() -> None:
    assert check(lines()[1:]) == ["`about-me` x `person` is missing."]


def test_a_cell_that_is_there_twice_is_named() -> None:
    assert check([lines()[0], *lines()]) == ["`about-me` x `person` is there twice."]


@pytest.mark.parametrize(
    ("codings", "role"),
    [
        ([(HCPARTY, "persphysician")], "health-professional"),
        ([(HCPARTY, "persgeneralphysician")], "health-professional"),
        ([(HCPARTY, "perssocialworker")], "welfare-professional"),
        ([(HCPARTY, "perscaregiver")], "informal-carer"),
        ([(HCPARTY.replace("/core", ""), "persnurse")], "health-professional"),
        ([(HCPARTY, "persphysician"), (ROLE_SYSTEM, "general-practitioner")], "general-practitioner"),
        ([(HCPARTY, "persnurse"), (HCPARTY, "perssocialworker")], "welfare-professional"),
        ([(HCPARTY, "persnurse"), (ROLE_SYSTEM, "care-coordinator")], "health-professional"),
        ([(ROLE_SYSTEM, "case-manager")], "case-manager"),
        ([(HCPARTY, "persadministrative")], None),
        ([(None, None), ("urn:other", "persnurse")], None),
        ([], None),
    ],
)
def test_codes_mean_a_role(codings: list[tuple[str | None, str | None]], role: str | None) -> None:
    assert role == role_of(codings)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published CD-HCPARTY list is absent")
def test_every_published_profession_has_a_role_or_is_known_to_have_none() -> None:
    published = {
        line.split("\t")[0] for line in PUBLISHED.read_text().splitlines() if line.startswith("pers")
    }
    assert {code for code in published if role_of([(HCPARTY, code)]) is None} == NO_PROFESSION
