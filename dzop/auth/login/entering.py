"""`/auth/login`: the ways to log in, and what each takes.

Whether a name exists is told nowhere: an unknown name, a wrong password, a locked and a disabled account get the same
answer after the same work (https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dzop.auth.granting.requests import form_of, read, single
from dzop.auth.login import external
from dzop.auth.login.accounts import Account, account_name
from dzop.auth.login.answers import language_of, message, shown, went
from dzop.auth.login.arriving import entered, recognised, record
from dzop.auth.login.failures import WINDOW
from dzop.auth.login.logins import Logins, Visit
from dzop.auth.pages.choosing import Means, means_page, people_page
from dzop.auth.pages.page import Place, asked_in
from dzop.auth.pages.password import password_page

__all__ = ["ask", "take"]

_MINUTES = int(WINDOW.total_seconds()) // 60


async def ask(logins: Logins, request: Request) -> Response:
    """The page of the means that the address names, or of the only one there is; else the choice between them."""
    parameters = read(request.url.query)
    visit = logins.visit(request, single(parameters, "pending"))
    if visit is None:
        return message(logins, request, "too-old")
    language = language_of(request)
    means = await _means(logins, visit, language)
    named = single(parameters, "means") or (means[0].id if len(means) == 1 else "")
    place = _place(logins, visit, language)
    if not named:
        return shown(means_page(place, means), redirect_uri=_app(visit))
    if named not in {each.id for each in means}:
        return message(logins, request, "no-sandbox")
    if named in logins.elsewhere:
        return await external.leave(logins, request, visit, named, language)
    place = _place(logins, visit, language, named)
    page = people_page(place, logins.sandbox) if named == "sandbox" else password_page(place)
    return shown(page, redirect_uri=_app(visit))


async def take(logins: Logins, request: Request) -> Response:
    """What was filled in: who to be in the sandbox, or a name and a password."""
    form = await form_of(request)
    visit = logins.visit(request, form.get("pending", ""))
    if visit is None:
        return message(logins, request, "too-old")
    if "cancel" in form:
        return went(logins.refused(visit, "access_denied"))
    if "person" in form:
        return await _as_made_up(logins, request, visit, form)
    return await _with_password(logins, request, visit, form)


async def _as_made_up(logins: Logins, request: Request, visit: Visit, form: Mapping[str, str]) -> Response:
    person, language = form["person"], form.get("ui_locales", "")
    if visit.is_invited or person not in {
        each.reference for group in logins.sandbox for each in group.people
    }:
        return message(logins, request, "bad-request" if logins.sandbox else "no-sandbox")
    return await entered(logins, request, visit, [person], amr=("sandbox",), language=language)


async def _with_password(logins: Logins, request: Request, visit: Visit, form: Mapping[str, str]) -> Response:
    name, password = form.get("name", ""), form.get("password", "")
    place = _place(logins, visit, language_of(request, form), "password")
    if not name or not password:
        return shown(password_page(place, name, "empty"), 400, _app(visit))
    address, now = request.client.host if request.client else "", logins.now()
    if not await logins.failures.admits_address(address, now):
        # Not recorded, as what brought it about is: or whoever goes on trying could fill the audit.
        page = password_page(place, name, "too-many", _MINUTES)
        response = shown(page, 429, _app(visit))
        response.headers["Retry-After"] = str(60 * _MINUTES)
        return response
    account = await _proven(logins, name, password, now)
    if account is None:
        await record(logins, visit, 401, f"password:{_mark(logins, name)}")
        page = password_page(place, name, "wrong", _MINUTES)
        return shown(page, 403, _app(visit))
    await logins.failures.forgive(account.name, address, now)
    if visit.is_invited:
        language = language_of(request, form)
        return await recognised(logins, request, visit, language, account.name, account=account.name)
    return await entered(
        logins,
        request,
        visit,
        account.subjects,
        amr=("pwd",),
        account=account.name,
        language=form.get("ui_locales", ""),
    )


async def _proven(logins: Logins, name: str, password: str, now: datetime) -> Account | None:
    """The account; the password is compared in any case, so that the answer takes as long."""
    admitted = await logins.failures.admits_account(account_name(name) or name, now)
    account = await logins.accounts.proven(account_name(name), password)
    return account if admitted else None


async def _means(logins: Logins, visit: Visit, language: str) -> Sequence[Means]:
    """The ways to log in here; that with a password where there are accounts, or nothing else.

    Made-up people have a login already, and take up nothing.
    """
    sandbox = [Means("sandbox")] if logins.sandbox and not visit.is_invited else []
    elsewhere = [Means(name, each.display(language)) for name, each in logins.elsewhere.items()]
    has_accounts = (not sandbox and not elsewhere) or await logins.accounts.are_there()
    return [*elsewhere, *([Means("password")] if has_accounts else []), *sandbox]


def _place(logins: Logins, visit: Visit, language: str, means: str = "") -> Place:
    """Where the pages stand; in another language it is still the page of these means."""
    place = asked_in(language, logins.path, "/login", visit.text)
    return replace(place, query={**place.query, "means": means}) if means else place


def _app(visit: Visit) -> str | None:
    return visit.asked.redirect_uri if visit.asked else None


def _mark(logins: Logins, name: str) -> str:
    """Enough to see in the log that it was the same name; which one, be it a password, nobody can try out."""
    return hmac.digest(logins.provider.sealing, (account_name(name) or name).encode(), "sha256").hex()[:12]
