"""Apps that ask for access, in a browser of their own, at an authorization server that several workers share."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import re
import secrets
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from serving import Clock, Service, free_port, in_process

from dzop.auth import registry
from dzop.auth.client import Client
from dzop.auth.login.sessions import Sessions
from dzop.store.database import Database

BASE = "https://care.example"
ISSUER, FHIR, TOKEN = f"{BASE}/auth", f"{BASE}/fhir", f"{BASE}/auth/token"
CALLBACK = "https://app.example/back"
SESSION = "__Host-dzop-session"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "launch/patient openid fhirUser patient/*.rs"
_CERTIFICATES = ssl.create_default_context()  # read once; no worker speaks TLS
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Proxy(httpx.HTTPTransport):
    """Ends TLS before a worker: the browser asks `https://care.example`, from an address of its own."""

    def __init__(self, port: int) -> None:
        address = ".".join(["127", *(str(secrets.randbelow(254) + 1) for _ in range(3))])
        super().__init__(verify=_CERTIFICATES, local_address=address)
        self.port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        behind = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        asked = httpx.Request(
            request.method,
            behind,
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(asked)


@dataclass(frozen=True)
class Care:
    """The service with two workers on one clock; `service` is the first as other tests know it."""

    workers: Sequence[Proxy]
    database: Database
    runner: asyncio.Runner
    clock: Clock
    service: Service

    def wait(self, **time: float) -> None:
        """Lets time pass for the workers."""
        self.clock.instant += timedelta(**time)

    def client(self, worker: int = 0) -> httpx.Client:
        return httpx.Client(base_url=BASE, transport=Proxy(self.workers[worker].port), timeout=30)

    def register(self, **given: Any) -> Client:
        """A client of the test's own."""
        usual = {
            "name": "Test app",
            "redirect_uris": (CALLBACK,),
            "grant_types": ("authorization_code", "refresh_token"),
        }
        client = Client(f"app-{secrets.token_hex(6)}", **{**usual, **given})

        assert self.runner.run(registry.add(self.database, client, self.clock()))
        return client

    def disable(self, client: Client) -> None:
        """The operator disables a client."""

        assert self.runner.run(registry.disable(self.database, client.client_id, self.clock()))

    def app(self, **given: Any) -> App:
        """A new app, with a browser in which nobody is logged in."""
        return App(self, self.register(**given), self.client())

    def portal(self) -> App:
        client = Client("dzop-portal", (f"{BASE}/portal/",), is_first_party=True)
        return App(self, client, self.client())

    def system(self, organization: str | None, scope: str = "system/*.cruds", **given: Any) -> App:
        """Software of an organisation, with a key of its own."""
        key = Key()
        usual = {
            "method": "private_key_jwt", "grant_types": ("client_credentials",), "redirect_uris": (), "scope": scope,
            "organization": organization, "jwks": {"keys": [key.public]},
        }  # fmt: skip
        return App(self, self.register(**{**usual, **given}), self.client(), key)

    def session(self, *subjects: str, **login: Any) -> str:
        """The cookie of a browser in which somebody with these capacities has just logged in."""

        sessions = Sessions(self.database, timedelta(minutes=30), timedelta(hours=12), timedelta(hours=1))
        return self.runner.run(sessions.start(subjects, self.clock(), **login)).cookie


class Key:
    """A key on P-384 that signs client assertions."""

    def __init__(self, kid: str = "one") -> None:
        self.private, self.kid = ec.generate_private_key(ec.SECP384R1()), kid

    @property
    def public(self) -> dict[str, Any]:
        jwk = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "ES384"}


