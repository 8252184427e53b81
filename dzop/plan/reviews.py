"""When a plan or a goal is to be looked at again: the day, how often, the Task that asks for it, and what follows.

https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.paths import values
from dzop.plan.ending import ENDINGS
from terminology.content import BASE, LANGUAGES, display

__all__ = [
    "DUE", "INTERVAL", "REVIEW", "due", "extensions_of", "extensions_when_due", "following", "interval", "is_overdue",
    "is_review", "is_reviewed", "is_usable", "is_waiting_review", "provenance", "task",
]  # fmt: skip

Resource = Mapping[str, Any]

DUE: Final = f"{BASE}/StructureDefinition/review-due"
INTERVAL: Final = f"{BASE}/StructureDefinition/review-interval"
TASK_KIND: Final = f"{BASE}/CodeSystem/task-kind"
REVIEW: Final = "review"
"""The code in task-kind of the Task that asks for a review."""

_CANDIDATE: Final = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
_UCUM: Final = "http://unitsofmeasure.org"
_DAYS: Final = {"d": 1, "wk": 7}
_MONTHS: Final = {"mo": 1, "a": 12}
_MOST: Final = 999
_GOING_ON: Final = ("active", "on-hold", "proposed", "planned", "accepted")
_AGENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def due(resource: Resource) -> str | None:
    """The day (a FHIR date) by which a CarePlan or Goal is to be reviewed; None when no review is asked for."""
    return next((str(each) for each in values(resource, f"extension({DUE}).valueDate")), None)


def interval(resource: Resource) -> Mapping[str, Any] | None:
    """The Duration from one review to the next."""
    return next(iter(values(resource, f"extension({INTERVAL}).valueDuration")), None)


def is_reviewed(resource: Resource) -> bool:
    """Whether a CarePlan or Goal is in a state in which it is still looked at again."""
    return (resource.get("status") or resource.get("lifecycleStatus")) in _GOING_ON


def is_overdue(resource: Resource, today: date) -> bool:
    """Whether its day of review has passed, today being the date in Brussels."""
    day = due(resource)
    return day is not None and is_reviewed(resource) and day < today.isoformat()[: len(day)]


def is_usable(duration: Mapping[str, Any]) -> bool:
    """Whether a Duration is a whole number of days, weeks, months or years, as UCUM writes them."""
    value, code = duration.get("value"), duration.get("code")
    known = duration.get("system") == _UCUM and (code in _DAYS or code in _MONTHS)
    return known and value is not None and value == int(value) and 1 <= value <= _MOST


def following(day: date, duration: Mapping[str, Any]) -> str:
    """The FHIR date of the review after one on this day; in a shorter month its last day."""
    number, code = int(duration["value"]), duration["code"]
    if code in _DAYS:
        return (day + timedelta(days=number * _DAYS[code])).isoformat()
    months = day.year * 12 + day.month - 1 + number * _MONTHS[code]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])).isoformat()


def extensions_of(day: str, duration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The extensions of something that is to be reviewed by this day, and then each time after this Duration."""
    return [{"url": DUE, "valueDate": day}, {"url": INTERVAL, "valueDuration": duration}]


def extensions_when_due(source: Source, day: str | None) -> str | None:
    """The text of `extension` with another day of review, all else as it was; None when nothing is left in it."""
    where = json.members(source.text).get("extension")
    array = "[]" if where is None else source.text[slice(*where)]
    texts = [array[start:end] for start, end in json.elements(array)]
    kept = [text for text in texts if json.value_of(text).get("url") != DUE]
    if day is not None:
        kept.append(f'{{"url":"{DUE}","valueDate":"{day}"}}')
    return f"[{','.join(kept)}]" if kept else None


def task(
    plan: Resource, day: str, owner: str | None, candidates: Iterable[str], requester: str, authored: str
) -> dict[str, Any]:
    """The Task, without id, that asks for the review of a CarePlan by this day; `authored` is an instant.

    `owner`, `candidates` and `requester` are literal references; without an owner a candidate takes it up.
    """
    offered = [{"url": _CANDIDATE, "valueReference": {"reference": each}} for each in candidates]
    reference = {"reference": f"CarePlan/{plan['id']}"}
    return {
        "resourceType": "Task",
        **({"extension": offered} if offered and not owner else {}),
        "basedOn": [reference],
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": TASK_KIND, "code": REVIEW}]},
        "description": "\n".join(display("task-kind", REVIEW, language) for language in LANGUAGES),
        "focus": reference,
        "for": plan["subject"],
        "authoredOn": authored,
        "requester": {"reference": requester},
        **({"owner": {"reference": owner}} if owner else {}),
        "restriction": {"period": {"end": day}},
    }


def is_review(task: Resource) -> bool:
    """Whether a Task is a review."""
    return (TASK_KIND, REVIEW) in {
        (each.get("system"), each.get("code")) for each in values(task, "code.coding")
    }


def is_waiting_review(task: Resource) -> bool:
    """Whether a Task is a review that is still to be done."""
    return is_review(task) and task.get("status") in ENDINGS["Task"].going_on


def provenance(target: str, task: str, who: str, recorded: str) -> dict[str, Any]:
    """Says who reviewed what, in which version, by which Task; without id. `recorded` is an instant."""
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target}],
        "recorded": recorded,
        "activity": {"coding": [{"system": TASK_KIND, "code": REVIEW}]},
        "agent": [
            {
                "type": {"coding": [{"system": _AGENT_TYPE, "code": "performer"}]},
                "who": {"reference": who},
            }
        ],
        "entity": [{"role": "source", "what": {"reference": task}}],
    }
