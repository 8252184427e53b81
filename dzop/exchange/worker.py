"""The exchange as a task: works when something is due, waits when nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from dzop.exchange.adapter import Adapter
from dzop.exchange.ports import Outbox

__all__ = ["work"]

_log = structlog.get_logger()


async def work(
    adapter: Adapter,
    outbox: Outbox,
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    at_least_every: timedelta = timedelta(seconds=15),
    pause_after_failure: float = 5.0,
) -> None:
    """Deliver and pull until `stop` is set; a pass that fails is logged and the next one goes on."""
    while not stop.is_set():
        try:
            await adapter.deliver()
            await adapter.pull()
            await _first(stop.wait(), outbox.wait(clock() + at_least_every))
        except Exception as error:
            _log.error("exchange pass failed", error=type(error).__name__)
            await _first(stop.wait(), asyncio.sleep(pause_after_failure))


async def _first(*awaitables: Coroutine[Any, Any, Any]) -> None:
    """Return when the first is done, and let go of the others; what the first raised is raised."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        task.result()
