"""What a scope says of resources, and that one which is not wholly understood says nothing."""

import pytest

from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.scopes import LETTERS, MOST_RESTRICTED, NOTHING, WHOLE, Level, Way, read_scope, ways

LEVELS: tuple[Level, ...] = ("patient", "user", "system")


@pytest.mark.parametrize(
    ("scope", "level", "type", "letters"),
    [
        ("patient/*.rs", "patient", "*", "rs"),
        ("user/Goal.cruds", "user", "Goal", "cruds"),
        ("user/Goal.u", "user", "Goal", "u"),
        ("user/Goal.read", "user", "Goal", "rs"),
        ("user/Goal.write", "user", "Goal", "cud"),
        ("patient/*.*", "patient", "*", "cruds"),
        ("system/*.*", "system", "*", "cruds"),
    ],
)
def test_a_scope_names_level_type_and_letters(scope: str, level: str, type: str, letters: str) -> None:
    read = read_scope(scope)
    assert read is not None
    assert (read.level, read.type, read.letters) == (level, type, letters)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "Goal.rs",
        "user/Goal",
        "user/Goal.",
        "user/Goal.sr",
        "user/Goal.rr",
        "user/Goal.RS",
        "user/Goal.rsx",
        "user/Goal.*rs",
        "user/Goal.readwrite",
        "user/goal.rs",
        "User/Goal.rs",
        "other/Goal.rs",
        "user/Nonsense.rs",
        "user/Go*.rs",
        "user/**.rs",
        "user/Goal.rs\n",
        " user/Goal.rs",
        "user/Goal.rs,user/Task.rs",
        "user/Goal/x.rs",
        "openid",
        "launch/patient",
    ],
)
def test_what_is_no_scope_on_resources_says_nothing(scope: str) -> None:
    assert read_scope(scope) is None


@pytest.mark.parametrize(
    ("scope", "restriction"),
    [
        ("user/Goal.rs?category=x", (("category", "x"),)),
        ("user/Goal.rs?category=http://a.example|x", (("category", "http://a.example|x"),)),
        ("user/Goal.rs?category=x,y&lifecycle-status=active", (("category", "x,y"), ("lifecycle-status", "active"))),
        ("user/Goal.rs?category=http%3A%2F%2Fa.example%7Cx", (("category", "http://a.example|x"),)),
        ("user/Goal.rs?category%3Anot=x", (("category:not", "x"),)),
        ("user/Goal.rs?category=a%2526b", (("category", "a%26b"),)),
        ("user/Goal.rs?start-date=ge2026-03-01T10:00:00+02:00", (("start-date", "ge2026-03-01T10:00:00+02:00"),)),
        ("user/Patient.rs?_id=p", (("_id", "p"),)),
        ("user/Goal.rs?category=a%C3%A9", (("category", "aé"),)),
        ("user/Task.s?_security=life-goal", (("_security", "life-goal"),)),
    ],
)  # fmt: skip
def test_a_restriction_is_read_once_decoded(scope: str, restriction: tuple[tuple[str, str], ...]) -> None:
    read = read_scope(scope)
    assert read is not None
    assert (read.restriction, len(read.only)) == (restriction, len(restriction))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "category",
        "category=",
        "=x",
        "category=x&",
        "&category=x",
        "category=x&category=y",
        "category=x&category%3D=y",
        "category=%zz",
        "category=%",
        "category=%ff",
        "category=%00",
        "category=a%ed%a0%80",
        "Category=x",
        "categories=x",
        "category:nonsense=x",
        "category:in=https://dzop.example/fhir/ValueSet/role",
        "category:below=http://a.example|x",
        "patient.birthdate=1944",
        "subject:Patient.name=Jet",
        "_has:Task:focus:status=requested",
        "_list=1",
        "_filter=category%20eq%20x",
        "_text=x",
        "_content=x",
        "_count=1",
        "_sort=category",
        "_include=Goal:subject",
        "_summary=true",
        "_elements=id",
        "_total=accurate",
        "_format=xml",
        "_pretty=true",
        "start-date=yesterday",
        "category=x y",
        'category="x"',
        "category=x\\,y",
        "category=é",
        f"category={'x' * 600}",
    ],
)
def test_a_restriction_that_is_not_wholly_understood_makes_the_scope_say_nothing(query: str) -> None:
    assert read_scope(f"user/Goal.rs?{query}") is None


@pytest.mark.parametrize(
    "scope",
    [
        "user/*.rs?category=x",
        "patient/*.cruds?_id=x",
        "user/Goal.read?category=x",
        "user/Goal.*?category=x",
        "user/Goal?category=x",
        "user/Goal.?category=x",
        "user/AuditEvent.rs?action=R",
        "user/ValueSet.rs?url=https://a.example",
    ],
)
def test_a_restriction_stands_on_one_stored_type_in_the_syntax_of_version_2(scope: str) -> None:
    assert read_scope(scope) is None


def test_without_scopes_nothing_is_reached() -> None:
    assert set(ways((), LEVELS).values()) == {NOTHING}


def test_every_type_and_letter_is_answered() -> None:
    assert set(ways((), LEVELS)) == {(type, letter) for type in RESOURCE_TYPES for letter in LETTERS}


def test_versions_of_the_syntax_add_up() -> None:
    found = ways(("user/Goal.read", "user/Goal.c"), LEVELS)
    assert [letter for letter in LETTERS if found["Goal", letter] == WHOLE] == ["c", "r", "s"]


def test_levels_that_do_not_count_reach_nothing() -> None:
    assert set(ways(("system/*.cruds", "patient/*.cruds"), ("user",)).values()) == {NOTHING}


def test_a_patient_scope_reaches_only_what_is_of_the_patient() -> None:
    assert ways(("patient/*.rs",), LEVELS)["Goal", "r"] == (Way(of_patient=True),)


@pytest.mark.parametrize("type", ["Practitioner", "Organization", "Questionnaire", "ValueSet"])
def test_a_patient_scope_reaches_all_of_what_is_of_no_person(type: str) -> None:
    assert ways(("patient/*.rs",), LEVELS)[type, "r"] == WHOLE


def test_the_wider_of_two_scopes_makes_the_other_idle() -> None:
    scopes = ("patient/Goal.rs", "patient/Goal.rs?category=x", "user/Goal.r")
    found = ways(scopes, LEVELS)
    assert (found["Goal", "r"], found["Goal", "s"]) == (WHOLE, (Way(of_patient=True),))


def test_scopes_of_which_none_is_wider_are_alternatives() -> None:
    scopes = ("patient/Goal.r", "user/Goal.r?category=x", "user/Goal.r?category=y", "user/Goal.r?category=x")
    found = ways(scopes, LEVELS)["Goal", "r"]
    assert (len(found), len(set(found)), WHOLE[0] in found) == (3, 3, False)


def test_too_many_restricted_scopes_count_no_further() -> None:
    scopes = [f"user/Goal.r?category=c{number:03}" for number in range(MOST_RESTRICTED + 20)]
    assert len(ways(scopes, LEVELS)["Goal", "r"]) == MOST_RESTRICTED


def test_unrestricted_scopes_count_beside_however_many_restricted_ones() -> None:
    scopes = [f"user/Goal.r?category=c{number:03}" for number in range(MOST_RESTRICTED + 20)]
    assert ways([*scopes, "user/Task.r"], LEVELS)["Task", "r"] == WHOLE
