"""Codes outside the value sets that their elements are bound to are told as strictly as the binding is."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.access.vocabulary.in_memory import InMemory
from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.bindings import STRENGTHS, Binding, Strength
from dzop.fhir.bound import Bound
from dzop.interactions.bound_codes import MOST, binding_issues

COLOURS, PARTS, UNHELD = "urn:colours", "urn:parts", "urn:unheld"
ONE_COLOUR, SOME_PARTS, OF_UNHELD = "urn:one-colour", "urn:some-parts", "urn:of-unheld"


def system(url: str, content: str, *codes: str) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem", "id": url[4:], "url": url, "version": "1", "name": "N", "status": "active",
        "content": content, "concept": [{"code": each} for each in codes],
    }  # fmt: skip


def value_set(url: str, **include: Any) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet", "id": url[4:], "url": url, "version": "1", "name": "N", "status": "active",
        "compose": {"include": [include]},
    }  # fmt: skip


HELD = Vocabulary(
    InMemory(
        [
            system(COLOURS, "complete", "red", "blue"),
            system(PARTS, "fragment", "arm"),
            value_set(ONE_COLOUR, system=COLOURS, concept=[{"code": "red"}]),
            value_set(SOME_PARTS, system=PARTS),
            value_set(OF_UNHELD, system=UNHELD),
        ]
    )
)


def bound(
    value_set: str, *codings: tuple[str | None, str], strength: Strength = "extensible", by: str = ""
) -> Bound:
    return Bound("Patient.x[0]", Binding(value_set, strength), codings, by)


async def said(*bounds: Bound) -> list[tuple[str, str]]:
    return [(each.severity, each.text) for each in await binding_issues(HELD, bounds)]


@pytest.mark.parametrize("strength", STRENGTHS)
async def test_of_a_code_in_the_value_set_nothing_is_said(strength: Strength) -> None:
    assert await said(bound(ONE_COLOUR, (COLOURS, "red"), strength=strength)) == []


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ("required", ("error", "`x` has no code of `urn:one-colour`.")),
        ("extensible", ("warning", "`x` has no code of `urn:one-colour`, which R4 asks for where one fits.")),
        ("preferred", ("information", "`x` has no code of `urn:one-colour`, which R4 prefers.")),
    ],
)
async def test_a_code_outside_is_told_as_strictly_as_it_is_bound(
    strength: Strength, expected: tuple[str, str]
) -> None:
    assert await said(bound(ONE_COLOUR, (COLOURS, "blue"), strength=strength)) == [expected]


async def test_a_profile_that_binds_is_named() -> None:
    assert await said(bound(ONE_COLOUR, (COLOURS, "blue"), by="urn:profile")) == [
        ("warning", "`x` has no code of `urn:one-colour` (profile `urn:profile`).")
    ]


async def test_one_code_in_the_value_set_among_others_does() -> None:
    assert await said(bound(ONE_COLOUR, (UNHELD, "a"), (COLOURS, "red"))) == []


async def test_a_code_of_another_system_is_outside() -> None:
    assert len(await said(bound(ONE_COLOUR, (UNHELD, "red")))) == 1


@pytest.mark.parametrize(("code", "expected"), [("red", 0), ("blue", 1)])
async def test_a_code_without_system_is_looked_for_in_the_systems_of_the_value_set(
    code: str, expected: int
) -> None:
    assert len(await said(bound(ONE_COLOUR, (None, code)))) == expected


@pytest.mark.parametrize(("strength", "expected"), [("required", 1), ("extensible", 0), ("preferred", 0)])
async def test_words_alone_do_unless_a_code_is_required(strength: Strength, expected: int) -> None:
    assert len(await said(bound(ONE_COLOUR, strength=strength))) == expected


async def test_nothing_is_said_of_a_code_that_may_be_in_the_part_of_a_system_that_is_not_held() -> None:
    assert await said(bound(SOME_PARTS, (PARTS, "leg"))) == []


@pytest.mark.parametrize("value_set", ["urn:nowhere", OF_UNHELD], ids=["value set", "code system"])
async def test_nothing_is_said_when_what_r4_binds_to_is_not_held(value_set: str) -> None:
    assert await said(bound(value_set, (UNHELD, "a"))) == []


async def test_a_profile_whose_value_set_is_not_held_is_said_not_to_be_checked() -> None:
    assert await said(bound("urn:nowhere", (UNHELD, "a"), strength="required", by="urn:profile")) == [
        (
            "information",
            "The codes of `urn:nowhere` are not all held here; `x` was not checked (profile `urn:profile`).",
        )
    ]


async def test_not_everything_is_looked_at_in_a_body_full_of_codes() -> None:
    assert len(await said(*[bound(ONE_COLOUR, (COLOURS, "blue"))] * (MOST + 1))) == MOST
