"""Clients that prove who they are with a key of their own: `private_key_jwt`.

https://www.rfc-editor.org/rfc/rfc7523#section-3,
https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html

An assertion is meant for this server and no other: its only audience is the issuer or the token endpoint, at every
endpoint that takes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from dzop.auth.client import Client
from dzop.auth.granting.requests import ServerRequest

__all__ = ["ALGORITHMS", "METHOD", "ClientAssertion", "Shown", "claimed_client"]

METHOD: Final = "private_key_jwt"
ALGORITHMS: Final = ("ES384", "RS384", "PS384", "ES256", "RS256")
"""SMART asks for ES384 and RS384; the others are as good."""
LASTS: Final = timedelta(minutes=5)
LEEWAY: Final = timedelta(seconds=30)
_MAX_ID: Final = 256


@dataclass(frozen=True, slots=True)
class Shown:
    """What makes an assertion one of a kind, and after when it is refused anyhow."""

    id: str
    expires: datetime


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Checks one assertion at one instant; that it counts once is looked after by who calls (`shown`)."""

    CLIENT_AUTH_METHOD = METHOD

    def __init__(self, audiences: tuple[str, ...], now: datetime) -> None:
        super().__init__()
        self._audiences, self._now = audiences, now
        self.shown: Shown | None = None

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The header and the claims, of which nothing is believed yet."""
        try:
            header, claims = super().extract_assertion(assertion)
        except (ValueError, RecursionError):
            raise InvalidClientError(description="The client assertion cannot be read.") from None
        return header, claims

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The keys that are registered."""
        return KeySet([import_key(key) for key in (client.jwks or {}).get("keys", [])])

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        """The claims; InvalidClientError in words that repeat nothing of the assertion."""
        try:
            token = jwt.decode(assertion, resolve_key, ALGORITHMS)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise InvalidClientError(
                description="The client assertion is not signed with a registered key."
            ) from None
        if "kid" not in token.header:
            raise InvalidClientError(description="The client assertion does not name its key (`kid`).")
        self.verify_claims(token.claims)
        return token.claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        for holds, text in (
            (claims.get("iss") == claims.get("sub"), "The `iss` and `sub` must both be the client's id."),
            (self._is_meant_for_us(claims.get("aud")), "The `aud` must be the token endpoint, and nothing else."),
            (_is_id(claims.get("jti")), "The client assertion must have a `jti`."),
            (self._is_in_time(claims), "The client assertion must hold now, and expire within five minutes."),
        ):  # fmt: skip
            if not holds:
                raise InvalidClientError(description=text)
        expires = datetime.fromtimestamp(claims["exp"], self._now.tzinfo) + LEEWAY
        self.shown = Shown(f"{claims['sub']} {claims['jti']}", expires)

    def _is_meant_for_us(self, audience: object) -> bool:
        named = audience if isinstance(audience, list) else [audience]
        return len(named) == 1 and named[0] in self._audiences

    def _is_in_time(self, claims: Mapping[str, Any]) -> bool:
        now, leeway = self._now.timestamp(), LEEWAY.total_seconds()
        begins, expires = [claims[name] for name in ("iat", "nbf") if name in claims], claims.get("exp")
        if not all(_is_time(each) for each in (*begins, expires)):
            return False
        begun: bool = all(each <= now + leeway for each in begins)
        return begun and now - leeway < float(expires or 0) <= now + LASTS.total_seconds() + leeway


def claimed_client(request: ServerRequest) -> str | None:
    """Who the client says it is, by its id or its assertion, before any of it is verified."""
    named: str | None = request.form.get("client_id")
    assertion = request.form.get("client_assertion")
    if not assertion:
        return named
    try:
        _, claims = ClientAssertion((), request.now).extract_assertion(assertion)
    except InvalidClientError:
        return None
    subject = claims.get("sub")
    # Both may be there, and then they are the same: https://www.rfc-editor.org/rfc/rfc7521#section-4.2
    return subject if isinstance(subject, str) and named in (None, subject) else None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_ID


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
