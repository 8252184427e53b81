import pytest

from dzop.auth import scopes


@pytest.mark.parametrize(
    ("scope", "type", "letter"),
    [
        ("patient/*.rs", "Goal", "r"),
        ("patient/*.rs", "Goal", "s"),
        ("user/Goal.cruds", "Goal", "d"),
        ("user/Goal.read", "Goal", "s"),
        ("user/Goal.write", "Goal", "c"),
        ("system/*.*", "Task", "u"),
        ("system/*.cruds", "Task", "u"),
        ("launch/patient nonsense user/Task.u", "Task", "u"),
    ],
)
def test_a_scope_reaches_what_it_names(scope: str, type: str, letter: str) -> None:
    assert scopes.allows(scopes.parse(scope), type, letter) is True


@pytest.mark.parametrize(
    ("scope", "type", "letter"),
    [
        ("", "Goal", "r"),
        ("patient/*.r", "Goal", "s"),
        ("patient/Goal.read", "Goal", "c"),
        ("patient/Goal.write", "Goal", "r"),
        ("patient/Goal.rs", "Task", "r"),
        ("patient/goal.rs", "Goal", "r"),
        ("patient/Goal.RS", "Goal", "r"),
        ("Patient/Goal.rs", "Goal", "r"),
        ("patient/Goal.sr", "Goal", "r"),
        ("patient/Goal.", "Goal", "r"),
        ("patient/Goal.rs?category=x", "Goal", "r"),
        ("patient/Goal.*rs", "Goal", "r"),
        ("other/Goal.rs", "Goal", "r"),
        ("openid fhirUser launch/patient", "Goal", "r"),
        ("patient/*.rs", "Goal", ""),
        ("patient/*.rs", "Goal", "rs"),
        ("patient/Goal.rs\n", "Goals", "r"),
    ],
)
def test_a_scope_reaches_nothing_else(scope: str, type: str, letter: str) -> None:
    assert scopes.allows(scopes.parse(scope), type, letter) is False
