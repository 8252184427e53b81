"""A killed service loses nothing it acknowledged, and starts again on the same folder."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest
from resources import Resource, bundle, goal, put
from serving import Server, eventually, launched, ran, stopped

PATIENT: Resource = {"resourceType": "Patient", "id": "crash", "name": [{"text": "Jet"}]}
SIDES = ("left", "right")
ENOUGH = 60


def postmaster(server: Server) -> int:
    return int((server.var / "postgres" / "postmaster.pid").read_text().split()[0])


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def kill_service(server: Server) -> None:
    server.process.kill()
    server.process.wait()


def kill_both(server: Server) -> None:
    """As when the power goes: the database first, so that it cannot tidy up."""
    database = postmaster(server)
    os.kill(database, signal.SIGKILL)
    kill_service(server)
    eventually(lambda: not is_alive(database))


@dataclass
class Crash:
    """What was acknowledged before the crash, and the service that started again after it."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    pairs: int = 0
    link: str = ""
    bearer: str = ""
    again: Server = field(init=False)

    def write(self, client: httpx.Client, writer: int) -> None:
        """Creates goals, and changes one over and over, until nobody answers."""
        for number in range(10_000):
            for id in (f"w{writer}-{number}", f"w{writer}"):
                body = goal(f"Goal/{id}", "Patient/crash", description={"text": f"{number}"})
                answer = client.put(f"/Goal/{id}", json=body)
                if answer.is_success:
                    self.acknowledged[id] = answer.headers["ETag"]

    def write_pairs(self, client: httpx.Client, _: int) -> None:
        """Stores two goals in each transaction."""
        for number in range(10_000):
            self.pairs = number + 1
            entries = [put(goal(f"Goal/{side}-{number}", "Patient/crash")) for side in SIDES]
            client.post("/", json=bundle("transaction", *entries))


def until_it_dies(write: Callable[[httpx.Client, int], None], server: Server, writer: int) -> None:
    try:
        write(server.client("system"), writer)
    except httpx.TransportError:
        return


@pytest.fixture(scope="module", params=[kill_service, kill_both])
def crash(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crash]:
    """A service that was killed while four clients wrote, and started again."""
    folder, crash = tmp_path_factory.mktemp("crash"), Crash()
    server = launched(folder, "serve", DZOP_SANDBOX="1")
    client = server.client("system")
    client.post(
        "/",
        json=bundle(
            "transaction",
            put(PATIENT),
            *[put(goal(f"Goal/{n}", "Patient/crash", "life-goal")) for n in range(4)],
        ),
    )
    links = client.get("/Goal?category=life-goal&_count=2").json()["link"]
    crash.link = next(each["url"] for each in links if each["relation"] == "next").removeprefix(server.url)
    crash.bearer = client.headers["Authorization"]
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(until_it_dies, crash.write, server, writer) for writer in range(3)]
        writing.append(pool.submit(until_it_dies, crash.write_pairs, server, 3))
        eventually(lambda: len(crash.acknowledged) >= ENOUGH)
        request.param(server)
    for each in writing:
        each.result()
    crash.again = launched(folder, "serve", DZOP_SANDBOX="1")
    yield crash
    stopped(crash.again)


def test_nothing_acknowledged_is_lost(crash: Crash) -> None:
    client = crash.again.client("system")
    versions = {
        id: client.get(f"/Goal/{id}/_history/{etag[3:-1]}").status_code
        for id, etag in crash.acknowledged.items()
    }
    assert {id: status for id, status in versions.items() if status != 200} == {}


def test_no_transaction_is_half_done(crash: Crash) -> None:
    client = crash.again.client("system")
    halves = [
        {client.get(f"/Goal/{side}-{number}").status_code for side in SIDES} for number in range(crash.pairs)
    ]
    assert [number for number, statuses in enumerate(halves) if len(statuses) != 1] == []


def test_the_store_agrees_with_itself_after_a_crash(crash: Crash) -> None:
    assert ran(crash.again.var.parent, "verify").stdout.strip() == "No differences."


def test_tokens_and_page_links_outlive_a_crash(crash: Crash) -> None:
    answer = httpx.get(f"{crash.again.url}{crash.link}", headers={"Authorization": crash.bearer})
    assert [each["resource"]["id"] for each in answer.json()["entry"]] == ["2", "3"]


def test_the_service_writes_on_after_a_crash(crash: Crash) -> None:
    answer = crash.again.client("system").post("/Goal", json=goal("Goal/x", "Patient/crash"))
    assert (answer.status_code, answer.headers["ETag"]) == (201, 'W/"1"')
