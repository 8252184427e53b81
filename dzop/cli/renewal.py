"""What a newer dzop brings into a database: what it ships as resources, and an index by its own rules.

A bar shows how far the index is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from dzop.settings import Settings


def renew(settings: Settings, console: Console) -> int:
    """How many resources are still waiting to be indexed at the end, because an older process writes them."""
    from dzop.operator import indexed_anew, supplied

    asyncio.run(supplied(settings))
    with Progress(console=console, transient=True) as progress:

        def begun(number: int) -> Callable[[int], None]:
            task = progress.add_task("Indexing", total=number)
            return lambda done: progress.advance(task, done)

        return asyncio.run(indexed_anew(settings, begun))
