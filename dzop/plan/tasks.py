"""The rules of a Task: how it goes from hand to hand, and who is told. https://hl7.org/fhir/R4/task.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from dzop.plan.agenda import CANDIDATES
from dzop.plan.recurrence import not_understood
from dzop.plan.rule import refusal, remark
from dzop.plan.task_states import AT_FIRST, CLOSED, OFFERED, OPEN, OWNED, follows

__all__ = [
    "Speaker",
    "for_somebody_else",
    "is_escalated",
    "is_taken_up",
    "news",
    "require_as_offered",
    "require_step",
    "ruled",
]

Task = Mapping[str, Any]

BUSINESS_STATUS: Final = "https://dzop.example/fhir/CodeSystem/task-business-status"
_URGENT: Final = ("urgent", "asap", "stat")
_AGREED: Final = ("accepted", "ready", "in-progress", "rejected")
# What a candidate says by taking it up; all else of the Task is not theirs to change.
_TAKEN: Final = frozenset(
    {"id", "resourceType", "meta", "text", "status", "owner", "lastModified", "executionPeriod", "note"}
)
_NEWS: Final[Mapping[str, str]] = {
    "accepted": "task-accepted",
    "ready": "task-accepted",
    "in-progress": "task-accepted",
    "rejected": "task-declined",
    "completed": "task-completed",
    "failed": "task-failed",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes: the actor keys of the writer and of those for whom the writer speaks, teams among them.

    `decides`: agrees and declines for any owner, as the person, a representative or the coordinator.
    """

    keys: frozenset[str]
    decides: bool


def ruled(before: Task | None, after: Task, speaker: Speaker, base: str) -> tuple[Issue, ...]:
    """What there is to remark on this change of a Task, `before` None for a new one; a FhirError refuses it."""
    if before is not None:
        require_step(before, after)
    elif after["status"] not in AT_FIRST:
        raise refusal("task-begins-open", "Task.status", status=after["status"])
    if before is not None and before["status"] in CLOSED and _who(before, base) != _who(after, base):
        raise refusal("task-closed-owner", "Task.owner", status=before["status"])
    if after["status"] in OWNED and "owner" not in after:
        raise refusal("task-without-owner", "Task.owner", status=after["status"])
    if before is not None:
        _require_agreement(before, after, speaker, base)
    if is_escalated(after) and after.get("priority") not in _URGENT:
        raise refusal("task-escalation", "Task.priority")
    fault = not_understood(after)
    if fault is not None:
        raise refusal("task-recurrence", "Task.extension", element=fault)
    if before is None and for_somebody_else(after, speaker, base):
        return (remark("task-agreed-for-another", "Task.status", status=after["status"]),)
    return ()


def require_step(before: Task, after: Task) -> None:
    """The state follows on the one before; a FhirError says that it does not."""
    if not follows(before["status"], after["status"]):
        code = "task-closed" if before["status"] in CLOSED else "task-step"
        raise refusal(code, "Task.status", before=before["status"], after=after["status"])


def for_somebody_else(task: Task, speaker: Speaker, base: str) -> bool:
    """Whether a new Task says that somebody agreed to do it for whom the writer does not speak."""
    return task["status"] in _AGREED and not _speaks_for_owner(task, speaker, base)


def is_taken_up(before: Task, after: Task, speaker: Speaker, base: str) -> bool:
    """Whether a candidate takes up what nobody has: as the owner, from then on."""
    candidates = {actor_key(each, base) for path in CANDIDATES for each in values(before, path)}
    return (
        before["status"] in OFFERED
        and "owner" not in before
        and not candidates.isdisjoint(speaker.keys)
        and "owner" in after
        and _speaks_for_owner(after, speaker, base)
    )


def require_as_offered(before: Task, after: Task) -> None:
    """Who takes up what was offered changes nothing else in it; a FhirError says what."""
    changed = [name for name in {*before, *after} - _TAKEN if before.get(name) != after.get(name)]
    if changed:
        raise refusal("task-taken-up", f"Task.{min(changed)}", element=min(changed))


def is_escalated(task: Task) -> bool:
    """Whether it says that it needs attention now, of who asked for it and of the coordinator."""
    codings = values(task, "businessStatus.coding")
    return (BUSINESS_STATUS, "escalated") in {(each.get("system"), each.get("code")) for each in codings}


def news(before: Task | None, after: Task, base: str) -> str | None:
    """The topic by which who asked for it is told of this change; None when there is nothing to tell."""
    if before is None:
        return None
    was, now = before["status"], after["status"]
    if was != now and (now in CLOSED or was in OFFERED) and now in _NEWS:
        return _NEWS[now]
    handed_over = "owner" in before and _who(before, base) != _who(after, base) and now in OPEN
    return "task-handed-over" if handed_over else None


def _require_agreement(before: Task, after: Task, speaker: Speaker, base: str) -> None:
    """Whoever is to do it says so; and who gets it from somebody is asked first."""
    now, given = after["status"], _who(before, base) != _who(after, base)
    if _speaks_for_owner(after, speaker, base):
        return
    if given and "owner" in after and now in OPEN and now not in OFFERED:
        raise refusal("task-handed-over", "Task.status", status=now)
    if before["status"] in OFFERED and now in _AGREED and not speaker.decides:
        raise refusal("task-agreed-by-owner", "Task.status", status=now)


def _speaks_for_owner(task: Task, speaker: Speaker, base: str) -> bool:
    return actor_key(task.get("owner", {}), base) in speaker.keys


def _who(task: Task, base: str) -> Any:
    """Who has it; somebody who cannot be recognised is as written."""
    owner = task.get("owner")
    return owner if owner is None else actor_key(owner, base) or owner
