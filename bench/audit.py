"""What the audit costs: the same reads of two services on one database, of which one records nothing.

The one that records nothing exists only here, in a process of the benchmark: the product has no such switch.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from bench.load import Load, measure
from bench.server import Server, environment, free_port, wait_until_ready
from dzop import app
from dzop.settings import Settings
from dzop.store.audit import Event, Writer
from dzop.store.embedded import embedded

TURNS, SECONDS = 5, 2.0


class Silent(Writer):
    """Says at once that all is recorded, and records nothing."""

    async def record(self, *events: Event) -> None:
        return None


def cost(server: Server, requests: Sequence[str], clients: int) -> float:
    """Percent of the throughput of these reads that the audit takes, its sealing included.

    The median of several turns: what else the machine does meets the two of a turn alike.
    """

    def per_second(port: int) -> float:
        return measure(Load(port, list(requests), clients, SECONDS)).per_second

    with _silent(server.folder) as port:
        turns = [(per_second(port), per_second(server.port)) for _ in range(TURNS)]
    return 100 * statistics.median(1 - recorded / silent for silent, recorded in turns)


@contextmanager
def _silent(folder: Path) -> Iterator[int]:
    """The port of a service on the same database and keys that records nothing."""
    port = free_port()
    with (folder / "silent-log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.audit"],
            cwd=folder,
            env=environment() | {"DZOP_PORT": str(port)},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_ready(port, process, folder / "silent-log")
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _serve() -> None:
    app.Writer = Silent  # type: ignore[misc]
    settings = Settings()
    with embedded(settings.var) as url:
        front = app.application(settings.model_copy(update={"database_url": url}))
        config = uvicorn.Config(
            front, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            server_header=False, proxy_headers=False,
        )  # fmt: skip
        uvicorn.Server(config).run()


if __name__ == "__main__":
    _serve()
