"""What a ValueSet says, as one tree of concepts a code system."""

from __future__ import annotations

from typing import Any

import pytest

from terminology.concept import Designation
from terminology.concept_set import AllOf, AnyOf, Every, Filter, Listed, ListedConcept, Without
from terminology.fault import Fault
from terminology.question import SystemVersion
from terminology.value_set import Composed, compose, imports

A, B = "http://a.example", "http://b.example"
ONE, TWO = "http://one.example", "http://two.example"


def value_set(*include: dict[str, Any], **compose: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "compose": {"include": list(include), **compose}}


def listing(system: str, *codes: str, **given: str) -> dict[str, Any]:
    return {"system": system, **given, "concept": [{"code": code} for code in codes]}


def listed(*codes: str) -> Listed:
    return Listed(tuple(map(ListedConcept, codes)))


def system(url: str, version: str = "") -> SystemVersion:
    return SystemVersion(url, version)


def test_a_code_system_alone_is_all_of_it():
    assert ((system(A, "1"), Every()),) == compose(value_set({"system": A, "version": "1"}), {})


def test_includes_of_one_code_system_are_one_set_and_systems_stay_in_order():
    given = value_set(listing(B, "x"), {"system": A}, listing(B, "y"))
    assert ((system(B), AnyOf((listed("x"), listed("y")))), (system(A), Every())) == compose(given, {})


def test_all_filters_of_an_include_have_to_hold():
    filters = [
        {"property": "concept", "op": "is-a", "value": "x"},
        {"property": "kind", "op": "=", "value": "y"},
    ]
    expected = AllOf((Filter("concept", "is-a", "x"), Filter("kind", "=", "y")))
    assert ((system(A), expected),) == compose(value_set({"system": A, "filter": filters}), {})


def test_listed_concepts_keep_what_the_value_set_calls_them():
    named = {"code": "x", "display": "X", "designation": [{"language": "nl", "value": "iks"}]}
    expected = Listed((ListedConcept("x", "X", (Designation("nl", "iks"),)),))
    assert ((system(A), expected),) == compose(value_set({"system": A, "concept": [named]}), {})


def test_what_is_excluded_is_taken_from_the_same_code_system_only():
    given = value_set({"system": A}, {"system": B}, exclude=[listing(A, "x")])
    assert ((system(A), Without(Every(), listed("x"))), (system(B), Every())) == compose(given, {})


@pytest.mark.parametrize(("included", "excluded", "is_out"), [
    ("1", "1", True), ("1", "", True), ("", "1", True), ("1", "2", False),
])  # fmt: skip
def test_an_exclude_counts_where_its_version_may_be_meant(included: str, excluded: str, is_out: bool):
    given = value_set({"system": A, "version": included}, exclude=[listing(A, "x", version=excluded)])
    expected = Without(Every(), listed("x")) if is_out else Every()
    assert ((system(A, included), expected),) == compose(given, {})


IMPORTED: dict[str, Composed] = {
    ONE: ((system(A), listed("x", "y")), (system(B), Every())),
    TWO: ((system(A, "1"), listed("y", "z")),),
}


def test_value_sets_in_several_includes_are_united():
    given = value_set({"valueSet": [ONE]}, {"valueSet": [TWO]})
    assert (*IMPORTED[ONE], *IMPORTED[TWO]) == compose(given, IMPORTED)


def test_several_value_sets_in_one_include_are_what_is_in_each():
    expected = ((system(A, "1"), AllOf((listed("x", "y"), listed("y", "z")))),)
    assert expected == compose(value_set({"valueSet": [ONE, TWO]}), IMPORTED)


def test_a_code_system_with_a_value_set_is_the_part_of_that_system():
    assert ((system(B), Every()),) == compose(value_set({"system": B, "valueSet": [ONE]}), IMPORTED)


def test_concepts_with_a_value_set_are_those_that_are_in_it():
    given = value_set({**listing(A, "x"), "valueSet": [ONE]})
    assert ((system(A), AllOf((listed("x"), listed("x", "y")))),) == compose(given, IMPORTED)


def test_imports_are_those_of_includes_and_excludes_each_once():
    given = value_set(
        {"valueSet": [ONE, TWO]}, {"valueSet": [ONE]}, exclude=[{"valueSet": ["http://three.example"]}]
    )
    assert (ONE, TWO, "http://three.example") == imports(given)


def test_without_inactive_concepts_only_active_ones_are_in():
    expected = AllOf((Every(), Filter("inactive", "=", "false")))
    assert ((system(A), expected),) == compose(value_set({"system": A}, inactive=False), {})


def test_a_value_set_that_has_only_an_expansion_is_what_that_lists():
    contains = [
        {"display": "group", "abstract": True, "contains": [{"system": A, "code": "x", "display": "X"}]},
        {"system": B, "version": "1", "code": "y"},
        {"system": A, "code": "z", "abstract": True},
    ]
    expected = (
        (system(A), Listed((ListedConcept("x", "X"),))),
        (system(B, "1"), listed("y")),
    )
    assert expected == compose({"resourceType": "ValueSet", "expansion": {"contains": contains}}, {})


@pytest.mark.parametrize(("given", "code"), [
    (value_set({}), "invalid"),
    (value_set({"concept": [{"code": "x"}]}), "invalid"),
    (value_set({"concept": [{"code": "x"}], "valueSet": [ONE]}), "invalid"),
    (value_set({"system": A, "concept": [{"display": "X"}]}), "invalid"),
    (value_set({"system": A, "concept": [{"code": "x"}], "filter": [{"property": "code", "op": "=", "value": "x"}]}),
     "invalid"),
    (value_set({"system": A, "filter": [{"property": "code", "op": "like", "value": "x"}]}), "invalid"),
    ({"resourceType": "ValueSet"}, "not-supported"),
], ids=["nothing", "no system", "a value set only", "no code", "both", "operator", "empty"])  # fmt: skip
def test_a_definition_that_makes_no_sense_is_refused(given: dict[str, Any], code: str):
    with pytest.raises(Fault) as refused:
        compose(given, IMPORTED)
    assert code == refused.value.code