@dataclass
class App:
    """A client and the browser of its user; each request may be changed, and a value of None leaves one out."""

    care: Care
    client: Client
    browser: httpx.Client
    key: Key | None = None
    pages: list[httpx.Response] = field(default_factory=list)

    def at(self, worker: int) -> App:
        """The same app and browser, at another worker."""
        browser = self.care.client(worker)
        browser.cookies = self.browser.cookies
        return App(self.care, self.client, browser, self.key)

    def asked(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0] if self.client.redirect_uris else CALLBACK,
            "scope": SCOPE,
            "state": "st",
            "nonce": "once",
            "aud": FHIR,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def ask(self, **changes: Any) -> httpx.Response:
        """What the authorization endpoint answers first."""
        return self.browser.get("/auth/authorize", params=self.asked(**changes))

    def log_in(self, *subjects: str, **login: Any) -> App:
        """Somebody logs in with this browser."""
        self.browser.cookies.set(SESSION, self.care.session(*subjects, **login), domain="care.example")
        return self

    def post(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Sends the form of a page."""
        return self.browser.post("/auth/authorize", data={"pending": pending_of(page), **fields})

    def allow(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Allows the app what it asks, all of it."""
        return self.post(page, **{"decision": "allow", "change": "yes", "offline": "yes", **fields})

    def authorized(self, **changes: Any) -> httpx.Response:
        """The redirect to the app, when its user allows what it asks."""
        answer = self.ask(**changes)
        return answer if answer.status_code == 303 else self.allow(answer)

    def code(self, **changes: Any) -> str:
        return answer_of(self.authorized(**changes))["code"]

    def redeem(self, code: str, /, **changes: Any) -> httpx.Response:
        return self.token(
            **{
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.client.redirect_uris[0] if self.client.redirect_uris else CALLBACK,
                "code_verifier": VERIFIER,
                **changes,
            }
        )

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """What the app gets in the end."""
        response = self.redeem(self.code(**changes))
        assert response.status_code == 200, response.text
        return dict(response.json())

    def refresh(self, refresh_token: str, **changes: Any) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def credentials(self, scope: str | None = "system/*.rs", **changes: Any) -> httpx.Response:
        return self.token(grant_type="client_credentials", scope=scope, **changes)

    def token(self, **form: Any) -> httpx.Response:
        return self.send("token", **form)

    def send(self, endpoint: str, **form: Any) -> httpx.Response:
        """A request to an endpoint for clients, with what shows which client it is."""
        values = {**self.shown(), **form}
        present = {name: value for name, value in values.items() if value is not None}
        return self.browser.post(f"/auth/{endpoint}", data=present)

    def shown(self) -> dict[str, str]:
        if self.key is None:
            return {"client_id": self.client.client_id}
        return {"client_assertion_type": JWT_BEARER, "client_assertion": self.assertion()}

    def assertion(
        self, key: Any = None, alg: str = "ES384", header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A client assertion; claims may be changed, and None leaves one out."""
        now = int(self.care.clock().timestamp())
        usual = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": TOKEN,
            "exp": now + 240,
            "iat": now,
            "jti": secrets.token_hex(16),
        }
        claims = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        kid = self.key.kid if self.key else "one"
        signer = key if key is not None else self.key and self.key.private
        named = {"kid": kid, **(header or {})}
        return jwt.encode(
            claims, signer, alg, {name: value for name, value in named.items() if value is not None}
        )

    def read(self, path: str, access_token: str) -> httpx.Response:
        """A request to the FHIR base with an access token."""
        return self.browser.get(f"/fhir/{path}", headers={"Authorization": f"Bearer {access_token}"})


def pending_of(page: httpx.Response) -> str:
    """The sealed request that the form of a page carries."""
    match = re.search(r'name="pending" value="([^"]+)"', page.text)
    assert match is not None, f"{page.status_code} {page.headers.get('location')} {page.text}"
    return html.unescape(match[1])


def answer_of(response: httpx.Response) -> dict[str, str]:
    """What a redirect tells the app."""
    query = urlsplit(response.headers["location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def caring(database: str, folder: Path) -> Iterator[Care]:
    """The service with two workers."""
    clock, ports = Clock(), [free_port(), free_port()]
    with ExitStack() as running:
        for port in ports:
            given = {"base_url": BASE, "production": False, "port": port, "pool_size": 4}
            running.enter_context(in_process(database, folder, clock, **given))
        proxies = [Proxy(port) for port in ports]
        runner, opened = running.enter_context(asyncio.Runner()), Database.opened(database, 2)
        connected = runner.run(opened.__aenter__())
        running.callback(lambda: runner.run(opened.__aexit__(None, None, None)))
        yield Care(proxies, connected, runner, clock, Service(BASE, folder, proxies[0], clock))
