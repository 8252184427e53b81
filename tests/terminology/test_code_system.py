"""The concepts of a CodeSystem: nested, with R4's own properties, in a hierarchy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminology_worlds import CODES, systems

from terminology.code_system import Concepts, concepts, with_parents
from terminology.concept import Concept, Designation, Property
from terminology.concept_set import Filter
from terminology.fault import Fault
from terminology.hierarchy import subsumption
from terminology.membership import matched
from terminology.question import Wanted


def code_system(*listed: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"resourceType": "CodeSystem", "url": "http://codes.example", "concept": list(listed), **given}


def said(name: str, **value: Any) -> dict[str, Any]:
    return {"code": name, **value}


def test_concepts_stand_below_the_one_they_are_nested_in_and_come_after_it():
    nested = code_system({"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}]}, {"code": "d"})
    assert [Concept("a"), Concept("b", parents=("a",)), Concept("c", parents=("b",)), Concept("d")] == list(
        concepts(nested)
    )


def test_a_concept_stands_below_those_its_property_names_as_parents():
    given = code_system({"code": "a"}, {"code": "b", "property": [said("parent", valueCode="a")]})
    assert ("a",) == with_parents(given)[1].parents


def test_a_concept_stands_below_those_that_name_it_as_a_child():
    given = code_system({"code": "a", "property": [said("child", valueCode="b")]}, {"code": "b"})
    assert (Concept("a"), Concept("b", parents=("a",))) == with_parents(given)


def test_a_property_that_is_declared_as_one_of_r4_means_that_whatever_its_code():
    given = code_system(
        {"code": "a", "property": [said("abstract", valueBoolean=True), said("off", valueBoolean=True)]},
        property=[
            {"code": "abstract", "uri": "http://hl7.org/fhir/concept-properties#notSelectable", "type": "boolean"},
            {"code": "off", "uri": "http://hl7.org/fhir/concept-properties#inactive", "type": "boolean"},
        ],
    )  # fmt: skip
    assert [Concept("a", inactive=True, abstract=True)] == list(concepts(given))


@pytest.mark.parametrize("status", ["deprecated", "retired", "inactive"])
def test_a_concept_that_is_no_longer_to_be_used_is_inactive(status: str):
    given = code_system({"code": "a", "property": [said("status", valueCode=status)]})
    assert next(concepts(given)).inactive


@pytest.mark.parametrize(
    ("name", "value", "type"),
    [
        ("valueCode", "x", "code"),
        ("valueString", "x", "string"),
        ("valueInteger", 3, "integer"),
        ("valueBoolean", False, "boolean"),
        ("valueDateTime", "2026", "dateTime"),
        ("valueCoding", {"code": "x"}, "Coding"),
    ],
)
def test_other_properties_are_kept_with_their_type(name: str, value: Any, type: str):
    given = code_system({"code": "a", "property": [said("own", **{name: value})]})
    assert (Property("own", type, value),) == next(concepts(given)).properties


def test_designations_are_kept_with_their_language_and_use():
    use = {"system": "http://snomed.info/sct", "code": "900000000000013009"}
    given = code_system({"code": "a", "designation": [{"language": "nl", "value": "appel", "use": use}]})
    expected = (Designation("nl", "appel", ("http://snomed.info/sct", "900000000000013009", "")),)
    assert expected == next(concepts(given)).designations


def test_a_code_that_is_above_itself_is_refused_by_name():
    with pytest.raises(Fault, match="`a` is above itself"):
        Concepts([Concept("a", parents=("c",)), Concept("b", parents=("a",)), Concept("c", parents=("b",))])


def test_a_code_that_stands_twice_is_refused_by_name():
    with pytest.raises(Fault, match="`A` stands twice"):
        Concepts([Concept("a"), Concept("A")], is_case_sensitive=False)


def test_a_concept_without_a_code_is_refused():
    with pytest.raises(Fault, match="has no `code`"):
        list(concepts(code_system({"display": "nameless"})))


def test_a_hierarchy_may_be_very_deep():
    chain = [Concept("0"), *(Concept(str(number), parents=(str(number - 1),)) for number in range(1, 30_000))]
    found = matched(Concepts(chain), Filter("concept", "is-a", "10000"), Wanted(most=30_000))
    assert 20_000 == found.total


@given(systems(), *[st.sampled_from(CODES)] * 3)
def test_subsumption_is_a_partial_order(system: tuple[Concept, ...], a: str, b: str, c: str):
    held = Concepts(system)
    above = {code: held.ancestors(code) or (code,) for code in (a, b, c)}

    def is_at_or_above(high: str, low: str) -> bool:
        return subsumption(above[high], above[low]) in ("equivalent", "subsumes")

    assert is_at_or_above(a, a)
    assert a == b or not (is_at_or_above(a, b) and is_at_or_above(b, a))
    assert not (is_at_or_above(a, b) and is_at_or_above(b, c)) or is_at_or_above(a, c)


@given(systems(), st.sampled_from(CODES), st.sampled_from(CODES))
def test_subsumption_seen_from_the_other_code_is_turned(system: tuple[Concept, ...], a: str, b: str):
    held = Concepts(system)
    turned = {"subsumes": "subsumed-by", "subsumed-by": "subsumes"}
    above_a, above_b = held.ancestors(a) or (a,), held.ancestors(b) or (b,)
    seen = subsumption(above_a, above_b)
    assert turned.get(seen, seen) == subsumption(above_b, above_a)
