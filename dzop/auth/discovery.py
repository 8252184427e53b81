"""What the authorization server tells about itself.

https://hl7.org/fhir/smart-app-launch/conformance.html, https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

from typing import Any

from dzop.auth import scopes
from dzop.auth.keys import IDENTITY_ALGORITHM

__all__ = ["openid_configuration", "smart_configuration"]

CAPABILITIES = (
    "launch-standalone",
    "client-public",
    "context-standalone-patient",
    "permission-patient",
    "permission-user",
    "permission-v2",
    "sso-openid-connect",
)


def smart_configuration(issuer: str) -> dict[str, Any]:
    """The document at `[base]/.well-known/smart-configuration`; it lists only what works."""
    return _endpoints(issuer) | {"capabilities": list(CAPABILITIES)}


def openid_configuration(issuer: str) -> dict[str, Any]:
    """The document at `[issuer]/.well-known/openid-configuration`."""
    return _endpoints(issuer) | {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [IDENTITY_ALGORITHM],
        "authorization_response_iss_parameter_supported": True,
    }


def _endpoints(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "scopes_supported": list(scopes.SUPPORTED),
        "code_challenge_methods_supported": ["S256"],
    }
