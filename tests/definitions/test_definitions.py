"""What we publish is R4, complete, and says what our data say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES, Cell, load
from dzop.definitions.access_matrix import access_matrix, code_of
from dzop.definitions.matrix_page import matrix_page
from dzop.definitions.published import definitions
from dzop.definitions.terminology_page import terminology_page
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.validation import validate
from terminology.content import BASE, CONTENT, LANGUAGES, display

ROOT = Path(__file__).parents[2]
TYPES = [name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "definition"]
PUBLISHED = [each for type in TYPES for each in definitions(type, load()).values()]
SYSTEMS = {id: each for id, each in CONTENT.code_systems.items() if each.url.startswith(f"{BASE}/")}
CONCEPTS = [
    (system.id, code) for system in SYSTEMS.values() if not system.technical for code in system.concepts
]
NOT_SHIPPED = {
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://unitsofmeasure.org",
    "urn:ietf:bcp:13",
    "urn:ietf:bcp:47",
    "urn:iso:std:iso:4217",
}
"""Code systems that value sets may name without our having them: licensed, or rules of syntax instead of a list."""
MATRIX = access_matrix(load())


@pytest.mark.parametrize("resource", PUBLISHED, ids=lambda each: each["url"])
def test_a_definition_is_r4(resource: dict[str, Any]) -> None:
    assert validate(orjson.loads(orjson.dumps(resource))) == []


def test_every_type_that_is_a_definition_has_some() -> None:
    assert [type for type in TYPES if not definitions(type, load())] == []


def test_a_definition_of_ours_is_found_under_the_last_part_of_its_url() -> None:
    ours = [each for each in PUBLISHED if each["url"].startswith(f"{BASE}/")]
    assert [each["url"] for each in ours] == [f"{BASE}/{each['resourceType']}/{each['id']}" for each in ours]


@pytest.mark.parametrize(("code_system", "code"), CONCEPTS)
def test_every_concept_has_words_in_every_language(code_system: str, code: str) -> None:
    assert [language for language in LANGUAGES if not display(code_system, code, language).strip()] == []


def test_two_concepts_of_a_code_system_never_have_the_same_words() -> None:
    said = [
        [display(system.id, code, language) for code in system.concepts]
        for system in SYSTEMS.values()
        if not system.technical
        for language in LANGUAGES
    ]
    assert [each for each in said if len(set(each)) < len(each)] == []


@pytest.mark.parametrize(
    ("code_system", "codes"), [("data-category", CATEGORIES), ("role", ROLES), ("action", ACTIONS)]
)
def test_the_words_are_those_of_the_law_in_its_order(code_system: str, codes: tuple[str, ...]) -> None:
    assert tuple(SYSTEMS[code_system].concepts) == codes


def test_an_extension_is_read_by_the_law_or_a_rule() -> None:
    source = "\n".join(
        each.read_text() for name in ("dzop", "consent") for each in (ROOT / name).rglob("*.py")
    )
    urls = [
        each["url"]
        for each in definitions("StructureDefinition", load()).values()
        if each["type"] == "Extension"
    ]
    unread = [url for url in urls if f"StructureDefinition/{url.rpartition('/')[2]}" not in source]
    assert unread == []


def test_what_a_definition_refers_to_is_defined() -> None:
    urls = {each["url"] for each in PUBLISHED}
    bound = {
        element["binding"]["valueSet"]
        for each in PUBLISHED
        for element in each.get("differential", {}).get("element", ())
        if "binding" in element
    }
    parts = [
        part
        for each in PUBLISHED
        for kind in ("include", "exclude")
        for part in each.get("compose", {}).get(kind, ())
    ]
    named = {part["system"] for part in parts if "system" in part}
    named |= {imported for part in parts for imported in part.get("valueSet", ())}
    maps = [each for each in PUBLISHED if each["resourceType"] == "ConceptMap"]
    named |= {each[end] for each in maps for end in ("sourceCanonical", "targetCanonical")}
    named |= {group[end] for each in maps for group in each["group"] for end in ("source", "target")}
    assert (bound | named) - urls == NOT_SHIPPED


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
    counted = {id: _count(each["concept"]) for id, each in definitions("CodeSystem", load()).items()}
    assert counted == {id: each["count"] for id, each in definitions("CodeSystem", load()).items()}


def test_the_page_of_the_terminology_is_up_to_date() -> None:
    assert (ROOT / "docs" / "terminology-content.md").read_text() == terminology_page()


def _count(concepts: list[dict[str, Any]]) -> int:
    return sum(1 + _count(each.get("concept", [])) for each in concepts)


def test_the_page_of_the_matrix_is_up_to_date() -> None:
    assert (ROOT / "docs" / "matrix.md").read_text() == matrix_page(load())
