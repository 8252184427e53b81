"""Access tokens of our own, as they are issued."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from dzop.auth import tokens

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ISSUER = "https://issuer.example/auth"
AUDIENCE = "https://service.example/fhir"
KEY = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)


def issued(**options: Any) -> str:
    values: dict[str, Any] = {"subject": "Practitioner/els", "scope": "user/*.rs", "ttl": 300} | options
    return tokens.issue(KEY, issuer=ISSUER, audience=AUDIENCE, now=NOW, **values)


def test_an_issued_token_is_a_three_part_jws() -> None:
    assert len(issued().split(".")) == 3


@pytest.mark.parametrize("subject", ["system", "Organization/practice"])
def test_a_token_for_software_names_no_fhir_user(subject: str) -> None:
    payload = jwt.decode(issued(subject=subject), KEY).claims
    assert "fhirUser" not in payload


@pytest.mark.parametrize("subject", ["", "Goal/x", "Patient/", "Patient/a/b", "Patient/a b", "System"])
def test_no_token_is_issued_for_what_is_no_actor(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        issued(subject=subject)


def test_a_token_with_a_negative_ttl_was_issued_before_it_expired() -> None:
    payload = jwt.decode(issued(ttl=-1), KEY).claims
    assert payload["iat"] == payload["nbf"] == payload["exp"]
