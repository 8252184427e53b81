"""A Task that is offered to several: one of them takes it up, or leaves it to the others.

https://hl7.org/fhir/R4/extension-task-candidatelist.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.plan.agenda import CANDIDATE_LIST, CANDIDATES
from dzop.plan.rule import refusal
from dzop.plan.task_owner import Speaker, Task, changed, speaks_for_owner
from dzop.plan.task_states import OFFERED

__all__ = ["candidates", "is_candidate", "is_offered", "is_passed_up", "is_taken_up", "require_as_offered"]

# What a candidate says by taking it up; all else of the Task is not theirs to change.
_TAKEN: Final = frozenset(
    {"id", "resourceType", "meta", "text", "status", "owner", "lastModified", "executionPeriod", "note"}
)
# What a candidate who does not take it up may change besides: why not.
_PASSED: Final = _TAKEN - {"text", "status", "owner", "executionPeriod"}


def is_offered(task: Task) -> bool:
    """Whether nobody has it, nor agreed to do it."""
    return task["status"] in OFFERED and "owner" not in task


def is_candidate(task: Task, speaker: Speaker, base: str) -> bool:
    """Whether it is among those to whom the task is offered."""
    return not candidates(task, base).isdisjoint(speaker.keys)


def is_taken_up(before: Task, after: Task, speaker: Speaker, base: str) -> bool:
    """Whether a candidate takes up what nobody has: as the owner, from then on."""
    return (
        is_offered(before)
        and is_candidate(before, speaker, base)
        and "owner" in after
        and speaks_for_owner(after, speaker, base)
    )


def is_passed_up(before: Task, after: Task, own: frozenset[str], base: str) -> bool:
    """Whether a candidate of these names leaves it to the others: by taking the own name off the list, no more."""
    rest = _without_candidates(before, own, base)
    return is_offered(before) and rest != before and not changed(rest, after, _PASSED)


def require_as_offered(before: Task, after: Task) -> None:
    """Who takes up what was offered changes nothing else in it; a FhirError says what."""
    for element in changed(before, after, _TAKEN):
        raise refusal("task-taken-up", f"Task.{element}", element=element)


def candidates(task: Task, base: str) -> frozenset[str]:
    """The actor keys of those to whom it is offered."""
    found = (actor_key(each, base) for path in CANDIDATES for each in values(task, path))
    return frozenset(key for key in found if key is not None)


def _without_candidates(task: Task, names: frozenset[str], base: str) -> Task:
    """The Task without these on the lists of those to whom it is offered."""
    allowed = task.get("restriction", {})
    extensions = [
        each
        for each in task.get("extension", [])
        if each["url"] != CANDIDATE_LIST or actor_key(each.get("valueReference", {}), base) not in names
    ]
    recipients = [each for each in allowed.get("recipient", []) if actor_key(each, base) not in names]
    restriction = _filled({**allowed, "recipient": recipients})
    return _filled({**task, "extension": extensions, "restriction": restriction})


def _filled(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, which FHIR leaves out."""
    return {name: each for name, each in value.items() if each not in ([], {})}
