"""`/auth/account`: where somebody is logged in and what they allowed to which app, with ways to end all of it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.events import Happened
from dzop.auth.granting.browser import browser_of, new_browser, remember_browser
from dzop.auth.granting.requests import form_of
from dzop.auth.login import leaving
from dzop.auth.login.allowed import apps_of, disconnect
from dzop.auth.login.answers import language_of, message, shown, went
from dzop.auth.login.logins import Logins
from dzop.auth.pages.account import OpenLogin, account_page
from dzop.auth.pages.page import Place
from dzop.auth.sessions import Session

__all__ = ["change", "look"]


async def look(logins: Logins, request: Request) -> Response:
    """The page; who is not logged in does so first."""
    now = logins.now()
    session = await logins.sessions.session_of(request, now)
    if session is None:
        return _to_login(logins, request)
    sessions = await logins.sessions.of(session.subjects, now)
    apps = await apps_of(logins.provider.database, logins.provider.registry, session.subjects, now)
    people = await logins.provider.people.described(session.subjects)
    place = Place(
        language_of(request),
        logins.path,
        "/account",
        fields={"pending": logins.sealed("account", session.id)},
    )
    logged_in = [
        OpenLogin(each.id, each.authenticated, each.seen, each.id == session.id) for each in sessions
    ]
    return shown(account_page(place, people[0].name if people else "", logged_in, apps, logins.home))


async def change(logins: Logins, request: Request) -> Response:
    """Ends a login or all of them, or takes away what an app was allowed."""
    form = await form_of(request)
    session = await logins.sessions.session_of(request, logins.now())
    if session is None or logins.opened("account", form.get("pending", ""), session.id) is None:
        return message(logins, request, "too-old")
    if "log-out" in form:
        return await leaving.left(logins, request, session)
    if "everywhere" in form:
        return await _everywhere(logins, request, session)
    await _end_some(logins, session, form)
    return went(f"{logins.path}/account")


async def _everywhere(logins: Logins, request: Request, session: Session) -> Response:
    """For a lost device too: no login goes on, and no app that may work without one."""
    provider, now = logins.provider, logins.now()
    response = await leaving.left(logins, request, session, "everywhere")
    await logins.sessions.end_all(session.subjects, now)
    # Afterwards: by now no login is left in which an app could be given anything more.
    await disconnect(provider.database, session.subjects, now, provider.token_lasts)
    return response


async def _end_some(logins: Logins, session: Session, form: Mapping[str, str]) -> None:
    provider, now = logins.provider, logins.now()
    apps = await apps_of(provider.database, provider.registry, session.subjects, now)
    if (client_id := form.get("forget", "")) in {each.client_id for each in apps}:
        await disconnect(provider.database, session.subjects, now, provider.token_lasts, client_id)
        await provider.events.record(
            Happened("revoke", 200, now, session.subjects[0], client_id, detail="by-user")
        )
    if (ended := form.get("end", "")) in {
        each.id for each in await logins.sessions.of(session.subjects, now)
    }:
        await logins.sessions.end(ended, now)
        await provider.events.record(Happened("logout", 200, now, session.subjects[0], detail="other-login"))


def _to_login(logins: Logins, request: Request) -> Response:
    cookies = logins.provider.cookies
    known = browser_of(cookies, request)
    browser = known or new_browser()
    response = went(logins.login_address(logins.sealed("own logins", browser), language_of(request)))
    if not known:
        remember_browser(cookies, response, browser)
    return response
