"""Apps that register themselves, where the operator allows it, and look after their registration.

https://www.rfc-editor.org/rfc/rfc7591, https://www.rfc-editor.org/rfc/rfc7592 (read and delete; who wants another
registration makes a new one).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import AccessDeniedError
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6750 import InvalidTokenError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.auth import registry
from dzop.auth.events import Happened, Recorded
from dzop.auth.granting.cors import shared
from dzop.auth.json_body import json_object
from dzop.auth.metadata import ORGANIZATION, Rules, client_of
from dzop.auth.rates import Rates, refusal
from dzop.auth.redirects import Redirects, origin_of
from dzop.auth.registry import Registered
from dzop.store.database import Database

__all__ = ["MOST_CLIENTS", "RegistrationEndpoint", "rules_for_itself"]

MOST_CLIENTS: Final = 10_000
"""How many clients may have registered themselves; then the operator has to remove some."""
_MAX_BODY: Final = 32 * 1024
_NO_STORE: Final = {"Cache-Control": "no-store"}


def rules_for_itself(public_url: str, sandbox_organization: str | None) -> Rules:
    """What a client may say of itself. Only in the sandbox may it listen on the user's machine, or be a system: of
    this organisation, unless it names another.
    """
    redirects = Redirects(origin_of(public_url), loopback=sandbox_organization is not None, native=False)
    return Rules(redirects, sandbox_organization=sandbox_organization)


@dataclass(frozen=True, slots=True)
class RegistrationEndpoint:
    """`POST [issuer]/register`, and `GET` and `DELETE` of `[issuer]/register/[client_id]`.

    `is_open` is whether apps may register themselves; those that did so before keep access to their registration.
    """

    issuer: str
    is_open: bool
    rules: Rules
    database: Database
    events: Recorded
    rates: Rates
    clock: Callable[[], datetime]

    def routes(self) -> list[Route]:
        path = f"{urlsplit(self.issuer).path.rstrip('/')}/register"
        return [
            *shared(path, self._answering(self._register), ["POST"]),
            *shared(f"{path}/{{client_id}}", self._answering(self._look_after), ["GET", "DELETE"]),
        ]

    def _answering(self, handler: Callable[[Request, datetime], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                self.rates.require_address("register", request)
                answered: Response = await handler(request, self.clock())
            except OAuth2Error as refused:
                return refusal(refused)
            return answered

        return answer

    async def _register(self, request: Request, now: datetime) -> Response:
        if not self.is_open:
            raise AccessDeniedError(description="Apps are registered by the operator here.", status_code=403)
        metadata = await json_object(request, _MAX_BODY)
        client = client_of(secrets.token_hex(12), metadata, self.rules)
        if await registry.number(self.database) >= MOST_CLIENTS:
            raise AccessDeniedError(description="Too many apps have registered themselves.", status_code=403)
        token = secrets.token_urlsafe(32)
        await registry.add(self.database, client, now, is_dynamic=True, token=_digest(token))
        await self.events.record(Happened("register", 201, now, client=client.client_id))
        registered = Registered(client, True, now, None, None)
        return JSONResponse(self._information(registered, token), 201, headers=_NO_STORE)

    async def _look_after(self, request: Request, now: datetime) -> Response:
        registered, token = await self._own(request)
        if request.method != "DELETE":
            return JSONResponse(self._information(registered, token), headers=_NO_STORE)
        client_id = registered.client.client_id
        await registry.remove(self.database, client_id, now)
        await self.events.record(Happened("register", 204, now, client=client_id, detail="removed"))
        return Response(status_code=204, headers=_NO_STORE)

    async def _own(self, request: Request) -> tuple[Registered, str]:
        """The registration whose token was sent; who has no right to it does not learn whether it exists."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = await registry.find(self.database, request.path_params["client_id"])
        digest = (known.token if known else None) or bytes(32)
        is_right = hmac.compare_digest(digest, _digest(token.strip())) and scheme.lower() == "bearer"
        if known is None or not is_right:
            raise InvalidTokenError(description="The registration access token is not accepted.")
        if known.disabled is not None:
            raise AccessDeniedError(description="The operator has disabled this app.", status_code=403)
        return known, token.strip()

    def _information(self, registered: Registered, token: str) -> dict[str, Any]:
        """What RFC 7591, section 3.2.1 and RFC 7592, section 3 have a client know."""
        client = registered.client
        of_organization = {ORGANIZATION: client.organization} if client.organization else {}
        return {
            "client_id": client.client_id,
            "client_id_issued_at": int(registered.created.timestamp()),
            "registration_access_token": token,
            "registration_client_uri": f"{self.issuer}/register/{client.client_id}",
            **registry.registration(client),
            **of_organization,
        }


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
