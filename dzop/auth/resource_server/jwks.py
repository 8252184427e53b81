"""The public keys of an issuer, by `kid`: fetched when first needed, refreshed by age and for a key that is not known.

https://www.rfc-editor.org/rfc/rfc7517, https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import httpx
import structlog
from joserfc.jwk import ECKey, RSAKey

from dzop.auth.resource_server.discovery import discovered, endpoint
from dzop.auth.resource_server.fetching import Unreachable, fetched
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.fhir.outcome import Unavailable

__all__ = ["AGAIN", "KEPT", "REFRESHED", "Keys", "OwnKeys", "PublicKey", "RemoteKeys", "usable"]

REFRESHED: Final = timedelta(minutes=5)
"""Age at which keys are fetched anew, while the old ones go on: so long a key that was taken away may still count."""
AGAIN: Final = timedelta(seconds=10)
"""The least time between two attempts, whatever tokens are sent to us."""
KEPT: Final = timedelta(hours=24)
"""How long known keys outlast an issuer that does not answer."""

PublicKey = RSAKey | ECKey
_TYPES: Final[Mapping[str, type[RSAKey] | type[ECKey]]] = {"RSA": RSAKey, "EC": ECKey}
_RSA_BITS: Final = range(2048, 8193)  # weaker is broken, longer takes too long
_log = structlog.get_logger()


class Keys(Protocol):
    """The keys of one issuer. The same key is the same object for as long as it stays."""

    def held(self, kid: str, now: datetime) -> PublicKey | None:
        """The key, if it is known and in force, without waiting."""

    async def key(self, kid: str, now: datetime) -> PublicKey | None:
        """The key, asked for if need be; Unavailable when that cannot be found out just now."""


class OwnKeys:
    """Keys of our own; `lookup` tells the one that verifies now."""

    def __init__(self, lookup: Callable[[str], PublicKey | None]) -> None:
        self._lookup = lookup

    def held(self, kid: str, now: datetime) -> PublicKey | None:
        return self._lookup(kid)

    async def key(self, kid: str, now: datetime) -> PublicKey | None:
        return self._lookup(kid)


class RemoteKeys:
    """Keys that an issuer publishes. One request at a time asks for them, and the others wait for its answer."""

    def __init__(self, issuer: TrustedIssuer, http: httpx.AsyncClient) -> None:
        self._issuer, self._http = issuer, http
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._unreachable = False
        self._fetching: asyncio.Task[None] | None = None

    def held(self, kid: str, now: datetime) -> PublicKey | None:
        if not _within(REFRESHED, self._fetched, now):
            self._fetch(now)
        return self._keys.get(kid) if _within(KEPT, self._fetched, now) else None

    async def key(self, kid: str, now: datetime) -> PublicKey | None:
        found = self.held(kid, now)
        if found is None:
            self._fetch(now)
            if self._fetching is not None:
                await asyncio.shield(self._fetching)  # who hangs up takes nobody else's answer away
            found = self.held(kid, now)
        if found is None and self._unreachable:
            raise Unavailable(
                "the keys of the token's issuer cannot be had just now; try again",
                retry_after=int(AGAIN.total_seconds()),
            )
        return found

    def stop(self) -> None:
        """Gives up what is under way; nothing may be asked afterwards."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _fetch(self, now: datetime) -> None:
        """Starts to ask, unless that is under way or was done a moment ago."""
        if self._fetching is None and not _within(AGAIN, self._tried, now):
            self._tried = now
            self._fetching = asyncio.create_task(self._refresh(now))

    async def _refresh(self, now: datetime) -> None:
        try:
            keys = usable(await self._jwks(), self._issuer.algorithms)
        except Unreachable:
            self._unreachable = True
        else:
            self._keys = {kid: _same(self._keys.get(kid), key) for kid, key in keys.items()}
            self._fetched, self._unreachable = now, False
            _log.info("issuer.keys", issuer=self._issuer.name, keys=len(keys))
        finally:
            self._fetching = None

    async def _jwks(self) -> Mapping[str, Any]:
        address = self._issuer.jwks_uri
        if address is None:
            address = endpoint(await discovered(self._http, self._issuer.issuer), "jwks_uri")
        return await fetched(self._http, self._http.build_request("GET", address))


def usable(jwks: Mapping[str, Any], algorithms: Collection[str]) -> dict[str, PublicKey]:
    """The keys of a JWK Set that may verify a signature by one of `algorithms`; Unreachable when it is none.

    A `kid` that stands for two keys stands for none.
    """
    listed = jwks.get("keys")
    if not isinstance(listed, list):
        raise Unreachable
    kids = [each.get("kid") for each in listed if isinstance(each, dict)]
    once = [each for each in listed if isinstance(each, dict) and kids.count(each.get("kid")) == 1]
    return {
        key.kid: key for each in once if (key := _key(each, algorithms)) is not None and key.kid is not None
    }


def _key(jwk: Mapping[str, Any], algorithms: Collection[str]) -> PublicKey | None:
    type_ = _TYPES.get(str(jwk.get("kty")))
    operations = jwk.get("key_ops", ["verify"])
    if (
        type_ is None
        or not isinstance(jwk.get("kid"), str)
        or jwk.get("use", "sig") != "sig"
        or not (isinstance(operations, list) and "verify" in operations)
        or ("alg" in jwk and jwk["alg"] not in algorithms)
        or "d" in jwk  # a private key that was published is nobody's
    ):
        return None
    try:
        key = type_.import_key(dict(jwk))
        strong = not isinstance(key, RSAKey) or key.public_key.key_size in _RSA_BITS
    except Exception:  # whatever is wrong with a key, the others are still good
        return None
    return key if strong else None


def _same(known: PublicKey | None, new: PublicKey) -> PublicKey:
    return known if known is not None and known.as_dict() == new.as_dict() else new


def _within(span: timedelta, since: datetime | None, now: datetime) -> bool:
    """Whether `since` is less than `span` from now, to either side: clocks are set back at times."""
    return since is not None and abs(now - since) < span
