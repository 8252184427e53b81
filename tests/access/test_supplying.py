"""What dzop ships as resources is in every database, and what an operator made of it stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
import pytest_asyncio

from consent.matrix import load
from dzop.access.gateway import Gateway
from dzop.access.proposal import Proposal
from dzop.access.supplying import supply
from dzop.access.unit import Unit
from dzop.actor import SYSTEM, Actor, Call
from dzop.definitions.shipped import SHIPPED
from dzop.fhir import json
from dzop.store.audit import Writer
from dzop.store.database import Database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALL = Call(Actor(SYSTEM, SYSTEM), NOW, "test")


@pytest_asyncio.fixture
async def gateway(database: str) -> AsyncIterator[Gateway]:
    async with Database.opened(database, 2) as pool, Writer.running(pool) as audit:
        yield Gateway(pool, audit, load(), "http://supplied.test/fhir")


@pytest.fixture
def form() -> Mapping[str, Any]:
    """A questionnaire that no other test knows."""
    id = f"form-{uuid4().hex[:8]}"
    return {
        "resourceType": "Questionnaire", "id": id, "url": f"http://supplied.test/{id}", "version": "9",
        "status": "active", "title": "Ours",
    }  # fmt: skip


async def _put(gateway: Gateway, resource: Mapping[str, Any]) -> None:
    async def work(unit: Unit) -> None:
        await unit.load(Proposal("Questionnaire", resource["id"], json.parse(orjson.dumps(resource))))

    await gateway.commit(CALL, work)


async def _title(gateway: Gateway, form: Mapping[str, Any]) -> str:
    shown = await gateway.read(CALL, "Questionnaire", form["id"])
    return str(orjson.loads(shown.served)["title"])


async def test_what_is_missing_is_stored_once(gateway: Gateway, form: Mapping[str, Any]) -> None:
    first, second = await supply(gateway, NOW, [form]), await supply(gateway, NOW, [form])
    assert ((f"Questionnaire/{form['id']}",), ()) == (first, second)


async def test_all_that_is_shipped_can_be_stored(gateway: Gateway) -> None:
    await supply(gateway, NOW)
    found = [(await gateway.read(CALL, each["resourceType"], each["id"])).id for each in SHIPPED]
    assert [each["id"] for each in SHIPPED] == found


@pytest.mark.parametrize(("version", "expected"), [("10", "Ours, newer"), ("9", "Theirs"), ("8", "Theirs")])
async def test_only_a_newer_version_replaces_what_is_there(
    gateway: Gateway, form: Mapping[str, Any], version: str, expected: str
) -> None:
    await _put(gateway, {**form, "title": "Theirs"})
    await supply(gateway, NOW, [{**form, "version": version, "title": "Ours, newer"}])
    assert expected == await _title(gateway, form)


async def test_what_was_deleted_stays_so(gateway: Gateway, form: Mapping[str, Any]) -> None:
    await _put(gateway, form)
    await gateway.commit(CALL, lambda unit: unit.delete("Questionnaire", form["id"], None))
    assert () == await supply(gateway, NOW, [{**form, "version": "10"}])
