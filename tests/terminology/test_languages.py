"""Which languages somebody wants to read, and what concepts are called in them."""

from __future__ import annotations

import pytest

from terminology.concept import Concept, Designation
from terminology.languages import called, preferences

FULLY_SPECIFIED = ("http://snomed.info/sct", "900000000000003001", "")
SYNONYM = ("http://snomed.info/sct", "900000000000013009", "")
CONCEPT = Concept(
    "x",
    "apple",
    designations=(
        Designation("nl", "appel (vrucht)", FULLY_SPECIFIED),
        Designation("nl-BE", "appeltje", SYNONYM),
        Designation("nl", "appel", SYNONYM),
        Designation("nl", "goudrenet"),
        Designation("fr-BE", "pomme"),
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nl-BE", ("nl-BE",)),
        ("fr;q=0.5, nl-BE, nl;q=0.9", ("nl-BE", "nl", "fr")),
        ("nl;q=0, fr", ("fr",)),
        ("*, nl", ("nl",)),
        ("nl ; q=0.3 , de;q=x", ("nl",)),
        ("", ()),
        ("nonsense!", ()),
    ],
)
def test_languages_are_read_best_first(text: str, expected: tuple[str, ...]):
    assert expected == preferences(text)


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (["nl"], "appel"),
        (["nl-BE"], "appeltje"),
        (["nl-NL"], "appel"),
        (["fr"], "pomme"),
        (["fr-FR"], "apple"),
        (["de", "fr"], "pomme"),
        (["en-GB", "nl"], "apple"),
        (["de"], "apple"),
        ([], "apple"),
        (["NL"], "appel"),
    ],
)
def test_a_concept_is_called_as_the_languages_fit_best(languages: list[str], expected: str):
    assert expected == called(CONCEPT, languages, "en")


def test_a_concept_without_any_name_is_called_by_its_code():
    assert "x" == called(Concept("x"), ["nl"], "en")
