"""A SMART app of somebody else, on an origin of its own: static pages with the official client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import httpx

from dzop.portal.vendor import VENDOR

__all__ = ["SmartApp", "served"]

PAGES = Path(__file__).parent / "smart_app"
CLIENT = VENDOR / "fhirclient" / "fhir-client.pure.min.js"


@dataclass
class SmartApp:
    """The app at `url`; `client_id` and `scope` are what it is configured with."""

    url: str
    client_id: str = ""
    scope: str = ""

    def register(self, issuer: str, **changes: Any) -> None:
        """Registers itself, as anybody's app may."""
        metadata = {
            "client_name": "Diary app",
            "redirect_uris": [f"{self.url}/index.html"],
            "post_logout_redirect_uris": [f"{self.url}/index.html"],
            "launch_uri": f"{self.url}/launch.html",
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        }
        answer = httpx.post(f"{issuer}/register", json=metadata | changes)
        assert answer.status_code == 201, answer.text
        self.client_id = answer.json()["client_id"]

    def launch_address(self, fhir: str) -> str:
        """Where somebody opens the app by themselves."""
        return f"{self.url}/launch.html?{urlencode({'iss': fhir})}"


@contextmanager
def served() -> Iterator[SmartApp]:
    """The app, as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    app = SmartApp(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = partial(_Pages, app)  # type: ignore[assignment]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()


class _Pages(SimpleHTTPRequestHandler):
    def __init__(self, app: SmartApp, *arguments: Any) -> None:
        self._app = app
        super().__init__(*arguments, directory=str(PAGES))

    def do_GET(self) -> None:
        if self.path == "/config.json":
            self._send(json.dumps({"clientId": self._app.client_id, "scope": self._app.scope}).encode())
        elif self.path == "/fhir-client.js":
            self._send(CLIENT.read_bytes(), "text/javascript")
        else:
            super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: what is asked of the app is no news."""

    def _send(self, content: bytes, type: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
