"""The door: `/fhir` goes straight to its endpoint, everything else through FastAPI."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from dzop.api.fhir import PATH

_HEADERS = ["Authorization", "Content-Type", "Prefer", "If-Match", "If-None-Match", "If-None-Exist"]
_EXPOSED = ["ETag", "Location", "Last-Modified", "X-Request-Id"]


class Front:
    """The ASGI application. The endpoint is there once the service has started."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._fhir: ASGIApp | None = None

    def open(self, endpoint: ASGIApp) -> None:
        """Takes FHIR requests from now on, of apps of any origin: a bearer token is no session to borrow."""
        self._fhir = CORSMiddleware(
            endpoint,
            allow_origins=["*"],
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=_HEADERS,
            expose_headers=_EXPOSED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._fhir if self._fhir is not None and _is_fhir(scope) else self.app
        await chosen(scope, receive, send)


def _is_fhir(scope: Scope) -> bool:
    path = scope.get("path", "")
    return bool(scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/")))
