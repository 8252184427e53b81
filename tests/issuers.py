"""An issuer whose answers a test writes itself, down to the byte, and whose tokens `pyjwt` makes, good or forged."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
DISCOVERY = "/.well-known/openid-configuration"
AUDIENCE = "https://service.example/fhir"


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """An RSA key; the same number is the same key within a run."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """A key on P-256; the same number is the same key within a run."""
    return ec.generate_private_key(ec.SECP256R1())


def jwk(key: PrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    """The public half as a JSON Web Key for signatures."""
    if isinstance(key, rsa.RSAPrivateKey):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": kid, "use": "sig"} | members


def segment(value: object) -> str:
    """JSON (or text that stands for it) as it stands in a token."""
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(header: object, payload: object, key: PrivateKey) -> str:
    """A token of exactly this header and payload, whatever they say, signed by ES256 or RS256 as the key is."""
    signer = jwt.get_algorithm_by_name("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
    text = f"{segment(header)}.{segment(payload)}"
    signature = base64.urlsafe_b64encode(signer.sign(text.encode(), key)).rstrip(b"=").decode()
    return f"{text}.{signature}"


@dataclass
class Issuer:
    """Answers at `url` what `documents` says, by path; `asked` has the path of each request so far.

    While `answers` is not set, nobody gets an answer.
    """

    url: str = ""
    documents: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    answers: Event = field(default_factory=Event)

    def tell(self, path: str, document: object, status: int = 200, **headers: str) -> None:
        """From now on answers this at `path`: a document, or bytes as they are."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.documents[path] = (status, headers, body)

    def publish(self, *keys: Mapping[str, Any]) -> None:
        """From now on these are its keys, found by discovery."""
        self.tell(DISCOVERY, {"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        self.tell("/keys", {"keys": list(keys)})

    def claims(self, now: datetime, **claims: Any) -> dict[str, Any]:
        """The claims of a good token, but for those given; None leaves one out."""
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "somebody",
            "client_id": "app",
            "scope": "user/*.rs",
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 300,
        }
        return {name: value for name, value in (usual | claims).items() if value is not None}

    def token(self, key: PrivateKey, kid: str, now: datetime, **claims: Any) -> str:
        """A good access token but for the claims given."""
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(now, **claims), key, algorithm, {"kid": kid, "typ": "at+jwt"})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Such an issuer for the length of the block."""
    issuer = Issuer()
    issuer.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            issuer.answers.wait(10)
            status, headers, body = issuer.documents.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            issuer.forms.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            issuer.authorizations.append(self.headers["Authorization"])
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield issuer
        finally:
            issuer.answers.set()
            server.shutdown()
            thread.join()
