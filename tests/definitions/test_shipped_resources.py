"""What is shipped, written as FHIR."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dzop.definitions.code_systems import code_system
from dzop.definitions.concept_maps import concept_map
from dzop.definitions.value_sets import value_set
from terminology.concept import Concept, Designation, Property
from terminology.concept_set import Filter, ListedConcept
from terminology.content import BASE, CodeSystem, ConceptMap, Group, Include, Mapped, ValueSet

HEAD = ("i", "https://a.example/i", "1", "N", "T", "D", "S")
DUTCH = (Designation("nl", "kat"),)


def _system(*concepts: Concept) -> CodeSystem:
    return CodeSystem(*HEAD, concepts={each.code: each for each in concepts})


def test_what_others_publish_is_not_said_to_be_ours() -> None:
    ours = replace(_system(), url=f"{BASE}/CodeSystem/i")
    assert (None, "dzop") == (code_system(_system()).get("publisher"), code_system(ours)["publisher"])


def test_codes_stand_below_those_that_they_are_a_kind_of() -> None:
    cat, lynx, bird = Concept("cat"), Concept("lynx", parents=("cat",)), Concept("bird")
    published = code_system(_system(cat, lynx, bird))
    tree = [{"code": "cat", "concept": [{"code": "lynx"}]}, {"code": "bird"}]
    assert (3, tree) == (published["count"], published["concept"])


def test_a_concept_says_what_is_known_of_it() -> None:
    said = Concept("cat", "cat", "Purrs.", DUTCH, (Property("legs", "integer", 4),))
    assert [
        {
            "code": "cat",
            "display": "cat",
            "definition": "Purrs.",
            "designation": [{"language": "nl", "value": "kat"}],
            "property": [{"code": "legs", "valueInteger": 4}],
        }
    ] == code_system(_system(said))["concept"]


@pytest.mark.parametrize(
    ("concept", "code"),
    [(Concept("c", inactive=True), "inactive"), (Concept("c", abstract=True), "notSelectable")],
)
def test_what_may_not_be_used_is_said_by_a_property_of_r4(concept: Concept, code: str) -> None:
    published = code_system(_system(concept))
    declared = [each["uri"] for each in published["property"]]
    assert ([f"http://hl7.org/fhir/concept-properties#{code}"], [{"code": code, "valueBoolean": True}]) == (
        declared,
        published["concept"][0]["property"],
    )


def test_a_property_of_concepts_is_declared() -> None:
    said = Concept("cat", properties=(Property("legs", "integer", 4),))
    assert [{"code": "legs", "type": "integer"}] == code_system(_system(said))["property"]


@pytest.mark.parametrize(
    ("include", "published"),
    [
        (Include("s"), {"system": "s"}),
        (
            Include("s", (ListedConcept("x", "cat", DUTCH),)),
            {
                "system": "s",
                "concept": [
                    {"code": "x", "display": "cat", "designation": [{"language": "nl", "value": "kat"}]}
                ],
            },
        ),
        (
            Include("s", (), (Filter("concept", "is-a", "x"),)),
            {"system": "s", "filter": [{"property": "concept", "op": "is-a", "value": "x"}]},
        ),
        (Include("", (), (), ("v",)), {"valueSet": ["v"]}),
    ],
    ids=["all", "listed", "filtered", "imported"],
)
def test_a_value_set_includes_as_it_says(include: Include, published: dict[str, Any]) -> None:
    assert {"include": [published]} == value_set(ValueSet(*HEAD, include=(include,)))["compose"]


def test_a_value_set_excludes_as_it_says() -> None:
    said = ValueSet(*HEAD, include=(Include("s"),), exclude=(Include("s", (ListedConcept("x"),)),))
    assert [{"system": "s", "concept": [{"code": "x"}]}] == value_set(said)["compose"]["exclude"]


def test_the_targets_of_a_code_stand_together_and_one_without_target_says_so() -> None:
    mapped = (
        Mapped("a", "x", "wider"), Mapped("b", "", "unmatched"), Mapped("a", "y", "inexact", "Nearly."),
    )  # fmt: skip
    published = concept_map(ConceptMap(*HEAD, groups=(Group("s", "t", mapped),)))
    targets = [
        {"code": "x", "equivalence": "wider"},
        {"code": "y", "equivalence": "inexact", "comment": "Nearly."},
    ]
    assert [
        {"code": "a", "target": targets},
        {"code": "b", "target": [{"equivalence": "unmatched"}]},
    ] == published["group"][0]["element"]
