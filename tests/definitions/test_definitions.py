"""What we publish is R4, complete, and says what our data say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES, Cell, load
from consent.relations import AGREEMENT, GROUND, PROOF
from dzop.definitions.access_matrix import access_matrix, code_of
from dzop.definitions.matrix_page import matrix_page
from dzop.definitions.published import definitions
from dzop.definitions.words import LANGUAGES, WORDS, display
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.validation import validate
from dzop.plan.declared import REASON
from dzop.plan.team import MEMBER_PROPOSER, MEMBER_REASON

ROOT = Path(__file__).parents[2]
TYPES = [name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "definition"]
PUBLISHED = [each for type in TYPES for each in definitions(type, load()).values()]
CONCEPTS = [(words.id, code) for words in WORDS.values() for code in words.concepts]
MATRIX = access_matrix(load())


@pytest.mark.parametrize("resource", PUBLISHED, ids=lambda each: each["url"])
def test_a_definition_is_r4(resource: dict[str, Any]) -> None:
    assert validate(orjson.loads(orjson.dumps(resource))) == []


def test_every_type_that_is_a_definition_has_some() -> None:
    assert [type for type in TYPES if not definitions(type, load())] == []


def test_a_definition_is_found_under_the_last_part_of_its_url() -> None:
    assert [each["url"] for each in PUBLISHED] == [
        f"https://dzop.example/fhir/{each['resourceType']}/{each['id']}" for each in PUBLISHED
    ]


@pytest.mark.parametrize(("code_system", "code"), CONCEPTS)
def test_every_concept_has_words_in_every_language(code_system: str, code: str) -> None:
    assert [language for language in LANGUAGES if not display(code_system, code, language).strip()] == []


def test_two_concepts_of_a_code_system_never_have_the_same_words() -> None:
    said = [
        [display(words.id, code, language) for code in words.concepts]
        for words in WORDS.values()
        for language in LANGUAGES
    ]
    assert [each for each in said if len(set(each)) < len(each)] == []


@pytest.mark.parametrize(
    ("code_system", "codes"), [("data-category", CATEGORIES), ("role", ROLES), ("action", ACTIONS)]
)
def test_the_words_are_those_of_the_law_in_its_order(code_system: str, codes: tuple[str, ...]) -> None:
    assert tuple(WORDS[code_system].concepts) == codes


def test_the_extensions_are_those_the_law_and_the_rules_of_a_plan_read() -> None:
    assert [
        each["url"]
        for each in definitions("StructureDefinition", load()).values()
        if each["type"] == "Extension"
    ] == [REASON, GROUND, AGREEMENT, MEMBER_PROPOSER, MEMBER_REASON, PROOF]


def test_what_a_definition_refers_to_is_defined() -> None:
    urls = {each["url"] for each in PUBLISHED}
    bound = {
        element["binding"]["valueSet"]
        for each in PUBLISHED
        for element in each.get("differential", {}).get("element", ())
        if "binding" in element
    }
    included = {
        include["system"] for each in PUBLISHED for include in each.get("compose", {}).get("include", ())
    }
    assert (bound | included) - urls == set()


def test_the_published_matrix_has_the_version_of_the_law() -> None:
    assert MATRIX["version"] == load().version


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("category", CATEGORIES)
def test_a_published_cell_says_what_the_law_says(category: str, role: str) -> None:
    (above,) = [each for each in MATRIX["concept"] if each["code"] == category]
    (concept,) = [each for each in above["concept"] if each["code"] == code_of(category, role)]
    said = {
        each["code"]: each.get("valueCoding", {}).get("code") or each["valueString"]
        for each in concept["property"]
    }
    names = {"read_ceiling": "read-ceiling"}
    cell = load().cell(category, role)
    values = {names.get(name, name): getattr(cell, name) for name in Cell.__dataclass_fields__}
    assert said == {"category": category, "role": role} | {
        name: value for name, value in values.items() if value
    }


def test_each_value_of_a_published_cell_has_words() -> None:
    codings = {
        (each["valueCoding"]["system"].rpartition("/")[2], each["valueCoding"]["code"])
        for above in MATRIX["concept"]
        for concept in above["concept"]
        for each in concept["property"]
        if "valueCoding" in each
    }
    assert codings - set(CONCEPTS) == set()


def test_the_count_of_concepts_is_theirs() -> None:
    counted = {
        each["id"]: sum(1 + len(concept.get("concept", ())) for concept in each["concept"])
        for each in definitions("CodeSystem", load()).values()
    }
    assert counted == {id: each["count"] for id, each in definitions("CodeSystem", load()).items()}


def test_the_page_of_the_matrix_is_up_to_date() -> None:
    assert (ROOT / "docs" / "matrix.md").read_text() == matrix_page(load())
