"""Keys that a client publishes, at an address that the operator entered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dzop.auth import registry
from dzop.auth.client import Client
from dzop.auth.published_keys import AGAIN, PublishedKeys
from dzop.auth.registry import Registry
from dzop.auth.resource_server.jwks import KEPT
from dzop.store.database import Database

ADDRESS = "https://client.test/jwks"
KEYS = [ECKey.generate_key("P-384", {"kid": name}).as_dict(private=False) for name in ("one", "two")]


class Publisher:
    """A client's own web server, and a worker that asks it."""

    def __init__(self) -> None:
        self.document: Any = {"keys": KEYS[:1]}
        self.requests, self.seconds = 0, 0.0
        app = Starlette(routes=[Route("/jwks", self.answer)])
        self.keys = PublishedKeys(
            lambda: self.seconds, lambda: httpx.AsyncClient(transport=httpx.ASGITransport(app))
        )

    async def answer(self, request: Request) -> Response:
        self.requests += 1
        return Response(status_code=503) if self.document is None else JSONResponse(self.document)

    async def kids(self) -> list[str]:
        return [str(key["kid"]) for key in (await self.keys.at(ADDRESS))["keys"]]


@pytest.fixture
async def publisher() -> Publisher:
    return Publisher()


async def test_the_keys_are_those_that_are_published(publisher: Publisher) -> None:
    assert await publisher.kids() == ["one"]


async def test_a_new_key_is_known_after_a_minute(publisher: Publisher) -> None:
    before = await publisher.kids()
    publisher.document, publisher.seconds = {"keys": KEYS}, AGAIN
    assert (before, await publisher.kids()) == (["one"], ["one", "two"])


async def test_of_many_that_want_to_know_one_asks(publisher: Publisher) -> None:
    await asyncio.gather(*[publisher.kids() for _ in range(20)])
    assert publisher.requests == 1


async def test_who_does_not_answer_is_not_asked_again_at_once(publisher: Publisher) -> None:
    publisher.document = None
    assert ([await publisher.kids() for _ in range(3)], publisher.requests) == ([[], [], []], 1)


@pytest.mark.parametrize(("passed", "kids"), [(AGAIN, ["one"]), (KEPT.total_seconds(), [])])
async def test_known_keys_outlast_a_failure_for_a_day(
    publisher: Publisher, passed: float, kids: list[str]
) -> None:
    await publisher.kids()
    publisher.document, publisher.seconds = None, passed
    assert await publisher.kids() == kids


@pytest.mark.parametrize(
    "document", [[], {"keys": "x"}, {"keys": [{"kty": "oct", "k": "eA", "kid": "x"}]}], ids=str
)
async def test_what_is_no_public_key_is_none(publisher: Publisher, document: object) -> None:
    publisher.document = document
    assert await publisher.kids() == []


async def test_a_client_is_known_with_the_keys_it_publishes(publisher: Publisher, database: str) -> None:
    client = Client(f"app-{uuid4().hex}", name="App", method="private_key_jwt", jwks_uri=ADDRESS)
    async with Database.opened(database, 1) as opened:
        await registry.add(opened, client, datetime.now(UTC))
        found = await Registry(opened, "https://plan.test", published=publisher.keys).client(client.client_id)
    assert (found and found.jwks) == {"keys": KEYS[:1]}
