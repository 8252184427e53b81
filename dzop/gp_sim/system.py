"""The practice's software by itself: a key of its own, and tokens for that key.

https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Final

from authlib.common.urls import add_params_to_qs
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from joserfc import jwt
from joserfc.jwk import ECKey

from dzop.gp_sim.oauth import OAuth2Client, oauth_client
from dzop.gp_sim.server import Server

__all__ = ["METHOD", "assertion", "new_key", "system_client", "system_metadata"]

METHOD: Final = "private_key_jwt"
_ALGORITHM: Final = "ES384"
_CURVE: Final = "P-384"
_LASTS: Final = 240


def new_key() -> ECKey:
    """A key to sign with. Real software makes one once, keeps it in a safe place, and replaces it from time to time."""
    return ECKey.generate_key(_CURVE, {"alg": _ALGORITHM, "use": "sig"}, auto_kid=True)


def system_metadata(key: ECKey, name: str, scope: str) -> dict[str, Any]:
    """What the software registers with: the public half of its key, never the other."""
    return {
        "client_name": name,
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": METHOD,
        "jwks": {"keys": [key.as_dict(private=False)]},
        "scope": scope,
    }


def system_client(server: Server, client_id: str, key: ECKey, scope: str, timeout: float) -> OAuth2Client:
    """A client that signs a new assertion for each token it asks for."""
    client = oauth_client(
        server, client_id, key, METHOD, timeout, scope=scope, grant_type="client_credentials"
    )

    def signed(auth: Any, method: str, uri: str, headers: Any, body: Any) -> tuple[str, Any, Any]:
        proof = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion(server, client_id, key)),
        ]
        return uri, headers, add_params_to_qs(body or "", proof)

    client.register_client_auth_method((METHOD, signed))
    return client


def assertion(server: Server, client_id: str, key: ECKey) -> str:
    """Proves once, within five minutes, that the software has the key."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": server.token,
        "iat": now,
        "exp": now + _LASTS,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode({"alg": _ALGORITHM, "kid": key.kid, "typ": "JWT"}, claims, key, [_ALGORITHM])
