"""`/auth/invitation`: who was invited enters the code, and holds the capacity with a login that they have or make now.

Who has a login shows who they are once more: a browser that somebody left open takes up nothing. A code that was used,
has expired, was replaced or never was gets the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.events import Happened
from dzop.auth.granting.browser import browser_of, new_browser, remember_browser
from dzop.auth.granting.requests import form_of, read, single
from dzop.auth.login.accounts import Accounts, account_name
from dzop.auth.login.answers import language_of, message, shown, went
from dzop.auth.login.failures import WINDOW
from dzop.auth.login.invitations import Invitations
from dzop.auth.login.logins import Logins
from dzop.auth.login.passwords import objection
from dzop.auth.pages.invitation import invitation_page, joined_page
from dzop.auth.pages.page import Place, asked_in
from dzop.store.database import Transaction

__all__ = ["ask", "done", "take"]

_MINUTES = int(WINDOW.total_seconds()) // 60
_STATUS: Mapping[str, int] = {"wrong": 403, "too-many": 429, "taken": 409}
"""Of an answer that says what is wrong; else 400."""


class _NotJoinedError(Exception):
    """Undoes a transaction; the text is the name of a problem."""


async def ask(logins: Logins, request: Request) -> Response:
    """The page: for who has shown who they are, or for who is to make an account or log in first."""
    text, cookies = single(read(request.url.query), "pending"), logins.provider.cookies
    known = browser_of(cookies, request)
    browser = known or new_browser()
    who = logins.opened("invited", text, browser)
    if who is None and logins.opened("invitation", text, browser) is None:
        text = logins.sealed("invitation", browser)
    response = shown(_page(logins, language_of(request), text, who))
    if not known:
        remember_browser(cookies, response, browser)
    return response


async def take(logins: Logins, request: Request) -> Response:
    """What was filled in: a page that says that it is done, or what is wrong."""
    form, browser = await form_of(request), browser_of(logins.provider.cookies, request)
    text, language = form.get("pending", ""), language_of(request, form)
    who = logins.opened("invited", text, browser)
    if who is None and logins.opened("invitation", text, browser) is None:
        return message(logins, request, "too-old")
    try:
        await _join(logins, request, form, who)
    except _NotJoinedError as refused:
        wrong = str(refused)
        response = shown(_page(logins, language, text, who, form, wrong), _STATUS.get(wrong, 400))
        if wrong == "too-many":
            response.headers["Retry-After"] = str(60 * _MINUTES)
        return response
    return went(f"{logins.path}/invitation/done?ui_locales={language}")


async def done(logins: Logins, request: Request) -> Response:
    """Says that the capacity is theirs from the next login on."""
    place = Place(language_of(request), logins.path, "/invitation/done")
    return shown(joined_page(place, logins.home))


async def _join(
    logins: Logins, request: Request, form: Mapping[str, str], who: Mapping[str, str] | None
) -> None:
    """Makes the code's capacity theirs, for good and in one transaction, and tells the person."""
    now, address = logins.now(), request.client.host if request.client else ""
    if wrong := _amiss(form, who):
        raise _NotJoinedError(wrong)
    if not await logins.failures.admits_code(address, now):
        raise _NotJoinedError("too-many")
    if await logins.invitations.subject_of(form["code"], now) is None:
        await _recorded(logins, 401, now)
        raise _NotJoinedError("wrong")
    async with logins.provider.database.transaction() as transaction:
        subject = await Invitations(transaction).redeem(form["code"], now)
        if subject is None:  # somebody else was a moment faster
            raise _NotJoinedError("wrong")
        await _held(logins, transaction, form, who, subject, now)
    await logins.failures.forgive_code(address, now)
    await _recorded(logins, 200, now, subject)
    await logins.provider.people.joined(subject, now)


def _amiss(form: Mapping[str, str], who: Mapping[str, str] | None) -> str:
    """What is wrong with what was filled in, whatever the code is worth; empty when nothing is."""
    if who is not None:
        return "" if form.get("code") else "empty"
    name = account_name(form.get("name", ""))
    if not all(form.get(each) for each in ("code", "password", "again")) or not name:
        return "empty"
    if form["password"] != form["again"]:
        return "differ"
    return "weak" if objection(name, form["password"]) else ""


async def _held(
    logins: Logins,
    transaction: Transaction,
    form: Mapping[str, str],
    who: Mapping[str, str] | None,
    subject: str,
    now: datetime,
) -> None:
    accounts = Accounts(transaction, logins.accounts.passwords)
    if who is None:
        if not await accounts.add(account_name(form["name"]), [subject], form["password"], now):
            raise _NotJoinedError("taken")
    elif "issuer" in who:
        await Invitations(transaction).hold(who["issuer"], who["identity"], subject, now)
    elif not await accounts.hold(who["account"], subject):
        raise _NotJoinedError("wrong")  # disabled meanwhile


async def _recorded(logins: Logins, outcome: int, now: datetime, subject: str = "") -> None:
    await logins.provider.events.record(Happened("invitation", outcome, now, subject))


def _page(
    logins: Logins,
    language: str,
    text: str,
    who: Mapping[str, str] | None,
    form: Mapping[str, str] | None = None,
    wrong: str | None = None,
) -> str:
    place, filled = asked_in(language, logins.path, "/invitation", text), form or {}
    return invitation_page(
        place,
        "" if who else logins.login_address(text, language),
        who["name"] if who else "",
        code=filled.get("code", ""),
        name=filled.get("name", ""),
        problem_name=wrong,
        minutes=_MINUTES,
    )
