"""The authorization server of this service, put together: keys, clients, logins, and what it asks of the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import quote

import structlog
from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from dzop.access.acquaintance import Acquaintance
from dzop.access.events import event
from dzop.access.gateway import Gateway
from dzop.actor import Actor, Call
from dzop.api.fhir import Authenticate
from dzop.auth import discovery, keys
from dzop.auth.claims import Claims
from dzop.auth.cookies import Cookies
from dzop.auth.discovery import Discovery
from dzop.auth.events import Happened
from dzop.auth.granting import routes as granting
from dzop.auth.granting.provider import Provider
from dzop.auth.key_ring import KeyRing
from dzop.auth.launches import LaunchEndpoint, Launches
from dzop.auth.login import routes as login
from dzop.auth.login.accounts import Accounts
from dzop.auth.login.elsewhere import Elsewhere
from dzop.auth.login.failures import Failures
from dzop.auth.login.invitations import Invitations
from dzop.auth.login.logins import Logins
from dzop.auth.login.passwords import Passwords
from dzop.auth.login.sessions import Sessions
from dzop.auth.pages.choosing import Group, Person, grouped
from dzop.auth.pages.page import STYLE, STYLE_NAME
from dzop.auth.rates import Rates
from dzop.auth.registering import RegistrationEndpoint, rules_for_itself
from dzop.auth.registry import Registry
from dzop.auth.resource_server.addresses import is_loopback
from dzop.auth.resource_server.configured import our_own
from dzop.auth.resource_server.issuers import TrustedIssuer
from dzop.auth.resource_server.verifier import ResourceServer
from dzop.auth.revocations import Revocations
from dzop.demo.people import PEOPLE
from dzop.settings import Settings
from dzop.store.audit import Writer
from dzop.store.database import Database
from dzop.store.tables import NONE

__all__ = ["Surroundings", "routes"]

_log = structlog.get_logger()
_SOFTWARE = tuple(each.reference for each in PEOPLE if each.reference.startswith("Organization/"))
"""The demo organisations whose software acts by itself; it does not log in with a browser."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the authorization server is put into.

    `authenticate` gives the actor of an access token, whoever issued it, or raises Unauthenticated. `issuers` are the
    identity providers of the operator.
    """

    settings: Settings
    database: Database
    gateway: Gateway
    audit: Writer
    authenticate: Authenticate
    issuers: tuple[TrustedIssuer, ...]
    clock: Callable[[], datetime]


def routes(around: Surroundings) -> list[BaseRoute]:
    """All routes of the authorization server, at `[public_url]/auth`."""
    settings, clock = around.settings, around.clock
    access_keys, identity_keys = (
        keys.issuer_ring(settings.keys, clock),
        keys.identity_ring(settings.keys, clock),
    )
    token_lasts = timedelta(minutes=settings.token_minutes)
    is_here = settings.public_url.startswith("http:") and is_loopback(settings.public_url)
    cookies = Cookies(over_tls=not is_here)
    sessions = Sessions(
        around.database,
        timedelta(minutes=settings.login_idle_minutes),
        timedelta(hours=settings.login_hours),
        token_lasts,
        cookies,
    )
    provider = Provider(
        issuer=settings.own_issuer,
        audience=settings.fhir_base,
        database=around.database,
        signing=access_keys.current,
        identity=identity_keys.current,
        sealing=keys.seal_key(settings.keys),
        accepted=_accepting(around, access_keys),
        registry=Registry(around.database, settings.public_url),
        people=Acquaintance(around.gateway, around.database, settings.fhir_base),
        login=sessions,
        launches=Launches(keys.seal_key(settings.keys)),
        events=_Recorder(around.audit),
        rates=Rates(),
        clock=clock,
        cookies=cookies,
        token_lasts=token_lasts,
        # Who works in an app refreshes in time, or they would be idle before their first token expires.
        online_lasts=min(token_lasts, sessions.idle / 2),
        offline_lasts=timedelta(days=settings.offline_days),
    )
    logins = Logins(
        provider=provider,
        sessions=sessions,
        accounts=Accounts(around.database, Passwords()),
        failures=Failures(around.database, settings.login_attempts),
        invitations=Invitations(around.database),
        identity_keys=identity_keys.public_keys,
        sandbox=_made_up() if settings.sandbox else (),
        elsewhere=_elsewhere(around),
    )
    told = Discovery(provider.issuer, access_keys, identity_keys, registration=_is_open(settings))
    return [
        *granting.routes(provider),
        *login.routes(logins),
        *discovery.routes(told),
        *_launching(provider, around).routes(),
        *_registering(provider, around).routes(),
        Route(f"{provider.path}/{STYLE_NAME}", _style, methods=["GET"]),
    ]


def _accepting(
    around: Surroundings, access_keys: KeyRing[ECKey]
) -> Callable[[str, datetime], Awaitable[Claims]]:
    """What a token of our own says; no other issuer is asked about what a client shows here."""
    settings, revocations = around.settings, Revocations(around.database)
    own = our_own([settings.own_issuer], (settings.fhir_base,), access_keys.public_key)
    tokens = ResourceServer(own)

    async def accepted(token: str, now: datetime) -> Claims:
        claims = await tokens.verify(token, now)
        await revocations.require_in_force(claims, now)
        return claims

    return accepted


def _launching(provider: Provider, around: Surroundings) -> LaunchEndpoint:
    return LaunchEndpoint(
        issuer=provider.issuer,
        audience=provider.audience,
        launches=provider.launches,
        clients=provider.registry,
        people=provider.people,
        events=provider.events,
        authenticate=around.authenticate,
        rates=provider.rates,
        clock=provider.clock,
    )


def _registering(provider: Provider, around: Surroundings) -> RegistrationEndpoint:
    settings = around.settings
    return RegistrationEndpoint(
        issuer=provider.issuer,
        is_open=_is_open(settings),
        rules=rules_for_itself(settings.public_url, _SOFTWARE[0] if settings.sandbox else None),
        database=provider.database,
        events=provider.events,
        rates=provider.rates,
        clock=provider.clock,
    )


def _is_open(settings: Settings) -> bool:
    return settings.registration == "open"


def _made_up() -> tuple[Group, ...]:
    """The demo persons as the sandbox login lists them."""
    return grouped(
        [
            Person(each.reference, each.name, each.role, each.patient or (each.scenario or "")[3:] or None)
            for each in PEOPLE
            if each.reference not in _SOFTWARE
        ]
    )


def _elsewhere(around: Surroundings) -> dict[str, Elsewhere]:
    """The identity providers with which people log in."""
    path = f"{around.settings.own_issuer}/login/from"
    return {
        each.name: Elsewhere(each, each.login, f"{path}/{quote(each.name)}")
        for each in around.issuers
        if each.login is not None
    }


async def _style(request: Request) -> Response:
    """The style sheet of all pages."""
    return FileResponse(STYLE, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


class _Recorder:
    """Events in the log, where no person is named, and in the audit, where all are."""

    def __init__(self, audit: Writer) -> None:
        self._audit = audit

    async def record(self, happened: Happened) -> None:
        told = {"outcome": happened.outcome, "client": happened.client, "detail": happened.detail}
        _log.info(
            f"identity.{happened.interaction}", **{name: value for name, value in told.items() if value}
        )
        actor = Actor(happened.subject or "unknown", "", client=happened.client)
        call = Call(actor, happened.at, token_hex(16))
        about = ("Patient", happened.patient) if happened.patient else ("", "")
        # Not the log of any person: what was done with a token stands there by itself.
        await self._audit.record(
            event(call, f"${happened.interaction}", happened.outcome, *about, person=NONE)
        )
