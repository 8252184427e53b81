"""The door: `/fhir` goes straight to its endpoint, everything else through FastAPI.

The portal's files, the same for everybody, are compressed on the way; see `compression.py` for why others are not.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from dzop.api.faults import log_fault
from dzop.api.fhir import PATH


class Front:
    """The ASGI application. The endpoint is there once the service has started."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._files = GZipMiddleware(app, minimum_size=1_024, compresslevel=4)
        self._fhir: ASGIApp | None = None

    def open(self, endpoint: ASGIApp) -> None:
        """Takes FHIR requests from now on."""
        self._fhir = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._chosen(scope)(scope, receive, send)
        except Exception as error:
            # By now it has been answered with 500. Uvicorn would log its text.
            if scope["type"] != "http":
                raise
            log_fault(error, scope["method"])

    def _chosen(self, scope: Scope) -> ASGIApp:
        if scope["type"] != "http":
            return self.app
        path: str = scope["path"]
        if self._fhir is not None and (path == PATH or path.startswith(f"{PATH}/")):
            return self._fhir
        return self._files if path.startswith("/portal/") else self.app
