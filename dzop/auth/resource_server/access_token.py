"""What must hold of an access token before its claims count, whoever issued it.

https://www.rfc-editor.org/rfc/rfc9068#section-4, https://www.rfc-editor.org/rfc/rfc8725#section-3
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from dzop.auth.resource_server.fetching import StrictDecoder
from dzop.auth.resource_server.jwks import PublicKey
from dzop.fhir.outcome import Unauthenticated

__all__ = [
    "Expected", "instant", "read_header", "require_claims", "require_header", "signed_payload", "unverified_issuer",
]  # fmt: skip

# They would have us use a key, a form or a meaning that the sender chose.
_REFUSED: Final = ("crit", "b64", "zip", "enc", "cty")
_LONGEST_CLIENT: Final = 256


@dataclass(frozen=True, slots=True)
class Expected:
    """What the tokens of one issuer must say.

    `types` are in lower case. `required` are claims with their values; `clients` those who may ask, None for any.
    """

    issuer: str
    audience: tuple[str, ...]
    algorithms: tuple[str, ...]
    types: tuple[str, ...] = ("at+jwt",)
    required: Mapping[str, Any] = field(default_factory=dict)
    leeway: timedelta = timedelta(seconds=30)
    clients: frozenset[str] | None = None


def read_header(token: str) -> Mapping[str, Any]:
    """The header of a JWS, believed in nothing yet."""
    return _part(token, 0)


def unverified_issuer(token: str) -> object:
    """What the token says is its issuer, to look up whose keys must have signed it and for nothing else."""
    return _part(token, 1).get("iss")


def require_header(header: Mapping[str, Any], expected: Expected) -> str:
    """The `kid` of a header that the issuer's access tokens may have; header members that point to keys are ignored."""
    type_ = header.get("typ")
    if not isinstance(type_, str) or type_.lower().removeprefix("application/") not in expected.types:
        raise Unauthenticated("The token is not an access token: its `typ` is that of another kind.")
    if any(member in header for member in _REFUSED):
        raise Unauthenticated("The header of the access token has a member that is not accepted.")
    if header.get("alg") not in expected.algorithms:
        raise Unauthenticated("The access token is signed with an algorithm that is not accepted.")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise Unauthenticated("The access token does not say which key signed it.")
    return kid


def signed_payload(token: str, key: PublicKey, algorithm: str) -> Mapping[str, Any]:
    """The claims, of which nothing is believed but that this key signed them."""
    if key.get("alg", algorithm) != algorithm:
        raise Unauthenticated("The access token is signed with an algorithm that its key is not for.")
    try:
        return jwt.decode(token, key, [algorithm], decoder_cls=StrictDecoder).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Unauthenticated("The signature of the access token is not valid.") from None


def require_claims(payload: Mapping[str, Any], expected: Expected, now: datetime) -> datetime:
    """When a token with these claims expires; Unauthenticated unless it is for us, now, and no other kind of token."""
    if payload.get("iss") != expected.issuer:
        raise Unauthenticated("The access token comes from another issuer.")
    audience = payload.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(each in expected.audience for each in named):
        raise Unauthenticated("The access token is meant for another service.")
    for name, value in expected.required.items():
        if payload.get(name) != value or isinstance(payload[name], bool) != isinstance(value, bool):
            raise Unauthenticated("The token is not an access token: it lacks a claim that those have.")
    if "cnf" in payload:
        raise Unauthenticated(
            "The access token is bound to a key, and possession of it cannot be shown here."
        )
    if expected.clients is not None and client_of(payload) not in expected.clients:
        raise Unauthenticated("The access token was issued to a client that is not accepted.")
    return _in_time(payload, expected.leeway, now)


def client_of(payload: Mapping[str, Any]) -> str | None:
    """Whom the token was issued to: `client_id`, or `azp` as OpenID Connect says it; both, only when they agree.

    It goes into the audit, where not every character can be kept.
    """
    named = [payload[name] for name in ("client_id", "azp") if payload.get(name) is not None]
    if not all(isinstance(each, str) and each == named[0] for each in named):
        raise Unauthenticated("The access token does not say in one way to which client it was issued.")
    if named and not (named[0].isprintable() and len(named[0]) <= _LONGEST_CLIENT):
        raise Unauthenticated("The access token was issued to a client whose id cannot be one.")
    return named[0] if named else None


def instant(payload: Mapping[str, Any], name: str) -> datetime | None:
    """The time of a NumericDate claim; None when it is absent."""
    value = payload.get(name)
    if value is None:
        return None
    unusable = Unauthenticated("A time in the access token is not a number of seconds.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unusable
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise unusable from None


def _in_time(payload: Mapping[str, Any], leeway: timedelta, now: datetime) -> datetime:
    expires = instant(payload, "exp")
    if expires is None:
        raise Unauthenticated("The access token has no expiry.")
    if now - leeway >= expires:
        raise Unauthenticated("The access token has expired.")
    for name in ("nbf", "iat"):
        start = instant(payload, name)
        if start is not None and now + leeway < start:
            raise Unauthenticated("The access token is not valid yet.")
    return expires


def _part(token: str, number: int) -> Mapping[str, Any]:
    try:
        part = token.split(".")[number]
        padded = part + "=" * (-len(part) % 4)
        members = json.loads(base64.b64decode(padded, b"-_", validate=True), cls=StrictDecoder)
    except (binascii.Error, ValueError, RecursionError):
        raise Unauthenticated("The access token is not a JSON Web Token.") from None
    if not isinstance(members, dict):
        raise Unauthenticated("The access token is not a JSON Web Token.")
    return members
