"""How the endpoints of logging in and out answer: pages with strict headers, redirects, and what goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from authlib.oauth2 import OAuth2Error
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dzop.auth.login.logins import Logins
from dzop.auth.pages.message import message_page
from dzop.auth.pages.page import Place, headers
from dzop.auth.pages.words import preferred_language
from dzop.auth.rates import TooManyRequestsError
from dzop.fhir.outcome import FhirError, Unavailable

__all__ = ["Endpoint", "endpoint", "language_of", "message", "shown", "went"]

Endpoint = Callable[[Logins, Request], Awaitable[Response]]
_NO_STORE = {"Cache-Control": "no-store"}


def endpoint(logins: Logins, answer: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """`answer` as Starlette calls it; what cannot be understood or done gets a page that says so."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(logins, request)
        except TooManyRequestsError:
            raise  # who counts also says so
        except OAuth2Error:  # of what reads queries and forms
            return message(logins, request, "bad-request")
        except Unavailable:
            return message(logins, request, "unavailable", 503)
        except FhirError:  # what was asked about somebody may not be asked
            return message(logins, request, "bad-request")

    return answered


def language_of(request: Request, form: Mapping[str, str] | None = None) -> str:
    """The language that the form or the address names, else the browser."""
    asked = request.query_params if form is None else form
    return preferred_language(asked.get("ui_locales", ""), request.headers.get("accept-language", ""))


def shown(page: str, status: int = 200, redirect_uri: str | None = None) -> Response:
    """A page, whose forms may also lead to the app at `redirect_uri`."""
    return HTMLResponse(page, status, headers=headers(redirect_uri))


def message(logins: Logins, request: Request, name: str, status: int = 400) -> Response:
    """A page that says why something cannot be done."""
    return shown(message_page(Place(language_of(request), logins.path), name), status)


def went(address: str) -> Response:
    """Sends the browser on; 303, so that a form is never sent again elsewhere."""
    return RedirectResponse(address, 303, headers=_NO_STORE)
