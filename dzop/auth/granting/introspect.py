"""The introspection endpoint: whether a token counts, and what it says.

https://www.rfc-editor.org/rfc/rfc7662, https://hl7.org/fhir/smart-app-launch/token-introspection.html

Only a client with a key of its own may ask, and only about tokens that were given to it: of all others it learns no
more than that they are not active. A service that takes our access tokens too asks about those of every client, when
the operator has registered it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError

from dzop.auth.claims import Claims
from dzop.auth.granting import grants, refreshing
from dzop.auth.granting.grants import Grant
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.requests import ServerRequest
from dzop.auth.granting.server import authenticated
from dzop.fhir.outcome import Unauthenticated

__all__ = ["introspected"]

_NOT_ACTIVE: Final = {"active": False}


async def introspected(provider: Provider, request: ServerRequest) -> dict[str, Any]:
    """What the token says; nothing of one that does not count, or is not for the client to know."""
    client = await authenticated(provider, request, "introspect", is_public_enough=False)
    text = request.form.get("token")
    if text is None:
        raise InvalidRequestError("A token is required.")
    refresh_token = await _refresh_token(provider, text, request.now)
    said = refresh_token or await _access_token(provider, text, request.now)
    is_its_own = said.get("client_id") == client.client_id
    if not said or not (is_its_own or (client.introspects and not refresh_token)):
        return _NOT_ACTIVE
    return {"active": True} | {name: value for name, value in said.items() if value is not None}


async def _refresh_token(provider: Provider, text: str, now: datetime) -> dict[str, Any]:
    token = await refreshing.find(provider, text, now)
    if token is None or not token.counts(now):
        return {}
    granted = token.grant.granted
    session = granted.ends_with
    if session is not None and not await provider.login.is_live(session, now):
        return {}
    return {
        "client_id": granted.client_id,
        "scope": granted.scope,
        "sub": granted.subject,
        "iss": provider.issuer,
        "exp": int(token.grant.expires.timestamp()),
        **_context(token.grant),
    }


async def _access_token(provider: Provider, text: str, now: datetime) -> dict[str, Any]:
    try:
        claims = await provider.accepted(text, now)
    except Unauthenticated:
        return {}
    if not await provider.people.may_act(claims.subject, now):
        return {}
    grant = await grants.find(provider.database, claims.grant) if claims.grant else None
    return {**_said(provider, claims), **_context(grant)}


def _said(provider: Provider, claims: Claims) -> dict[str, Any]:
    of_person = not claims.subject.startswith("Organization/")
    return {
        "token_type": "Bearer",
        "client_id": claims.client_id,
        "scope": " ".join(sorted(claims.scopes)),
        "sub": claims.subject,
        "iss": claims.issuer,
        "aud": provider.audience,
        "exp": int(claims.expires.timestamp()),
        "iat": claims.issued and int(claims.issued.timestamp()),
        "jti": claims.token_id,
        "sid": claims.session,
        "acr": claims.acr,
        "patient": claims.patient,
        "fhirUser": f"{provider.audience}/{claims.subject}" if of_person else None,
    }


def _context(grant: Grant | None) -> Mapping[str, Any]:
    """What the EHR said when it launched the app."""
    return grant.granted.context if grant else {}
