"""What an identity provider says of somebody, read where the operator says that it stands."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.auth.claims import Identity
from dzop.auth.identities import IdentityMapping
from dzop.fhir.outcome import Unauthenticated

SSIN, OTHER, NIHDI, CBE = "46010599819", "05031599865", "19999816004", "0999999922"

Table = dict[str, Any]


def identity(table: Table, claims: Table) -> Identity:
    return IdentityMapping.read(table).identity(claims)


@pytest.mark.parametrize(
    ("place", "claims"),
    [
        ("ssin", {"ssin": SSIN}),
        ("urn:be:fgov:person:ssin", {"urn:be:fgov:person:ssin": SSIN}),
        ("https://idp.example/claims/ssin", {"https://idp.example/claims/ssin": SSIN}),
        ("profile.person.ssin", {"profile": {"person": {"ssin": SSIN}}}),
        ("/profile/person/ssin", {"profile": {"person": {"ssin": SSIN}}}),
        ("/resource_access/plan.v1/ssin", {"resource_access": {"plan.v1": {"ssin": SSIN}}}),
        ("/a~1b/c~0d", {"a/b": {"c~d": SSIN}}),
        ("/ssin/0", {"ssin": [SSIN, OTHER]}),
        (["ssin", "number"], {"number": SSIN}),
        (["ssin", "number"], {"number": OTHER, "ssin": SSIN}),
        (["ssin", "number"], {"ssin": None, "number": SSIN}),
    ],
)
def test_a_claim_is_found_where_the_mapping_says(place: Any, claims: Table) -> None:
    assert Identity(ssin=SSIN) == identity({"claims": {"ssin": place}}, claims)


@pytest.mark.parametrize(
    ("place", "claims"),
    [
        ("ssin", {}),
        ("ssin", {"ssin": None}),
        ("profile.ssin", {"profile": "text"}),
        ("profile.ssin", {"profile": {"nihdi": NIHDI}}),
        ("/ssin/1", {"ssin": [SSIN]}),
        ("/ssin/-1", {"ssin": [SSIN]}),
        ("/ssin/00", {"ssin": [SSIN]}),
    ],
)
def test_what_is_not_there_says_nothing(place: str, claims: Table) -> None:
    assert Identity() == identity({"claims": {"ssin": place}}, claims)


def test_a_claim_that_is_not_mapped_says_nothing() -> None:
    assert Identity(ssin=SSIN) == identity({"claims": {"ssin": "ssin"}}, {"ssin": SSIN, "nihdi": NIHDI})


def test_without_a_mapping_nothing_is_said() -> None:
    assert Identity() == identity({}, {"ssin": SSIN, "sub": SSIN})


def test_all_that_is_said_of_a_professional() -> None:
    names = ("ssin", "nihdi", "discipline", "organization", "fhir_user")
    table = {"claims": {name: name for name in names}, "disciplines": {"DOCTOR": "persphysician"}}
    said = {
        "ssin": SSIN, "nihdi": NIHDI, "discipline": "DOCTOR", "organization": "71999932",
        "fhir_user": "Practitioner/x",
    }  # fmt: skip
    expected = Identity(SSIN, NIHDI, "persphysician", "71999932", None, "Practitioner/x")
    assert expected == identity(table, said)


@pytest.mark.parametrize(
    ("said", "understood"),
    [("DOCTOR", "persphysician"), ("persnurse", "persnurse"), ("CITIZEN", None)],
)
def test_the_words_of_a_provider_for_a_discipline_are_translated(said: str, understood: str | None) -> None:
    table = {"claims": {"discipline": "d"}, "disciplines": {"DOCTOR": "persphysician", "CITIZEN": ""}}
    assert Identity(discipline=understood) == identity(table, {"d": said})


@pytest.mark.parametrize("written", [CBE, f"cbe-{CBE}", f"CBE:{CBE}"])
def test_the_number_of_an_organisation_may_come_with_its_kind(written: str) -> None:
    assert Identity(organization=CBE) == identity({"claims": {"organization": "org"}}, {"org": written})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ssin", [SSIN]),
        ("ssin", {"value": SSIN}),
        ("ssin", int(SSIN)),
        ("ssin", True),
        ("ssin", ""),
        ("ssin", "46010599818"),
        ("ssin", "46.01.05-998.19"),
        ("ssin", f"{SSIN}\n"),
        ("ssin", "٤٦٠١٠٥٩٩٨١٩"),
        ("mandator", "79121137740"),
        ("nihdi", "41234567401"),
        ("nihdi", SSIN),
        ("nihdi", [NIHDI]),
        ("organization", "0425222333"),
        ("organization", "Organization/x"),
        ("organization", f"cbe-cbe-{CBE}"),
        ("discipline", "DOCTOR"),
        ("discipline", "' or 1=1"),
        ("discipline", ["persnurse"]),
        ("fhir_user", "Organization/x"),
        ("fhir_user", "system"),
        ("fhir_user", "Practitioner/x/../y"),
        ("fhir_user", "ftp://x/Practitioner/x"),
    ],
)
def test_a_claim_of_another_shape_is_refused_and_not_repeated(name: str, value: Any) -> None:
    with pytest.raises(Unauthenticated) as refused:
        identity({"claims": {name: "the-claim"}}, {"the-claim": value})
    told = str(refused.value)
    assert (True, False) == (f"`{name}`" in told, value != "" and str(value) in told)


@pytest.mark.parametrize(
    "table",
    [
        {"claims": []},
        {"claims": {"ssn": "ssin"}},
        {"claims": {"ssin": []}},
        {"claims": {"ssin": ""}},
        {"claims": {"ssin": 5}},
        {"claims": {"ssin": ["ssin", 5]}},
        {"disciplines": {"DOCTOR": "physician"}},
        {"disciplines": {"DOCTOR": ["persphysician"]}},
        {"disciplines": "persphysician"},
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_at_the_start(table: Table) -> None:
    with pytest.raises(ValueError, match="`"):
        IdentityMapping.read(table)
