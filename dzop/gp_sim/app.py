"""An app that a general practitioner uses: it is sent to log in, gets a code, and tokens for the code.

https://hl7.org/fhir/smart-app-launch/app-launch.html, https://www.rfc-editor.org/rfc/rfc7636,
https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.security import generate_token
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dzop.gp_sim.answers import Failed, expect, json_of
from dzop.gp_sim.oauth import OAuth2Client, oauth_client
from dzop.gp_sim.pages import Pages
from dzop.gp_sim.server import Server

__all__ = ["LAUNCH_URI", "REDIRECT_URI", "app_metadata", "logged_in", "new_app", "who_is"]

# Nothing listens there: the example reads the address that a browser would have been sent to.
REDIRECT_URI = "http://127.0.0.1:8765/callback"
LAUNCH_URI = "http://127.0.0.1:8765/launch"
_SIGNED_WITH = ["ES256", "RS256"]


def app_metadata(name: str, scope: str) -> dict[str, Any]:
    """What the app registers with: it can keep no secret, so it has none."""
    return {
        "client_name": name,
        "redirect_uris": [REDIRECT_URI],
        "launch_uri": LAUNCH_URI,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": scope,
    }


def new_app(server: Server, client_id: str, timeout: float) -> OAuth2Client:
    """The app, before anybody has logged in; once somebody has, its requests carry their token."""
    return oauth_client(
        server, client_id, None, "none", timeout, redirect_uri=REDIRECT_URI, code_challenge_method="S256"
    )


def logged_in(
    app: OAuth2Client, server: Server, pages: Pages, scope: str, choices: Mapping[str, str], **asked: str
) -> Mapping[str, Any]:
    """What the token endpoint answers after somebody has gone through the pages; `asked` such as `launch`."""
    verifier, nonce = generate_token(64), secrets.token_urlsafe(16)
    address, state = app.create_authorization_url(
        server.authorization, code_verifier=verifier, scope=scope, aud=server.fhir, nonce=nonce, **asked
    )
    back = _Back.read(pages.answered(address, REDIRECT_URI, choices))
    back.require(state, server.issuer)
    told: Mapping[str, Any] = app.fetch_token(
        grant_type="authorization_code", code=back.code, code_verifier=verifier, redirect_uri=REDIRECT_URI
    )
    if "openid" in scope.split() and _claims(told, server, app).get("nonce") != nonce:
        raise Failed("the id token answers another request (`nonce`)")
    return told


def who_is(told: Mapping[str, Any], server: Server, app: OAuth2Client) -> str:
    """The FHIR reference of who has logged in: `Practitioner/x`."""
    who = str(_claims(told, server, app).get("fhirUser", ""))
    return "/".join(who.rstrip("/").split("/")[-2:])


def _claims(told: Mapping[str, Any], server: Server, app: OAuth2Client) -> Mapping[str, Any]:
    """The claims of the id token, when it is signed by this server for this app and holds now."""
    with httpx.Client(timeout=app.timeout) as http:
        keys = KeySet.import_key_set(json_of(expect(http.get(server.keys), 200)))  # type: ignore[arg-type]
    try:
        token = jwt.decode(str(told.get("id_token", "")), keys, _SIGNED_WITH)
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": server.issuer},
            aud={"essential": True, "value": app.client_id},
            exp={"essential": True},
        ).validate(token.claims)
    except (JoseError, ValueError) as wrong:
        raise Failed(f"the id token does not hold: {wrong}") from None
    return token.claims


@dataclass(frozen=True, slots=True)
class _Back:
    """What the browser brings back to the app."""

    code: str
    state: str
    issuer: str
    error: str

    @classmethod
    def read(cls, address: str) -> _Back:
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        error = " ".join(query[name] for name in ("error", "error_description") if name in query)
        return cls(query.get("code", ""), query.get("state", ""), query.get("iss", ""), error)

    def require(self, state: str, issuer: str) -> None:
        """That the answer is to this request, and of this server. https://www.rfc-editor.org/rfc/rfc9207"""
        if self.error:
            raise Failed(f"the login was refused: {self.error}")
        if not secrets.compare_digest(self.state, state):
            raise Failed("what came back belongs to another request (`state`)")
        if self.issuer != issuer:
            raise Failed("what came back is of another server (`iss`)")
        if not self.code:
            raise Failed("no code came back")
