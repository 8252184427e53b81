"""`/auth/logout`: an app asks to log out, or somebody comes by themselves.

https://openid.net/specs/openid-connect-rpinitiated-1_0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authlib.common.urls import add_params_to_uri
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.client import Client
from dzop.auth.events import Happened
from dzop.auth.granting.browser import browser_of
from dzop.auth.granting.requests import form_of, read, single
from dzop.auth.keys import IDENTITY_ALGORITHM
from dzop.auth.login.answers import language_of, message, shown, went
from dzop.auth.login.logins import Logins
from dzop.auth.login.sessions import SESSION
from dzop.auth.pages.leaving import logged_out_page, logout_page
from dzop.auth.pages.page import Place
from dzop.auth.sessions import Session

__all__ = ["ask", "done", "left", "take"]

MAX_LENGTH: Final = 16 * 1024


async def ask(logins: Logins, request: Request) -> Response:
    """An app's request, or a visit without one: a page asks, unless the app shows an id token of this very login."""
    asked = {name: values[0] for name, values in read(request.url.query).items() if len(values) == 1}
    return await _asked(logins, request, asked)


async def take(logins: Logins, request: Request) -> Response:
    """The answer to the page, or an app's request as a form."""
    form = await form_of(request)
    if "decision" not in form:
        return await _asked(logins, request, form)
    session = await logins.sessions.session_of(request, logins.now())
    pending = logins.opened("log out", form.get("pending", ""), session.id) if session else None
    if session is None or pending is None:
        return message(logins, request, "too-old")
    if form["decision"] != "log-out":
        return went(logins.home)
    return await left(logins, request, session, client_id=pending["client"], to=pending["to"])


async def left(
    logins: Logins, request: Request, session: Session, detail: str = "", client_id: str = "", to: str = ""
) -> Response:
    """Ends the session, also at the identity provider where there was one; then `to`, or a page that says so.

    The browser need not forget more than the cookie (`Clear-Site-Data`): no token of the session counts any more, and
    what apps keep at this address are also things such as the language.
    """
    now, subject = logins.now(), session.subjects[0]
    id_token = await logins.sessions.id_token(session, now)
    await logins.sessions.end(session.id, now)
    await logins.provider.events.record(Happened("logout", 200, now, subject, client_id, detail=detail))
    there = await _logout_elsewhere(logins, request, id_token, to) if id_token else None
    response = _gone(logins, request, "" if there else to)
    if there:
        # Not as a redirect: a browser would hold that against the `form-action` of the page that was answered.
        response.headers["Refresh"] = f"0; url={there}"
    logins.provider.cookies.clear(response, SESSION)
    return response


async def done(logins: Logins, request: Request) -> Response:
    """The browser comes back from the identity provider, where somebody has been logged out too."""
    state = single(read(request.url.query), "state")
    told = logins.opened("log out", state, browser_of(logins.provider.cookies, request))
    return _gone(logins, request, told["to"] if told else "")


async def _asked(logins: Logins, request: Request, asked: Mapping[str, str]) -> Response:
    now = logins.now()
    session = await logins.sessions.session_of(request, now)
    hint = _hint(logins, asked.get("id_token_hint", ""))
    client_id = asked.get("client_id") or (hint.client_id if hint else "")
    if hint and hint.client_id != client_id:
        return message(logins, request, "bad-request")
    client = await logins.provider.registry.client(client_id) if client_id else None
    to = _registered(client, asked)
    if hint and (session is None or session.id == hint.session):
        # A form of another site comes without the cookie: the id token alone then says which login it is.
        return await _left_by_app(logins, request, hint, session, to)
    if session is None:
        return _gone(logins, request, "")
    sealed = logins.sealed("log out", session.id, client=client.client_id if client else "", to=to)
    place = Place(language_of(request, asked), logins.path, "/logout", {"pending": sealed})
    return shown(logout_page(place, client.name if client else ""), redirect_uri=to or None)


async def _left_by_app(
    logins: Logins, request: Request, hint: _Hint, session: Session | None, to: str
) -> Response:
    if session is not None:
        return await left(logins, request, session, client_id=hint.client_id, to=to)
    now = logins.now()
    await logins.sessions.end(hint.session, now)
    await logins.provider.events.record(Happened("logout", 200, now, "", hint.client_id, detail="by-app"))
    return _gone(logins, request, to)


async def _logout_elsewhere(logins: Logins, request: Request, id_token: str, to: str) -> str | None:
    issuer = json.loads(jws.extract_compact(id_token.encode()).payload)["iss"]
    there = next((each for each in logins.elsewhere.values() if each.issuer.issuer == issuer), None)
    if there is None:
        return None
    state = logins.sealed("log out", browser_of(logins.provider.cookies, request), to=to)
    return await there.logout_address(id_token, f"{logins.provider.issuer}/logout/done", state)


def _gone(logins: Logins, request: Request, to: str) -> Response:
    if to:
        return went(to)
    return shown(logged_out_page(Place(language_of(request), logins.path, "/logout/done"), logins.home))


@dataclass(frozen=True, slots=True)
class _Hint:
    """Whose login it is, by an id token of ours that may have expired."""

    session: str
    client_id: str


def _hint(logins: Logins, text: str) -> _Hint | None:
    """What an `id_token_hint` says; None unless we signed it. It never opens anything, it only ends."""
    if not text or len(text) > MAX_LENGTH:
        return None
    keys = KeySet(list(logins.identity_keys().values()))
    try:
        claims = jwt.decode(text, keys, [IDENTITY_ALGORITHM]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    session, client_id = claims.get("sid"), claims.get("aud")
    if claims.get("iss") != logins.provider.issuer or not isinstance(session, str):
        return None
    return _Hint(session, client_id) if isinstance(client_id, str) else None


def _registered(client: Client | None, asked: Mapping[str, str]) -> str:
    """Where the app wants the browser back, when exactly that is registered; empty otherwise."""
    address = asked.get("post_logout_redirect_uri", "")
    if client is None or address not in client.post_logout_redirect_uris:
        return ""
    return str(add_params_to_uri(address, {"state": asked["state"]})) if asked.get("state") else address
