"""The tokens of a grant: an access token, and with it an id token and a refresh token where they were given.

https://www.rfc-editor.org/rfc/rfc6749#section-5.1, https://www.rfc-editor.org/rfc/rfc9068,
https://openid.net/specs/openid-connect-core-1_0.html#IDToken,
https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from dzop.auth import tokens
from dzop.auth.granting.granted import Granted
from dzop.auth.granting.provider import Provider
from dzop.auth.keys import IDENTITY_ALGORITHM

__all__ = ["ID_TOKEN_LASTS", "answer"]

ID_TOKEN_LASTS: Final = timedelta(minutes=5)
"""It says who logged in, at the moment of the login."""


def answer(
    provider: Provider,
    granted: Granted,
    scopes: Sequence[str],
    now: datetime,
    *,
    lasts: timedelta,
    nonce: str | None = None,
    refresh_token: str | None = None,
) -> dict[str, Any]:
    """The answer of the token endpoint. `scopes` are those of this token, some or all that were granted."""
    access_token = _access_token(provider, granted, scopes, now, lasts)
    given = {
        "token_type": "Bearer",
        "expires_in": int(lasts.total_seconds()),
        "scope": " ".join(scopes),
        "access_token": access_token,
        "refresh_token": refresh_token,
        "id_token": _id_token(provider, granted, scopes, now, access_token, nonce) if "openid" in scopes else None,
        "patient": granted.patient,
        "fhirUser": _fhir_user(provider, granted) if "fhirUser" in scopes else None,
        **granted.context,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _access_token(
    provider: Provider, granted: Granted, scopes: Sequence[str], now: datetime, lasts: timedelta
) -> str:
    return tokens.issue(
        provider.signing(now),
        issuer=provider.issuer,
        audience=provider.audience,
        subject=granted.subject,
        scope=" ".join(scopes),
        ttl=int(lasts.total_seconds()),
        now=now,
        client_id=granted.client_id,
        patient=granted.patient,
        grant=granted.id or None,
        session=granted.ends_with,
        acr=granted.acr or None,
    )


def _id_token(
    provider: Provider,
    granted: Granted,
    scopes: Sequence[str],
    now: datetime,
    access_token: str,
    nonce: str | None,
) -> str:
    issued = int(now.timestamp())
    claims = {
        "iss": provider.issuer,
        "aud": granted.client_id,
        "sub": granted.subject,
        "iat": issued,
        "exp": issued + int(ID_TOKEN_LASTS.total_seconds()),
        "auth_time": None if granted.authenticated is None else int(granted.authenticated),
        "nonce": nonce,
        "acr": granted.acr or None,
        "amr": list(granted.amr) or None,
        "sid": granted.session,
        "at_hash": create_half_hash(access_token, IDENTITY_ALGORITHM).decode(),
        "fhirUser": _fhir_user(provider, granted) if "fhirUser" in scopes else None,
    }
    key = provider.identity(now)
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": IDENTITY_ALGORITHM, "kid": key.kid}, present, key, [IDENTITY_ALGORITHM])


def _fhir_user(provider: Provider, granted: Granted) -> str:
    return f"{provider.audience}/{granted.subject}"
