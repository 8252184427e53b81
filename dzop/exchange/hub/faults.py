"""Faults on demand: a hub that is down, slow, wrong now and then, or answers late what it did do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Faults", "FaultyHub"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong.

    `down`: nothing is done, 503. `error`: share of requests that fail with 500 before anything is
    done. `twice`: the first sending of every change is done but answered with 500. `repeated`: lists
    name every change twice. `slow`: seconds before every answer. `seed` makes `error` reproducible.
    """

    down: bool = False
    error: float = 0.0
    twice: bool = False
    repeated: bool = False
    slow: float = 0.0
    seed: int = 0

    @classmethod
    def read(cls, spec: str) -> Faults:
        """Faults from text such as `error:0.3,twice,slow:2,seed:7`; raises ValueError with a sentence."""
        found: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in spec.split(","))):
            name, _, value = part.partition(":")
            if name not in _READERS or bool(value) != (name in _VALUED):
                raise ValueError(f"`{part}` is no fault; known are {_KNOWN}.")
            try:
                found[name] = _READERS[name](value)
            except ValueError:
                raise ValueError(f"`{part}` needs a number behind the colon.") from None
        return cls(**found)


_READERS: dict[str, Callable[[str], Any]] = {
    "down": lambda _: True,
    "error": float,
    "twice": lambda _: True,
    "repeated": lambda _: True,
    "slow": float,
    "seed": int,
}
_VALUED = ("error", "slow", "seed")
_KNOWN = "`down`, `error:SHARE`, `twice`, `repeated`, `slow:SECONDS`, `seed:NUMBER`"
_CHANGES = ("PUT", "POST", "DELETE")


class FaultyHub:
    """The app with the faults in its `state.faults`; the registers and `/faults` never fail."""

    def __init__(self, app: ASGIApp, seed: int) -> None:
        self.app = app
        self._random = random.Random(seed)  # noqa: S311  (faults need no secrecy)
        self._answered: set[tuple[str, ...]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/subject"):
            await self.app(scope, receive, send)
            return
        faults: Faults = scope["app"].state.faults
        if faults.slow:
            await asyncio.sleep(faults.slow)
        if faults.down:
            await _answer(send, 503, b'{"code": 500, "text": "The hub is down."}')
        elif self._random.random() < faults.error:
            await _answer(send, 500, _INTERNAL)
        elif faults.twice and self._is_first(scope):
            await self.app(scope, receive, _silence)
            await _answer(send, 500, _INTERNAL)
        else:
            await self.app(scope, receive, send)

    def _is_first(self, scope: Scope) -> bool:
        if scope["method"] not in _CHANGES:
            return False
        headers = dict(scope["headers"])
        key = headers.get(b"idempotency-key", b"").decode("latin-1")
        sending = (scope["method"], scope["path"], key)
        first = sending not in self._answered
        self._answered.add(sending)
        return first


_INTERNAL = b'{"code": 500, "text": "Internal error; send again later."}'


async def _silence(_: Message) -> None:
    """Nobody hears the answer."""


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
