"""EHR launch: software of a professional opens an app on the plan that it has open itself.

https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch. How the software tells the authorization
server what it has open is left to each system; here it is one request with the access token it has anyhow.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.actor import Actor
from dzop.auth.client import Client
from dzop.auth.events import Happened, Recorded
from dzop.auth.granting.cors import shared
from dzop.auth.json_body import json_object
from dzop.auth.people import People
from dzop.auth.rates import Rates, refusal
from dzop.auth.seals import Seal
from dzop.fhir.outcome import FhirError, Unauthenticated

__all__ = ["LASTS", "Launch", "LaunchEndpoint", "Launches"]

LASTS: Final = timedelta(minutes=5)
_MAX_BODY: Final = 8 * 1024
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_USER: Final = re.compile(r"(?:Practitioner|PractitionerRole)/[A-Za-z0-9\-.]{1,64}")
_WORD: Final = re.compile(r"[ -~]{1,128}")

Authenticate = Callable[[str, datetime], Awaitable[Actor]]


@dataclass(frozen=True, slots=True)
class Launch:
    """What is open in the software: `patient` and `encounter` are ids, `user` a reference (`Practitioner/x`).

    None is what it did not say: any client may use it, any user. `id` is what makes it count once
    (`dzop.auth.once`), `expires` is in seconds since 1970.
    """

    id: str
    expires: float
    patient: str
    user: str | None = None
    client_id: str | None = None
    encounter: str | None = None
    intent: str | None = None
    need_patient_banner: bool | None = None

    def is_for(self, client_id: str) -> bool:
        return self.client_id in (None, client_id)


class Launches:
    """Launch texts: sealed, so that nobody can make one up or read one; `secret` is that of `keys.seal_key`."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, "launch")

    def close(self, launch: Launch) -> str:
        """The text that the app passes on as `launch`."""
        return self._seal.close(asdict(launch), datetime.fromtimestamp(launch.expires, UTC))

    def open_launch(self, text: str, now: datetime) -> Launch | None:
        """What was open; None when the text is not ours, was changed, or is older than five minutes."""
        content = self._seal.open(text, now)
        return None if content is None else Launch(**content)


class _Clients(Protocol):
    async def client(self, client_id: str) -> Client | None: ...


@dataclass(frozen=True, slots=True)
class LaunchEndpoint:
    """`POST [issuer]/launch`, for software with an access token of its own, or of a professional with scope `launch`.

    `authenticate` makes an actor of an access token, as the FHIR endpoint does.
    """

    issuer: str
    audience: str
    launches: Launches
    clients: _Clients
    people: People
    events: Recorded
    authenticate: Authenticate
    rates: Rates
    clock: Callable[[], datetime]

    def routes(self) -> list[Route]:
        path = urlsplit(self.issuer).path.rstrip("/")
        return shared(f"{path}/launch", self.rates.limited("launch", self.answer), ["POST"])

    async def answer(self, request: Request) -> Response:
        """201 with the launch; an error in the words of OAuth."""
        try:
            return await self._launched(request, self.clock())
        except OAuth2Error as refused:
            return refusal(refused)

    async def _launched(self, request: Request, now: datetime) -> Response:
        actor = await self._caller(request, now)
        asked = _asked(await json_object(request, _MAX_BODY))
        launch = Launch(secrets.token_urlsafe(16), (now + LASTS).timestamp(), **asked)
        client = await self._client(launch.client_id)
        self._require_own(actor, launch)
        allowed = await self.people.may_open(_subject(actor), launch.patient, now)
        await self.events.record(
            Happened(
                "launch", 201 if allowed else 403, now, _subject(actor), actor.client or "", launch.patient
            )
        )
        if not allowed:
            raise AccessDeniedError(description="You cannot open the plan of this person.", status_code=403)
        return _created(self, launch, client)

    async def _caller(self, request: Request, now: datetime) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidTokenError(description="An access token is needed.")
        try:
            actor = await self.authenticate(token.strip(), now)
        except Unauthenticated:
            raise InvalidTokenError(description="The access token is not accepted.") from None
        except FhirError as error:
            raise AccessDeniedError(
                description="You cannot act here just now.", status_code=error.status
            ) from None
        if actor.role != "system-client" and "launch" not in (actor.scopes or ()):
            raise InsufficientScopeError(description="The scope `launch` is needed.")
        self.rates.require("launch", "user", _subject(actor))
        return actor

    async def _client(self, client_id: str | None) -> Client | None:
        client = None if client_id is None else await self.clients.client(client_id)
        if client_id is not None and (client is None or "authorization_code" not in client.grant_types):
            raise InvalidRequestError("`client_id` is not of an app that is registered here.")
        return client

    def _require_own(self, actor: Actor, launch: Launch) -> None:
        """A professional launches as nobody else, and an app on no other plan than it was given."""
        if actor.patient not in (None, launch.patient):
            raise AccessDeniedError(description="The access token is for another person.", status_code=403)
        if actor.role != "system-client" and launch.user not in (
            None,
            actor.individual,
            actor.practitioner_role,
        ):
            raise AccessDeniedError(description="You can launch an app for yourself only.", status_code=403)


def _created(endpoint: LaunchEndpoint, launch: Launch, client: Client | None) -> Response:
    text = endpoint.launches.close(launch)
    body: dict[str, Any] = {"launch": text, "expires_in": int(LASTS.total_seconds())}
    if client is not None and client.launch_uri is not None:
        joint = "&" if urlsplit(client.launch_uri).query else "?"
        body["launch_url"] = (
            f"{client.launch_uri}{joint}{urlencode({'iss': endpoint.audience, 'launch': text})}"
        )
    return JSONResponse(body, 201, headers={"Cache-Control": "no-store"})


def _subject(actor: Actor) -> str:
    return actor.practitioner_role or actor.individual


_TEXTS: Final = {"patient": _ID, "user": _USER, "client_id": _WORD, "encounter": _ID, "intent": _WORD}


def _asked(content: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the request that mean something; InvalidRequestError when one has not its shape."""
    for name, shape in _TEXTS.items():
        value = content.get(name)
        if value is not None and not (isinstance(value, str) and shape.fullmatch(value)):
            raise InvalidRequestError(f"`{name}` cannot be understood.")
    if content.get("patient") is None:
        raise InvalidRequestError("`patient` is the id of the person whose plan is open.")
    if not isinstance(content.get("need_patient_banner"), bool | None):
        raise InvalidRequestError("`need_patient_banner` is true or false.")
    return {name: content.get(name) for name in (*_TEXTS, "need_patient_banner")}
