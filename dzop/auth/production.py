"""What may not be where real persons are served: the sandbox, addresses without TLS, secrets that everybody knows.

That others can read no key is looked at wherever the keys are used (`dzop/auth/key_files.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from dzop.auth.resource_server.addresses import is_loopback
from dzop.settings import Settings

__all__ = ["is_production", "objection"]

_KNOWN: Final = frozenset(
    ("admin", "changeme", "database", "demo", "dzop", "example", "password", "postgres", "postgresql", "root",
     "secret", "test")
)  # fmt: skip
_ELSEWHERE: Final = ("PGPASSWORD", "PGPASSFILE", "PGSERVICE")
"""Where the driver finds a password that is not in the address."""


def is_production(settings: Settings) -> bool:
    """As it is set; else whether clients reach the service at an address that is not of this machine."""
    if settings.production is not None:
        return settings.production
    return settings.base_url is not None and not is_loopback(settings.base_url)


def objection(settings: Settings) -> str | None:
    """Why this may not be started in production, in one sentence; None when it may, or is no production."""
    return next(_objections(settings), None) if is_production(settings) else None


def _objections(settings: Settings) -> Iterator[str]:
    if settings.sandbox:
        yield "the sandbox lets everybody in and may not be on in production: unset DZOP_SANDBOX"
    if not settings.public_url.startswith("https://"):
        yield "in production DZOP_BASE_URL begins with https://, or passwords and tokens travel in the clear"
    if any(_is_everybody(each.strip()) for each in (settings.trusted_proxies or "").split(",")):
        yield "DZOP_TRUSTED_PROXIES trusts everybody, who could then choose their own address: name the proxies"
    if settings.database_url is not None and _is_known(settings.database_url):
        yield "the password of the database is one that everybody knows: give it another, and DZOP_DATABASE_URL"


def _is_everybody(proxy: str) -> bool:
    return proxy == "*" or proxy.endswith("/0")


def _is_known(url: str) -> bool:
    """Whether the database takes a password that anybody would try first, or none over the network."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    password = (
        unquote(parts.password or "") or asked.get("password", [""])[0] or os.environ.get("PGPASSWORD", "")
    )
    if password:
        return password.casefold() in _KNOWN or password == unquote(parts.username or "")
    is_socket = not parts.hostname and asked.get("host", ["/"])[0].startswith("/")
    has_other = not {"sslcert", "passfile"}.isdisjoint(asked) or any(
        name in os.environ for name in _ELSEWHERE
    )
    return not is_socket and not has_other
