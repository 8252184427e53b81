"""The authorization endpoint: from what an app asks to a code, over the pages that a person answers on the way.

https://www.rfc-editor.org/rfc/rfc6749#section-4.1, https://www.rfc-editor.org/rfc/rfc9700,
https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dzop.auth import once
from dzop.auth.events import Happened
from dzop.auth.granting import steps
from dzop.auth.granting.asked import PENDING_LASTS, Pending
from dzop.auth.granting.browser import browser_of, new_browser, remember_browser
from dzop.auth.granting.checking import UnknownAppError, checked, known_app
from dzop.auth.granting.granted import Granted
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.redirects import back
from dzop.auth.granting.requests import Parameters, ServerRequest, form_of, read, single
from dzop.auth.granting.turn import RefusedError, ShownError, ToldError, Turn
from dzop.auth.pages.message import message_page
from dzop.auth.pages.page import Place, headers
from dzop.auth.pages.words import preferred_language
from dzop.auth.rates import TooManyRequestsError
from dzop.auth.sessions import Session
from dzop.fhir.outcome import FhirError

__all__ = ["Authorization"]

_CONTEXT: Final = ("encounter", "intent", "need_patient_banner")


class Authorization:
    """The endpoint. A request of an app comes by GET or POST; with `pending` who has just logged in comes by GET, and
    what somebody answered on a page by POST.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def ask(self, request: Request) -> Response:
        """The request of an app, or that same request after a login."""
        try:
            parameters = read(request.url.query)
            if not single(parameters, "pending"):
                return await self._begun(request, parameters)
            # A link goes on, in another language perhaps, and answers nothing.
            link = {name: single(parameters, name) for name in ("pending", "ui_locales")}
            return await self._gone_on(await self._known(request, link))
        except (RefusedError, UnknownAppError, OAuth2Error, FhirError) as refused:
            return self._refused(request, refused)

    async def answer(self, request: Request) -> Response:
        """What somebody answered on a page, or the request of an app as a form."""
        try:
            form = await form_of(request)
            if "pending" in form:
                return await self._gone_on(await self._known(request, form))
            return await self._begun(request, {name: [value] for name, value in form.items()})
        except (RefusedError, UnknownAppError, OAuth2Error, FhirError) as refused:
            return self._refused(request, refused)

    def too_often(self, request: Request) -> Response:
        """What is shown to who asks more often than the rates allow."""
        return self._message(request, "too-many")

    async def _begun(self, request: Request, parameters: Parameters) -> Response:
        provider, now = self._provider, self._provider.clock()
        client = await known_app(provider, parameters)
        asked = await checked(provider, client, ServerRequest("GET", provider.issuer, parameters, now))
        browser = browser_of(provider.cookies, request)
        turn = Turn(provider, request, browser or new_browser(), now, client, Pending(asked))
        response = await self._gone_on(turn)
        if not browser:
            remember_browser(provider.cookies, response, turn.browser)
        return response

    async def _known(self, request: Request, form: Mapping[str, str]) -> Turn:
        """The request that this browser began and now goes on with."""
        provider, now = self._provider, self._provider.clock()
        browser = browser_of(provider.cookies, request)
        pending = provider.pendings.open(form.get("pending", ""), browser, now)
        client = await provider.registry.client(pending.asked.client_id) if pending else None
        if pending is None or client is None:
            raise RefusedError("too-old")
        return Turn(provider, request, browser, now, client, pending, form, form.get("ui_locales", ""))

    async def _gone_on(self, turn: Turn) -> Response:
        """Step by step, as far as it goes now."""
        asked = turn.pending.asked
        try:
            if turn.form.get("cancel"):
                raise ToldError("access_denied")
            turn, session = await steps.logged_in(turn)
            self._provider.rates.require("authorize", "user", session.id)
            turn = await steps.person(await steps.capacity(turn, session))
            return await self._answered(turn, session, await steps.given(turn))
        except ShownError as page:
            return page.response
        except ToldError as told:
            error = {"error": told.error, "error_description": told.description, "state": asked.state}
            return back(asked.redirect_uri, self._provider.issuer, error)

    async def _answered(self, turn: Turn, session: Session, scopes: tuple[str, ...]) -> Response:
        """Back to the app with a code."""
        provider, asked = self._provider, turn.pending.asked
        await _use_launch(turn)
        granted = _granted(turn, session, scopes)
        happened = Happened("authorize", 200, turn.now, granted.subject, granted.client_id, detail="code")
        await provider.events.record(happened)
        code = provider.codes.close(granted, asked.redirect_uri, asked.code_challenge, asked.nonce, turn.now)
        return back(asked.redirect_uri, provider.issuer, {"code": code, "state": asked.state})

    def _refused(self, request: Request, refused: Exception) -> Response:
        """What is told to the app where it is known, and to the person otherwise."""
        match refused:
            case OAuth2Error(redirect_uri=str(address)):
                error = {"error": refused.error, "error_description": refused.description}
                return back(address, self._provider.issuer, {**error, "state": refused.state})
            case TooManyRequestsError():
                raise refused  # who counts also says so
            case RefusedError():
                return self._message(request, refused.name)
            case UnknownAppError():
                return self._message(request, "unknown-app")
            case FhirError(status=status) if status >= 500:
                return self._message(request, "unavailable", status)
        return self._message(request, "bad-request")

    def _message(self, request: Request, name: str, status: int = 400) -> Response:
        locales = request.query_params.get("ui_locales", "")
        language = preferred_language(locales, request.headers.get("accept-language", ""))
        page = message_page(Place(language, self._provider.path), name)
        return HTMLResponse(page, status, headers=headers())


async def _use_launch(turn: Turn) -> None:
    launch = turn.pending.asked.launch
    if launch is None:
        return
    # As long as a page of this request can still be sent.
    until = turn.now + PENDING_LASTS
    if not await once.spend(turn.provider.database, "launch", launch["id"], until):
        raise ToldError("invalid_request", "The launch has been used before.")


def _granted(turn: Turn, session: Session, scopes: tuple[str, ...]) -> Granted:
    return Granted(
        id=secrets.token_urlsafe(16),
        client_id=turn.client.client_id,
        subject=turn.subject,
        scopes=scopes,
        patient=turn.pending.patient,
        session=session.id,
        authenticated=session.authenticated.timestamp(),
        session_ends=session.expires.timestamp(),
        acr=session.acr,
        amr=session.amr,
        context=_context(turn, session),
    )


def _context(turn: Turn, session: Session) -> dict[str, object]:
    """What the answer carries besides the tokens; only our own app is told in how many capacities one may act."""
    launch = turn.pending.asked.launch or {}
    said = {name: launch[name] for name in _CONTEXT if launch.get(name) is not None}
    return {**said, "capacities": len(session.subjects)} if turn.client.is_first_party else said
