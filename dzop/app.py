"""The composition root: settings in, an ASGI application out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from consent.decisions import DECISIONS
from consent.matrix import Matrix, load
from consent.published import read_reviewed
from dzop import __version__, identity, portal
from dzop.access.actors import actor_of
from dzop.access.gateway import Gateway
from dzop.access.generations import compiling
from dzop.access.identified import actor_identified
from dzop.access.matrices import Matrices
from dzop.access.vocabulary.law import LawInForce
from dzop.access.vocabulary.loaded import Loaded
from dzop.access.vocabulary.vocabulary import OURS, Vocabulary
from dzop.actor import Actor
from dzop.api.fhir import Authenticate, FhirEndpoint
from dzop.api.front import Front
from dzop.api.openapi import openapi
from dzop.auth import keys
from dzop.auth.discovery import oauth_uris, smart_configuration
from dzop.auth.production import objection
from dzop.auth.proofs import KINDS, Declarations, configured, sandbox_verifier
from dzop.auth.resource_server.configured import our_own, trusting
from dzop.auth.resource_server.issuers import TrustedIssuer, trusted_issuers
from dzop.auth.resource_server.verifier import ResourceServer
from dzop.auth.revocations import Revocations
from dzop.auth.sweeping import sweeping
from dzop.exchange.partners import Partner, read_partners
from dzop.exchange.running import exchanging
from dzop.identity import Surroundings
from dzop.interactions.exchanged import Service
from dzop.settings import Settings
from dzop.store.audit import Writer
from dzop.store.audit_seal import Sealing, sealing
from dzop.store.database import PING, Database

PUBLISHED = "2026-11-22"


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
            _resource_server(settings, clock) as tokens,
        ):
            gateway = Gateway(database, audit, law, settings.fhir_base, partner_types(settings))
            authenticate = _authenticating(settings, database, tokens)
            vocabulary = Vocabulary(Loaded(database), LawInForce(database, Matrices(law)), OURS)
            front.open(_endpoint(settings, gateway, vocabulary, authenticate, clock))
            issuers = configured_issuers(settings)
            around = Surroundings(settings, database, gateway, audit, authenticate, issuers, clock)
            app.router.routes.extend([*_pages(), *identity.routes(around)])
            app.state.database = database
            async with (
                compiling(database, law, settings.fhir_base),
                sweeping(database, clock),
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


def _resource_server(
    settings: Settings, clock: Callable[[], datetime]
) -> AbstractAsyncContextManager[ResourceServer]:
    """Whose tokens count: our own authorization server's, in the sandbox `dzop token`'s, and those configured."""
    ring = keys.issuer_ring(settings.keys, clock)
    names = (settings.own_issuer, settings.issuer) if settings.sandbox else (settings.own_issuer,)
    own = our_own(names, (settings.audience, settings.fhir_base), ring.public_key)
    return trusting(own, configured_issuers(settings), settings.fhir_base)


def _authenticating(settings: Settings, database: Database, tokens: ResourceServer) -> Authenticate:
    """From a token to the actor it stands for at this moment."""
    revocations = Revocations(database)
    assurance = {each.issuer: each.assurance for each in configured_issuers(settings)}

    async def authenticate(token: str, now: datetime) -> Actor:
        claims = await tokens.verify(token, now)
        await revocations.require_in_force(claims, now)
        bearer = Actor(
            "", "", scopes=tuple(claims.scopes), client=claims.client_id or "", patient=claims.patient
        )
        if claims.identity is not None:
            actor = await actor_identified(database, claims.identity, bearer, now, settings.fhir_base)
            assurance[claims.issuer].require(claims.acr, actor.individual)
        else:
            subject = claims.subject
            actor = await actor_of(database, subject, claims.role, bearer, now, sandbox=settings.sandbox)
        return replace(actor, is_registrar=True) if actor.individual in settings.registrar_names else actor

    return authenticate


def _endpoint(
    settings: Settings,
    gateway: Gateway,
    vocabulary: Vocabulary,
    authenticate: Authenticate,
    clock: Callable[[], datetime],
) -> FhirEndpoint:
    smart = smart_configuration(settings.own_issuer, registration=settings.registration == "open")
    service = Service(
        gateway=gateway,
        vocabulary=vocabulary,
        base=settings.fhir_base,
        page_key=keys.page_key(settings.keys),
        client_ids=settings.client_ids,
        page_size=settings.page_size,
        bundle_entries=settings.bundle_entries,
        max_body=settings.max_body,
        software=__version__,
        published=PUBLISHED,
        oauth=oauth_uris(smart),
        issuer=settings.own_issuer,
        declarations=declarations(settings),
        identifier_checks=settings.identifier_checks,
        expansion_limit=settings.expansion_limit,
    )
    return FhirEndpoint(service, authenticate, smart, clock, settings.max_body)


def _pages() -> list[BaseRoute]:
    """The portal, to which the root leads."""
    return [*portal.routes(), Route("/", lambda _: RedirectResponse("/portal/"), methods=["GET"])]


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
        verify = sandbox_verifier(keys.proof_key(settings.keys))
        verifiers = {kind: verifiers.get(kind, verify) for kind in KINDS}
    return Declarations(verifiers, settings.break_glass, settings.declarations_an_hour)


def configured_issuers(settings: Settings) -> tuple[TrustedIssuer, ...]:
    """The identity providers of the operator's file; ValueError when they may not be trusted as it says."""
    issuers = trusted_issuers(settings.issuers)
    if ours := {each.issuer for each in issuers} & {settings.own_issuer, settings.issuer}:
        raise ValueError(f"{settings.issuers} names this service itself: {ours.pop()}")
    return issuers


def configured_partners(settings: Settings) -> tuple[Partner, ...]:
    return read_partners(settings.partners.read_text()) if settings.partners else ()


def from_environment() -> Front:
    """The application with the settings of the environment: what each worker process runs, whoever starts it."""
    settings = Settings()
    if (refused := objection(settings)) is not None:
        raise RuntimeError(refused)
    return application(settings)
