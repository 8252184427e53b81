"""The resource server of this service: our own issuers, and those of the operator's file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import httpx

from dzop.auth.keys import ALGORITHM
from dzop.auth.resource_server.access_token import Expected
from dzop.auth.resource_server.fetching import client
from dzop.auth.resource_server.introspection import Introspected
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.auth.resource_server.jwks import OwnKeys, PublicKey, RemoteKeys
from dzop.auth.resource_server.reading import of_another, of_our_own
from dzop.auth.resource_server.verifier import ResourceServer, Trusted

__all__ = ["our_own", "trusting"]


def our_own(
    issuers: Iterable[str], audience: tuple[str, ...], lookup: Callable[[str], PublicKey | None]
) -> list[Trusted]:
    """Ourselves under each of these names; `lookup` tells the public key that a `kid` stands for now."""
    keys = OwnKeys(lookup)
    return [Trusted(Expected(each, audience, (ALGORITHM,)), keys, of_our_own) for each in issuers]


@asynccontextmanager
async def trusting(
    own: Iterable[Trusted], others: Sequence[TrustedIssuer], audience: str
) -> AsyncIterator[ResourceServer]:
    """A resource server that trusts these; `audience` is what tokens are for where an issuer has none configured."""
    async with client() as http:
        remote = [(each, RemoteKeys(each, http)) for each in others]
        asked = _introspected(others, audience, http)
        theirs = [
            Trusted(
                _expected(each, audience), keys, partial(of_another, each), asked if _is_asked(each) else None
            )
            for each, keys in remote
        ]
        try:
            yield ResourceServer([*own, *theirs], asked)
        finally:
            for _, keys in remote:
                keys.stop()


def _is_asked(issuer: TrustedIssuer) -> bool:
    """Whether it is asked about signed tokens too."""
    return issuer.introspection is not None and issuer.introspection.signed


def _expected(issuer: TrustedIssuer, audience: str) -> Expected:
    return Expected(
        issuer=issuer.issuer,
        audience=issuer.audience or (audience,),
        algorithms=issuer.algorithms,
        types=tuple(each.lower() for each in issuer.types),
        required=issuer.required,
        leeway=issuer.leeway,
        clients=issuer.clients,
    )


def _introspected(
    issuers: Sequence[TrustedIssuer], audience: str, http: httpx.AsyncClient
) -> Introspected | None:
    """The issuer that is asked about opaque tokens: there is one at most."""
    for each in issuers:
        if each.introspection is not None:
            return Introspected(
                each.introspection, _expected(each, audience), partial(of_another, each), http
            )
    return None
