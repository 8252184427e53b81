"""Properties of the access law and of its compiled form, over generated facts, actors and instants."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from consent.categories import CATEGORIES, mask
from consent.facts import Facts, read_facts
from consent.grants import Grant, compile_grants
from consent.law import Permission, Shape, decide, permitted
from consent.matrix import ACTIONS, load
from tests.consent import reference
from tests.consent.worlds import (
    PERSON,
    exclusions,
    instants,
    permits,
    resolve,
    settings,
    shapes,
    teams,
    worlds,
)

MATRIX = load()
actions = st.sampled_from(ACTIONS)


def facts_of(resources: list[Any]) -> Facts:
    return read_facts(PERSON, resources, resolve)


def opened(permission: Permission) -> tuple[int, int, int, int]:
    """What is open to everyone related, to those concerned, to authors, and entry by entry; the first two are
    in the others.
    """
    own = permission.full | permission.own
    return permission.full, own, own | permission.authored, own | permission.shared


def lies_within(narrow: Permission, wide: Permission) -> bool:
    return all(not inner & ~outer for inner, outer in zip(opened(narrow), opened(wide), strict=True))


def level(permission: Permission, category: str) -> str:
    bit = mask([category])
    masks = {
        "all": permission.full,
        "own": permission.own,
        "authored": permission.authored,
        "shared": permission.shared,
    }
    return next((name for name, bits in masks.items() if bits & bit), "none")


def chosen(grants: tuple[Grant, ...], token: Shape, instant: datetime) -> tuple[int, int, int, int]:
    """The masks of the one row a token would use; it has the shapes of itself with a `*` for either part."""
    fitting = [
        grant
        for grant in grants
        if grant.shape.role == token.role
        and grant.shape
        in {
            token,
            Shape(token.individual, None, token.role),
            Shape(None, token.organisation, token.role),
        }
        and (grant.valid_from is None or grant.valid_from <= instant)
        and (grant.valid_until is None or instant < grant.valid_until)
    ]
    best = max(fitting, key=lambda grant: grant.shape.rank, default=None)
    return (best.full, best.own, best.authored, best.shared) if best else (0, 0, 0, 0)


@given(worlds, shapes, instants, actions)
def test_law_agrees_with_the_naive_reading(
    world: list[Any], shape: Shape, instant: datetime, action: str
) -> None:
    permission = permitted(shape, facts_of(world), instant, action, MATRIX)
    token = (shape.individual, shape.organisation, shape.role)
    expected = {code: reference.level(PERSON, world, token, instant, action, code) for code in CATEGORIES}
    assert expected == {code: level(permission, code) for code in CATEGORIES}


@given(worlds, shapes, instants)
def test_chosen_row_alone_says_what_the_law_says(world: list[Any], shape: Shape, instant: datetime) -> None:
    facts = facts_of(world)
    permission = permitted(shape, facts, instant, "read", MATRIX)
    expected = (permission.full, permission.own, permission.authored, permission.shared)
    assert expected == chosen(compile_grants(facts, MATRIX), shape, instant)


@given(worlds)
def test_rows_of_one_shape_never_overlap_in_time(world: list[Any]) -> None:
    grants = compile_grants(facts_of(world), MATRIX)
    for before, after in pairwise(grants):
        if before.shape == after.shape:
            end, start = before.valid_until, after.valid_from
            assert end is not None
            assert start is not None
            assert end <= start


@given(worlds, st.randoms())
def test_order_of_the_facts_does_not_matter(world: list[Any], random: Any) -> None:
    shuffled = list(world)
    random.shuffle(shuffled)
    assert compile_grants(facts_of(world), MATRIX) == compile_grants(facts_of(shuffled), MATRIX)


@given(worlds, exclusions | settings("deny"), shapes, instants, actions)
def test_a_forbid_never_opens(
    world: list[Any], forbid: Any, shape: Shape, instant: datetime, action: str
) -> None:
    before = permitted(shape, facts_of(world), instant, action, MATRIX)
    after = permitted(shape, facts_of([*world, forbid]), instant, action, MATRIX)
    assert lies_within(after, before)


def _names_a_role(body: Any) -> bool:
    """Settings about a role: who gets it by a new relation comes under them, also where they deny."""
    lines = body.get("provision", {}).get("provision", [])
    return any("identifier" in actor["reference"] for line in lines for actor in line.get("actor", []))


@given(worlds, permits, shapes, instants, actions)
def test_a_permit_never_closes(
    world: list[Any], permit: Any, shape: Shape, instant: datetime, action: str
) -> None:
    assume(permit["provision"]["type"] == "permit")
    world = [body for body in world if not _names_a_role(body)]
    before = permitted(shape, facts_of(world), instant, action, MATRIX)
    after = permitted(shape, facts_of([*world, permit]), instant, action, MATRIX)
    assert lies_within(before, after)


@given(worlds, teams, shapes, instants, actions)
def test_a_new_member_never_closes(
    world: list[Any], team: Any, shape: Shape, instant: datetime, action: str
) -> None:
    world = [body for body in world if not _names_a_role(body)]
    before = permitted(shape, facts_of(world), instant, action, MATRIX)
    after = permitted(shape, facts_of([*world, team]), instant, action, MATRIX)
    assert lies_within(before, after)


@given(shapes, instants, actions)
def test_without_facts_only_the_person_has_access(shape: Shape, instant: datetime, action: str) -> None:
    permission = permitted(shape, Facts(PERSON), instant, action, MATRIX)
    assert (shape.role == "person" and shape.individual == PERSON) == any(opened(permission))


@given(worlds, shapes, instants, actions, st.sets(st.sampled_from(CATEGORIES)), st.data())
def test_a_decision_is_a_test_of_the_masks(
    world: list[Any], shape: Shape, instant: datetime, action: str, categories: set[str], data: Any
) -> None:
    audience = data.draw(st.sets(st.sampled_from(["author", "acting", "addressed", "derived", "shared"])))
    facts, bits = facts_of(world), mask(categories)
    permission = permitted(shape, facts, instant, action, MATRIX)
    full, own, authored, shared = opened(permission)
    concerned = (
        audience
        if action == "read"
        else audience & ({"author"} if action == "create" else {"author", "acting"})
    )
    expected = bits != 0 and (
        bits & full == bits
        or (bits & own == bits and bool(concerned))
        or (bits & authored == bits and "author" in audience)
        or (bits & shared == bits and "shared" in audience)
    )
    assert expected == decide(shape, facts, instant, action, bits, audience, MATRIX).permit


@given(worlds, instants, actions)
def test_nobody_narrows_the_person(world: list[Any], instant: datetime, action: str) -> None:
    person = Shape(PERSON, None, "person")
    alone = [body for body in world if body["resourceType"] in ("Patient", "CarePlan")]
    before = permitted(person, facts_of(alone), instant, action, MATRIX)
    after = permitted(person, facts_of(world), instant, action, MATRIX)
    assert lies_within(before, after)
