"""Somebody has been proven to be who they are: a session, and on with what they came for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.events import Happened
from dzop.auth.granting.browser import browser_of
from dzop.auth.login.answers import message, went
from dzop.auth.login.logins import Logins, Visit
from dzop.auth.login.sessions import SESSION

__all__ = ["entered", "recognised", "record"]


async def entered(
    logins: Logins,
    request: Request,
    visit: Visit,
    subjects: Sequence[str],
    *,
    amr: Sequence[str],
    acr: str = "",
    authenticated: datetime | None = None,
    account: str | None = None,
    id_token: str | None = None,
    language: str = "",
) -> Response:
    """Somebody has been proven to be the person with these capacities: a new session, and on with the visit.

    Where the login is not what the app demanded the app is told; to ask again would go round in circles.
    """
    now = logins.now()
    acting = [each for each in subjects if await logins.provider.people.may_act(each, now)]
    if not acting:
        await record(logins, visit, 403, "nobody-here")
        return message(logins, request, "unknown-person", 403)
    logins.provider.rates.require("login", "user", acting[0])
    started = await logins.sessions.start(
        acting,
        now,
        authenticated=authenticated,
        acr=acr,
        amr=amr,
        account=account,
        id_token=id_token,
        former=await logins.sessions.session_of(request, now),
    )
    await record(logins, visit, 200, "-".join(amr) or "elsewhere", acting[0])
    will_do = visit.asked is None or visit.asked.is_met_by(started.session, now)
    response = went(
        logins.onward(visit, language)
        if will_do
        else logins.refused(visit, "unmet_authentication_requirements")
    )
    logins.provider.cookies.put(response, SESSION, started.cookie)
    return response


async def recognised(
    logins: Logins, request: Request, visit: Visit, language: str, name: str, **who: str
) -> Response:
    """Somebody who was invited has shown who they are: on to the code. No session begins; they may be nobody here yet.

    `who` is the `account`, or the `issuer` and the `identity` there; `name` what the page calls them.
    """
    browser = browser_of(logins.provider.cookies, request)
    await record(logins, visit, 200, "invited")
    proof = logins.sealed("invited", browser, name=name, **who)
    return went(logins.invitation_address(proof, language))


async def record(logins: Logins, visit: Visit, outcome: int, detail: str, subject: str = "") -> None:
    """Enters a login, or one that failed, in the log and the audit."""
    client = visit.asked.client_id if visit.asked else ""
    await logins.provider.events.record(
        Happened("login", outcome, logins.now(), subject, client, detail=detail)
    )
