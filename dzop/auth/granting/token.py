"""The token endpoint: Authlib's grants check a request, ours answer it.

https://www.rfc-editor.org/rfc/rfc6749#section-3.2
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from dzop.auth import once
from dzop.auth.client import Client
from dzop.auth.events import Happened
from dzop.auth.granting import grants, refreshing
from dzop.auth.granting.assertion import METHOD
from dzop.auth.granting.granted import Code, Granted
from dzop.auth.granting.issuing import answer
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.refreshing import RefreshToken
from dzop.auth.granting.requests import ServerRequest
from dzop.auth.granting.server import Server, authenticated
from dzop.auth.scopes import covered, grantable_to_system

__all__ = ["BACKEND_LASTS", "answered"]

BACKEND_LASTS: Final = timedelta(minutes=5)
"""https://hl7.org/fhir/smart-app-launch/backend-services.html#issue-access-token: SHOULD not be longer."""


async def answered(provider: Provider, request: ServerRequest) -> dict[str, Any]:
    """The tokens that are asked for; OAuth2Error when there is nothing to give."""
    if not request.payload.grant_type:
        raise InvalidRequestError("A grant_type is required.")
    request = await _named(provider, request)
    grant = Server(provider, _GRANTS).get_token_grant(request)
    await authenticated(provider, request, "token")
    await grant.prepare()
    grant.validate_token_request()
    given: dict[str, Any] = await grant.answer()
    return given


async def _named(provider: Provider, request: ServerRequest) -> ServerRequest:
    """The request of a public client that does not say which it is: its refresh token says so.

    https://www.rfc-editor.org/rfc/rfc6749#section-6 asks no more, and the official SMART client sends no more.
    """
    form = request.form
    if request.payload.grant_type != "refresh_token" or {"client_id", "client_assertion"} & form.keys():
        return request
    found = await refreshing.find(provider, form.get("refresh_token", ""), request.now)
    if found is None:
        return request
    named = {**request.payload.datalist, "client_id": [found.grant.granted.client_id]}
    return ServerRequest(request.method, request.uri, named, request.now)


class _Grant:
    """What ours do besides Authlib's: the client has been authenticated before, and the answer is awaited."""

    server: Server
    request: ServerRequest

    @property
    def provider(self) -> Provider:
        return self.server.provider

    def authenticate_token_endpoint_client(self) -> Client:
        return self.request.client

    async def prepare(self) -> None:
        """Fetches what the checks need: of most grants nothing."""

    async def note(self, granted: Granted, outcome: int, detail: str) -> None:
        """Tells of tokens that were handed out, or not."""
        now = self.request.now
        await self.provider.events.record(
            Happened("token", outcome, now, granted.subject, granted.client_id, detail=detail)
        )

    async def end(self, granted: Granted, detail: str) -> None:
        """Ends the grant: something of it turned up again, so one of the two was stolen, or its login is over."""
        now = self.request.now
        async with self.provider.database.transaction() as connection:
            await grants.revoke(connection, granted.id, now, now + self.provider.token_lasts)
        await self.note(granted, 400, detail)

    async def require_still_so(self, granted: Granted, session: str | None) -> None:
        """The login that it rests on goes on, and who gave it may still act."""
        now = self.request.now
        if session is not None and not await self.provider.login.is_live(session, now):
            raise InvalidGrantError("The login that this rests on has ended.")
        if not await self.provider.people.may_act(granted.subject, now):
            raise InvalidGrantError("Who gave this may not act now.")


class _CodeGrant(_Grant, AuthorizationCodeGrant):  # type: ignore[misc]
    """A wrong attempt leaves the code as it is: who has only stolen the code cannot take it from its app either.

    One that is right in everything and comes a second time ends what the first one got.
    """

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.provider.codes.open(code, self.request.now)
        return found if found and found.granted.client_id == client.client_id else None

    async def answer(self) -> dict[str, Any]:
        code: Code = self.request.authorization_code
        granted, now = code.granted, self.request.now
        self.provider.rates.require("token", "user", granted.subject)
        lasts, expires = _lasts(self.provider, granted, now), _expires(self.provider, granted, now)
        # The family is there before anybody can learn that the code was spent.
        async with self.provider.database.transaction() as connection:
            is_first = await once.spend(connection, "code", granted.id, code.expires_at)
            if is_first:
                await grants.add(connection, granted, now, expires)
        if not is_first:
            await self.end(granted, "code-replayed")
            raise InvalidGrantError("The code has been used before.")
        # Looked at once the family is there: whoever logs out everywhere meanwhile finds it, or has ended the login.
        try:
            await self.require_still_so(granted, granted.session)
        except InvalidGrantError:
            await self.end(granted, "login-ended")
            raise
        await self.note(granted, 200, "code")
        refresh_token = (
            refreshing.close(self.provider, granted.id, 0, expires) if granted.is_refreshed else None
        )
        return answer(
            self.provider, granted, granted.scopes, now,
            lasts=lasts, nonce=code.nonce, refresh_token=refresh_token,
        )  # fmt: skip


