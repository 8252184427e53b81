"""A browser without scripts: it keeps cookies, opens pages, and sends the forms it finds there."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from serving import eventually

SESSION = "dzop-session"
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"


class Browser:
    """At the service at `url`."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30)
        self.cookies = self.http.cookies

    def open(self, address: str, **query: Any) -> httpx.Response:
        """The page at an address, without going where it leads on to."""
        return self.http.get(address, params=query or None)

    def followed(self, response: httpx.Response) -> httpx.Response:
        """Where it leads in the end, as long as that is at this service."""
        while "location" in response.headers and self._is_here(response.headers["location"]):
            response = self.http.get(response.headers["location"])
        return response

    def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """What answers the form of a page with these fields filled in or buttons pressed."""
        action, hidden = form_in(page)
        return self.http.post(action, data={**hidden, **fields})

    def login_page(self, means: str, start: str = "/auth/account", **query: Any) -> httpx.Response:
        """The page to log in on with `password` or `sandbox`, or where an identity provider is."""
        page = self.followed(self.open(start, **query))
        if "/auth/login" not in str(page.url) or "means" in page.url.params:
            return page
        return self.http.get(page.url.copy_set_param("means", means))

    def log_in_as(self, reference: str) -> httpx.Response:
        """Logs in with the sandbox."""
        return self.send(self.login_page("sandbox"), person=reference)

    def log_in(self, name: str, password: str) -> httpx.Response:
        """Logs in with a password."""
        return self.send(self.login_page("password"), name=name, password=password)

    @property
    def is_logged_in(self) -> bool:
        return self.open("/auth/account").status_code == 200

    @property
    def session(self) -> str:
        """The value of the cookie of the login; empty without one."""
        return self.cookies.get(SESSION) or ""

    def _is_here(self, address: str) -> bool:
        there = urlsplit(address)
        return not there.netloc or there.netloc == self.http.base_url.netloc.decode()


def form_in(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where the first form of a page is sent, and what goes along with it unseen."""
    form = re.search(r'<form method="post" action="([^"]+)">(.*?)</form>', page.text, re.DOTALL)
    assert form is not None, f"{page.status_code} {page.text}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[2])
    return html.unescape(form[1]), {name: html.unescape(value) for name, value in hidden}


def told(response: httpx.Response) -> dict[str, str]:
    """What an answer tells an app in the address that it leads to."""
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@dataclass(frozen=True)
class App:
    """The service's own portal as a client of the authorization server."""

    browser: Browser
    client_id: str = "dzop-portal"
    redirect_uri: str = ""

    def asked(self, **changes: Any) -> dict[str, str]:
        """An authorization request; a parameter that is None is left out."""
        base = self.browser.url
        usual = {
            "response_type": "code", "client_id": self.client_id, "state": "st", "nonce": "once", "aud": f"{base}/fhir",
            "redirect_uri": self.redirect_uri or f"{base}/portal/", "scope": "openid fhirUser user/*.cruds",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def ask(self, **changes: Any) -> httpx.Response:
        """What answers an authorization request, where it leads to at this service."""
        browser = self.browser
        response = browser.open("/auth/authorize", **self.asked(**changes))
        while "location" in response.headers and "/auth/" in response.headers["location"]:
            response = browser.open(response.headers["location"])
        return response

    def redeem(self, answer: httpx.Response) -> httpx.Response:
        """The tokens for the code with which the browser came back."""
        form = {
            "grant_type": "authorization_code",
            "code": told(answer)["code"],
            "code_verifier": VERIFIER,
        }
        return self._token({**form, "redirect_uri": self.asked()["redirect_uri"]})

    def refresh(self, refresh_token: str) -> httpx.Response:
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """The answer of the token endpoint for who is logged in in the browser."""
        response = self.redeem(self.ask(**changes))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def read(self, tokens: Mapping[str, Any], path: str) -> int:
        """The status that a read of the FHIR API gets with the access token."""
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return httpx.get(f"{self.browser.url}/fhir/{path}", headers=bearer).status_code

    def is_soon_refused(self, tokens: Mapping[str, Any], path: str) -> bool:
        """Whether the access token ends, as each worker knows within a second."""
        return eventually(lambda: self.read(tokens, path) == 401, within=5)

    def _token(self, form: Mapping[str, str]) -> httpx.Response:
        return httpx.post(f"{self.browser.url}/auth/token", data={**form, "client_id": self.client_id})
