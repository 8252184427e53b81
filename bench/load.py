"""The load generator, a process of its own: clients that keep one connection each and wait for every answer.

Reads one `Load` as JSON on standard input and writes one `Measured` as JSON on standard output. It speaks
just enough HTTP/1.1 (keep-alive, `Content-Length`) to cost less than the server it measures.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import cast

import uvloop

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked: these requests in turn, by so many clients, for so many seconds after a warm-up."""

    port: int
    requests: list[str]
    clients: int = 16
    seconds: float = 5.0
    warm_up: float = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """What came back: answers per second, milliseconds an answer took, answers by status."""

    per_second: float
    p50: float
    p99: float
    answers: int
    statuses: dict[str, int] = field(default_factory=dict)


def request(method: str, path: str, token: str = "", body: bytes = b"") -> str:
    """One request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept: application/fhir+json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/fhir+json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body.decode()])


def measure(load: Load) -> Measured:
    """Runs the load in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)), capture_output=True, text=True, check=True,
        timeout=load.seconds + load.warm_up + 20,
    )  # fmt: skip
    return Measured(**json.loads(done.stdout))


class _Client(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is complete, until the time is up."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._received = b""
        self._run.note(self._sent_at, head)
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        self._run.ended()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        if self._sent_at >= self._run.end:
            self._transport.close()
        else:
            self._transport.write(self._run.next())


class _Run:
    def __init__(self, load: Load) -> None:
        self._requests = [each.encode() for each in load.requests]
        self._number = count()
        self._open = load.clients
        self.over = asyncio.Event()
        self.start = time.perf_counter() + load.warm_up
        self.end = self.start + load.seconds
        self.taken: list[float] = []
        self.statuses: Counter[str] = Counter()

    def next(self) -> bytes:
        return self._requests[next(self._number) % len(self._requests)]

    def note(self, sent_at: float, head: bytes) -> None:
        if sent_at >= self.start:
            self.taken.append(time.perf_counter() - sent_at)
            self.statuses[head[9:12].decode()] += 1

    def ended(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.over.set()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def _measured(load: Load) -> Measured:
    loop, run = asyncio.get_running_loop(), _Run(load)
    for _ in range(load.clients):
        await loop.create_connection(lambda: _Client(run), HOST, load.port)
    await asyncio.wait_for(run.over.wait(), load.warm_up + load.seconds + 15)
    taken = sorted(run.taken) or [0.0]
    return Measured(
        per_second=len(run.taken) / load.seconds,
        p50=1000 * taken[len(taken) // 2],
        p99=1000 * taken[len(taken) * 99 // 100],
        answers=len(run.taken),
        statuses=dict(run.statuses),
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(uvloop.run(_measured(Load(**json.load(sys.stdin)))))))