class _RefreshGrant(_Grant, RefreshTokenGrant):  # type: ignore[misc]
    """Rotates: the token that was used is worth nothing from now on, and neither is the family if it comes again."""

    _found: RefreshToken | None

    async def prepare(self) -> None:
        self._found = await refreshing.find(
            self.provider, self.request.form.get("refresh_token", ""), self.request.now
        )

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        return self._found

    def _validate_token_scope(self, token: RefreshToken) -> None:
        # Authlib compares texts; what is asked may also be a part of what one scope reaches.
        if not all(covered(scope, token.grant.granted.scopes) for scope in self._asked):
            raise InvalidScopeError("The scope must be within what was given.")

    @property
    def _asked(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.request.payload.scope or "").split()))

    async def answer(self) -> dict[str, Any]:
        token: RefreshToken = self.request.refresh_token
        granted, now = token.grant.granted, self.request.now
        if not token.grant.is_open(now):
            raise InvalidGrantError("What the refresh token was for has ended.")
        self.provider.rates.require("token", "user", granted.subject)
        is_used = token.generation != token.grant.generation
        if not is_used:
            await self.require_still_so(granted, granted.ends_with)
            is_used = not await grants.rotate(self.provider.database, granted.id, token.generation, now)
        if is_used:
            await self.end(granted, "refresh-replayed")
            raise InvalidGrantError("The refresh token has been used before.")
        await self.note(granted, 200, "refresh")
        successor = refreshing.close(self.provider, granted.id, token.generation + 1, token.grant.expires)
        return answer(
            self.provider,
            granted,
            self._asked or granted.scopes,
            now,
            lasts=_lasts(self.provider, granted, now),
            refresh_token=successor,
        )


class _BackendGrant(_Grant, ClientCredentialsGrant):  # type: ignore[misc]
    """An organisation's own system: short tokens in the name of the organisation, and no refresh token."""

    async def answer(self) -> dict[str, Any]:
        client, now = self.request.client, self.request.now
        if client.method != METHOD or client.organization is None:
            raise UnauthorizedClientError("The client does not act for an organisation.")
        granted = Granted("", client.client_id, client.organization, self._scopes(client))
        if not await self.provider.people.may_act(client.organization, now):
            raise UnauthorizedClientError("The organisation may not act now.")
        await self.note(granted, 200, "client-credentials")
        return answer(self.provider, granted, granted.scopes, now, lasts=BACKEND_LASTS)

    def _scopes(self, client: Client) -> tuple[str, ...]:
        asked = dict.fromkeys((self.request.payload.scope or "").split())
        registered = client.scope.split()
        scopes = tuple(scope for scope in asked if grantable_to_system(scope) and covered(scope, registered))
        if not scopes:
            raise InvalidScopeError("None of the scopes may be given to this client.")
        return scopes


_GRANTS: Final = {_CodeGrant: (CodeChallenge(required=True),), _RefreshGrant: (), _BackendGrant: ()}


def _lasts(provider: Provider, granted: Granted, now: datetime) -> timedelta:
    """How long an access token lasts: no longer than the login that it ends with."""
    if granted.ends_with is None or granted.session_ends is None:
        return provider.token_lasts
    left = timedelta(seconds=int(granted.session_ends - now.timestamp()))
    if left <= timedelta(0):
        raise InvalidGrantError("The login that this rests on has ended.")
    return min(left, provider.online_lasts if granted.is_refreshed else provider.token_lasts)


def _expires(provider: Provider, granted: Granted, now: datetime) -> datetime:
    """When the grant ends in any case: by then nothing of it is good any more."""
    if "offline_access" in granted.scopes:
        return now + provider.offline_lasts
    if granted.is_refreshed and granted.session_ends is not None:
        return datetime.fromtimestamp(granted.session_ends, now.tzinfo)
    return now + provider.token_lasts
