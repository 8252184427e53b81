"""Passwords: kept by argon2id, compared beside the event loop, and refused when anybody would guess them.

https://www.rfc-editor.org/rfc/rfc9106, https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["SHORTEST", "Passwords", "made_up", "objection"]

SHORTEST: Final = 12
LONGEST: Final = 1024
"""Bytes; more is not even looked at."""
FEWEST_CHARACTERS: Final = 5

_COMMON: Final = frozenset(files(__package__).joinpath("common_passwords.txt").read_text("utf-8").split())
"""What is tried first, without the digits and signs around it."""
_READABLE: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_hasher = PasswordHasher()  # argon2id with the second recommendation of RFC 9106, section 4


class Passwords:
    """Hashing takes 64 MB and a tenth of a second: `at_once` bounds how many go on in this process."""

    def __init__(self, at_once: int = 2) -> None:
        self._turn = asyncio.Semaphore(at_once)

    async def hashed(self, password: str) -> str:
        """What is stored for a password."""
        async with self._turn:
            return await asyncio.to_thread(_hasher.hash, _normal(password))

    async def match(self, stored: str | None, password: str) -> bool:
        """Whether it is the password that was stored. Without one the answer is no, after the same work."""
        async with self._turn:
            return await asyncio.to_thread(_match, stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed by weaker rules than today's."""
        return _hasher.check_needs_rehash(stored)


def made_up(groups: int = 5) -> str:
    """A password of so many times 20 random bits that can be read out: `x4kd-9m2p-...`."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(groups))


def objection(name: str, password: str) -> str | None:
    """Why this cannot be the password of the account `name`; None when it can."""
    normal = unicodedata.normalize("NFC", password)
    plain = normal.casefold()
    if len(normal) < SHORTEST:
        return f"a password has at least {SHORTEST} characters"
    if len(normal.encode()) > LONGEST:
        return f"a password has at most {LONGEST} bytes"
    if len(plain.replace(name.casefold(), "")) < SHORTEST // 2:
        return "a password is not the name of the account"
    if len(set(plain)) < FEWEST_CHARACTERS or _without_ornament(plain) in _COMMON:
        return "this password is too common"
    return None


def _without_ornament(plain: str) -> str:
    """The word in it: `Welkom-2026!` is `welkom`, `passwordpassword` is `password`."""
    word = plain if plain in _COMMON else plain.strip("0123456789 .,-_!?@#$%&*+=/")
    for length in range(1, len(word) // 2 + 1):
        if len(word) % length == 0 and word == word[:length] * (len(word) // length):
            return word[:length]
    return word


def _match(stored: str | None, password: str) -> bool:
    normal = _normal(password[: LONGEST + 1])
    fits = stored is not None and len(normal) <= LONGEST
    try:
        return _hasher.verify(stored or _nobodys(), normal[:LONGEST]) and fits
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _normal(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode()
