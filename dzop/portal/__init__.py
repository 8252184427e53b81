"""The web app: static files, a SMART app on the public FHIR API with nothing private behind it."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["routes"]

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def routes() -> list[BaseRoute]:
    """The app under `/portal/`."""
    return [
        Route("/portal", lambda _: RedirectResponse("/portal/"), methods=["GET"]),
        Mount("/portal", _Files(directory=STATIC, html=True), name="portal"),
    ]


class _Files(StaticFiles):
    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        # A page is never kept; a script or style is asked for again, and then mostly "not modified".
        response.headers["Cache-Control"] = "no-store" if str(full_path).endswith(".html") else "no-cache"
        return response
