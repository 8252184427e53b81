"""The sandbox authorization server over HTTP: anybody may log in as one of the demo people.

https://hl7.org/fhir/smart-app-launch/app-launch.html
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error
from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dzop.auth.authorization import Parameters, Server, ServerRequest
from dzop.auth.client import Client
from dzop.auth.codes import Login, SpentCodes
from dzop.auth.discovery import openid_configuration
from dzop.auth.keys import public_jwks
from dzop.auth.login_page import Person, grouped, message_page, people_page
from dzop.auth.login_texts import preferred_language
from dzop.auth.seals import Seal

__all__ = ["Sandbox", "routes"]

COOKIE = "dzop-login"
LOGIN_LASTS = timedelta(minutes=10)
MAX_BODY = 32 * 1024
STYLE = Path(__file__).parent / "login.css"


@dataclass(frozen=True)
class Sandbox:
    """What the sandbox needs to know.

    `issuer` is a URL whose path is where the routes live (`http://127.0.0.1:8000/auth`); without
    https nobody can log in unless it is this machine. `audience` is the FHIR base. `people` are
    (reference, name, description), the last in plain words or in such words by language (always in
    `en`); software among them is left out. `around` gives the id of the patient under whose plan a
    professional is listed, by reference. `patient_of` gives the id of the patient a RelatedPerson
    belongs to. `spend` marks an authorization code as used, once.
    """

    key: ECKey
    identity_key: RSAKey
    issuer: str
    audience: str
    clients: tuple[Client, ...]
    people: Sequence[tuple[str, str, str | Mapping[str, str]]]
    patient_of: Callable[[str], Awaitable[str | None]]
    clock: Callable[[], datetime]
    around: Mapping[str, str] = field(default_factory=dict)
    token_lasts: timedelta = timedelta(hours=1)
    spend: Callable[[str, datetime, datetime], bool] = field(default_factory=lambda: SpentCodes().spend)


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes under the path of the issuer."""
    endpoints = _Endpoints(sandbox)
    path = endpoints.path
    return [
        Route(f"{path}/authorize", endpoints.ask, methods=["GET"]),
        Route(f"{path}/authorize", endpoints.choose, methods=["POST"]),
        Route(f"{path}/token", endpoints.token, methods=["POST"]),
        Route(f"{path}/jwks", endpoints.jwks, methods=["GET"]),
        Route(f"{path}/.well-known/openid-configuration", endpoints.openid, methods=["GET"]),
        Route(f"{path}/login.css", endpoints.style, methods=["GET"]),
    ]


