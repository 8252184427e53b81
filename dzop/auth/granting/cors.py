"""Endpoints that an app in a browser may ask from its own origin, like the FHIR base.

https://fetch.spec.whatwg.org/#http-cors-protocol. They know a client by what it sends and never by a cookie, so any
origin may ask: no page can borrow a login. No other origin is ever answered with credentials.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["shared"]

_OPEN: Final = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
_EXPOSED: Final = {"Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate"}

Endpoint = Callable[[Request], Awaitable[Response]]


def shared(path: str, endpoint: Endpoint, methods: Sequence[str]) -> list[Route]:
    """The endpoint for any origin, and the answer to a browser that asks before it asks."""
    preflight = {
        **_OPEN,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
    }

    async def answer(request: Request) -> Response:
        response = await endpoint(request)
        response.headers.update({**_OPEN, **_EXPOSED})
        return response

    async def allow(request: Request) -> Response:
        return Response(status_code=204, headers=preflight)

    return [Route(path, answer, methods=list(methods)), Route(path, allow, methods=["OPTIONS"])]
