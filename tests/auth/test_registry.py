"""Clients in the database, and how fast every worker knows what the operator changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dzop.auth import registry, revocations
from dzop.auth.claims import Claims
from dzop.auth.client import Client
from dzop.auth.granting import consents
from dzop.auth.registry import FRESH, PORTAL, Registry
from dzop.auth.revocations import Revocations
from dzop.fhir.outcome import Unauthenticated
from dzop.store.database import Database

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
KEYS = {"keys": [{"kty": "EC", "kid": "one"}]}


@dataclass
class Worker:
    """One application on the database: what it knows of clients and of revocations, on a clock of its own."""

    database: Database
    seconds: float = 0.0
    clients: Registry = field(init=False)
    revocations: Revocations = field(init=False)

    def __post_init__(self) -> None:
        self.clients = Registry(self.database, "https://plan.test", lambda: self.seconds)
        self.revocations = Revocations(self.database, lambda: self.seconds)

    async def accepts(self, client_id: str) -> bool:
        """Whether an access token of this client counts here."""
        token = Claims(
            "Patient/x", frozenset(), "https://elsewhere.test", NOW + timedelta(hours=1), client_id=client_id
        )
        try:
            await self.revocations.require_in_force(token, NOW)
        except Unauthenticated:
            return False
        return True


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    async with Database.opened(database, 2) as opened:
        yield opened


@pytest.fixture
async def ours(opened: Database) -> Worker:
    return Worker(opened)


@pytest.fixture
async def theirs(database: str) -> AsyncIterator[Worker]:
    """Another application on the same database."""
    async with Database.opened(database, 1) as opened:
        yield Worker(opened)


@pytest.fixture
async def app(opened: Database) -> Client:
    """An app that is registered."""
    client = Client(
        f"app-{uuid4().hex}",
        redirect_uris=("https://app.test/cb",),
        name="App",
        grant_types=("authorization_code", "refresh_token"),
    )
    await registry.add(opened, client, NOW)
    return client


async def test_what_was_registered_is_found_again(ours: Worker, opened: Database) -> None:
    client = Client(
        f"app-{uuid4().hex}",
        redirect_uris=("https://app.test/cb", "com.example.app:/cb"),
        name="Ça va ?",
        method="private_key_jwt",
        grant_types=("authorization_code", "client_credentials"),
        scope="system/Goal.rs",
        jwks=KEYS,
        organization="Organization/x",
        launch_uri="https://app.test/launch",
        logo="https://app.test/logo.png",
        policy="https://app.test/policy",
        post_logout_redirect_uris=("https://app.test/bye",),
    )
    await registry.add(opened, client, NOW)
    assert await ours.clients.client(client.client_id) == client


async def test_an_id_is_given_once(opened: Database, app: Client) -> None:
    assert not await registry.add(opened, replace(app, name="Another"), NOW)


async def test_the_portal_is_built_in(ours: Worker) -> None:
    portal = await ours.clients.client(PORTAL)
    assert (portal and (portal.is_first_party, portal.redirect_uris, portal.grant_types)) == (
        True,
        ("https://plan.test/portal/",),
        ("authorization_code", "refresh_token"),
    )


async def test_nobody_registered_is_first_party(ours: Worker, app: Client) -> None:
    found = await ours.clients.client(app.client_id)
    assert found is not None
    assert not found.is_first_party


@pytest.mark.parametrize("client_id", ["unknown", "", "a\0b", "x" * 10_000, "\ud800"], ids=repr)
async def test_what_is_not_registered_is_nobody(ours: Worker, client_id: str) -> None:
    assert await ours.clients.client(client_id) is None


async def test_a_disabled_client_is_nobody_within_a_second_in_another_worker(
    opened: Database, theirs: Worker, app: Client
) -> None:
    await theirs.clients.client(app.client_id)
    await registry.disable(opened, app.client_id, NOW)
    theirs.seconds += FRESH
    assert await theirs.clients.client(app.client_id) is None


async def test_tokens_of_a_disabled_client_are_refused_within_a_second_in_another_worker(
    opened: Database, theirs: Worker, app: Client
) -> None:
    before = await theirs.accepts(app.client_id)
    await registry.disable(opened, app.client_id, NOW)
    theirs.seconds += revocations.FRESH
    assert (before, await theirs.accepts(app.client_id)) == (True, False)


async def test_tokens_that_another_issuer_gave_to_a_disabled_client_are_refused(
    opened: Database, ours: Worker
) -> None:
    client_id = f"elsewhere-{uuid4().hex}"
    known_here = await registry.disable(opened, client_id, NOW)
    assert (known_here, await ours.accepts(client_id)) == (False, False)


async def test_an_enabled_client_is_known_again(opened: Database, ours: Worker, app: Client) -> None:
    await registry.disable(opened, app.client_id, NOW)
    await registry.enable(opened, app.client_id)
    assert (await ours.clients.client(app.client_id), await ours.accepts(app.client_id)) == (app, True)


async def test_tokens_of_a_removed_client_are_refused(opened: Database, ours: Worker, app: Client) -> None:
    await registry.remove(opened, app.client_id, NOW)
    assert (await ours.clients.client(app.client_id), await ours.accepts(app.client_id)) == (None, False)


async def test_the_id_of_a_removed_client_is_free_when_its_tokens_have_expired(
    opened: Database, app: Client
) -> None:
    await registry.disable(opened, app.client_id, NOW)
    await registry.remove(opened, app.client_id, NOW)
    later = [NOW + timedelta(minutes=30), NOW + timedelta(minutes=61)]
    assert [await registry.add(opened, app, at) for at in later] == [False, True]


async def test_what_is_not_there_cannot_be_removed(opened: Database) -> None:
    assert not await registry.remove(opened, "nobody", NOW)


async def test_a_worker_asks_the_database_at_most_twice_a_second(
    opened: Database, ours: Worker, app: Client
) -> None:
    await ours.clients.client(app.client_id)
    await registry.disable(opened, app.client_id, NOW)
    ours.seconds += FRESH / 2
    assert await ours.clients.client(app.client_id) == app


async def test_all_that_are_registered_are_listed(opened: Database, app: Client) -> None:
    assert app in [each.client for each in await registry.every(opened)]


async def test_an_app_that_registered_itself_and_is_not_used_is_forgotten(opened: Database) -> None:
    client, later = Client(f"app-{uuid4().hex}", name="App"), NOW + timedelta(seconds=1)
    await registry.add(opened, client, NOW, is_dynamic=True)
    found = []
    for before in (NOW, later):
        await registry.remove_unused(opened, before)
        found.append(await registry.find(opened, client.client_id) is not None)
    assert found == [True, False]


async def test_an_app_that_somebody_allowed_something_stays(opened: Database) -> None:
    client = Client(f"app-{uuid4().hex}", name="App")
    await registry.add(opened, client, NOW, is_dynamic=True)
    await consents.give(opened, client.client_id, "Patient/x", ("patient/*.rs",), NOW)
    await registry.remove_unused(opened, NOW + timedelta(days=365))
    assert await registry.find(opened, client.client_id) is not None


async def test_an_app_that_the_operator_added_stays(opened: Database, app: Client) -> None:
    await registry.remove_unused(opened, NOW + timedelta(days=365))
    assert await registry.find(opened, app.client_id) is not None
