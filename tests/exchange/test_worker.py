"""The task that works when something is due."""

import asyncio

from dzop.exchange.worker import work
from tests.exchange.fakes import World, goal

PERSON = "Patient/maria"


async def test_what_is_written_while_the_worker_waits_is_sent() -> None:
    world, stop = World(), asyncio.Event()
    arrived = world.notify_hub()
    working = asyncio.create_task(work(world.adapter(), world.store, world.clock, stop))
    await world.store.waited_for.wait()
    world.store.write(PERSON, goal())
    await arrived.wait()
    stop.set()
    await asyncio.wait_for(working, 5)
    assert world.at_hub() == [("Goal", 1)]


async def test_a_worker_that_waits_stops_at_once() -> None:
    world, stop = World(), asyncio.Event()
    working = asyncio.create_task(work(world.adapter(), world.store, world.clock, stop))
    await world.store.waited_for.wait()
    stop.set()
    await asyncio.wait_for(working, 5)


async def test_a_pass_that_breaks_does_not_end_the_worker() -> None:
    world, stop = World(), asyncio.Event()
    arrived = world.notify_hub()
    world.store.write(PERSON, goal())
    world.store.breaks = 1
    working = asyncio.create_task(
        work(world.adapter(), world.store, world.clock, stop, pause_after_failure=0)
    )
    await arrived.wait()
    stop.set()
    await asyncio.wait_for(working, 5)
    assert world.at_hub() == [("Goal", 1)]
