"""Tokens verified lately, so that a signature is not checked again for every request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from dzop.auth.claims import Claims

__all__ = ["LASTS", "Verified"]

LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Entry:
    since: datetime
    until: datetime
    is_key_in_force: Callable[[datetime], bool]
    claims: Claims


class Verified:
    """At most `size` tokens, the oldest forgotten first, none beyond its expiry or the end of its key.

    A token itself is not kept, its digest is.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, token: str, now: datetime) -> Claims | None:
        entry = self._entries.get(_digest(token))
        if entry is None or not (entry.since <= now < entry.until) or not entry.is_key_in_force(now):
            return None
        return entry.claims

    def add(
        self, token: str, claims: Claims, is_key_in_force: Callable[[datetime], bool], now: datetime
    ) -> None:
        digest = _digest(token)
        self._entries[digest] = _Entry(now, min(claims.expires, now + LASTS), is_key_in_force, claims)
        self._entries.move_to_end(digest)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
