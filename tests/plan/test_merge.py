"""Two changes of one version, brought together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given

from dzop.fhir.verbatim import canonical
from dzop.plan.fields import Path
from dzop.plan.merge import Conflict, Merged, merge
from tests.plan.versions import Goal, goals, threes


def merged(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> Merged:
    return merge(*({"resourceType": "Goal", **each} for each in (base, mine, theirs)))


@given(goals, goals)
def test_what_both_made_is_what_comes_of_it(base: Goal, a: Goal) -> None:
    assert merge(base, a, a) == Merged(a)


@given(goals, goals)
def test_what_only_one_side_made_is_what_comes_of_it(base: Goal, a: Goal) -> None:
    assert (merge(base, a, base), merge(base, base, a)) == (Merged(a), Merged(a))


@given(threes())
def test_it_does_not_matter_which_side_is_which_but_where_they_contradict(
    three: tuple[Goal, Goal, Goal],
) -> None:
    base, mine, theirs = three
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    mirrored = {(each.path, canonical([each.base, each.theirs, each.mine])) for each in other.conflicts}
    assert {(each.path, canonical([each.base, each.mine, each.theirs])) for each in one.conflicts} == mirrored
    assert canonical(_blanked(one)) == canonical(_blanked(other))


@given(threes())
def test_nothing_that_either_side_added_or_changed_is_lost(three: tuple[Goal, Goal, Goal]) -> None:
    base, mine, theirs = three
    result = merge(base, mine, theirs)
    kept = {leaf for value in (result.value, *_sides(result)) for leaf in _leaves(value)}
    new = {leaf for side in (mine, theirs) for leaf in _leaves(side)} - set(_leaves(base))
    assert new - kept == set()


@given(threes())
def test_what_both_sides_left_as_it_was_stays(three: tuple[Goal, Goal, Goal]) -> None:
    base, mine, theirs = map(_elements, three)
    assert (base & mine & theirs) - _elements(merge(*three).value) == set()


def _elements(goal: Goal) -> set[tuple[str, bytes]]:
    return {
        (name, canonical(each))
        for name, value in goal.items()
        for each in (value if isinstance(value, list) else [value])
    }


@given(threes())
def test_nothing_comes_of_it_that_nobody_wrote(three: tuple[Goal, Goal, Goal]) -> None:
    written = {leaf for each in three for leaf in _leaves(each)}
    assert set(_leaves(merge(*three).value)) - written == set()


def _sides(result: Merged) -> Iterator[Any]:
    for each in result.conflicts:
        yield from (each.mine, each.theirs)


def _leaves(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name.encode()
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield canonical(value)


def _blanked(result: Merged) -> Any:
    """The merged value without what is at a conflict."""
    value = result.value
    for each in result.conflicts:
        value = _without(value, each.path)
    return value


def _without(value: Any, path: Path) -> Any:
    step, *rest = path
    if isinstance(value, list) and isinstance(step, int):
        inner = _without(value[step], tuple(rest)) if rest else None
        return [*value[:step], inner, *value[step + 1 :]]
    if not isinstance(value, dict):
        return value
    members = {name for name in value if name.removeprefix("_").startswith(str(step))}
    blanked = {name: _without(value[name], tuple(rest)) for name in members} if rest else {}
    return {name: each for name, each in value.items() if name not in members} | blanked


def test_changes_of_different_elements_are_both_kept() -> None:
    base = {"description": {"text": "a"}, "lifecycleStatus": "active"}
    result = merged(base, {**base, "description": {"text": "b"}}, {**base, "lifecycleStatus": "completed"})
    assert result == Merged(
        {"resourceType": "Goal", "description": {"text": "b"}, "lifecycleStatus": "completed"}
    )


def test_one_element_changed_in_two_ways_is_a_conflict_that_keeps_theirs() -> None:
    base, mine, theirs = ({"description": {"text": text}} for text in "abc")
    assert merged(base, mine, theirs) == Merged(
        {"resourceType": "Goal", **theirs}, (Conflict(("description", "text"), "a", "b", "c"),)
    )


def test_what_one_side_took_out_and_the_other_changed_stays_and_is_a_conflict() -> None:
    base, mine = {"startDate": "2026-01-01"}, {"startDate": "2026-02-01"}
    conflict = Conflict(("start",), base["startDate"], mine["startDate"], None)
    assert merged(base, mine, {}) == Merged({"resourceType": "Goal", **mine}, (conflict,))


def test_half_of_one_value_is_never_put_together_with_half_of_another() -> None:
    def target(quantity: dict[str, str]) -> dict[str, Any]:
        return {"target": [{"measure": {"text": "Gewicht"}, "detailQuantity": quantity}]}

    was, heavier, lighter = (
        {"value": "5", "unit": "kg"},
        {"value": "6", "unit": "kg"},
        {"value": "5", "unit": "g"},
    )
    assert merged(target(was), target(heavier), target(lighter)).conflicts == (
        Conflict(("target", 0, "detail"), was, heavier, lighter),
    )


def test_lists_keep_what_either_side_added_and_lose_what_either_took_out() -> None:
    a, b, c, d = ({"reference": f"Condition/{name}"} for name in "abcd")
    result = merged({"addresses": [a, b]}, {"addresses": [b, c]}, {"addresses": [a, b, d]})
    assert result == Merged({"resourceType": "Goal", "addresses": [b, c, d]})


def test_the_order_is_that_of_who_changed_it() -> None:
    a, b, c = ({"reference": f"Condition/{name}"} for name in "abc")
    result = merged({"addresses": [a, b]}, {"addresses": [b, a]}, {"addresses": [a, b, c]})
    assert result == Merged({"resourceType": "Goal", "addresses": [b, c, a]})


def test_two_other_orders_are_a_conflict() -> None:
    a, b, c = ({"reference": f"Condition/{name}"} for name in "abc")
    base, mine, theirs = [a, b, c], [b, a, c], [c, a, b]
    assert merged({"addresses": base}, {"addresses": mine}, {"addresses": theirs}) == Merged(
        {"resourceType": "Goal", "addresses": theirs}, (Conflict(("addresses",), base, mine, theirs),)
    )
