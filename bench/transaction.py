"""A transaction of a hundred creates beside a hundred creates one after another, by one client in the same run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import httpx

from bench.server import Server

CREATES, ROUNDS = 100, 5


def ratio(server: Server, actor: str, resource: bytes) -> float:
    """How many times longer the single creates take: the median of rounds in which both take turns."""
    entry = {"request": {"method": "POST", "url": "Goal"}, "resource": json.loads(resource)}
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry] * CREATES})
    with server.client(actor) as client:

        def singly() -> None:
            for _ in range(CREATES):
                _require(client.post("/Goal", content=resource), 201)

        def together() -> None:
            _require(client.post("/", content=bundle), 200)

        singly()  # statements are prepared and models read
        together()
        return statistics.median(_seconds(singly) / _seconds(together) for _ in range(ROUNDS))


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _require(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise SystemExit(f"the benchmark was refused: {answer.text}")
