"""The access law by itself, without a server: decisions per second, and what compiling one person costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from consent.categories import CATEGORIES, mask
from consent.facts import Facts, Party, read_facts
from consent.grants import compile_grants
from consent.law import Shape, decide
from consent.matrix import load

MEMBERS, SETTINGS = 20, 15
_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = "https://dzop.example/fhir"


def decisions_per_second() -> float:
    """How often the law decides whether a member of the team may read something."""
    facts, matrix = _facts(), load()
    nurse = Shape("Practitioner/p3", None, "health-professional")
    masks = [mask([category]) for category in CATEGORIES]

    def all_categories() -> None:
        for each in masks:
            decide(nurse, facts, _NOW, "read", each, frozenset(), matrix)

    return len(masks) / _seconds(all_categories)


def compile_milliseconds() -> float:
    """Median time from the person's facts to the rows of the grant index; nothing is kept from before."""
    facts, matrix = _facts(), load()
    return 1000 * _seconds(lambda: compile_grants(replace(facts), matrix), times=25)


def rows_compiled() -> int:
    """Rows of the grant index for that person."""
    return len(compile_grants(_facts(), load()))


def _seconds(work: Callable[[], object], times: int = 200) -> float:
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _facts() -> Facts:
    """One person: a team of twenty, a sharing consent, and fifteen settings of all ranks."""
    return read_facts(
        "Patient/p", [{"resourceType": "Patient", "id": "p"}, _team(), _sharing(), _settings()], _resolve
    )


def _resolve(element: Mapping[str, Any]) -> Party | None:
    reference = element.get("reference", "")
    return Party(None, reference) if reference.startswith("Organization/") else Party(reference or None, None)


def _team() -> dict[str, Any]:
    return {
        "resourceType": "CareTeam", "id": "t", "status": "active", "subject": {"reference": "Patient/p"},
        "participant": [_member(number) for number in range(MEMBERS)],
    }  # fmt: skip


def _member(number: int) -> dict[str, Any]:
    role = ("health-professional", "welfare-professional", "general-practitioner")[number % 3]
    return {
        "extension": [{"url": f"{BASE}/StructureDefinition/member-agreement", "valueCode": "agreed"}],
        "role": [{"coding": [{"system": f"{BASE}/CodeSystem/role", "code": role}]}],
        "member": {"reference": f"Practitioner/p{number}"},
        "period": {"start": "2026-01-01"} | ({"end": "2026-12-31"} if number % 4 == 0 else {}),
    }


def _sharing() -> dict[str, Any]:
    return _consent("sharing", {"type": "permit", "period": {"start": "2026-01-01"}})


def _settings() -> dict[str, Any]:
    return _consent(
        "settings", {"type": "permit", "provision": [_provision(number) for number in range(SETTINGS)]}
    )


def _provision(number: int) -> dict[str, Any]:
    who = {"reference": f"Practitioner/p{number}"} if number % 3 else {"reference": f"Organization/o{number}"}
    role = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]
    }
    class_ = [{"system": f"{BASE}/CodeSystem/data-category", "code": CATEGORIES[number]}]
    return {
        "type": ("deny", "permit")[number % 2],
        "actor": [{"role": role, "reference": who}],
        "period": {"start": f"2026-{1 + number % 6:02}-01"},
    } | ({"class": class_} if number % 5 else {})


def _consent(kind: str, provision: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Consent", "id": kind, "status": "active", "patient": {"reference": "Patient/p"},
        "category": [{"coding": [{"system": f"{BASE}/CodeSystem/consent-kind", "code": kind}]}],
        "performer": [{"reference": "Patient/p"}], "dateTime": "2026-01-01", "provision": provision,
    }  # fmt: skip
