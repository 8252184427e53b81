"""What is held of a definition to be searched: everything but its long lists."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.definitions.searched import codes, head, with_codes

ANIMAL = "https://x.example/animals"
ANIMALS: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": "https://x.example/animals",
    "text": {"status": "generated", "div": "<div/>"},
    "concept": [
        {"code": "mammal", "concept": [{"code": "cat", "designation": [{"language": "nl", "value": "kat"}]}]},
        {"code": "bird", "designation": [{"language": "fr", "value": "oiseau"}, {"value": "fowl"}]},
    ],
}
PETS: dict[str, Any] = {
    "resourceType": "ValueSet",
    "compose": {
        "include": [
            {"system": "https://x.example/animals", "concept": [{"code": "cat"}, {"code": "dog"}]},
            {"valueSet": ["https://x.example/birds"]},
        ]
    },
    "expansion": {"identifier": "urn:x", "contains": [{"contains": [{"code": "budgie"}]}]},
}
SOUNDS: dict[str, Any] = {
    "resourceType": "ConceptMap",
    "group": [
        {
            "source": "https://x.example/animals",
            "target": "https://x.example/sounds",
            "element": [
                {"code": "cat", "target": [{"code": "purr", "dependsOn": [{"property": "https://x.example/mood"}]}]},
                {"code": "fish"},
            ],
            "unmapped": {"mode": "other-map", "url": "https://x.example/more"},
        }
    ],
}  # fmt: skip


def test_of_a_code_system_its_first_code_and_its_languages_stay() -> None:
    assert head(ANIMALS) == {
        "resourceType": "CodeSystem",
        "url": "https://x.example/animals",
        "concept": [{"code": "mammal", "designation": [{"language": "fr"}, {"language": "nl"}]}],
    }


def test_of_a_value_set_its_systems_and_one_code_stay() -> None:
    assert head(PETS) == {
        "resourceType": "ValueSet",
        "compose": {"include": [{"system": "https://x.example/animals"}]},
        "expansion": {"contains": [{"code": "cat"}], "identifier": "urn:x"},
    }


def test_of_a_concept_map_its_groups_stay_with_one_element() -> None:
    (group,) = head(SOUNDS)["group"]
    target = {"code": "purr", "dependsOn": [{"property": "https://x.example/mood"}], "product": []}
    assert group == {
        "source": "https://x.example/animals",
        "target": "https://x.example/sounds",
        "unmapped": {"mode": "other-map", "url": "https://x.example/more"},
        "element": [{"code": "cat", "target": [target]}],
    }


@pytest.mark.parametrize("type", ["CodeSystem", "ConceptMap", "ValueSet"])
def test_what_lists_no_codes_has_none_when_it_is_cut(type: str) -> None:
    assert "code" not in repr(head({"resourceType": type, "concept": [], "group": [], "compose": {}}))


def test_a_head_cut_again_stays_the_same() -> None:
    assert head(head(ANIMALS)) == head(ANIMALS)


def test_another_type_stays_whole() -> None:
    operation = {"resourceType": "OperationDefinition", "text": {"div": "<div/>"}}
    assert head(operation) == operation


@pytest.mark.parametrize(
    ("resource", "parameter", "found"),
    [
        (ANIMALS, "code", [(ANIMAL, "mammal"), (ANIMAL, "cat"), (ANIMAL, "bird")]),
        (PETS, "code", [(ANIMAL, "cat"), (ANIMAL, "dog"), ("", "budgie")]),
        (SOUNDS, "source-code", [(ANIMAL, "cat"), (ANIMAL, "fish")]),
        (SOUNDS, "target-code", [("https://x.example/sounds", "purr")]),
    ],
    ids=["code system", "value set", "sources of a map", "targets of a map"],
)
def test_all_codes_are_listed_with_their_systems_however_deep(
    resource: dict[str, Any], parameter: str, found: list[tuple[str, str]]
) -> None:
    assert list(codes(resource, parameter)) == found


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [(ANIMALS, "code"), (PETS, "code"), (SOUNDS, "source-code"), (SOUNDS, "target-code")],
    ids=["code system", "value set", "sources of a map", "targets of a map"],
)
def test_codes_that_were_looked_up_are_put_into_the_head(resource: dict[str, Any], parameter: str) -> None:
    before = len(list(codes(head(resource), parameter)))
    completed = with_codes(head(resource), {parameter: [(ANIMAL, "one")]})
    added = [code for _, code in codes(completed, parameter)][before:]
    assert added == ["one", {"system": ANIMAL, "code": "one"}]
