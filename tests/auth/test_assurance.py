"""How sure an issuer must be, for whom. https://www.rfc-editor.org/rfc/rfc9470"""

from __future__ import annotations

from typing import Any

import pytest

from dzop.auth.assurance import Assurance, InsufficientAuthentication

HIGH = Assurance.read({"assurance": {"persons": ["eid", "itsme"], "professionals": ["eid"]}})


def accepts(assurance: Assurance, acr: str | None, subject: str) -> bool:
    try:
        assurance.require(acr, subject)
    except InsufficientAuthentication:
        return False
    return True


@pytest.mark.parametrize(
    ("subject", "acr", "suffices"),
    [
        ("Patient/x", "itsme", True),
        ("Patient/x", "eid", True),
        ("Patient/x", "password", False),
        ("Patient/x", "", False),
        ("Patient/x", None, False),
        ("RelatedPerson/x", "itsme", True),
        ("RelatedPerson/x", None, False),
        ("Practitioner/x", "itsme", False),
        ("PractitionerRole/x", "itsme", False),
        ("PractitionerRole/x", "eid", True),
        ("PractitionerRole/x", "eid itsme", False),
        ("Organization/x", None, True),
    ],
)
def test_each_group_has_the_assurances_that_suffice(subject: str, acr: str | None, suffices: bool) -> None:
    assert suffices == accepts(HIGH, acr, subject)


def test_nothing_is_needed_of_a_group_that_is_not_named() -> None:
    assert accepts(Assurance.read({"assurance": {"professionals": ["eid"]}}), None, "Patient/x")


def test_nothing_is_needed_without_a_table() -> None:
    assert accepts(Assurance.read({}), None, "PractitionerRole/x")


def test_who_is_refused_is_told_what_would_suffice() -> None:
    with pytest.raises(InsufficientAuthentication) as refused:
        HIGH.require("password", "Patient/x")
    assert 'error="insufficient_user_authentication", acr_values="eid itsme"' == refused.value.challenge


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"citizens": ["eid"]},
        {"persons": "eid"},
        {"persons": []},
        {"persons": [5]},
        {"persons": ["two words"]},
        {"persons": ['a"quote']},
    ],
)
def test_an_assurance_that_cannot_be_meant_is_refused_at_the_start(table: Any) -> None:
    with pytest.raises(ValueError, match="`assurance"):
        Assurance.read({"assurance": table})
