"""A care plan and its goals in the shape of the European xShare care plan, without loss.

http://hl7.eu/fhir/ig/xshare-careplan (first content specification, FHIR R4). What that shape has no place for,
planned work written inside the plan, becomes Tasks; all else stays as it was sent, text for text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from dzop.fhir.json import elements, members, with_member

__all__ = ["CARE_PLAN", "GOAL", "Shaped", "claiming", "shaped"]

_PROFILES: Final = "http://hl7.eu/fhir/ig/xshare-careplan/StructureDefinition"
CARE_PLAN: Final = f"{_PROFILES}/xshare-careplan"
GOAL: Final = f"{_PROFILES}/goal-xshare"

_CORE: Final = "http://hl7.org/fhir/StructureDefinition"
_ABSENT: Final = f"{_CORE}/data-absent-reason"
_CANDIDATES: Final = f"{_CORE}/task-candidateList"
# As of FHIR R5, in the form in which R4 may say it.
_DO_NOT_PERFORM: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Task.doNotPerform"
_STATUS: Final = "http://hl7.org/fhir/care-plan-activity-status"
_DETAIL: Final = "CarePlan.activity.detail"

_TASK_STATUS: Final[Mapping[str, str]] = {
    "not-started": "requested",
    "scheduled": "accepted",
    "in-progress": "in-progress",
    "on-hold": "on-hold",
    "completed": "completed",
    "cancelled": "cancelled",
    "stopped": "cancelled",
    "unknown": "requested",
    "entered-in-error": "entered-in-error",
}
"""CarePlan.activity.detail.status to Task.status; the first stays in `businessStatus`."""

_SAME: Final = ("code", "description", "location", "statusReason", "extension")
"""Elements of a detail that a Task has under the same name."""

_FIRST: Final = ("reasonCode", "reasonReference", "instantiatesCanonical", "instantiatesUri")
"""Of these a Task has one; the others are kept as inputs."""

_INPUT: Final[Mapping[str, str]] = {
    "kind": "Code",
    "goal": "Reference",
    "scheduledTiming": "Timing",
    "scheduledString": "String",
    "productCodeableConcept": "CodeableConcept",
    "productReference": "Reference",
    "dailyAmount": "Quantity",
    "quantity": "Quantity",
    "reasonCode": "CodeableConcept",
    "reasonReference": "Reference",
    "instantiatesCanonical": "Canonical",
    "instantiatesUri": "Uri",
}
"""What a Task has no element for is an input of it, of this type, named as in the plan."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """The plan as JSON text, and the Tasks made of its activities by their URN."""

    plan: str
    tasks: Mapping[str, str]


def shaped(plan: str, url: str, labels: Sequence[Mapping[str, Any]] = ()) -> Shaped:
    """The plan, known at `url`, with Tasks in place of activity details and with a start of its period.

    A start that is missing is said to be unknown: it is not made up. The same plan gives the same Tasks; they carry
    the plan's security `labels`, and no id, for they cannot be read by themselves.
    """
    where = members(plan)
    common = {"for": plan[slice(*where["subject"])]}
    if labels:
        common["meta"] = json.dumps({"security": list(labels)})
    tasks: dict[str, str] = {}
    if "activity" in where:
        activities = _each(plan[slice(*where["activity"])])
        referring = [_referring(each, url, number, common, tasks) for number, each in enumerate(activities)]
        plan = with_member(plan, "activity", _array(referring))
    return Shaped(_begun(plan), tasks)


def claiming(meta: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """The `meta` with this profile among those it claims."""
    claimed = [each for each in meta.get("profile", ()) if each.partition("|")[0] != profile]
    return {**meta, "profile": [*claimed, profile]}


def _referring(activity: str, url: str, number: int, common: Mapping[str, str], tasks: dict[str, str]) -> str:
    """The activity with a reference to a Task in place of its detail."""
    where = members(activity)
    if "detail" not in where:
        return activity
    id = json.loads(activity[slice(*where["id"])]) if "id" in where else number
    urn = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{url}#activity-{id}')}"
    tasks[urn] = _task(activity[slice(*where["detail"])], url, common)
    others = {name: activity[slice(*span)] for name, span in where.items() if name != "detail"}
    return _object({**others, "reference": json.dumps({"reference": urn, "type": "Task"})})


def _task(detail: str, url: str, common: Mapping[str, str]) -> str:
    given = {name: detail[slice(*span)] for name, span in members(detail).items()}
    status = json.loads(given.get("status", '"unknown"'))
    task: dict[str, str] = {
        "resourceType": '"Task"',
        **common,
        **{name: given[name] for name in _SAME if name in given},
        **{name: _each(given[name])[0] for name in _FIRST if name in given},
        "basedOn": json.dumps([{"reference": "/".join(url.split("/")[-2:])}]),
        "status": json.dumps(_TASK_STATUS.get(status, "requested")),
        "businessStatus": json.dumps({"coding": [{"system": _STATUS, "code": status}]}),
        "intent": '"plan"',
        **_modifiers(given),
        **_performers(given),
        **_inputs(given),
    }
    if "scheduledPeriod" in given:
        task["restriction"] = _object({"period": given["scheduledPeriod"]})
    return _object(task)


def _modifiers(given: Mapping[str, str]) -> dict[str, str]:
    """What turns the meaning round is never left out: what shall not be done stays that."""
    kept = _each(given.get("modifierExtension", "[]"))
    if "doNotPerform" in given:
        kept.append(_object({"url": json.dumps(_DO_NOT_PERFORM), "valueBoolean": given["doNotPerform"]}))
    return {"modifierExtension": _array(kept)} if kept else {}


def _performers(given: Mapping[str, str]) -> dict[str, str]:
    """One performer owns the Task; of several, each may take it."""
    performers = _each(given.get("performer", "[]"))
    if len(performers) == 1:
        return {"owner": performers[0]}
    named = [_object({"url": json.dumps(_CANDIDATES), "valueReference": each}) for each in performers]
    return {"extension": _array([*_each(given.get("extension", "[]")), *named])} if named else {}


def _inputs(given: Mapping[str, str]) -> dict[str, str]:
    kept = []
    for name in sorted(_INPUT.keys() & given.keys()):
        values = _each(given[name]) if given[name].startswith("[") else [given[name]]
        kept += [(name, value) for value in (values[1:] if name in _FIRST else values)]
    inputs = [
        _object({"type": json.dumps({"text": f"{_DETAIL}.{name}"}), f"value{_INPUT[name]}": value})
        for name, value in kept
    ]
    return {"input": _array(inputs)} if inputs else {}


def _begun(plan: str) -> str:
    where = members(plan)
    period = plan[slice(*where["period"])] if "period" in where else "{}"
    if "start" in members(period):
        return plan
    unknown = {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}
    return with_member(plan, "period", with_member(period, "_start", json.dumps(unknown)))


def _each(array: str) -> list[str]:
    return [array[start:end] for start, end in elements(array)]


def _array(texts: Sequence[str]) -> str:
    return f"[{','.join(texts)}]"


def _object(texts: Mapping[str, str]) -> str:
    return f"{{{','.join(f'{json.dumps(name)}:{text}' for name, text in texts.items())}}}"
