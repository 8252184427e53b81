"""The authorization server as a whole: where it is, and what it asks of its surroundings.

https://openid.net/specs/openid-connect-core-1_0.html#Terminology (OpenID Provider)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, RSAKey
from starlette.requests import Request

from dzop.auth.claims import Claims
from dzop.auth.cookies import Cookies
from dzop.auth.events import Recorded
from dzop.auth.granting.asked import Pendings
from dzop.auth.granting.granted import Codes
from dzop.auth.launches import Launches
from dzop.auth.people import People
from dzop.auth.rates import Rates
from dzop.auth.registry import Registry
from dzop.auth.seals import Seal
from dzop.auth.sessions import Session
from dzop.store.database import Database

__all__ = ["Login", "Provider"]


class Login(Protocol):
    """Who is logged in, in which browser."""

    async def session_of(self, request: Request, now: datetime) -> Session | None:
        """The session of this browser, seen now; None when there is none or it has ended."""

    async def is_live(self, session_id: str, now: datetime) -> bool:
        """Whether the session with this `sid` goes on: neither ended, nor idle or running for too long."""


@dataclass(frozen=True)
class Provider:
    """`issuer` is a URL whose path is where the routes live (`http://127.0.0.1:8000/auth`), `audience` the FHIR base.

    `signing` and `identity` give the key that signs access and id tokens at an instant; `sealing` is a secret that
    never changes, for what the server hands out and reads itself. `accepted` gives the claims of an access token of
    this issuer, and raises Unauthenticated. `offline_lasts` is for how long an app stays connected without its user;
    `online_lasts` is how long an access token lasts where the use of a refresh token keeps the login alive.
    """

    issuer: str
    audience: str
    database: Database
    signing: Callable[[datetime], ECKey]
    identity: Callable[[datetime], RSAKey]
    sealing: bytes
    accepted: Callable[[str, datetime], Awaitable[Claims]]
    registry: Registry
    people: People
    login: Login
    launches: Launches
    events: Recorded
    rates: Rates
    clock: Callable[[], datetime]
    cookies: Cookies
    token_lasts: timedelta = timedelta(hours=1)
    online_lasts: timedelta = timedelta(hours=1)
    offline_lasts: timedelta = timedelta(days=90)

    @property
    def path(self) -> str:
        """Where the routes live: `/auth`."""
        return urlsplit(self.issuer).path.rstrip("/")

    @cached_property
    def pendings(self) -> Pendings:
        return Pendings(self.sealing)

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.sealing)

    @cached_property
    def refresh_tokens(self) -> Seal:
        return Seal(self.sealing, "refresh token")
