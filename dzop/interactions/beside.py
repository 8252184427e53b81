"""Work on large bodies, done beside the loop so that others are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

__all__ = ["beside"]

_LARGE: Final = 262_144  # bytes; below, a thread costs more than it spares
_Made = TypeVar("_Made")


async def beside(work: Callable[[bytes], _Made], data: bytes) -> _Made:
    """What `work` makes of the data."""
    return work(data) if len(data) <= _LARGE else await asyncio.to_thread(work, data)
