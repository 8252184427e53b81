"""What the authorization server tells about itself, each document at its well-known place.

https://hl7.org/fhir/smart-app-launch/conformance.html, https://www.rfc-editor.org/rfc/rfc8414,
https://openid.net/specs/openid-connect-discovery-1_0.html, https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dzop.auth import scopes
from dzop.auth.granting.assertion import ALGORITHMS
from dzop.auth.granting.cors import shared
from dzop.auth.key_ring import CACHED, KeyRing
from dzop.auth.keys import IDENTITY_ALGORITHM, public_jwks
from dzop.auth.metadata import GRANT_TYPES, METHODS

__all__ = [
    "Discovery",
    "oauth_uris",
    "openid_configuration",
    "routes",
    "server_metadata",
    "smart_configuration",
]

CAPABILITIES: Final = (
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-asymmetric",
    "context-banner",
    "context-ehr-patient",
    "context-standalone-patient",
    "permission-patient",
    "permission-user",
    "permission-offline",
    "permission-online",
    "permission-v1",
    "permission-v2",
    "authorize-post",
    "sso-openid-connect",
)
_CACHED: Final = f"max-age={int(CACHED.total_seconds())}"


def smart_configuration(issuer: str, *, registration: bool = False) -> dict[str, Any]:
    """The document at `[base]/.well-known/smart-configuration`; it lists only what works."""
    return server_metadata(issuer, registration=registration) | {
        "management_endpoint": f"{issuer}/account",
        "launch_endpoint": f"{issuer}/launch",  # our own: SMART leaves open how software tells of one
        "capabilities": list(CAPABILITIES),
    }


def server_metadata(issuer: str, *, registration: bool = False) -> dict[str, Any]:
    """The document at `/.well-known/oauth-authorization-server` (RFC 8414)."""
    methods, algorithms = list(METHODS), list(ALGORITHMS)
    of_a_key = [method for method in METHODS if method != "none"]
    metadata = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": f"{issuer}/introspect",
        "introspection_endpoint_auth_methods_supported": of_a_key,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": f"{issuer}/revoke",
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": list(GRANT_TYPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "scopes_supported": list(scopes.SUPPORTED),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["nl", "fr", "de", "en"],
    }
    return metadata | ({"registration_endpoint": f"{issuer}/register"} if registration else {})


def openid_configuration(issuer: str, *, registration: bool = False) -> dict[str, Any]:
    """The document at `[issuer]/.well-known/openid-configuration`."""
    return server_metadata(issuer, registration=registration) | {
        "userinfo_endpoint": f"{issuer}/userinfo",
        "end_session_endpoint": f"{issuer}/logout",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [IDENTITY_ALGORITHM],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "fhirUser",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip


def oauth_uris(document: Mapping[str, Any]) -> dict[str, str]:
    """What a CapabilityStatement tells of a smart-configuration, by the names of its extension.

    https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html (superseded by the document, still read by some)
    """
    names = {
        "authorize": "authorization_endpoint",
        "token": "token_endpoint",
        "introspect": "introspection_endpoint",
        "revoke": "revocation_endpoint",
        "register": "registration_endpoint",
        "manage": "management_endpoint",
    }
    return {name: document[member] for name, member in names.items() if member in document}


@dataclass(frozen=True, slots=True)
class Discovery:
    """`issuer` is a URL whose path is where the routes live; `registration` whether an app may register itself."""

    issuer: str
    access_keys: KeyRing[ECKey]
    identity_keys: KeyRing[RSAKey]
    registration: bool = False

    async def metadata(self, request: Request) -> Response:
        """The metadata of RFC 8414."""
        return _document(request, server_metadata(self.issuer, registration=self.registration))

    async def openid(self, request: Request) -> Response:
        """The metadata of OpenID Connect."""
        return _document(request, openid_configuration(self.issuer, registration=self.registration))

    async def jwks(self, request: Request) -> Response:
        """The public keys that tokens of this issuer are verified with, those that will sign included."""
        known: list[ECKey | RSAKey] = [
            *self.access_keys.public_keys().values(),
            *self.identity_keys.public_keys().values(),
        ]
        return _document(request, public_jwks(*known))


def routes(discovery: Discovery) -> list[Route]:
    """The open documents; those of RFC 8414 and OpenID Connect also where the path follows the well-known name."""
    path = urlsplit(discovery.issuer).path.rstrip("/")
    answered = {
        f"{path}/jwks": discovery.jwks,
        f"{path}/.well-known/openid-configuration": discovery.openid,
        f"/.well-known/openid-configuration{path}": discovery.openid,
        f"{path}/.well-known/oauth-authorization-server": discovery.metadata,
        f"/.well-known/oauth-authorization-server{path}": discovery.metadata,
    }
    return [route for place, endpoint in answered.items() for route in shared(place, endpoint, ["GET"])]


def _document(request: Request, content: Mapping[str, Any]) -> Response:
    """JSON; 304 to who has it already."""
    body = orjson.dumps(content)
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHED}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
