"""How this service proves to an identity provider that it is the client registered there.

A key (`private_key_jwt`, https://www.rfc-editor.org/rfc/rfc7523) or a secret (`client_secret_basic`,
https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1), each in a file that only the service can read.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

__all__ = ["ASSERTION", "Credentials"]

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LASTS = 60
_TYPES: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


def _read(name: Any, info: ValidationInfo) -> str:
    try:
        return (Path((info.context or {}).get("folder", ".")) / str(name)).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError("names a file that cannot be read") from None


def _key(name: Any, info: ValidationInfo) -> RSAKey | ECKey:
    try:
        jwk = json.loads(_read(name, info))
        key = _TYPES[jwk["kty"]].import_key(jwk)
    except (json.JSONDecodeError, KeyError, TypeError, JoseError):
        raise ValueError("names a file that is no private JSON Web Key (RSA or EC)") from None
    if not key.is_private:
        raise ValueError("names a file with a public key; the private one is needed")
    return key


class Credentials(BaseModel):
    """A client of an identity provider: its id, and the file of its key or of its secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    client_id: str
    key: Annotated[RSAKey | ECKey | None, BeforeValidator(_key)] = Field(None, alias="key_file", repr=False)
    secret: Annotated[str | None, BeforeValidator(_read)] = Field(None, alias="secret_file", repr=False)

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.key is None) == (self.secret is None):
            raise ValueError("needs `key_file` or `secret_file`, one of them")
        return self

    def headers(self) -> dict[str, str]:
        """The headers of a request that carries these credentials."""
        if self.secret is None:
            return {}
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def form(self, issuer: str, now: datetime) -> dict[str, str]:
        """The fields of a form that carry these credentials to this issuer."""
        if self.key is None:
            return {}
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(issuer, now),
        }

    def assertion(self, issuer: str, now: datetime) -> str:
        """A signed assertion that lasts a minute and is never the same; there must be a key."""
        if self.key is None:
            raise ValueError("these credentials have no key")
        algorithm = str(self.key.get("alg") or _CURVES.get(str(self.key.get("crv")), "RS256"))
        seconds = int(now.timestamp())
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": issuer, "iat": seconds, "exp": seconds + _LASTS,
            "jti": secrets.token_urlsafe(16),
        }  # fmt: skip
        header = {"alg": algorithm, "kid": self.key.kid or self.key.thumbprint()}
        return jwt.encode(header, claims, self.key, [algorithm])
