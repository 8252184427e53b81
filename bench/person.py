"""A person with many resources, and what reading one of them takes when nobody else asks anything."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.load import Load, measure, request
from bench.server import Server

NAME = "bench-whole"
RESOURCES = 300
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Beside:
    """How long one kind of request takes beside a single read, in the same run: medians in milliseconds."""

    taken: float
    read: float

    @property
    def ratio(self) -> float:
        return self.taken / self.read


def stored(server: Server) -> None:
    """Stores the person: the Patient, 150 goals and 149 tasks."""
    goals = [_goal(number) for number in range(RESOURCES // 2)]
    tasks = [_task(number) for number in range(RESOURCES - len(goals) - 1)]
    patient = {"resourceType": "Patient", "id": NAME, "name": [{"text": "Jet"}]}
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in (patient, *goals, *tasks)
    ]
    with server.client("system") as system:
        answer = system.post("/", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    if answer.status_code != 200:
        raise SystemExit(f"the person could not be stored: {answer.text}")


def beside_a_read(server: Server, path: str) -> Beside:
    """A GET of `path` by the person, between two measurements of single reads, one client at a time."""
    token = server.token(f"Patient/{NAME}")
    reads = [request("GET", f"/fhir/Goal/{NAME}-{number}", token) for number in range(RESOURCES // 2)]
    around = [_median(server, reads)]
    taken = _median(server, [request("GET", path, token)])
    around.append(_median(server, reads))
    return Beside(taken, statistics.mean(around))


def _median(server: Server, requests: Sequence[str]) -> float:
    measured = measure(Load(server.port, list(requests), clients=1, seconds=_SECONDS))
    if measured.statuses.keys() - {"200"}:
        raise SystemExit(f"not all were answered: {measured.statuses}")
    return measured.p50


def _goal(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "id": f"{NAME}-{number}",
        "lifecycleStatus": "active",
        "description": {"text": f"Walks to the corner and back each day, number {number}."},
        "subject": {"reference": f"Patient/{NAME}"},
        "startDate": "2026-01-05",
        "target": [
            {"measure": {"text": "Days"}, "detailQuantity": {"value": number}, "dueDate": "2026-12-31"}
        ],
    }


def _task(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "id": f"{NAME}-{number}",
        "status": "requested",
        "intent": "plan",
        "description": f"Goes along on walk number {number}.",
        "for": {"reference": f"Patient/{NAME}"},
        "focus": {"reference": f"Goal/{NAME}-{number}"},
        "owner": {"reference": "Practitioner/nurse-katrien-baert"},
    }
