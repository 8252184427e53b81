"""The routes of the authorization server, and how its endpoints for clients answer.

https://www.rfc-editor.org/rfc/rfc6749#section-5.2
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.auth.granting import introspect, revoke, token, userinfo
from dzop.auth.granting.authorize import Authorization
from dzop.auth.granting.cors import Endpoint, shared
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.requests import ServerRequest, posted
from dzop.auth.rates import Endpoint as Rated
from dzop.auth.rates import refusal
from dzop.fhir.outcome import FhirError

__all__ = ["routes"]

_NOT_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
Answered = Callable[[Provider, ServerRequest], Awaitable[Mapping[str, Any]]]


def routes(provider: Provider) -> list[Route]:
    """What is under the path of the issuer besides discovery, registration, launch and login."""
    path, limited = provider.path, provider.rates.limited
    authorization = Authorization(provider)
    forms: dict[Rated, Answered] = {
        "token": token.answered,
        "revoke": revoke.revoked,
        "introspect": introspect.introspected,
    }
    return [
        Route(
            f"{path}/authorize",
            limited("authorize", authorization.ask, authorization.too_often),
            methods=["GET"],
        ),
        Route(
            f"{path}/authorize",
            limited("authorize", authorization.answer, authorization.too_often),
            methods=["POST"],
        ),
        *(
            route
            for name, answered in forms.items()
            for route in shared(f"{path}/{name}", limited(name, _of_form(provider, name, answered)), ["POST"])
        ),
        *shared(f"{path}/userinfo", limited("userinfo", _of_person(provider)), ["GET", "POST"]),
    ]


def _of_form(provider: Provider, name: Rated, answered: Answered) -> Endpoint:
    """An endpoint for clients, which send a form."""

    async def answer(request: Request) -> Mapping[str, Any]:
        asked = await posted(request, f"{provider.issuer}/{name}", provider.clock())
        return await answered(provider, asked)

    return _told(answer)


def _of_person(provider: Provider) -> Endpoint:
    async def answer(request: Request) -> Mapping[str, Any]:
        return await userinfo.described(provider, request)

    return _told(answer)


def _told(answered: Callable[[Request], Awaitable[Mapping[str, Any]]]) -> Endpoint:
    """The answer as JSON, or what was wrong, in the words of OAuth."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await answered(request), headers=_NOT_KEPT)
        except OAuth2Error as error:
            return refusal(error)
        except FhirError as error:
            return JSONResponse({"error": "temporarily_unavailable"}, error.status, headers=_NOT_KEPT)
        except ClientDisconnect:
            return Response(status_code=400)
        except ValueError:  # Authlib's, where its own error text would repeat odd characters
            return refusal(InvalidRequestError())

    return answer
