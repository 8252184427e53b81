"""The rules of a Task: how it goes from hand to hand, and what of it stays. https://hl7.org/fhir/R4/task.html"""

from __future__ import annotations

from typing import Final

from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.plan.recurrence import not_understood
from dzop.plan.rule import refusal, remark
from dzop.plan.task_offers import candidates, is_offered
from dzop.plan.task_owner import (
    Speaker,
    Task,
    changed,
    is_agreed_for_another,
    is_given,
    named,
    speaks_for_owner,
)
from dzop.plan.task_states import AT_FIRST, BEGUN, CLOSED, NEXT, OFFERED, OPEN, OWNED, follows

__all__ = ["is_escalated", "require_step", "ruled"]

BUSINESS_STATUS: Final = "https://dzop.example/fhir/CodeSystem/task-business-status"
_URGENT: Final = ("urgent", "asap", "stat")
_AGREED: Final = (*BEGUN, "rejected")
# What of a closed Task is not part of what happened; and what may grow.
_BESIDE: Final = frozenset({"id", "resourceType", "meta", "text", "lastModified", "status"})
_GROWING: Final = frozenset({"note", "output"})


def ruled(before: Task | None, after: Task, speaker: Speaker, base: str) -> tuple[Issue, ...]:
    """What there is to remark on this change of a Task, `before` None for a new one; a FhirError refuses it."""
    if before is not None:
        _require_change(before, after, speaker, base)
    elif after["status"] not in AT_FIRST:
        raise refusal("task-begins-open", "Task.status", status=after["status"])
    if after["status"] in OWNED and "owner" not in after:
        raise refusal("task-without-owner", "Task.owner", status=after["status"])
    if before is not None:
        _require_agreement(before, after, speaker, base)
    if is_escalated(after) and after.get("priority") not in _URGENT:
        raise refusal("task-escalation", "Task.priority")
    fault = not_understood(after)
    if fault is not None:
        raise refusal("task-recurrence", "Task.extension", element=fault)
    if before is None and is_agreed_for_another(before, after, speaker, base):
        return (remark("task-agreed-for-another", "Task.status", status=after["status"]),)
    return ()


def require_step(before: Task, after: Task) -> None:
    """The state follows on the one before; a FhirError says that it does not."""
    was, now = before["status"], after["status"]
    if follows(was, now):
        return
    if was in CLOSED:
        raise refusal("task-closed", "Task.status", before=was, after=now)
    allowed = "`, `".join(each for each in (*OPEN, *CLOSED) if each in NEXT[was])
    raise refusal("task-step", "Task.status", before=was, after=now, allowed=allowed)


def is_escalated(task: Task) -> bool:
    """Whether it says that it needs attention now, of who asked for it and of the coordinator."""
    codings = values(task, "businessStatus.coding")
    return (BUSINESS_STATUS, "escalated") in {(each.get("system"), each.get("code")) for each in codings}


def _require_change(before: Task, after: Task, speaker: Speaker, base: str) -> None:
    """What was said of it once stays; a FhirError says what does not."""
    require_step(before, after)
    if before["status"] in CLOSED:
        _require_as_it_happened(before, after)
    if named(before, "requester", base) != named(after, "requester", base):
        raise refusal("task-requester", "Task.requester")
    if is_offered(before) and candidates(before, base) and after["status"] == "rejected":
        raise refusal("task-offer-declined", "Task.status")


def _require_as_it_happened(before: Task, after: Task) -> None:
    """Of what is closed nothing changes but what may be added, and why it was a mistake."""
    beside = _BESIDE | ({"statusReason"} if before["status"] != after["status"] else set())
    for name in changed(before, after, beside):
        was, now = before.get(name, []), after.get(name, [])
        if name not in _GROWING or now[: len(was)] != was:
            raise refusal("task-closed-content", f"Task.{name}", status=before["status"], element=name)


def _require_agreement(before: Task, after: Task, speaker: Speaker, base: str) -> None:
    """Whoever is to do it says so; who gets it from somebody is asked first; and who has it is not passed by."""
    was, now, given = before["status"], after["status"], is_given(before, after, base)
    if speaks_for_owner(after, speaker, base):
        if given and was in BEGUN and not (speaker.decides or speaks_for_owner(before, speaker, base)):
            raise refusal("task-under-way", "Task.owner")
        return
    if given and "owner" in after and now in OPEN and now not in OFFERED:
        raise refusal("task-handed-over", "Task.status", status=now)
    if was in OFFERED and now in _AGREED and not speaker.decides:
        raise refusal("task-agreed-by-owner", "Task.status", status=now)
