"""Each filter operator of R4 over each kind of property."""

from __future__ import annotations

import pytest

from terminology.code_system import Concepts
from terminology.concept import Concept, Property
from terminology.concept_set import Filter, Operator
from terminology.fault import Fault
from terminology.filters import checked
from terminology.membership import matched
from terminology.question import Wanted

ANIMALS = Concepts(
    [
        Concept("animal", "Animal", abstract=True),
        Concept("pet", "Pet", properties=(Property("legs", "string", "some"),), parents=("animal",)),
        Concept("dog", "Dog", properties=(Property("legs", "integer", 4),), parents=("animal", "pet")),
        Concept("puppy", "Young dog", properties=(Property("tame", "boolean", False),), parents=("dog",)),
        Concept(
            "dodo",
            properties=(
                Property("from", "Coding", {"system": "http://places.example", "code": "mu"}),
                Property("weight", "decimal", "17.50"),
            ),
            parents=("animal",),
            inactive=True,
        ),
    ]
)


def codes(property: str, operator: Operator, value: str) -> str:
    found = matched(ANIMALS, checked(Filter(property, operator, value)), Wanted())
    return " ".join(each.code for each in found.concepts)


@pytest.mark.parametrize(
    ("property", "operator", "value", "expected"),
    [
        ("concept", "is-a", "pet", "pet dog puppy"),
        ("concept", "descendent-of", "pet", "dog puppy"),
        ("concept", "is-not-a", "pet", "animal dodo"),
        ("concept", "generalizes", "dog", "animal pet dog"),
        ("concept", "is-a", "cat", ""),
        ("concept", "is-not-a", "cat", "animal pet dog puppy dodo"),
        ("concept", "generalizes", "cat", ""),
        ("code", "=", "dog", "dog"),
        ("code", "in", "dog, dodo", "dog dodo"),
        ("code", "not-in", "dog,dodo", "animal pet puppy"),
        ("code", "regex", "do.*", "dog dodo"),
        ("concept", "exists", "true", "animal pet dog puppy dodo"),
        ("concept", "exists", "false", ""),
        ("display", "=", "Young dog", "puppy"),
        ("display", "regex", ".*[Dd]og", "dog puppy"),
        ("display", "exists", "false", "dodo"),
        ("display", "not-in", "Dog,Pet", "animal puppy dodo"),
        ("parent", "=", "animal", "pet dog dodo"),
        ("parent", "in", "pet,dog", "dog puppy"),
        ("parent", "exists", "false", "animal"),
        ("parent", "not-in", "animal", "animal puppy"),
        ("child", "=", "dog", "animal pet"),
        ("child", "exists", "false", "puppy dodo"),
        ("child", "regex", "do.*", "animal pet"),
        ("inactive", "=", "true", "dodo"),
        ("inactive", "in", "false", "animal pet dog puppy"),
        ("inactive", "exists", "true", "animal pet dog puppy dodo"),
        ("notSelectable", "=", "true", "animal"),
        ("notSelectable", "not-in", "true", "pet dog puppy dodo"),
        ("legs", "=", "4", "dog"),
        ("legs", "in", "4,some", "pet dog"),
        ("legs", "not-in", "4", "animal pet puppy dodo"),
        ("legs", "exists", "true", "pet dog"),
        ("legs", "regex", "[0-9]", "dog"),
        ("tame", "=", "false", "puppy"),
        ("tame", "exists", "false", "animal pet dog dodo"),
        ("from", "=", "mu", "dodo"),
        ("from", "=", "http://places.example|mu", "dodo"),
        ("from", "=", "http://elsewhere.example|mu", ""),
        ("from", "in", "be, http://places.example|mu", "dodo"),
        ("weight", "=", "17.50", "dodo"),
    ],
)
def test_a_filter_keeps_the_concepts_it_means(property: str, operator: Operator, value: str, expected: str):
    assert expected == codes(property, operator, value)


@pytest.mark.parametrize(
    ("property", "operator", "value", "code"),
    [
        ("concept", "like", "dog", "invalid"),
        ("", "=", "dog", "invalid"),
        ("concept", "=", "", "invalid"),
        ("parent", "is-a", "dog", "not-supported"),
        ("legs", "exists", "yes", "invalid"),
        ("code", "regex", "(a+)+", "invalid"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(property: str, operator: Operator, value: str, code: str):
    with pytest.raises(Fault) as refused:
        checked(Filter(property, operator, value))
    assert code == refused.value.code


def test_codes_compare_in_any_case_where_the_code_system_does_not_care():
    units = Concepts([Concept("Length"), Concept("Metre", parents=("length",))], is_case_sensitive=False)
    found = [matched(units, Filter(*each), Wanted()).concepts for each in (
        ("concept", "is-a", "LENGTH"), ("parent", "=", "LENGTH"), ("child", "in", "metre"), ("code", "in", "METRE"),
    )]  # fmt: skip
    assert [["Length", "Metre"], ["Metre"], ["Length"], ["Metre"]] == [
        [each.code for each in concepts] for concepts in found
    ]
