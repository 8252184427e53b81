"""Opaque access tokens: their issuer is asked, and what it says is remembered for a second.

https://www.rfc-editor.org/rfc/rfc7662. So a token that is revoked there is refused here a second later. The answer is
held to the same rules as the claims of a signed token: it must say `exp`, an `aud` that is ours, and `token_type`.
Of a signed token, which says all that itself, only whether it is active counts.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import httpx

from dzop.auth.claims import Claims
from dzop.auth.resource_server.access_token import Expected, require_claims
from dzop.auth.resource_server.discovery import discovered, endpoint
from dzop.auth.resource_server.fetching import Unreachable, fetched
from dzop.auth.resource_server.issuers import Introspection
from dzop.fhir.outcome import Unauthenticated, Unavailable

__all__ = ["REMEMBERED", "Introspected"]

REMEMBERED: Final = timedelta(seconds=1)
RETRY_AFTER: Final = 5
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1
_MOST: Final = 4096


class Introspected:
    """The opaque tokens of one issuer. Of those who bring the same token at once one asks, the others wait."""

    def __init__(
        self,
        introspection: Introspection,
        expected: Expected,
        reads: Callable[[Mapping[str, Any], datetime], Claims],
        http: httpx.AsyncClient,
    ) -> None:
        self._introspection, self._expected, self._reads, self._http = introspection, expected, reads, http
        self._endpoint = introspection.endpoint
        self._answers: OrderedDict[bytes, tuple[datetime, asyncio.Task[Mapping[str, Any]]]] = OrderedDict()

    async def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a token that is active; Unavailable when the issuer does not answer."""
        answer = await self.require_active(token, now)
        # A refresh token may be active too, and is none to be used here.
        if str(answer.get("token_type", answer.get("typ"))).lower() != "bearer":
            raise Unauthenticated("The token is not a bearer access token.")
        payload = {"iss": self._expected.issuer, **answer}
        return self._reads(payload, require_claims(payload, self._expected, now))

    async def require_active(self, token: str, now: datetime) -> Mapping[str, Any]:
        """What the issuer says of a token that is active, and Unauthenticated of any other."""
        if not _TOKEN.fullmatch(token):
            raise Unauthenticated("The access token has a character that no token has.")
        try:
            answer = await asyncio.shield(self._asked(token, now))
        except Unreachable:
            raise Unavailable(
                "whether the token is in force cannot be found out just now; try again",
                retry_after=RETRY_AFTER,
            ) from None
        if answer.get("active") is not True:
            raise Unauthenticated("The access token is not known, has expired or has been revoked.")
        return answer

    def _asked(self, token: str, now: datetime) -> asyncio.Task[Mapping[str, Any]]:
        """What the issuer says of the token, or will: an answer of less than a second ago counts."""
        self._forget(now)
        digest = sha256(token.encode()).digest()
        since, answer = self._answers.get(digest, (None, None))
        if answer is None or since is None or _is_over(since, now) or _failed(answer):
            answer = asyncio.create_task(self._ask(token, now))
            self._answers[digest] = (now, answer)
            self._answers.move_to_end(digest)
        return answer

    def _forget(self, now: datetime) -> None:
        while self._answers:
            since, _ = next(iter(self._answers.values()))
            if not _is_over(since, now) and len(self._answers) < _MOST:
                return
            self._answers.popitem(last=False)

    async def _ask(self, token: str, now: datetime) -> Mapping[str, Any]:
        if self._endpoint is None:
            metadata = await discovered(self._http, self._expected.issuer)
            self._endpoint = endpoint(metadata, "introspection_endpoint")
        proof = self._introspection
        form = {"token": token, "token_type_hint": "access_token", **proof.form(self._expected.issuer, now)}
        return await fetched(
            self._http, self._http.build_request("POST", self._endpoint, data=form, headers=proof.headers())
        )


def _is_over(since: datetime, now: datetime) -> bool:
    return abs(now - since) >= REMEMBERED


def _failed(answer: asyncio.Task[Mapping[str, Any]]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
