"""Runs the whole benchmark once, prints a table and keeps it as JSON under `bench/results`.

Each kind of request is measured between two measurements of a route that does nothing, so that its ratio
holds on a machine that has other work; how far those differ is printed as the noise of the machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import (
    audit,
    everything,
    law,
    panel,
    paper,
    person,
    searchset,
    tasks,
    terminology,
    tokens,
    transaction,
)
from bench.load import Load, Measured, measure, request
from bench.server import Server, running

RESULTS = Path(__file__).parent / "results"
CLIENTS, SECONDS, NOTHING_SECONDS = 16, 5.0, 2.0
NURSE, PERSON = "Practitioner/nurse-katrien-baert", "jet-peeters"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of request beside the route that does nothing."""

    name: str
    measured: Measured
    nothing_per_second: float
    cpu_microseconds: float

    @property
    def ratio(self) -> float:
        return self.measured.per_second / self.nothing_per_second


def main() -> None:
    _say(f"Machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run; {CLIENTS} clients.")
    with running() as server:
        lines, nothing = _requests(server)
        rest = {
            # So many clients that the worker has other work while some wait for the disk.
            "the audit costs, % of read throughput": audit.cost(
                server, _workloads(server)["read by id"], 4 * CLIENTS
            ),
            **_beside_a_read(server),
            **_on_paper(server),
            "CareTeam update, median ms": _team_update(server),
            f"{transaction.CREATES} creates / one transaction of them": transaction.ratio(
                server, NURSE, _goal()
            ),
            "worker memory, MB": server.resident_megabytes(),
            **_terminology(server),
        }
    rest |= {
        "decisions of the law per second": law.decisions_per_second(),
        f"compiling a person ({law.MEMBERS} members, {law.SETTINGS} settings), ms": law.compile_milliseconds(),
        "  rows it gives": law.rows_compiled(),
    }
    rest |= _tokens(next(line for line in lines if line.name == "read by id"))
    rest |= {f"panel search / same with the persons given: {each.name}": each.ratio for each in panel.lines()}
    _print(lines, nothing, rest)
    _keep(lines, nothing, rest)


def _requests(server: Server) -> tuple[list[Line], list[Measured]]:
    nothing = [_nothing(server)]
    lines = []
    for name, requests in _workloads(server).items():
        load = Load(server.port, requests, CLIENTS, SECONDS)
        used = server.cpu_seconds()
        measured = measure(load)
        used = server.cpu_seconds() - used
        nothing.append(_nothing(server))
        beside = statistics.mean(each.per_second for each in nothing[-2:])
        # The warm-up is not counted among the answers, but it did take processor time.
        answered = measured.per_second * (load.seconds + load.warm_up)
        lines.append(Line(name, measured, beside, 1e6 * used / max(answered, 1)))
    return lines, nothing


def _nothing(server: Server) -> Measured:
    return measure(Load(server.port, [request("GET", "/health/live")], CLIENTS, NOTHING_SECONDS))


def _workloads(server: Server) -> Mapping[str, list[str]]:
    token = server.token(NURSE)
    with server.client(NURSE) as nurse:
        entries = nurse.get("/Goal", params={"patient": PERSON}).json()["entry"]
    goals = [f"/fhir/Goal/{each['resource']['id']}" for each in entries]
    return {
        "read by id": [request("GET", path, token) for path in goals],
        "search of a person's goals": [request("GET", f"/fhir/Goal?patient={PERSON}", token)],
        "create of a goal": [request("POST", "/fhir/Goal", token, _goal())],
    }


def _goal() -> bytes:
    return json.dumps(
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "category": [
                {
                    "coding": [
                        {"system": "https://dzop.example/fhir/CodeSystem/goal-category", "code": "care-goal"}
                    ]
                }
            ],
            "description": {"text": "Walks to the corner and back each day."},
            "subject": {"reference": f"Patient/{PERSON}"},
            "expressedBy": {"reference": NURSE},
        }
    ).encode()


