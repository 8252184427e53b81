"""The rows of the grant index, as the store will choose from them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consent.grants import Grant, compile_grants
from consent.law import Shape
from consent.matrix import load
from consent.professions import PROFESSIONS
from tests.consent.casebook import read_lines

NURSE = Shape("Practitioner/nele", None, "health-professional")


def rows(*facts: str) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for grant in compile_grants(read_lines(facts), load()):
        found.setdefault(grant.shape.key, []).append(grant)
    return found


def masks(grant: Grant) -> tuple[int, int, int, int]:
    return grant.full, grant.own, grant.authored, grant.shared


@pytest.mark.parametrize(
    ("shape", "key", "rank"),
    [
        (Shape("Practitioner/x", "Organization/o", "none"), "Practitioner/x|Organization/o|none", 3),
        (Shape("Practitioner/x", None, "none"), "Practitioner/x|*|none", 2),
        (Shape(None, "Organization/o", "none"), "*|Organization/o|none", 1),
    ],
)
def test_a_shape_has_a_key_and_a_rank(shape: Shape, key: str, rank: int) -> None:
    assert (key, rank) == (shape.key, shape.rank)


def test_without_facts_there_is_the_row_of_the_person() -> None:
    assert ["Patient/p|*|person"] == list(rows())


def test_a_member_has_a_row_for_every_profession_a_token_may_bring() -> None:
    found = rows("sharing c", "team t Practitioner/nele")
    expected = ["general-practitioner", "health-professional", "hospital-sender", "welfare-professional"]
    assert [f"Practitioner/nele|*|{role}" for role in expected] == [key for key in found if "nele" in key]


def test_a_row_lasts_as_long_as_the_facts_behind_it() -> None:
    (grant,) = rows("sharing c", "team t Practitioner/nele 2024-06-03..2024-06-04")[NURSE.key]
    expected = datetime(2024, 6, 2, 22, tzinfo=UTC), datetime(2024, 6, 4, 22, tzinfo=UTC)
    assert expected == (grant.valid_from, grant.valid_until)


def test_a_fact_that_begins_cuts_a_row_in_two() -> None:
    before, after = rows("sharing c 2024-06-03..", "team t Practitioner/nele")[NURSE.key]
    assert (0, before.valid_until, True) == (before.full, after.valid_from, after.full > 0)


def test_a_row_tells_its_reasons() -> None:
    (grant,) = rows("sharing c", "team t Practitioner/nele", "settings s deny document")[NURSE.key]
    assert ("relation:team:CareTeam/t", "consent:sharing", "setting:Consent/s#1") == grant.rules


def test_a_member_at_a_member_organisation_needs_no_row_of_the_pair() -> None:
    found = rows("sharing c", "team t Practitioner/nele", "team u Organization/home")
    assert [] == [key for key in found if "nele" in key and "home" in key]


def test_a_fact_that_changes_nothing_cuts_nothing() -> None:
    team = "team t Practitioner/nele 2024-06-01..2024-06-30"
    (grant,) = rows("sharing c", team, "settings s deny document collect 2024-06-03..")[NURSE.key]
    expected = datetime(2024, 5, 31, 22, tzinfo=UTC), datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert expected == (grant.valid_from, grant.valid_until)


def test_rows_that_say_the_same_at_different_times_stay_two() -> None:
    found = rows(
        "sharing c", "team t Practitioner/nele ..2024-06-02", "team t Practitioner/nele 2024-06-05.."
    )
    assert [None, datetime(2024, 6, 4, 22, tzinfo=UTC)] == [each.valid_from for each in found[NURSE.key]]


def test_a_setting_about_a_role_bears_on_the_rows_of_that_role() -> None:
    found = rows("sharing c", "team t Practitioner/nele", "settings s deny health-professional task")
    rules = {role: found[f"Practitioner/nele|*|{role}"][0].rules[2:] for role in PROFESSIONS[:2]}
    assert {"general-practitioner": (), "health-professional": ("setting:Consent/s#1",)} == rules


def test_an_exclusion_stores_nothing_where_nothing_would_be_chosen() -> None:
    assert ["Patient/p|*|person"] == list(rows("sharing c", "exclusion x Practitioner/nele"))


def test_an_exclusion_overrides_the_row_of_the_organisation() -> None:
    found = rows("sharing c", "exclusion x Practitioner/nele", "team u Organization/home")
    (grant,) = found["Practitioner/nele|Organization/home|health-professional"]
    assert (0, 0, 0, 0, ("exclusion:Consent/x",)) == (*masks(grant), grant.rules)


def test_a_carer_who_is_no_member_keeps_a_row_for_the_own_burden() -> None:
    (grant,) = rows("related RelatedPerson/rita")["RelatedPerson/rita|*|related-person"]
    assert (0, 0, ("carer-burden:author", "relation:none")) == (grant.full, grant.own, grant.rules)
