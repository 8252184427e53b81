"""How often the endpoints of the authorization server may be asked, by address, by client and by user.

https://www.rfc-editor.org/rfc/rfc6585#section-4, https://www.rfc-editor.org/rfc/rfc6749#section-10.10

Each worker counts for itself, in bounded memory. The rates keep a flood off and leave a whole hospital behind one
address alone; guessing is made hopeless elsewhere, by the size of what would have to be guessed and by the lock-out of
accounts (`dzop.auth.login.failures`).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc6750 import InsufficientScopeError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dzop.auth.networks import network_of

__all__ = ["RATES", "Endpoint", "Rate", "Rates", "TooManyRequestsError", "refusal"]

Endpoint = Literal["authorize", "login", "token", "introspect", "revoke", "userinfo", "register", "launch"]
Asker = Literal["address", "client", "user"]
Handler = Callable[[Request], Awaitable[Response]]
Page = Callable[[Request], Response]
_REMEMBERED: Final = 10_000
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once, and so many a second after that."""

    burst: int
    per_second: float


_CALLS, _CHECKS = Rate(600, 20), Rate(2_000, 100)
# Every login and token of a user can be taken back, and each worker keeps the whole list of what was.
_OF_ONE = Rate(600, 1 / 5)
RATES: Final[Mapping[tuple[Endpoint, Asker], Rate]] = {
    ("authorize", "address"): _CALLS,
    ("authorize", "user"): Rate(60, 1),
    ("login", "address"): _CALLS,
    ("login", "user"): _OF_ONE,
    ("token", "address"): _CALLS,
    ("token", "client"): _CHECKS,
    ("token", "user"): _OF_ONE,
    ("introspect", "address"): _CHECKS,
    ("introspect", "client"): _CHECKS,
    ("revoke", "address"): _CALLS,
    ("revoke", "client"): _CHECKS,
    ("userinfo", "address"): _CALLS,
    ("launch", "address"): _CALLS,
    ("launch", "user"): Rate(120, 2),
    ("register", "address"): Rate(60, 1 / 30),
}
"""What has no rate here is not counted."""


class TooManyRequestsError(OAuth2Error):  # type: ignore[misc]
    """429; `retry_after` is in seconds, at least 1."""

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(description=f"Too many requests: try again in {retry_after} seconds.")
        self.retry_after = retry_after

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", str(self.retry_after))]


class Rates:
    """The requests of late in one worker; `elapsed` is a clock in seconds that never goes back."""

    def __init__(
        self,
        elapsed: Callable[[], float] = time.monotonic,
        rates: Mapping[tuple[Endpoint, Asker], Rate] = RATES,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._elapsed, self._rates, self._most = elapsed, rates, remembered
        self._full_at: OrderedDict[tuple[Endpoint, Asker, str], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def require(self, endpoint: Endpoint, asker: Asker, who: str) -> None:
        """Counts one request of `who`; TooManyRequestsError, not counted, when there were too many."""
        rate = self._rates.get((endpoint, asker))
        if rate is None:
            return
        now, key = self._elapsed(), (endpoint, asker, who)
        # Of a bucket only the moment is kept at which it will be full again.
        full_at = max(self._full_at.get(key, now), now) + 1 / rate.per_second
        wait = full_at - now - rate.burst / rate.per_second
        if wait > 0:
            raise TooManyRequestsError(max(1, math.ceil(wait)))
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)

    def require_address(self, endpoint: Endpoint, request: Request) -> None:
        """The same for the address that a request comes from."""
        self.require(endpoint, "address", network_of(request.client.host if request.client else ""))

    def limited(self, endpoint: Endpoint, handler: Handler, page: Page | None = None) -> Handler:
        """`handler` behind the rate of the address: 429 when it asks too often, in the words of OAuth or as a page."""

        async def answer(request: Request) -> Response:
            try:
                self.require_address(endpoint, request)
                return await handler(request)
            except TooManyRequestsError as refused:
                if page is None:
                    return refusal(refused)
                response = page(request)
                response.status_code = refused.status_code
                response.headers["Retry-After"] = str(refused.retry_after)
                return response

        return answer


def refusal(error: OAuth2Error) -> Response:
    """The answer that tells a client what was wrong (RFC 6749, section 5.2; RFC 6750, section 3.1)."""
    status, body, headers = error()
    challenge = _CHALLENGE if isinstance(error, InsufficientScopeError) else {}
    return JSONResponse(
        body, status, headers={**dict(headers), **challenge, "Access-Control-Allow-Origin": "*"}
    )
