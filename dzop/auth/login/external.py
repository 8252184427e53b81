"""`/auth/login/from/[provider]`: to an identity provider and back.

What must be the same when the browser comes back stands sealed in a cookie of its own, so each `state` counts in one
browser; and it counts once (https://www.rfc-editor.org/rfc/rfc9700#section-4.7).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth import once
from dzop.auth.granting.asked import Asked
from dzop.auth.granting.requests import read, single
from dzop.auth.login.answers import message, went
from dzop.auth.login.arriving import entered, recognised, record
from dzop.auth.login.elsewhere import LoggedIn, NotLoggedInError
from dzop.auth.login.logins import LASTS, Logins, Visit
from dzop.auth.resource_server.fetching import Unreachable

__all__ = ["come_back", "leave"]

_COOKIE: Final = "dzop-state-"
CLOCKS: Final = timedelta(seconds=60)
"""How much earlier than asked a login may be by the provider's clock and still be a new one."""


async def leave(logins: Logins, request: Request, visit: Visit, name: str, language: str) -> Response:
    """Sends the browser to the provider."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        address = await logins.elsewhere[name].login_address(
            visit.asked, language, state=state, nonce=nonce, verifier=verifier
        )
    except Unreachable:
        return message(logins, request, "provider-failed", 502)
    kept = logins.sealed("elsewhere", f"{name} {state}", nonce=nonce, verifier=verifier, language=language)
    response = went(address)
    logins.provider.cookies.put(response, _cookie(state), f"{kept}~{visit.text}", LASTS)
    return response


async def come_back(logins: Logins, request: Request) -> Response:
    """The browser comes from the provider: with a code for who logged in, or with an error."""
    parameters = read(request.url.query)
    name, state = request.path_params["name"], single(parameters, "state")
    kept, _, text = logins.provider.cookies.value(request, _cookie(state)).partition("~")
    began, visit = logins.opened("elsewhere", kept, f"{name} {state}"), logins.visit(request, text)
    if name not in logins.elsewhere or began is None or visit is None or not await _counts(logins, state):
        return message(logins, request, "too-old")
    answer = {each: single(parameters, each) for each in parameters}
    response = await _answered(logins, request, visit, name, answer, began)
    logins.provider.cookies.clear(response, _cookie(state))
    return response


async def _answered(
    logins: Logins,
    request: Request,
    visit: Visit,
    name: str,
    answer: Mapping[str, str],
    began: Mapping[str, str],
) -> Response:
    there, now = logins.elsewhere[name], logins.now()
    try:
        found = await there.logged_in(
            visit.asked, answer, nonce=began["nonce"], verifier=began["verifier"], now=now
        )
    except Unreachable:
        await record(logins, visit, 502, "unreachable")
        return message(logins, request, "provider-failed", 502)
    except NotLoggedInError as refused:
        await record(logins, visit, 401, str(refused))
        if answer.get("error") == "access_denied":
            return went(logins.refused(visit, "access_denied"))
        return message(logins, request, "provider-failed")
    issuer, identity = there.issuer.issuer, str(found.claims["sub"])
    if visit.is_invited:
        called = there.display(began["language"])
        return await recognised(
            logins, request, visit, began["language"], called, issuer=issuer, identity=identity
        )
    taken_up = await logins.invitations.held_by(issuer, identity)
    return await entered(
        logins,
        request,
        visit,
        await there.capacities(logins.provider.people, found, now, taken_up),
        amr=found.amr,
        acr=found.acr,
        authenticated=now if _is_new(visit.asked, found) else found.authenticated,
        id_token=found.id_token,
        language=began["language"],
    )


def _is_new(asked: Asked | None, found: LoggedIn) -> bool:
    """Whether the login was made for this request; clocks differ, and the provider tells whole seconds."""
    return asked is not None and found.authenticated.timestamp() >= asked.at - CLOCKS.total_seconds()


async def _counts(logins: Logins, state: str) -> bool:
    return await once.spend(logins.provider.database, "login", state, logins.now() + LASTS)


def _cookie(state: str) -> str:
    return _COOKIE + "".join(each for each in state[:16] if each.isalnum())
