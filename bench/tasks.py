"""What a nurse with 200 persons has to do today, beside a single read: below 6 times is the aim."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from bench.load import Load, measure, request
from bench.person import Beside
from bench.server import Server

MOST = 6.0
PERSONS, TASKS = 200, 5
"""Three of the five tasks of each person are open, and two of those due: more than a nurse does in a day."""

_NURSE, _DZOP = "bench-rounds", "https://dzop.example/fhir/CodeSystem"
_SECONDS = 2.0

Resource = dict[str, Any]


def beside(server: Server) -> Beside:
    """`Task/$mine` of the nurse, between two measurements of single reads, one client at a time."""
    _stored(server)
    token = server.token(f"Practitioner/{_NURSE}")
    reads = [request("GET", f"/fhir/Task/{_NURSE}-{number}-0", token) for number in range(PERSONS)]
    around = [_median(server, reads)]
    taken = _median(server, [request("GET", "/fhir/Task/$mine", token)])
    around.append(_median(server, reads))
    return Beside(taken, statistics.mean(around))


def _median(server: Server, requests: Sequence[str]) -> float:
    measured = measure(Load(server.port, list(requests), clients=1, seconds=_SECONDS))
    if measured.statuses.keys() - {"200"}:
        raise SystemExit(f"not all were answered: {measured.statuses}")
    return measured.p50


def _stored(server: Server) -> None:
    """The nurse, and persons in whose team the nurse is, each with tasks that are done, due and to come."""
    with server.client("system") as system:
        for number in range(-1, PERSONS):
            resources = _directory() if number < 0 else _person(number)
            entries = [
                {
                    "resource": each,
                    "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"},
                }
                for each in resources
            ]
            answer = system.post(
                "/", json={"resourceType": "Bundle", "type": "transaction", "entry": entries}
            )
            if answer.status_code != 200:
                raise SystemExit(f"the persons could not be stored: {answer.text}")


def _directory() -> Iterator[Resource]:
    yield {"resourceType": "Organization", "id": _NURSE, "active": True, "name": "Thuisverpleging"}
    yield {"resourceType": "Practitioner", "id": _NURSE, "active": True, "name": [{"text": "Mieke"}]}
    yield {
        "resourceType": "PractitionerRole", "id": _NURSE, "active": True,
        "practitioner": {"reference": f"Practitioner/{_NURSE}"},
        "organization": {"reference": f"Organization/{_NURSE}"},
        "code": [_coded("role", "health-professional")],
    }  # fmt: skip


def _person(number: int) -> Iterator[Resource]:
    id = f"{_NURSE}-{number}"
    patient = {"reference": f"Patient/{id}"}
    yield {"resourceType": "Patient", "id": id, "name": [{"text": "Jet"}]}
    yield {
        "resourceType": "Consent", "id": id, "status": "active", "patient": patient, "performer": [patient],
        "scope": _coded("consentscope", "patient-privacy", "http://terminology.hl7.org/CodeSystem"),
        "category": [_coded("consent-kind", "sharing")],
        "policyRule": _coded("v3-ActCode", "OPTIN", "http://terminology.hl7.org/CodeSystem"),
        "provision": {"type": "permit"},
    }  # fmt: skip
    member = {"reference": f"Practitioner/{_NURSE}"}
    yield {
        "resourceType": "CareTeam", "id": id, "status": "active", "subject": patient,
        "participant": [{"member": member, "role": [_coded("role", "health-professional")]}],
    }  # fmt: skip
    for task in range(TASKS):
        day = (date.today() + timedelta(days=task - 2)).isoformat()
        yield {
            "resourceType": "Task", "id": f"{id}-{task}", "status": "completed" if task % 3 == 1 else "accepted",
            "intent": "plan", "description": "Wash and dress the wound", "for": patient, "owner": member,
            "restriction": {"period": {"start": day, "end": day}},
        }  # fmt: skip


def _coded(system: str, code: str, base: str = _DZOP) -> Resource:
    return {"coding": [{"system": f"{base}/{system}", "code": code}]}
