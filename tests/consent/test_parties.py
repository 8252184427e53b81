"""Whom a FHIR reference names."""

from __future__ import annotations

from typing import Any

import pytest

from consent.parties import Party, key_named, role_named, type_named
from consent.professions import ROLE_SYSTEM

IN_A_ROLE = {"identifier": {"system": ROLE_SYSTEM, "value": "informal-carer"}}


@pytest.mark.parametrize(
    ("reference", "key", "role", "type"),
    [
        ({"reference": "Practitioner/a"}, "Practitioner/a", None, "Practitioner"),
        ({"reference": "https://x.example/fhir/Practitioner/a"}, "Practitioner/a", None, "Practitioner"),
        ({"identifier": {"system": "urn:s", "value": "1"}}, "urn:s|1", None, None),
        ({"identifier": {"system": "urn:s"}}, None, None, None),
        ({"identifier": {"value": "1"}, "type": "Organization"}, None, None, "Organization"),
        (IN_A_ROLE, f"{ROLE_SYSTEM}|informal-carer", "informal-carer", None),
        ({"reference": "nobody"}, "nobody", None, None),
        ({"display": "Nele"}, None, None, None),
    ],
)
def test_a_reference_names_somebody(
    reference: dict[str, Any], key: str | None, role: str | None, type: str | None
) -> None:
    assert (key, role, type) == (key_named(reference), role_named(reference), type_named(reference))


@pytest.mark.parametrize(
    ("party", "actor", "closeness"),
    [
        (Party("a", None), ("a", None), 3),
        (Party("a", None), ("a", "o"), 3),
        (Party("a", "o"), ("a", "o"), 3),
        (Party("a", "o"), ("a", "q"), None),
        (Party("a", "o"), ("a", None), None),
        (Party(None, "o"), ("a", "o"), 2),
        (Party(None, "o"), (None, "o"), 2),
        (Party(None, "o"), ("a", "q"), None),
        (Party(None, None), (None, None), None),
        (Party("a", None), ("b", "o"), None),
    ],
)
def test_a_party_is_close_as_individual_or_as_organisation(
    party: Party, actor: tuple[str | None, str | None], closeness: int | None
) -> None:
    assert (closeness, closeness is not None) == (party.closeness(*actor), party.includes(*actor))
