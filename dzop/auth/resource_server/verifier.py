"""Access tokens: whose they are, whether they hold, and what they say.

https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dzop.auth.claims import Claims
from dzop.auth.resource_server.access_token import (
    Expected,
    read_header,
    require_claims,
    require_header,
    signed_payload,
    unverified_issuer,
)
from dzop.auth.resource_server.introspection import Introspected
from dzop.auth.resource_server.jwks import Keys
from dzop.auth.resource_server.verified import Verified
from dzop.fhir.outcome import Unauthenticated

__all__ = ["MAX_LENGTH", "ResourceServer", "Trusted"]

MAX_LENGTH: Final = 8 * 1024


@dataclass(frozen=True, slots=True)
class Trusted:
    """An issuer: what its tokens must say, the keys that sign them, and how their claims are read.

    `asked` is who tells whether a signed token of it is still in force, where it can be revoked.
    """

    expected: Expected
    keys: Keys
    reads: Callable[[Mapping[str, Any], datetime], Claims]
    asked: Introspected | None = None


class ResourceServer:
    """Accepts the access tokens of these issuers and remembers them for a while.

    Signed tokens are verified here; opaque ones (fewer than three parts) by asking, where an issuer is to be asked.
    """

    def __init__(
        self, trusted: Iterable[Trusted], introspected: Introspected | None = None, remember: int = 4096
    ) -> None:
        self._trusted = {each.expected.issuer: each for each in trusted}
        self._introspected = introspected
        self._verified = Verified(remember)

    async def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a valid token; raises Unauthenticated, in words that repeat nothing of it, or Unavailable."""
        if (remembered := self._verified.get(token, now)) is not None:
            return await self._in_force(token, remembered, now)
        if len(token) > MAX_LENGTH:
            raise Unauthenticated("The access token is too long.")
        parts = token.count(".") + 1
        if parts < 3 and self._introspected is not None:
            return await self._introspected.verify(token, now)
        if parts != 3:
            raise Unauthenticated("The access token is not a signed JSON Web Token.")
        return await self._in_force(token, await self._verify_signed(token, now), now)

    async def _in_force(self, token: str, claims: Claims, now: datetime) -> Claims:
        asked = self._trusted[claims.issuer].asked
        if asked is not None:
            await asked.require_active(token, now)
        return claims

    async def _verify_signed(self, token: str, now: datetime) -> Claims:
        header, issuer = read_header(token), unverified_issuer(token)
        trusted = self._trusted.get(issuer) if isinstance(issuer, str) else None
        if trusted is None:
            raise Unauthenticated("The access token comes from another issuer.")
        kid = require_header(header, trusted.expected)
        key = await trusted.keys.key(kid, now)
        if key is None:
            raise Unauthenticated("The access token is signed with an unknown key.")
        payload = signed_payload(token, key, header["alg"])
        claims = trusted.reads(payload, require_claims(payload, trusted.expected, now))
        self._verified.add(token, claims, lambda at: trusted.keys.held(kid, at) is key, now)
        return claims
