"""Authlib's authorization server, for one request: the one client that asks has been looked up before.

https://docs.authlib.org. Authlib checks requests, and we answer them: what it checks needs no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientAuthentication, InvalidClientError

from dzop.auth import once
from dzop.auth.client import Client
from dzop.auth.granting.assertion import METHOD, ClientAssertion, claimed_client
from dzop.auth.granting.provider import Provider
from dzop.auth.granting.requests import ServerRequest
from dzop.auth.rates import Endpoint

__all__ = ["Server", "authenticated"]

_CONFIDENTIAL = (METHOD,)
_ANY = (METHOD, "none")


class Server(AuthorizationServer):  # type: ignore[misc]
    """`client` is the only one it knows, if any; `grants` are Authlib's classes with their extensions."""

    def __init__(
        self, provider: Provider, grants: Mapping[Any, Sequence[object]], client: Client | None = None
    ) -> None:
        super().__init__()
        self.provider, self._client = provider, client
        for grant, extensions in grants.items():
            self.register_grant(grant, extensions)

    def query_client(self, client_id: str) -> Client | None:
        return self._client if self._client is not None and self._client.client_id == client_id else None

    def create_oauth2_request(self, request: ServerRequest) -> ServerRequest:
        return request


class _Authentication(ClientAuthentication):  # type: ignore[misc]
    """Authlib's, which tells in plain words what it misses."""

    def authenticate(self, request: ServerRequest, methods: Sequence[str], endpoint: str) -> Client:
        if not {"client_id", "client_assertion"} & request.form.keys():
            raise InvalidClientError(description="Say which client asks: `client_id`, or `client_assertion`.")
        for method in methods:
            client: Client | None = self._methods[method](self.query_client, request)
            if client and client.check_endpoint_auth_method(method, endpoint):
                return client
        raise InvalidClientError(
            description="The client must prove who it is: `client_assertion`, of the type jwt-bearer."
        )


async def authenticated(
    provider: Provider, request: ServerRequest, endpoint: Endpoint, *, is_public_enough: bool = True
) -> Client:
    """Who asks, by the method it is registered with; InvalidClientError otherwise.

    With `is_public_enough` a client without a key may ask too. A client assertion counts once, whatever is asked.
    """
    claimed = claimed_client(request)
    client = await provider.registry.client(claimed) if claimed else None
    assertion = ClientAssertion((f"{provider.issuer}/token", provider.issuer), request.now)
    authentication = _Authentication(Server(provider, {}, client).query_client)
    authentication.register(METHOD, assertion)
    try:
        found: Client = authentication(request, _ANY if is_public_enough else _CONFIDENTIAL)
    except ValueError:  # Authlib's, where its own error text would repeat odd characters
        raise InvalidClientError(description="The client is not known.") from None
    shown = assertion.shown
    if shown and not await once.spend(provider.database, "assertion", shown.id, shown.expires):
        raise InvalidClientError(description="The client assertion has been used before.")
    if found.method == METHOD:  # one without a key could be named by anybody, to keep it out
        provider.rates.require(endpoint, "client", found.client_id)
    request.client = found
    return found
