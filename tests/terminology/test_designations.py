"""Everything a person can see has a name in the four languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from terminology.concept import Designation
from terminology.content import CONTENT, LANGUAGES


def _missing(display: str, designations: Iterable[Designation]) -> Iterator[str]:
    called = {each.language for each in designations if each.value} | ({"en"} if display else set())
    return (language for language in LANGUAGES if language not in called)


def test_every_code_that_a_person_can_see_has_a_name_in_each_language() -> None:
    missing = [
        f"{system.id} {concept.code}: {language}"
        for system in CONTENT.code_systems.values()
        if not system.technical
        for concept in system.concepts.values()
        for language in _missing(concept.display, concept.designations)
    ]
    assert missing == []


def test_every_code_that_a_value_set_names_itself_has_a_name_in_each_language() -> None:
    missing = [
        f"{value_set.id} {concept.code}: {language}"
        for value_set in CONTENT.value_sets.values()
        for include in value_set.include
        for concept in include.concepts
        if concept.display
        for language in _missing(concept.display, concept.designations)
    ]
    assert missing == []


def test_a_technical_code_system_has_english_names() -> None:
    missing = [
        f"{system.id} {concept.code}"
        for system in CONTENT.code_systems.values()
        if system.technical
        for concept in system.concepts.values()
        if not concept.display
    ]
    assert missing == []
