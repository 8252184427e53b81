"""Cookies of the service: of this host alone, out of reach of scripts and of forms on other sites.

https://www.rfc-editor.org/rfc/rfc6265, https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Cookies"]


@dataclass(frozen=True, slots=True)
class Cookies:
    """`over_tls` is whether they travel over TLS alone, as everywhere but on a machine of one's own without TLS.

    Then each name begins with `__Host-`, and no other host and no page without TLS can set the cookie. Without TLS only
    some browsers would send such a cookie back, and no other client.
    """

    over_tls: bool = True

    def value(self, request: Request, name: str) -> str:
        """What the browser sent; empty without it."""
        return request.cookies.get(self._name(name), "")

    def put(self, response: Response, name: str, value: str, lasts: timedelta | None = None) -> None:
        """Sets the cookie, for so long or until the browser is closed."""
        max_age = None if lasts is None else int(lasts.total_seconds())
        response.set_cookie(
            self._name(name), value, max_age, path="/", secure=self.over_tls, httponly=True, samesite="lax"
        )

    def clear(self, response: Response, name: str) -> None:
        """Takes the cookie away."""
        response.delete_cookie(
            self._name(name), path="/", secure=self.over_tls, httponly=True, samesite="lax"
        )

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.over_tls else name
