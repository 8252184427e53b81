"""What a list of codes says when their code system is not held."""

from __future__ import annotations

import pytest
from hypothesis import given
from terminology_worlds import CODES, STRANGERS, concept_sets

from terminology.concept import Concept, Designation
from terminology.concept_set import AllOf, AnyOf, ConceptSet, Every, Filter, Listed, ListedConcept, Without
from terminology.enumerated import called_as_listed, enumerated, told_by_lists


def listed(*codes: str) -> Listed:
    return Listed(tuple(map(ListedConcept, codes)))


IS_A = Filter("concept", "is-a", "x")
ACTIVE = Filter("inactive", "=", "false")


@pytest.mark.parametrize(
    ("concept_set", "expected"),
    [
        (listed("x", "y"), ["x", "y"]),
        (AnyOf((listed("y"), listed("x"))), ["y", "x"]),
        (AllOf((listed("x", "y"), listed("y"))), ["y"]),
        (Without(listed("x", "y"), listed("y")), ["x"]),
        (AllOf((listed("x", "y"), ACTIVE)), ["x", "y"]),
        (AllOf((listed("x", "y"), Filter("code", "regex", "[a-x]"))), ["x"]),
        (Every(), None),
        (IS_A, None),
        (AnyOf((listed("x"), IS_A)), None),
        (AllOf((listed("x"), IS_A)), None),
        (Without(listed("x", "y"), IS_A), None),
    ],
    ids=str,
)
def test_a_set_is_told_by_its_lists_where_they_are_all_there_is(
    concept_set: ConceptSet, expected: list[str] | None
):
    found = enumerated(concept_set)
    assert expected == (None if found is None else [each.code for each in found])


@pytest.mark.parametrize(
    ("concept_set", "code", "expected"),
    [
        (listed("x"), "x", True),
        (listed("x"), "y", False),
        (AnyOf((IS_A, listed("x"))), "x", True),
        (AnyOf((IS_A, listed("x"))), "y", None),
        (AllOf((IS_A, listed("x"))), "y", False),
        (AllOf((IS_A, listed("x"))), "x", None),
        (Without(listed("x"), AnyOf((IS_A, listed("x")))), "x", False),
        (Every(), "x", None),
    ],
    ids=str,
)
def test_a_code_is_in_or_out_where_the_lists_decide(
    concept_set: ConceptSet, code: str, expected: bool | None
):
    assert {code: expected} == told_by_lists(concept_set, [code])


@given(concept_sets)
def test_what_is_enumerated_agrees_with_what_is_told_code_by_code(concept_set: ConceptSet):
    found = enumerated(concept_set)
    told = told_by_lists(concept_set, [*CODES, *STRANGERS, "in no list"])
    expected = None if None in told.values() else {code for code, is_in in told.items() if is_in}
    assert expected == (None if found is None else {each.code for each in found})


def test_a_concept_is_called_as_the_value_set_calls_it_before_its_other_names():
    own = ListedConcept("x", "Own", (Designation("nl", "eigen"),))
    concept = Concept("x", "Of the system", designations=(Designation("nl", "van het systeem"),))
    assert ("Own", ["eigen", "van het systeem"]) == (
        (called := called_as_listed(concept, [ListedConcept("x"), own])).display,
        [each.value for each in called.designations],
    )
