"""An issuer of access tokens that is not ours, as small as can be: a key, where it is published, and any claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet


@dataclass(frozen=True)
class Issuer:
    """`url` is where its keys are published, and the beginning of the names it goes by; `now` is its clock."""

    url: str
    now: Callable[[], datetime]
    key: ECKey = field(repr=False)

    def table(self, name: str, more: str = "") -> str:
        """The table of it in the TOML file of issuers, under this name, with all claims mapped to their own names."""
        names = ("ssin", "nihdi", "discipline", "organization", "mandator", "fhir_user")
        claims = "\n".join(f'{each} = "{each}"' for each in names)
        return (
            f'[[issuer]]\nname = "{name}"\nissuer = "{self.url}/{name}"\njwks_uri = "{self.url}/keys"\n'
            f'algorithms = ["ES256"]\n[issuer.claims]\n{claims}\n{more}\n'
        )

    def token(self, name: str, audience: str, **claims: Any) -> str:
        """A token that it issues under this name, good for five minutes."""
        now = int(self.now().timestamp())
        payload = {
            "iss": f"{self.url}/{name}", "aud": audience, "sub": str(uuid4()), "jti": str(uuid4()), "iat": now,
            "exp": now + 300, "client_id": "elsewhere", "scope": "user/*.cruds system/*.cruds", **claims,
        }  # fmt: skip
        return jwt.encode(
            {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}, payload, self.key, ["ES256"]
        )


@contextmanager
def issuing(now: Callable[[], datetime]) -> Iterator[Issuer]:
    """An issuer whose keys can be fetched for the length of the block."""
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    published = json.dumps(KeySet([key]).as_dict(private=False)).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(published)))
            self.end_headers()
            self.wfile.write(published)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Issuer(f"http://127.0.0.1:{server.server_port}", now, key)
    finally:
        server.shutdown()
        server.server_close()
