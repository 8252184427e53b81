"""The closing report of a case manager: the Task that asks for it, and that Task when the report is there.

https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.plan.task_states import OPEN

__all__ = ["CODE", "TASK_KIND", "done", "is_closing_report", "task"]

TASK_KIND: Final = "https://dzop.example/fhir/CodeSystem/task-kind"
CODE: Final = "closing-report"

_DESCRIPTION: Final = {
    "nl": (
        "Schrijf een eindverslag voor uw opdracht als casemanager eindigt: wat u deed, en wat nog moet gebeuren."
    ),
    "fr": (
        "Écrivez un rapport final avant la fin de votre mission de case manager : ce que vous avez fait, et ce qui "
        "reste à faire."
    ),
    "de": (
        "Schreiben Sie einen Abschlussbericht, bevor Ihr Auftrag als Case Manager endet: was Sie getan haben, und was "
        "noch zu tun ist."
    ),
    "en": (
        "Write a closing report before your time as case manager ends: what you did, and what is still to be done."
    ),
}


def task(consent: Mapping[str, Any], manager: Mapping[str, Any], authored: str) -> dict[str, Any]:
    """The Task for this manager, a Reference, until the end of the grant; `authored` is an instant."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": TASK_KIND, "code": CODE}]},
        "description": "\n".join(_DESCRIPTION.values()),
        "focus": {"reference": f"Consent/{consent['id']}"},
        "for": consent["patient"],
        "authoredOn": authored,
        "owner": manager,
        "restriction": {"period": {"end": consent["provision"]["period"]["end"]}},
    }


def done(task: Mapping[str, Any], report: str, modified: str) -> dict[str, Any]:
    """The Task when the report, `DocumentReference/x`, is there; `modified` is an instant."""
    output = {
        "type": {"coding": [{"system": TASK_KIND, "code": CODE}]},
        "valueReference": {"reference": report},
    }
    return {
        **task,
        "status": "completed",
        "lastModified": modified,
        "output": [*task.get("output", []), output],
    }


def is_closing_report(task: Mapping[str, Any]) -> bool:
    """Whether a Task asks for a closing report and still waits for it."""
    codes = {(each.get("system"), each.get("code")) for each in values(task, "code.coding")}
    return (TASK_KIND, CODE) in codes and task.get("status") in OPEN
