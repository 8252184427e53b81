"""Which capacity a profession fits, as an identity provider and the directory say it."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from consent.professions import role_of
from dzop.access.disciplines import CD_HCPARTY, fits

LINES = list(csv.DictReader(files("dzop.access").joinpath("disciplines.csv").read_text("utf-8").splitlines()))


def role(code: str) -> str | None:
    return role_of([(CD_HCPARTY, code)])


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["speciality"])
def test_a_speciality_is_a_profession_with_the_rights_of_its_discipline(line: dict[str, str]) -> None:
    assert role(line["discipline"]) == role(line["speciality"]) is not None


@pytest.mark.parametrize(
    ("discipline", "codes", "profession", "expected"),
    [
        ("persphysician", ["persphysician"], "health-professional", True),
        ("persphysician", ["perscardiologist"], "health-professional", True),
        ("perscardiologist", ["perscardiologist"], "health-professional", True),
        ("perscardiologist", ["persphysician"], "health-professional", False),
        ("persphysician", ["persnurse", "perssurger"], "health-professional", True),
        ("persphysician", ["persnurse"], "general-practitioner", False),
        ("persnurse", ["persphysician"], "general-practitioner", False),
        ("persmidwife", ["persnurse"], "health-professional", False),
        ("persphysiotherapist", ["persmanualtherapist"], "health-professional", True),
        ("persnurse", [], "health-professional", True),
        ("perspracticalnurse", [], "welfare-professional", True),
        ("perspracticalnurse", [], "health-professional", False),
        ("persphysician", [], "general-practitioner", True),
        ("persgeneralphysician", [], "general-practitioner", True),
        ("persdentist", [], "general-practitioner", False),
        ("persadministrative", [], None, False),
        ("persunheardof", [], None, False),
        ("persunheardof", [], "health-professional", False),
    ],
)
def test_a_capacity_is_that_of_the_discipline_or_a_speciality_of_it(
    discipline: str, codes: list[str], profession: str | None, expected: bool
) -> None:
    assert expected == fits(discipline, codes, profession)
