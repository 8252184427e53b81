"""A client that knows the FHIR base and what it is told there, keeps cookies as any client does, and answers forms."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from browsing import Browser, form_in
from entering import PASSWORD, Site
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CALLBACK = "http://127.0.0.1:3000/back"
LAUNCHED_AT = "http://127.0.0.1:3000/launch"
ORIGIN = {"Origin": "https://app.example"}
SCOPE = "openid fhirUser launch/patient patient/*.rs offline_access"
KEYS: dict[str, Any] = {
    "RS384": RSAKey.generate_key(2048, {"use": "sig", "alg": "RS384"}, auto_kid=True),
    "ES384": ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True),
}
_VERIFIER = secrets.token_urlsafe(48)
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Outsider:
    """A client that knows the FHIR base, and what it is told there; `told` are the answers by name."""

    def __init__(self, here: Site) -> None:
        self.here, self.told = here, dict[str, httpx.Response]()
        self.fhir = here.service.fhir
        self.http = httpx.Client(timeout=30)
        self.smart = self.tell("smart", "GET", f"{self.fhir}/.well-known/smart-configuration").json()
        self.issuer = self.smart["issuer"]

    def tell(self, name: str, method: str, url: str, **request: Any) -> httpx.Response:
        self.told[name] = self.http.request(method, url, **request)
        return self.told[name]

    def at(self, endpoint: str, name: str, **form: Any) -> httpx.Response:
        return self.tell(name, "POST", self.smart[f"{endpoint}_endpoint"], data=form, headers=ORIGIN)

    def registered(self, name: str, **metadata: Any) -> str:
        answer = self.tell(name, "POST", self.smart["registration_endpoint"], json=metadata)
        return str(answer.json()["client_id"])

    def asked(self, client_id: str, **changes: Any) -> dict[str, str]:
        digest = hashlib.sha256(_VERIFIER.encode()).digest()
        usual = {
            "response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "scope": SCOPE, "state": "st",
            "aud": self.fhir, "nonce": "once", "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def authorize(self, name: str, client_id: str, **changes: Any) -> httpx.Response:
        """What the authorization endpoint answers to who is not logged in."""
        there = self.smart["authorization_endpoint"]
        self.told[name] = httpx.get(there, params=self.asked(client_id, **changes))
        return self.told[name]

    def browser(self, around: str) -> Browser:
        """A browser in which somebody around the person has logged in by the forms."""
        browser = self.here.browser()
        account = self.here.account(secrets.token_hex(4), around)
        browser.followed(browser.log_in(account, PASSWORD))
        return browser

    def allowed(self, name: str, browser: Browser, client_id: str, **changes: Any) -> httpx.Response:
        """The redirect to the app when the user allows it everything."""
        page = browser.followed(browser.open("/auth/authorize", **self.asked(client_id, **changes)))
        if page.status_code == 200:
            action, hidden = form_in(page)
            everything = {"decision": "allow", "change": "yes", "offline": "yes"}
            page = browser.http.post(action, data={**hidden, **everything})
        self.told[name] = page
        return page

    def redeemed(self, name: str, client_id: str, redirect: httpx.Response, **changes: Any) -> dict[str, Any]:
        code = parse_qs(urlsplit(redirect.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client_id,
                "code_verifier": _VERIFIER, **changes}  # fmt: skip
        return dict(self.at("token", name, **form).json())

    def shown(self, client_id: str, alg: str = "RS384", **changes: Any) -> dict[str, str]:
        """What proves a client that has a key."""
        now = int(self.here.clock().timestamp())
        usual = {"iss": client_id, "sub": client_id, "aud": self.smart["token_endpoint"], "exp": now + 290,
                 "jti": secrets.token_hex(16), **changes}  # fmt: skip
        claims = {name: value for name, value in usual.items() if value is not None}
        text = jwt.encode({"alg": alg, "kid": KEYS[alg].kid, "typ": "JWT"}, claims, KEYS[alg], [alg])
        return {"client_assertion_type": _JWT_BEARER, "client_assertion": text}

    def credentials(self, name: str, client_id: str, alg: str = "RS384", **changes: Any) -> httpx.Response:
        form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
        return self.at("token", name, **form, **self.shown(client_id, alg, **changes))

    def read(self, name: str, token: str, path: str) -> httpx.Response:
        return self.tell(name, "GET", f"{self.fhir}/{path}", headers={**bearing(token), **ORIGIN})


def bearing(token: str) -> dict[str, str]:
    """The header that carries an access token."""
    return {"Authorization": f"Bearer {token}"}
