"""An identity provider that says whatever a test wants: right at first, and then wrong in one thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet


@dataclass
class Forger:
    """A provider that answers at `issuer`. What a test changes is for the next login alone: `begin` sets it right.

    `metadata` and `tokens` are what discovery and the token endpoint say besides the usual; None leaves a member out.
    """

    issuer: str
    key: ECKey = field(repr=False)
    metadata: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    userinfo: dict[str, Any] = field(default_factory=dict)

    def begin(self, nonce: str, /, **claims: Any) -> None:
        """Forgets what was changed; the next id token answers `nonce` and has these claims."""
        self.metadata, self.tokens, self.status, self.userinfo = {}, {}, 200, {"sub": "somebody"}
        now = int(datetime.now(UTC).timestamp())
        usual = {
            "iss": self.issuer,
            "aud": "dzop",
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        self.claims = {**usual, **claims}

    def id_token(self, key: Any = None, **header: Any) -> str:
        """One that it signs, or somebody else with another key."""
        full = {"alg": "ES256", "kid": self.key.kid, **header}
        claims = {name: value for name, value in self.claims.items() if value is not None}
        return jwt.encode(full, claims, key or self.key, [full["alg"]])

    def answer(self, path: str) -> Mapping[str, Any]:
        """What it says at this path."""
        match path:
            case "/.well-known/openid-configuration":
                return self._present(
                    {
                        "issuer": self.issuer,
                        "authorization_endpoint": f"{self.issuer}/authorize",
                        "token_endpoint": f"{self.issuer}/token",
                        "jwks_uri": f"{self.issuer}/keys",
                        "userinfo_endpoint": f"{self.issuer}/userinfo",
                        "end_session_endpoint": f"{self.issuer}/end",
                        **self.metadata,
                    }
                )
            case "/keys":
                return KeySet([self.key]).as_dict(private=False)
            case "/userinfo":
                return self.userinfo
        usual = {"access_token": "opaque", "token_type": "Bearer"}
        if "id_token" not in self.tokens:
            usual["id_token"] = self.id_token()
        return self._present({**usual, **self.tokens})

    def _present(self, members: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


@contextmanager
def forging() -> Iterator[Forger]:
    """Such a provider for the length of the block."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(200)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(forger.status)

        def _say(self, status: int) -> None:
            body = json.dumps(forger.answer(self.path)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    forger = Forger(f"http://127.0.0.1:{server.server_port}", key)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield forger
    finally:
        server.shutdown()
        server.server_close()
