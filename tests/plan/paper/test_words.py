"""The words of the printed plan: all languages say the same things, and dates are written as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from dzop.explanation.dates import day, moment
from dzop.explanation.words import WORDS
from dzop.plan.paper.words import TEXTS, Words


def in_language(language: str) -> Words:
    said = WORDS[language]
    return Words(language, partial(day, said), partial(moment, said))


def texts(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from texts(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_has_the_same_texts_with_the_same_places(language: str) -> None:
    def places(table: Mapping[str, Any]) -> dict[str, list[str]]:
        return {path: sorted(set(re.findall(r"\{(\w+)\}", text))) for path, text in texts(table)}

    assert places(TEXTS[language]) == places(TEXTS["en"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", "1 maart 2026"),
        ("2026-03", "2026-03"),
        ("2026", "2026"),
        ("2026-07-01T12:30:00Z", "1 juli 2026 om 14.30 uur"),
        ("2026-07-01T14:30:00+02:00", "1 juli 2026 om 14.30 uur"),
        ("2026-06-30T23:59:60Z", "2026-06-30T23:59:60Z"),
    ],
)
def test_a_date_is_written_as_people_do(text: str, expected: str) -> None:
    assert in_language("nl").date(text) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"start": "2026-01-05"}, "since 5 January 2026"),
        ({"end": "2026-01-05"}, "until 5 January 2026"),
        ({"start": "2026-01-05", "end": "2026-02-06"}, "from 5 January 2026 until 6 February 2026"),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_period_tells_the_ends_it_has(period: Mapping[str, str] | None, expected: str) -> None:
    assert in_language("en").period(period) == expected


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        ({"text": "Wegen", "coding": [{"system": "http://loinc.org", "code": "1"}]}, "Wegen"),
        (
            {"coding": [{"system": "https://dzop.example/fhir/CodeSystem/role", "code": "person"}]},
            "de persoon zelf",
        ),
        ({"coding": [{"system": "http://loinc.org", "code": "1", "display": "Weight"}]}, "Weight"),
        ({"coding": [{"system": "https://dzop.example/fhir/CodeSystem/role", "code": "unknown"}]}, ""),
        (None, ""),
    ],
)
def test_a_concept_is_called_as_it_was_written_else_by_its_code(concept: Any, expected: str) -> None:
    assert in_language("nl").concept(concept) == expected
