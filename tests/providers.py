"""An identity provider of its own, `oidc-provider` of npm, and what a test may do to it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from npm import CLIENTS, package
from serving import eventually, free_port

SECRET = "a secret of tests, long enough"


@dataclass(frozen=True)
class Provider:
    """A provider that answers at `issuer`. Methods change it for all tests of the session: use names of your own."""

    issuer: str

    def client(
        self, *, client_id: str | None = None, token: Mapping[str, Any] | None = None, **metadata: Any
    ) -> str:
        """Registers a client and gives its id.

        By default it authenticates with `SECRET` (client_secret_basic) and may use client credentials only;
        `metadata` has other members of its registration, such as `redirect_uris=[...]`, `response_types=["code"]`,
        `grant_types=["authorization_code"]`. `token` says what its access tokens are: `{"format": "jwt" or
        "opaque", "alg": "RS256" or "ES256", "lasts": seconds, "claims": {"ssin": ..., ...}}`.
        """
        client_id = client_id or f"client-{uuid4()}"
        self._post(
            "clients", {"client_id": client_id, "client_secret": SECRET} | metadata | {"token": token or {}}
        )
        return client_id

    def account(self, login: str, **claims: Any) -> None:
        """Lets somebody log in (any password does) whose id and access tokens carry these claims; `acr` may be one.

        An authorization request with `login_hint` logs in without the form.
        """
        self._post("accounts", {"login": login, "claims": claims})

    def token(self, audience: str, *, scope: str = "", client_id: str | None = None, **token: Any) -> str:
        """An access token for `audience` by client credentials, of a new client unless one is named."""
        client_id = client_id or self.client(token=token)
        form = {
            "grant_type": "client_credentials",
            "resource": audience,
            **({"scope": scope} if scope else {}),
        }
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(client_id, SECRET))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def revoke(self, token: str, client_id: str) -> None:
        """Revokes an opaque token of this client."""
        httpx.post(
            f"{self.issuer}/token/revocation", data={"token": token}, auth=(client_id, SECRET)
        ).raise_for_status()

    def rotate(self, *, keep: bool) -> None:
        """Signs with new keys from now on; the old ones stay published if `keep`."""
        self._post("keys", {"keep": keep})

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Within the block it answers nobody."""
        self._post("outage", {"on": True})
        try:
            yield
        finally:
            self._post("outage", {"on": False})

    def requests(self, path: str) -> int:
        """How often this path was asked so far."""
        return int(httpx.get(f"{self.issuer}/test/requests").json().get(path, 0))

    def _post(self, what: str, body: Mapping[str, Any]) -> None:
        httpx.post(f"{self.issuer}/test/{what}", json=body).raise_for_status()


@contextmanager
def providing(log: Path) -> Iterator[Provider]:
    """A provider in a process of its own for the length of the block; skips without Node."""
    package("oidc-provider")
    port = free_port()
    with log.open("wb") as written:
        process = subprocess.Popen(
            ["node", "oidc_provider.mjs", str(port)],
            cwd=CLIENTS,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        eventually(lambda: "ready" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
