"""The composition root: settings in, an ASGI application out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from joserfc.jwk import KeySet
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from consent.decisions import DECISIONS
from consent.matrix import Matrix, load
from consent.published import read_reviewed
from dzop import __version__, portal
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.access.generations import compiling
from dzop.access.persons import patient_of
from dzop.actor import Actor
from dzop.api.fhir import FhirEndpoint
from dzop.api.front import Front
from dzop.api.openapi import openapi
from dzop.auth import keys, sandbox
from dzop.auth.client import Client
from dzop.auth.discovery import smart_configuration
from dzop.auth.proofs import KINDS, Declarations, configured, sandbox_verifier
from dzop.auth.revocations import Revocations
from dzop.auth.tokens import Verifier
from dzop.demo.people import PEOPLE
from dzop.exchange.partners import Partner, read_partners
from dzop.exchange.running import exchanging
from dzop.fhir.outcome import Unauthenticated
from dzop.interactions.exchanged import Service
from dzop.settings import Settings
from dzop.store.audit import Writer
from dzop.store.audit_seal import Sealing, sealing
from dzop.store.database import PING, Database

PUBLISHED = "2026-11-22"
_LEEWAY = timedelta(seconds=30)


def application(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Front:
    """The service. Its database must be there and migrated; it connects when the server starts it."""
    law = shipped_matrix(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url
        if url is None:
            raise RuntimeError("no database: `dzop serve` starts an embedded one")
        async with (
            sealing(url, sealed_as(settings, clock)),
            Database.opened(url, settings.pool_size, settings.search_timeout) as database,
            Writer.running(database) as audit,
        ):
            gateway = Gateway(database, audit, law, settings.fhir_base, partner_types(settings))
            front.open(_endpoint(settings, database, gateway, clock))
            app.router.routes.extend(_pages(settings, database, clock))
            app.state.database = database
            async with (
                compiling(database, law, settings.fhir_base),
                exchanging(configured_partners(settings), database, gateway, settings.fhir_base, clock),
            ):
                yield

    app = FastAPI(
        title="dzop",
        version=__version__,
        summary="FHIR R4 shared care plans",
        lifespan=lifespan,
        redoc_url=None,
    )

    front = Front(app)

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> Response:
        return await _readiness(app)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return front


async def _readiness(app: FastAPI) -> Response:
    """200 when the database answers, 503 when it does not."""
    try:
        await app.state.database.row(PING)
    except Exception:
        # Whatever keeps the database from answering keeps us from being ready.
        return Response('{"status":"the database does not answer"}', 503, media_type="application/json")
    return Response('{"status":"ready"}', media_type="application/json")


def _endpoint(
    settings: Settings, database: Database, gateway: Gateway, clock: Callable[[], datetime]
) -> FhirEndpoint:
    issuer = f"{settings.public_url}/auth"
    smart = smart_configuration(issuer)
    signing = keys.signing_key(settings.keys)
    verifier = Verifier(
        KeySet([signing]), (settings.issuer, issuer), (settings.audience, settings.fhir_base), leeway=_LEEWAY
    )

    revocations = Revocations(database)

    async def authenticate(token: str, now: datetime) -> Actor:
        if not settings.sandbox:
            raise Unauthenticated("no issuer of tokens is configured here")
        claims = verifier.verify(token, now)
        await revocations.require_in_force(claims, now)
        bearer = Actor(
            "", "", scopes=tuple(claims.scopes), client=claims.client_id or "", patient=claims.patient
        )
        actor = await actor_of(database, claims.subject, claims.role, bearer, now, sandbox=settings.sandbox)
        return replace(actor, is_registrar=True) if actor.individual in settings.registrar_names else actor

    service = Service(
        gateway=gateway,
        base=settings.fhir_base,
        page_key=keys.page_key(settings.keys),
        client_ids=settings.client_ids,
        page_size=settings.page_size,
        bundle_entries=settings.bundle_entries,
        max_body=settings.max_body,
        software=__version__,
        published=PUBLISHED,
        oauth={"authorize": smart["authorization_endpoint"], "token": smart["token_endpoint"]},
        declarations=declarations(settings),
        identifier_checks=settings.identifier_checks,
    )
    return FhirEndpoint(service, authenticate, smart, clock, settings.max_body)


def _pages(settings: Settings, database: Database, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """What is shown to people: the portal, and the login while the sandbox is on."""
    front = Route("/", lambda _: RedirectResponse("/portal/"), methods=["GET"])
    routes: list[BaseRoute] = [*portal.routes(), front]
    if settings.sandbox:
        routes += sandbox.routes(_sandbox(settings, database, f"{settings.public_url}/auth", clock))
    return routes


def _sandbox(
    settings: Settings, database: Database, issuer: str, clock: Callable[[], datetime]
) -> sandbox.Sandbox:
    async def patient(reference: str) -> str | None:
        return await patient_of(database, reference)

    return sandbox.Sandbox(
        key=keys.signing_key(settings.keys),
        identity_key=keys.identity_key(settings.keys),
        issuer=issuer,
        audience=settings.fhir_base,
        clients=(Client("dzop-portal", (f"{settings.public_url}/portal/",)),),
        people=[(each.reference, each.name, each.role) for each in PEOPLE],
        around={each.reference: each.scenario[3:] for each in PEOPLE if each.scenario},
        patient_of=patient,
        clock=clock,
    )


def partner_types(settings: Settings) -> dict[str, frozenset[str]]:
    """The types that each configured exchange partner takes."""
    return {each.name: frozenset(each.types) for each in configured_partners(settings)}


def shipped_matrix(settings: Settings) -> Matrix:
    """The access matrix this process brings: the operator's own or ours; ValueError when it may not be used."""
    return read_reviewed(settings.matrix.read_bytes().decode()) if settings.matrix else load()


def sealed_as(settings: Settings, clock: Callable[[], datetime]) -> Sealing:
    """How the audit is sealed here, anchored, and kept."""
    return Sealing(keys.audit_key(settings.keys), settings.anchor_folder, clock, DECISIONS.log_years)


def declarations(settings: Settings) -> Declarations:
    """What may be declared here; the sandbox believes its own evidence where no other verifier is configured.

    ValueError when the verifiers cannot be had.
    """
    verifiers = dict(configured(settings.proof_verifiers or ""))
    if settings.sandbox:
        verify = sandbox_verifier(keys.signing_key(settings.keys))
        verifiers = {kind: verifiers.get(kind, verify) for kind in KINDS}
    return Declarations(verifiers, settings.break_glass, settings.declarations_an_hour)


def configured_partners(settings: Settings) -> tuple[Partner, ...]:
    return read_partners(settings.partners.read_text()) if settings.partners else ()


def from_environment() -> Front:
    """The application with the settings of the environment: what each worker process runs."""
    return application(Settings())