def _beside_a_read(server: Server) -> dict[str, float]:
    person.stored(server)
    whole, found, due = everything.beside(server), searchset.beside(server), tasks.beside(server)
    return {
        f"$everything of {person.RESOURCES} resources / a read (aim {everything.MOST:.0f})": whole.ratio,
        f"a searchset of 50 / a read (aim {searchset.MOST:.0f})": found.ratio,
        f"Task/$mine for {tasks.PERSONS} persons / a read (aim {tasks.MOST:.0f})": due.ratio,
        "  a read by one client, median ms": found.read,
    }


def _on_paper(server: Server) -> dict[str, float]:
    plan = f"a plan of {paper.GOALS} goals and {paper.TASKS} tasks"
    taken = paper.milliseconds(server)
    return {f"{plan} as {name}, ms (aim {paper.MOST})": each for name, each in taken.items()}


def _terminology(server: Server) -> dict[str, float]:
    """Last of all: what else is measured is so without the code system."""
    before = server.resident_megabytes()
    seconds = terminology.loaded(server)
    beside = terminology.lines(server)
    return {
        f"loading {terminology.CONCEPTS:,} concepts, seconds": seconds,
        **{
            f"{name} / a read (aim {terminology.AIMS[name]:.0f})": each.ratio for name, each in beside.items()
        },
        f"  memory of the worker for it, MB (at most {terminology.MOST_MEGABYTES})": server.resident_megabytes()
        - before,
    }


def _tokens(read: Line) -> dict[str, float]:
    """Both are processor time of one process, so what else the machine does hardly matters."""
    return {
        f"a remembered token, % of a read (at most {tokens.MOST_OF_A_READ:.0f})": 100
        * tokens.warm_microseconds()
        / read.cpu_microseconds,
        f"a new RS256 token, ms (at most {tokens.MOST_COLD:.0f})": tokens.cold_milliseconds(),
    }


def _team_update(server: Server, times: int = 25) -> float:
    """Median of updates of a team by the person, each of which compiles the person's grants anew."""
    taken = []
    with server.client(f"Patient/{PERSON}") as person:
        team: dict[str, Any] = person.get("/CareTeam").json()["entry"][0]["resource"]
        for number in range(times):
            start = time.perf_counter()
            answer = person.put(f"/CareTeam/{team['id']}", json=team | {"name": f"Team {number}"})
            taken.append(1000 * (time.perf_counter() - start))
            if answer.status_code != 200:
                raise SystemExit(f"the team could not be updated: {answer.text}")
    return statistics.median(taken)


def _print(lines: list[Line], nothing: list[Measured], rest: Mapping[str, float]) -> None:
    _say(f"\n{'':44}{'per second':>10}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>7}{'cpu us':>8}  answers")
    for name, each, ratio, cpu in (
        ("a route that does nothing (/health/live)", _median(nothing), 1.0, ""),
        *((line.name, line.measured, line.ratio, f"{line.cpu_microseconds:.0f}") for line in lines),
    ):
        answers = ", ".join(f"{number} x {status}" for status, number in each.statuses.items())
        _say(f"{name:44}{each.per_second:10.0f}{each.p50:9.1f}{each.p99:9.1f}{ratio:7.2f}{cpu:>8}  {answers}")
    _say("")
    for name, value in rest.items():
        _say(f"{name:56}{value:10,.0f}" if value >= 100 else f"{name:56}{value:10.1f}")
    _say("\ncpu us: processor time of the worker per answer, which other work on the machine hardly changes.")
    _say(f"Noise: the route that does nothing varied by {_noise(nothing):.0f} % in this run.")


def _median(measured: list[Measured]) -> Measured:
    return sorted(measured, key=lambda each: each.per_second)[len(measured) // 2]


def _noise(nothing: list[Measured]) -> float:
    rates = [each.per_second for each in nothing]
    return 100 * (max(rates) - min(rates)) / statistics.mean(rates)


def _keep(lines: list[Line], nothing: list[Measured], rest: Mapping[str, float]) -> None:
    now = datetime.now(UTC)
    record = {
        "at": now.isoformat(),
        "cores": os.cpu_count(),
        "noise_percent": _noise(nothing),
        "nothing": [asdict(each) for each in nothing],
        "requests": {
            line.name: asdict(line.measured) | {"ratio": line.ratio, "cpu_us": line.cpu_microseconds}
            for line in lines
        },
        **rest,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    _say(f"Kept as {path.relative_to(Path(__file__).parent.parent)}.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
