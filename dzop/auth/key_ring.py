"""The keys of one purpose over time: one signs, older ones still verify, a new one is published before it signs.

https://www.rfc-editor.org/rfc/rfc7517, https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import structlog
from joserfc.jwk import ECKey, RSAKey

from dzop.auth import key_files

__all__ = ["CACHED", "FRESH", "PUBLISHED_BEFORE", "VERIFIES_FOR", "Dated", "KeyRing"]

FRESH: Final = 0.5
"""Seconds for which a process believes that the file has not changed."""
CACHED: Final = timedelta(seconds=300)
"""How long others may keep the published keys."""
PUBLISHED_BEFORE: Final = CACHED + timedelta(seconds=10)
"""How long a key is published before it signs: by then whoever keeps the keys has fetched them again."""
VERIFIES_FOR: Final = timedelta(minutes=61)
"""How long a key verifies after another took its place: the longest life of a token and the greatest leeway."""

K = TypeVar("K", bound=ECKey | RSAKey)
_Stamp = tuple[int, int, int]
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dated(Generic[K]):
    """A private key, from when it signs, and until when it verifies: without end while it is the newest."""

    key: K
    signs_from: datetime
    verifies_until: datetime | None = None

    @property
    def kid(self) -> str:
        return str(self.key.kid)

    def verifies(self, now: datetime) -> bool:
        return self.verifies_until is None or now < self.verifies_until


class KeyRing(Generic[K]):
    """The keys in a file that all processes share; the first is made on first use.

    `imported` makes a key of its JWK. What another process changed is known here within `FRESH` seconds. `clock`
    tells which keys still verify; `elapsed` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        path: Path,
        imported: Callable[[Any], K],
        make: Callable[[], K],
        clock: Callable[[], datetime],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._imported, self._make = path, imported, make
        self._clock, self._elapsed = clock, elapsed
        self._public: Mapping[str, K] = {}
        key_files.kept(path, lambda: _text([Dated(make(), _ALWAYS)]))
        self._load(_stamp(path))

    def public_keys(self) -> Mapping[str, K]:
        """What tokens verify with now, by `kid`; the same object as long as nothing changes."""
        if self._elapsed() - self._looked >= FRESH:
            self._look()
        now = self._clock()
        if self._holds_until is not None and now >= self._holds_until:
            self._publish(now)
        return self._public

    def public_key(self, kid: str) -> K | None:
        """The key of a token; one that is not known is looked for again: it may have been made a moment ago."""
        if (found := self.public_keys().get(kid)) is not None:
            return found
        self._look()
        return self._public.get(kid)

    def current(self, now: datetime) -> K:
        """The key that signs."""
        if self._elapsed() - self._looked >= FRESH:
            self._look()
        return _signing(self._dated, now).key

    def dated(self, now: datetime) -> Sequence[Dated[K]]:
        """The keys that sign or verify now, or will; the oldest first."""
        self._look()
        return [each for each in self._dated if each.verifies(now)]

    def rotate(self, now: datetime, *, at_once: bool = False) -> K:
        """The key that takes over, when everybody can have seen it or at once."""

        def rotated(known: list[Dated[K]]) -> list[Dated[K]]:
            waiting = [each for each in known if each.signs_from > now]
            if at_once and waiting:
                return _taking_over(known, waiting[-1], now)
            return [*known, Dated(self._make(), now if at_once else now + PUBLISHED_BEFORE)]

        self._change(rotated, now)
        return self._dated[-1].key

    def revoke(self, kid: str, now: datetime) -> None:
        """The key verifies nothing from now on; another signs if it was the one. LookupError when there is none."""

        def without(known: list[Dated[K]]) -> list[Dated[K]]:
            left = [each for each in known if each.kid != kid]
            if len(left) == len(known):
                raise LookupError(kid)
            if _signing(known, now).kid != kid:
                return left
            waiting = [each for each in left if each.signs_from > now]
            return _taking_over(left, waiting[0], now) if waiting else [*left, Dated(self._make(), now)]

        self._change(without, now)

    def _change(self, change: Callable[[list[Dated[K]]], list[Dated[K]]], now: datetime) -> None:
        def changed(text: str | None) -> str:
            known = [each for each in self._read(text or _NONE) if each.verifies(now)]
            return _text(change(known))

        key_files.changed(self._path, changed)
        self._look()

    def _look(self) -> None:
        """Takes what the file says now; whatever is wrong with it, what was known stays in force."""
        self._looked = self._elapsed()
        try:
            stamp = _stamp(self._path)
            if stamp != self._seen:
                self._load(stamp)
        except (OSError, ValueError, KeyError, key_files.ExposedKeyError) as error:
            _log.error("keys.unreadable", file=self._path.name, error=type(error).__name__)

    def _load(self, stamp: _Stamp) -> None:
        self._dated = self._read(key_files.read(self._path))
        self._seen, self._looked = stamp, self._elapsed()
        self._publish(self._clock())

    def _publish(self, now: datetime) -> None:
        known = [each for each in self._dated if each.verifies(now)]
        # A key that stays is the same object, so that what was verified with it need not be verified again.
        self._public = {
            each.kid: self._public.get(each.kid) or self._imported(each.key.as_dict(private=False))
            for each in known
        }
        self._holds_until = min((each.verifies_until for each in known if each.verifies_until), default=None)

    def _read(self, text: str) -> list[Dated[K]]:
        """The keys with when they end: a while after the next one took over."""
        entries = json.loads(text)["keys"]
        keys: list[Dated[K]] = [
            Dated(self._imported(entry["key"]), datetime.fromisoformat(entry["signs_from"]))
            for entry in entries
        ]
        keys.sort(key=lambda each: each.signs_from)
        replaced = [
            replace(older, verifies_until=newer.signs_from + VERIFIES_FOR) for older, newer in pairwise(keys)
        ]
        return [*replaced, *keys[-1:]]


_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = '{"keys": []}'


def _signing(known: Sequence[Dated[K]], now: datetime) -> Dated[K]:
    """The newest that signs by now."""
    return next((each for each in reversed(known) if each.signs_from <= now), known[0])


def _taking_over(known: Sequence[Dated[K]], chosen: Dated[K], now: datetime) -> list[Dated[K]]:
    """`chosen`, which was waiting, signs from now; what waited beside it has signed nothing and goes."""
    in_use = [each for each in known if each.signs_from <= now]
    return [*in_use, replace(chosen, signs_from=now)]


def _text(known: Sequence[Dated[K]]) -> str:
    entries = [
        {"signs_from": each.signs_from.isoformat(), "key": each.key.as_dict(private=True)} for each in known
    ]
    return json.dumps({"keys": entries})


def _stamp(path: Path) -> _Stamp:
    status = os.stat(path)
    return status.st_ino, status.st_mtime_ns, status.st_size
