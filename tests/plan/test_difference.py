"""What is different between two versions, and what is made of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from dzop.fhir.verbatim import read
from dzop.plan.difference import Change, applied, changes, difference
from dzop.plan.fields import same
from tests.plan.versions import Goal, goals


def between(older: dict[str, Any], newer: dict[str, Any]) -> list[Change]:
    return list(changes(difference({"resourceType": "Goal", **older}, {"resourceType": "Goal", **newer})))


@given(goals, goals)
def test_the_difference_makes_the_newer_of_the_older(older: Goal, newer: Goal) -> None:
    made = applied(older, difference(older, newer))
    assert (same(made, newer), made) == (True, made)


@given(goals, goals)
def test_there_are_changes_exactly_where_two_are_not_the_same(older: Goal, newer: Goal) -> None:
    assert bool(changes(difference(older, newer))) == (not same(older, newer))


@given(goals)
def test_a_version_does_not_differ_from_itself(goal: Goal) -> None:
    assert difference(goal, goal) is None


def test_a_change_deep_inside_is_told_by_its_path() -> None:
    assert between({"description": {"text": "a"}}, {"description": {"text": "b"}}) == [
        Change("changed", ("description", "text"), "a", "b")
    ]


def test_a_decimal_with_other_digits_is_another_one() -> None:
    older, newer = (
        read(f'{{"target":[{{"measure":{{"text":"m"}},"detailQuantity":{{"value":{number}}}}}]}}')
        for number in ("1.0", "1.00")
    )
    assert between(older, newer) == [Change("changed", ("target", 0, "detail", "value"), "1.0", "1.00")]


def test_elements_are_known_by_what_they_are_about_and_not_by_their_place() -> None:
    a, b, c = ({"reference": f"Condition/{name}"} for name in "abc")
    assert between({"addresses": [a, b]}, {"addresses": [b, c]}) == [
        Change("removed", ("addresses", 0), a),
        Change("added", ("addresses", 1), None, c),
    ]


def test_what_nothing_tells_apart_is_the_same_at_its_place() -> None:
    assert between({"note": [{"text": "a"}, {"text": "b"}]}, {"note": [{"text": "a"}, {"text": "c"}]}) == [
        Change("changed", ("note", 1, "text"), "b", "c")
    ]


def test_another_order_is_one_change() -> None:
    a, b = ({"reference": f"Condition/{name}"} for name in "ab")
    assert between({"addresses": [a, b]}, {"addresses": [b, a]}) == [Change("moved", ("addresses",))]


def test_a_choice_is_one_element_whatever_its_type() -> None:
    assert between({"startDate": "2026-01-01"}, {"startCodeableConcept": {"text": "thuis"}}) == [
        Change("changed", ("start",), "2026-01-01", {"text": "thuis"})
    ]


def test_a_value_and_its_extensions_are_one_element() -> None:
    older, newer = {"startDate": "2026-01-01"}, {"startDate": "2026-01-01", "_startDate": {"id": "x"}}
    assert between(older, newer) == [Change("changed", ("start",), "2026-01-01", newer)]


def test_what_was_not_there_is_added_element_by_element() -> None:
    a = {"reference": "Condition/a"}
    assert between({}, {"addresses": [a], "lifecycleStatus": "active"}) == [
        Change("added", ("addresses", 0), None, a),
        Change("added", ("lifecycleStatus",), None, "active"),
    ]
