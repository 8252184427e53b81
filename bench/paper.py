"""A plan with 30 goals and 100 tasks on paper: below 300 ms is the aim."""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx

from bench.server import Server

GOALS, TASKS, TIMES = 30, 100, 15
MOST = 300
_NAME, _PERSON = "bench-paper", "Patient/bench-paper"
_FORMATS = {"PDF": "application/pdf", "FHIR": "application/fhir+json"}


def milliseconds(server: Server) -> dict[str, float]:
    """How long it takes in each format, as one client sees it: medians, after the first, which loads what it needs."""
    _stored(server)
    with server.client(_PERSON) as person:
        return {name: _median(person, media_type) for name, media_type in _FORMATS.items()}


def _median(person: httpx.Client, media_type: str) -> float:
    taken = [_once(person, media_type) for _ in range(TIMES + 1)]
    return 1000 * statistics.median(taken[1:])


def _once(person: httpx.Client, media_type: str) -> float:
    start = time.perf_counter()
    answer = person.get(f"/CarePlan/{_NAME}/$document", headers={"Accept": media_type})
    if answer.status_code != 200:
        raise SystemExit(f"the plan could not be printed: {answer.text}")
    return time.perf_counter() - start


def _stored(server: Server) -> None:
    goals = [_goal(number) for number in range(GOALS)]
    plan = {
        "status": "active",
        "intent": "plan",
        "subject": _to(_PERSON),
        "goal": [_to(f"Goal/{each['id']}") for each in goals],
    }
    resources = [
        {"resourceType": "Patient", "id": _NAME, "name": [{"text": "Jet"}]},
        *goals,
        *(_task(number) for number in range(TASKS)),
        {"resourceType": "CarePlan", "id": _NAME, **plan},
    ]
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    with server.client("system") as system:
        answer = system.post("/", json={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    if answer.status_code != 200:
        raise SystemExit(f"the plan could not be stored: {answer.text}")


def _goal(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "id": f"{_NAME}-{number}",
        "lifecycleStatus": "active",
        "description": {
            "text": f"Walks to the market and back each Sunday with Louis, as far as stall {number}."
        },
        "subject": _to(_PERSON),
        "expressedBy": _to(_PERSON),
        "target": [{"dueDate": "2026-12-31"}],
    }


def _task(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "id": f"{_NAME}-{number}",
        "basedOn": [_to(f"CarePlan/{_NAME}")],
        "status": "in-progress",
        "intent": "plan",
        "code": {"text": f"Exercise {number}"},
        "description": "Twice a week with the rollator, a little further each time, and a rest in between.",
        "for": _to(_PERSON),
        "focus": _to(f"Goal/{_NAME}-{number % GOALS}"),
        "requester": _to("Practitioner/dr-van-acker"),
        "owner": _to("Practitioner/nurse-katrien-baert"),
        "executionPeriod": {"start": "2026-01-19"},
    }


def _to(reference: str) -> dict[str, str]:
    return {"reference": reference}
