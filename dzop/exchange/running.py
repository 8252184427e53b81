"""The exchange in a running service: one worker a partner in each process; leases keep them apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from dzop.access.gateway import Gateway
from dzop.exchange.adapter import Adapter
from dzop.exchange.kept_outbox import KeptOutbox
from dzop.exchange.kept_plans import KeptPlans
from dzop.exchange.node_client import NodeClient
from dzop.exchange.partners import Partner
from dzop.exchange.worker import work
from dzop.store.database import Database

__all__ = ["exchanging"]

_LAST_WORDS = 5.0  # seconds for a put under way; a lease that is not given back ends by itself


@asynccontextmanager
async def exchanging(
    partners: Sequence[Partner],
    database: Database,
    gateway: Gateway,
    base: str,
    clock: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Exchanges with all partners for the length of the block."""
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(_exchange(partner, database, gateway, base, clock, stop)) for partner in partners
    ]
    try:
        yield
    finally:
        stop.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_LAST_WORDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _exchange(
    partner: Partner,
    database: Database,
    gateway: Gateway,
    base: str,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
) -> None:
    outbox = KeptOutbox(database, partner, clock)
    plans = KeptPlans(database, gateway, partner, base, clock)
    client = NodeClient.to(partner.url, partner.sender, partner.timeout)
    try:
        await work(Adapter(partner, client, outbox, plans, clock, base, _lease(partner)), outbox, clock, stop)
    finally:
        await client.close()


def _lease(partner: Partner) -> timedelta:
    """Three answers long: as long as the lane of a killed worker rests."""
    return max(timedelta(seconds=3 * partner.timeout), timedelta(seconds=3))
