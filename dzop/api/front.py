"""The door: `/fhir` goes straight to its endpoint, everything else through FastAPI."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from dzop.api.fhir import PATH


class Front:
    """The ASGI application. The endpoint is there once the service has started."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._fhir: ASGIApp | None = None

    def open(self, endpoint: ASGIApp) -> None:
        """Takes FHIR requests from now on."""
        self._fhir = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._fhir if self._fhir is not None and _is_fhir(scope) else self.app
        await chosen(scope, receive, send)


def _is_fhir(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/"))