class _LoginError(Exception):
    """A request that gets a page in plain words and no redirect; `name` is of a text."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Endpoints:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._people = [entry for entry in sandbox.people if not entry[0].startswith("Organization/")]
        self._pending = Seal(sandbox.key, "pending login")
        self.path = urlsplit(sandbox.issuer).path.rstrip("/")
        self._server = Server(
            key=sandbox.key,
            identity_key=sandbox.identity_key,
            issuer=sandbox.issuer,
            audience=sandbox.audience,
            clients=sandbox.clients,
            token_lasts=sandbox.token_lasts,
            spend=sandbox.spend,
        )

    async def ask(self, request: Request) -> Response:
        """The authorization request of an app: checked, then answered with the login page."""
        try:
            parameters = _parameters(request.url.query)
            self._require_known_app(parameters)
            asked = self._request("GET", parameters)
            self._server.get_consent_grant(asked)
        except _LoginError as refused:
            return self._message(request, refused.name)
        except OAuth2Error as error:
            return self._refusal(request, error)
        except ValueError:  # Authlib's, where its own error text would repeat odd characters
            return self._message(request, "bad-request")
        return await self._login_page(request, parameters)

    async def choose(self, request: Request) -> Response:
        """The person chosen on the login page: back to the app with a code."""
        try:
            form = _parameters((await _body(request)).decode("ascii"))
            parameters = self._sealed_parameters(request, form)
            login = await self._login(form)
        except (_LoginError, UnicodeDecodeError) as refused:
            return self._message(request, refused.name if isinstance(refused, _LoginError) else "bad-request")
        asked = self._request("POST", parameters)
        grant = self._server.get_consent_grant(asked)
        response: Response = self._server.create_authorization_response(asked, grant_user=login, grant=grant)
        return response

    async def token(self, request: Request) -> Response:
        """A code and its verifier: exchanged for tokens."""
        try:
            parameters = _parameters((await _body(request)).decode("ascii"))
            if any(len(values) > 1 for values in parameters.values()):
                raise ValueError("a parameter is repeated")
            response: Response = self._server.create_token_response(self._request("POST", parameters))
        except (_LoginError, ValueError, OAuth2Error):
            return JSONResponse({"error": "invalid_request"}, 400, headers={"Cache-Control": "no-store"})
        return response

    async def jwks(self, request: Request) -> Response:
        """The public keys that tokens of this issuer are verified with."""
        keys = public_jwks(self._sandbox.key, self._sandbox.identity_key)
        return JSONResponse(keys, headers={"Cache-Control": "max-age=300"})

    async def openid(self, request: Request) -> Response:
        """The OpenID Connect discovery document."""
        return JSONResponse(openid_configuration(self._sandbox.issuer))

    async def style(self, request: Request) -> Response:
        """The style sheet of the login page."""
        return FileResponse(STYLE, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

    def _require_known_app(self, parameters: Parameters) -> None:
        client = self._server.query_client(_single(parameters, "client_id"))
        if client is None or not client.check_redirect_uri(_single(parameters, "redirect_uri")):
            raise _LoginError("unknown-app")

    def _request(self, method: str, parameters: Parameters) -> ServerRequest:
        return ServerRequest(method, f"{self._sandbox.issuer}/", parameters, self._sandbox.clock())

    def _refusal(self, request: Request, error: OAuth2Error) -> Response:
        if error.redirect_uri is None:
            return self._message(request, "bad-request")
        response: Response = self._server.handle_error_response(None, error)
        return response

    async def _login_page(self, request: Request, parameters: Parameters) -> Response:
        browser = request.cookies.get(COOKIE) or secrets.token_urlsafe(32)
        expires = self._sandbox.clock() + LOGIN_LASTS
        values = {name: values[0] for name, values in parameters.items()}
        page = people_page(
            language=_language(request),
            groups=grouped([await self._person(*entry) for entry in self._people]),
            pending=self._pending.close({"parameters": values, "browser": _digest(browser)}, expires),
            parameters=values,
            path=self.path,
        )
        response = HTMLResponse(page, headers=_headers(values["redirect_uri"]))
        response.set_cookie(
            COOKIE,
            browser,
            path=self.path or "/",
            httponly=True,
            samesite="lax",
            secure=self._sandbox.issuer.startswith("https:"),
        )
        return response

    async def _person(self, reference: str, name: str, description: str | Mapping[str, str]) -> Person:
        patient = await self._patient_of(reference) or self._sandbox.around.get(reference)
        return Person(reference, name, description, patient)

    async def _patient_of(self, reference: str) -> str | None:
        type, _, id = reference.partition("/")
        if type == "Patient":
            return id
        return await self._sandbox.patient_of(reference) if type == "RelatedPerson" else None

    def _sealed_parameters(self, request: Request, form: Parameters) -> Parameters:
        """The request that the login page was made for, if this browser is the one that saw the page."""
        pending = self._pending.open(_single(form, "pending"), self._sandbox.clock())
        if pending is None or pending["browser"] != _digest(request.cookies.get(COOKIE, "")):
            raise _LoginError("too-old")
        return {name: [value] for name, value in pending["parameters"].items()}

    async def _login(self, form: Parameters) -> Login | None:
        """Who was chosen; None when the visitor would rather not."""
        if "cancel" in form:
            return None
        chosen = _single(form, "person")
        if chosen not in {reference for reference, _, _ in self._people}:
            raise _LoginError("bad-request")
        return Login(chosen, await self._patient_of(chosen))

    def _message(self, request: Request, name: str) -> Response:
        page = message_page(language=_language(request), name=name, path=self.path)
        return HTMLResponse(page, 400, headers=_headers())


def _headers(redirect_uri: str | None = None) -> dict[str, str]:
    """Strict headers for a page; a form may also lead to the app, whose address follows as a redirect."""
    app = "" if redirect_uri is None else " {0.scheme}://{0.netloc}".format(urlsplit(redirect_uri))
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{app}",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }


def _language(request: Request) -> str:
    return preferred_language(
        request.query_params.get("ui_locales", ""), request.headers.get("accept-language", "")
    )


def _parameters(text: str) -> Parameters:
    """The parameters of a query or form; those without a value count as left out (RFC 6749, 3.1)."""
    if len(text) > MAX_BODY:
        raise _LoginError("bad-request")
    try:
        return parse_qs(text, errors="strict", max_num_fields=50)
    except ValueError:
        raise _LoginError("bad-request") from None


def _single(parameters: Parameters, name: str) -> str:
    values = parameters.get(name, [])
    return values[0] if len(values) == 1 else ""


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _LoginError("bad-request")
    return body


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
