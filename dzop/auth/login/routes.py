"""The routes of logging in and out, under the path of the issuer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dzop.auth.login import entering, external, joining, leaving, own
from dzop.auth.login.answers import Endpoint, endpoint, message
from dzop.auth.login.logins import Logins

__all__ = ["routes"]

_ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("/login", "GET", entering.ask),
    ("/login", "POST", entering.take),
    ("/login/from/{name}", "GET", external.come_back),
    ("/logout", "GET", leaving.ask),
    ("/logout", "POST", leaving.take),
    ("/logout/done", "GET", leaving.done),
    ("/account", "GET", own.look),
    ("/account", "POST", own.change),
    ("/invitation", "GET", joining.ask),
    ("/invitation", "POST", joining.take),
    ("/invitation/done", "GET", joining.done),
)


def routes(logins: Logins) -> list[Route]:
    """To be added to the application."""
    limited = logins.provider.rates.limited

    def too_often(request: Request) -> Response:
        return message(logins, request, "too-many")

    return [
        Route(f"{logins.path}{path}", limited("login", endpoint(logins, answer), too_often), methods=[method])
        for path, method, answer in _ROUTES
    ]
