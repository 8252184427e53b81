"""The keys of clients that publish them: the operator has entered the address (`jwks_uri`), no client can.

https://www.rfc-editor.org/rfc/rfc7591#section-2
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from dzop.auth.granting.assertion import ALGORITHMS
from dzop.auth.resource_server import fetching
from dzop.auth.resource_server.fetching import Unreachable, fetched
from dzop.auth.resource_server.jwks import KEPT, usable

__all__ = ["AGAIN", "PublishedKeys"]

AGAIN: Final = 60
"""Seconds until an address is asked again: so long a new key of a client may be unknown."""
_NOTHING: Final[Mapping[str, Any]] = {"keys": []}


class PublishedKeys:
    """What was published, as one worker knows it. Of any number that want to know, one asks.

    `elapsed` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        elapsed: Callable[[], float] = time.monotonic,
        http: Callable[[], httpx.AsyncClient] = fetching.client,
    ) -> None:
        self._elapsed, self._http = elapsed, http
        self._asked: dict[str, float] = {}
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def at(self, address: str) -> Mapping[str, Any]:
        """The key set at the address; what was there lately while it does not answer, and nothing after a day."""
        if self._elapsed() - self._asked.get(address, float("-inf")) >= AGAIN:
            if address not in self._asking:
                self._asking[address] = asyncio.create_task(self._ask(address))
            await asyncio.shield(self._asking[address])  # who hangs up takes nobody else's answer away
        since, known = self._known.get(address, (0.0, _NOTHING))
        return known if self._elapsed() - since < KEPT.total_seconds() else _NOTHING

    async def _ask(self, address: str) -> None:
        try:
            async with self._http() as http:
                keys = usable(await fetched(http, http.build_request("GET", address)), ALGORITHMS)
            published = {"keys": [dict(key.as_dict(private=False)) for key in keys.values()]}
            self._known[address] = (self._elapsed(), published)
        except Unreachable:
            pass  # it is in the log
        finally:
            self._asked[address] = self._elapsed()
            del self._asking[address]
