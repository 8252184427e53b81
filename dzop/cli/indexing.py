"""What is indexed by older rules is indexed anew, with a bar that shows how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from dzop.settings import Settings


def index_anew(settings: Settings, console: Console) -> int:
    """How many are still waiting at the end, because an older process writes them."""
    from dzop.operator import indexed_anew

    with Progress(console=console, transient=True) as progress:

        def begun(number: int) -> Callable[[int], None]:
            task = progress.add_task("Indexing", total=number)
            return lambda done: progress.advance(task, done)

        return asyncio.run(indexed_anew(settings, begun))
