from itertools import combinations

import pytest

from dzop.auth import scopes
from dzop.auth.pages.allowances import allowed, lines
from dzop.auth.pages.words import LANGUAGES, WORDS
from dzop.fhir.resource_types import RESOURCE_TYPES

LETTERS = ["".join(some) for count in range(1, 6) for some in combinations("cruds", count)]
LIFE_GOAL = "https://dzop.example/fhir/CodeSystem/goal-category|life-goal"
GRANTABLE = [
    scope
    for scope in (
        *scopes.SUPPORTED,
        *(
            f"{level}/{type}.{access}"
            for level in ("patient", "user")
            for type in ("*", *RESOURCE_TYPES)
            for access in (*LETTERS, "read", "write", "*")
        ),
        f"patient/Goal.rs?category={LIFE_GOAL}",
        "user/Task.cu?status=requested&_tag=a,b",
    )
    if scopes.grantable(scope)
]


def told(*asked: str, language: str = "en") -> list[tuple[str, str]]:
    return [(line.whose, line.text) for line in lines(asked, WORDS[language])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grantable_scope_is_told(language: str) -> None:
    silent = [scope for scope in GRANTABLE if not lines([scope], WORDS[language])]
    assert ["offline_access"] == silent


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_scope_is_told_in_its_own_words(language: str) -> None:
    raw = [
        scope
        for scope in GRANTABLE
        for line in lines([scope], WORDS[language])
        if scope in line.text or "/" in line.text or "*" in line.text
    ]
    assert [] == raw


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("patient/Goal.r", [("patient", "read goals")]),
        ("patient/Goal.s", [("patient", "read goals")]),
        ("user/Goal.c", [("user", "add goals")]),
        ("user/Goal.u", [("user", "change goals")]),
        ("user/Goal.d", [("user", "delete goals")]),
        ("patient/Goal.write", [("patient", "add and change goals"), ("patient", "delete goals")]),
        ("patient/*.rs", [("patient", "read everything that you may see yourself")]),
        ("user/*.d", [("user", "delete everything that you may delete yourself")]),
        ("patient/Practitioner.rs", [("nobody", "read care professionals")]),
        ("openid", [("you", "know who you are")]),
        ("patient/Goal.sr", []),
    ],
)
def test_a_scope_is_told_as_what_it_lets_an_app_do(scope: str, expected: list[tuple[str, str]]) -> None:
    assert expected == told(scope)


def test_what_belongs_together_is_one_sentence() -> None:
    asked = ("patient/CarePlan.rs", "patient/Goal.rs", "patient/Task.rs")
    assert [("patient", "read goals and the plan"), ("patient", "read tasks")] == told(*asked)


def test_one_thing_is_named_once() -> None:
    assert [("nobody", "read lists of words and technical rules")] == told(
        "user/ValueSet.rs", "user/CodeSystem.rs"
    )


def test_what_may_only_be_added_is_not_told_as_what_may_be_changed() -> None:
    asked = ("patient/Goal.c", "patient/CarePlan.cu")
    assert [("patient", "add and change the plan"), ("patient", "add goals")] == told(*asked)


def test_what_a_wide_scope_says_is_not_said_again() -> None:
    assert [("patient", "read everything that you may see yourself")] == told(
        "patient/*.rs", "patient/Goal.rs"
    )


@pytest.mark.parametrize(
    ("restriction", "only"),
    [
        (f"category={LIFE_GOAL}", "levensdoel"),
        (f"category={LIFE_GOAL},http://example.org|other", "levensdoel of other"),
        ("lifecycle-status=active", "lifecycle-status active"),
        (
            "achievement-status=http://terminology.hl7.org/CodeSystem/goal-achievement|achieved",
            "achievement-status bereikt",
        ),
        (f"category={LIFE_GOAL}&lifecycle-status=active", "levensdoel en lifecycle-status active"),
    ],
)
def test_a_restriction_is_told_by_the_name_of_its_code(restriction: str, only: str) -> None:
    expected = [("patient", f"doelen lezen, alleen: {only}")]
    assert expected == told(f"patient/Goal.rs?{restriction}", language="nl")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("patient/Goal.cruds", "patient/Goal.rs"),
        ("patient/Goal.*", "patient/Goal.rs"),
        ("patient/Goal.read", "patient/Goal.rs"),
        ("patient/Goal.cru", "patient/Goal.r"),
        (f"user/Goal.crs?category={LIFE_GOAL}", f"user/Goal.rs?category={LIFE_GOAL}"),
        ("user/Goal.s?category=a%7Cb", "user/Goal.s?category=a%7Cb"),
        ("openid", "openid"),
    ],
)
def test_without_changing_a_scope_only_reads(scope: str, expected: str) -> None:
    assert (expected,) == allowed([scope], change=False, offline=True)


@pytest.mark.parametrize("scope", ["patient/Goal.cud", "user/*.write"])
def test_without_changing_nothing_is_left_of_a_scope_that_only_changes(scope: str) -> None:
    assert () == allowed([scope], change=False, offline=True)


def test_without_being_there_an_app_does_not_go_on() -> None:
    asked = ["openid", "offline_access", "patient/Goal.cruds"]
    assert ("openid", "patient/Goal.cruds") == allowed(asked, change=True, offline=False)


def test_who_allows_all_changes_nothing() -> None:
    asked = ("patient/Goal.*", "offline_access", "patient/Task.write")
    assert asked == allowed(asked, change=True, offline=True)


def test_what_is_left_without_changing_never_changes_anything() -> None:
    left = allowed(GRANTABLE, change=False, offline=True)
    assert [] == [line for line in lines(left, WORDS["en"]) if line.is_change]
