"""The hub as a process of its own: killed, it comes back with its nodes; told to stop, it stops."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.exchange.fakes import ABOUT_MARIA, MARIA, OURS

PROGRAM = """
import sys
from pathlib import Path
from dzop.exchange.hub import Faults, serve_hub
serve_hub(int(sys.argv[1]), Faults(), Path(sys.argv[2]))
"""


@contextmanager
def running(state: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port), str(state)])
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Hub-Organization": OURS}) as client:
        try:
            until_it_answers(client, process)
            yield process, client
        finally:
            process.kill()
            process.wait()


def until_it_answers(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get(f"/consent/{MARIA}")
            return
        except httpx.TransportError:
            continue
    raise AssertionError("the hub did not come up")


def test_a_hub_that_was_killed_still_has_its_nodes_and_one_told_to_stop_ends_well(tmp_path: Path) -> None:
    goal = {"resourceType": "Goal", "subject": ABOUT_MARIA}
    with running(tmp_path / "hub.jsonl") as (process, hub):
        hub.put(f"/consent/{MARIA}")
        hub.put(f"/relation/{MARIA}/0999999922")
        hub.put(f"/subject/{MARIA}/Goal", json=goal)
        process.kill()
        process.wait()
    with running(tmp_path / "hub.jsonl") as (process, hub):
        kept = hub.get(f"/subject/{MARIA}/Goal/1").json()
        process.send_signal(signal.SIGTERM)
        assert (goal, 0) == (kept, process.wait(10))
