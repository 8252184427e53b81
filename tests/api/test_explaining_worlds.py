"""Generated plans: whom the service names as seeing an entry is who then reads it, and the reasons say the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from plan_worlds import ACTORS, PERSON, worlds
from serving import Clock
from stores import Stores, build, two_stores

from dzop.fhir.resource_types import RESOURCE_TYPES

_EXAMPLES = max(2, int(os.environ.get("DZOP_EXAMPLES", "36")) // 6)
few = settings(
    max_examples=_EXAMPLES,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stores(database: str, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Stores]:
    with two_stores(database, tmp_path_factory.mktemp("stores"), clock) as stores:
        yield stores


async def told(system: httpx.AsyncClient, entry: str) -> set[str] | None:
    """Who is said to see an entry of the person's plan; None for what is in another."""
    answer = await system.get(f"/{PERSON}/$who-can-see", params={"resource": entry})
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, answer.text
    parties: list[dict[str, Any]] = answer.json().get("parameter", [])
    return {
        part["valueReference"]["reference"]
        for party in parties
        for part in party["part"]
        if part["name"] == "actor"
    }


async def explained(system: httpx.AsyncClient, actor: str, entry: str) -> str:
    """What the explanation decides."""
    answer = await system.get(f"/{PERSON}/$explain-access", params={"actor": actor, "resource": entry})
    assert answer.status_code == 200, answer.text
    return str(next(each["valueCode"] for each in answer.json()["parameter"] if each["name"] == "decision"))


@few
@given(data=st.data())
def test_who_is_said_to_see_an_entry_is_who_reads_it(
    stores: Stores, clock: Clock, data: st.DataObject
) -> None:
    world = data.draw(worlds(data.draw(st.sampled_from(ACTORS))))
    asked = data.draw(st.lists(st.sampled_from(ACTORS), min_size=2, max_size=2, unique=True))
    at = timedelta(days=data.draw(st.sampled_from((0, 0, 20, 60))))

    async def compare() -> None:
        await build(stores.first, world, clock)
        clock.instant += at
        clients, compared = {actor: stores.first.client(actor) for actor in ACTORS}, 0
        async with stores.first.client("system") as system:
            for entry in world.references:
                type = entry.partition("/")[0]
                if RESOURCE_TYPES[type].compartment == "directory" or type == "AuditEvent":
                    continue
                seeing = await told(system, entry)
                if seeing is None:
                    continue
                read = {who: (await client.get(f"/{entry}")).status_code for who, client in clients.items()}
                compared += 1
                assert (entry, {who for who, status in read.items() if status == 200}) == (entry, seeing)
                for who in asked:
                    decision = await explained(system, who, entry)
                    assert (entry, who, decision) == (entry, who, "permit" if read[who] == 200 else "deny")
        for client in clients.values():
            await client.aclose()
        assert compared > 0

    stores.run(compare())
