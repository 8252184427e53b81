"""What the authorization server hands out of what an app asks for, and how it is told."""

import pytest

from dzop.auth import scopes
from dzop.auth.scopes import Permission

_RESTRICTED = (
    "user/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
)
_NOTHING = [
    "",
    "nonsense",
    "Openid",
    "launch/encounter",
    "user/Goal.",
    "user/Goal.sr",
    "user/goal.rs",
    "User/Goal.rs",
    "user/Nonsense.rs",
    "user/*.rs?category=x",
    "user/Goal.rs?nonsense=x",
    "user/Goal.rs?category=x&category=y",
    "user/Goal.rs?patient.name=x",
    "user/Goal.read?category=x",
]


@pytest.mark.parametrize(
    "scope",
    [
        "openid",
        "fhirUser",
        "profile",
        "launch",
        "launch/patient",
        "offline_access",
        "online_access",
        "patient/*.cruds",
        "user/*.cruds",
        "user/Goal.read",
        "patient/Goal.*",
        "patient/Goal.r",
        _RESTRICTED,
    ],
)
def test_a_user_may_hand_an_app_what_is_understood(scope: str) -> None:
    assert scopes.grantable(scope) is True


@pytest.mark.parametrize(
    "scope", [*_NOTHING, "system/*.cruds", "system/Goal.rs", "system/Goal.rs?category=x"]
)
def test_a_user_hands_out_neither_what_grants_nothing_nor_what_is_for_software(scope: str) -> None:
    assert scopes.grantable(scope) is False


@pytest.mark.parametrize("scope", ["system/*.cruds", "system/Goal.read", "system/Goal.rs?category=x"])
def test_software_that_acts_by_itself_gets_system_scopes(scope: str) -> None:
    assert scopes.grantable_to_system(scope) is True


@pytest.mark.parametrize(
    "scope", [*_NOTHING, "openid", "launch", "offline_access", "user/*.cruds", "patient/*.rs"]
)
def test_software_that_acts_by_itself_gets_no_other_scopes(scope: str) -> None:
    assert scopes.grantable_to_system(scope) is False


def test_what_is_listed_is_handed_out_to_somebody() -> None:
    left = [
        each for each in scopes.SUPPORTED if not (scopes.grantable(each) or scopes.grantable_to_system(each))
    ]
    assert left == []


@pytest.mark.parametrize(
    ("scope", "within"),
    [
        ("launch/patient", True),
        ("patient/*.rs", True),
        ("patient/Goal.rs?category=x", True),
        ("launch", False),
        ("user/*.rs", False),
    ],
)
def test_some_scopes_mean_nothing_without_a_patient(scope: str, within: bool) -> None:
    assert scopes.within_patient(scope) is within


def test_scopes_are_separated_by_blanks_and_each_counts_once() -> None:
    assert scopes.parse(" openid  user/Goal.rs openid ") == {"openid", "user/Goal.rs"}


@pytest.mark.parametrize(
    ("scope", "registered", "is_covered"),
    [
        ("openid", ["openid"], True),
        ("user/Goal.r", ["user/*.cruds"], True),
        ("user/Goal.read", ["user/Goal.rs"], True),
        ("user/Goal.rs?category=x", ["user/Goal.rs"], True),
        ("user/Goal.r?category=x", ["user/Goal.rs?category=x"], True),
        ("user/Goal.rs", ["user/Goal.rs?category=x"], False),
        ("user/Goal.rs?category=y", ["user/Goal.rs?category=x"], False),
        ("user/Goal.cruds", ["user/Goal.rs"], False),
        ("user/*.rs", ["user/Goal.rs"], False),
        ("patient/Goal.rs", ["user/Goal.rs"], False),
        ("openid", ["user/*.cruds"], False),
        ("nonsense", [], False),
    ],
)
def test_a_client_is_given_no_more_than_it_registered(
    scope: str, registered: list[str], is_covered: bool
) -> None:
    assert scopes.covered(scope, registered) is is_covered


# -- what scopes come to -----------------------------------------------------------------------------


def test_scopes_on_the_same_are_told_together() -> None:
    found = scopes.described(["user/Goal.read", "user/Goal.c", "user/Goal.d"])
    assert found == (Permission("user", "Goal", "crds"),)


def test_what_a_scope_on_everything_gives_is_not_told_again_of_a_type() -> None:
    found = scopes.described(["user/*.rs", "user/Goal.rs", "user/Task.cruds"])
    assert found == (Permission("user", "*", "rs"), Permission("user", "Task", "cud"))


def test_a_restriction_is_told_as_parameters_and_values_decoded() -> None:
    found = scopes.described(["patient/Goal.rs?category%3Anot=a%2Cb&lifecycle-status=active"])
    assert found == (
        Permission("patient", "Goal", "rs", (("category:not", "a,b"), ("lifecycle-status", "active"))),
    )


def test_a_restriction_is_not_told_where_the_type_is_given_whole() -> None:
    found = scopes.described(["user/Goal.rs?category=x", "user/Goal.r"])
    assert found == (Permission("user", "Goal", "r"), Permission("user", "Goal", "s", (("category", "x"),)))


def test_what_grants_nothing_is_not_told() -> None:
    assert scopes.described(["openid", "launch/patient", "user/Goal.rs?nonsense=x"]) == ()
