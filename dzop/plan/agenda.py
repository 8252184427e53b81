"""Where an open Task stands on somebody's list: who has it to do, from which moment on, and until when.

https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.fhir.search.date import BRUSSELS, EARLIEST, LATEST, date_range
from dzop.plan.task_states import OPEN

__all__ = ["CANDIDATES", "CANDIDATE_LIST", "at_hand", "on_the_list"]

CANDIDATE_LIST: Final = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
"""The extension that names a candidate."""
CANDIDATES: Final = (f"extension({CANDIDATE_LIST}).valueReference", "restriction.recipient")
"""Where a Task says to whom it is offered."""


def at_hand(task: Mapping[str, Any], base: str) -> tuple[str, ...]:
    """The actor keys of those who have an open task to do: the owner, or while there is none the candidates."""
    if task.get("status") not in OPEN:
        return ()
    whom = (
        [task["owner"]] if "owner" in task else [each for path in CANDIDATES for each in values(task, path)]
    )
    return tuple(dict.fromkeys(key for each in whom if (key := actor_key(each, base)) is not None))


def on_the_list(task: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """From when an open task is on the list, and its deadline: until when, or `LATEST`; None for what is closed.

    It is there once it begins; without a beginning on the day of its deadline, or at once when it has none or is in
    progress. It stays when the deadline has passed.
    """
    if task.get("status") not in OPEN:
        return None
    try:
        return _stretch(task)
    except ValueError:  # the operator may have entered what is no date
        return EARLIEST, LATEST


def _stretch(task: Mapping[str, Any]) -> tuple[datetime, datetime]:
    allowed, planned = task.get("restriction", {}).get("period", {}), task.get("executionPeriod", {})
    starts = [date_range(each["start"])[0] for each in (allowed, planned) if "start" in each]
    deadline = date_range(allowed["end"])[1] if "end" in allowed else LATEST
    if starts:
        return min(*starts, deadline), deadline
    if deadline == LATEST or task["status"] == "in-progress":
        return EARLIEST, deadline
    return _morning(deadline), deadline


def _morning(deadline: datetime) -> datetime:
    """The beginning of the day that ends with the deadline, or has it in it."""
    try:
        day = (deadline - timedelta(microseconds=1)).astimezone(BRUSSELS).date()
        return datetime.combine(day, time(), BRUSSELS).astimezone(UTC)
    except OverflowError:
        return EARLIEST
