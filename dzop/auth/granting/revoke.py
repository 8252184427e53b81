"""The revocation endpoint: an app gives back what it has. https://www.rfc-editor.org/rfc/rfc7009"""

from __future__ import annotations

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError

from dzop.auth.client import Client
from dzop.auth.events import Happened
from dzop.auth.granting import grants, refreshing
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.requests import ServerRequest
from dzop.auth.granting.server import authenticated
from dzop.auth.revocations import revoke
from dzop.fhir.outcome import Unauthenticated

__all__ = ["revoked"]


async def revoked(provider: Provider, request: ServerRequest) -> dict[str, str]:
    """Takes the token back, be it known or not: of an access token that one, of a refresh token all of its grant."""
    client = await authenticated(provider, request, "revoke")
    text = request.form.get("token")
    if text is None:
        raise InvalidRequestError("A token is required.")
    if not await _refresh_token(provider, client, text, request):
        await _access_token(provider, client, text, request)
    return {}


async def _refresh_token(provider: Provider, client: Client, text: str, request: ServerRequest) -> bool:
    token, now = await refreshing.find(provider, text, request.now), request.now
    if token is None:
        return False
    granted = token.grant.granted
    _require_own(client, granted.client_id)
    async with provider.database.transaction() as connection:
        await grants.revoke(connection, granted.id, now, now + provider.token_lasts)
    await provider.events.record(
        Happened("revoke", 200, now, granted.subject, client.client_id, detail="grant")
    )
    return True


async def _access_token(provider: Provider, client: Client, text: str, request: ServerRequest) -> None:
    try:
        claims = await provider.accepted(text, request.now)
    except Unauthenticated:
        return  # what is worth nothing need not be taken back
    _require_own(client, claims.client_id)
    if claims.token_id is not None:
        await revoke(provider.database, "token", claims.token_id, request.now, claims.expires)
    await provider.events.record(
        Happened("revoke", 200, request.now, claims.subject, client.client_id, detail="token")
    )


def _require_own(client: Client, client_id: str | None) -> None:
    if client_id != client.client_id:
        raise InvalidGrantError("The token was given to another client.")
