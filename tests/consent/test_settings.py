"""Which of the person's settings decide."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent.categories import ALL, UNTOUCHED, mask
from consent.settings import Provision, rank, verdicts
from tests.consent.casebook import NOW, read_lines


def settings(*lines: str) -> tuple[Provision, ...]:
    return read_lines([f"settings s{number} {line}" for number, line in enumerate(lines)]).settings


def told(*lines: str, action: str = "read", days: int = 0) -> list[tuple[str, int]]:
    """Which lines decide for nele, a nurse at home, and on what."""
    roles = frozenset({"health-professional"})
    found = verdicts(
        settings(*lines), "Practitioner/nele", "Organization/home", roles, NOW + timedelta(days), action
    )
    return [(verdict.provision.rule, verdict.categories) for verdict in found]


def test_each_category_is_decided_once_by_the_highest() -> None:
    expected = [("setting:Consent/s1#1", mask(["task"])), ("setting:Consent/s0#1", mask(["document"]))]
    assert expected == told("deny task+document", "permit Practitioner/nele task")


def test_what_is_decided_already_leaves_the_rest_to_the_next() -> None:
    rest = ALL & ~UNTOUCHED & ~mask(["task"])
    assert [("setting:Consent/s0#1", mask(["task"])), ("setting:Consent/s1#1", rest)] == told(
        "deny task", "permit"
    )


def test_what_two_decided_is_decided_for_a_third() -> None:
    found = told("deny Practitioner/nele task", "deny Organization/home document", "permit task+document")
    assert ["setting:Consent/s0#1", "setting:Consent/s1#1"] == [rule for rule, _ in found]


def test_one_in_whom_nothing_is_left_decides_nothing() -> None:
    assert [("setting:Consent/s0#1", mask(["task"]))] == told("deny Practitioner/nele task", "permit task")


@pytest.mark.parametrize(
    "line",
    ["deny task ..2024-06-02", "deny task collect", "deny Practitioner/wim task", "deny case-manager task"],
)
def test_what_does_not_match_decides_nothing(line: str) -> None:
    assert [] == told(line)


def test_an_organisation_is_named_too() -> None:
    assert [("setting:Consent/s0#1", mask(["task"]))] == told("deny Organization/home task")


def test_time_moves_and_nothing_else() -> None:
    decided = [told("deny task ..2024-06-03", days=days) for days in (0, 1)]
    assert [[("setting:Consent/s0#1", mask(["task"]))], []] == decided


def test_the_nearer_of_two_actors_counts() -> None:
    (line,) = settings("deny Organization/home+Practitioner/nele+health-professional task")
    assert 3 == line.rank("Practitioner/nele", "Organization/home", frozenset({"health-professional"}))
    assert 2 == line.rank("Practitioner/wim", "Organization/home", frozenset({"health-professional"}))
    assert 1 == line.rank("Practitioner/wim", None, frozenset({"health-professional"}))
    assert None is line.rank("Practitioner/wim", None, frozenset({"welfare-professional"}))


def test_who_comes_before_what_before_deny() -> None:
    ranks = [
        rank(closeness, named, deny=deny)
        for closeness in range(4)
        for named in (False, True)
        for deny in (False, True)
    ]
    assert list(range(16)) == ranks
