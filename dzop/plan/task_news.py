"""What is told of a Task, and to whom: who asked for it and whose it is hear what becomes of it.

https://hl7.org/fhir/R4/task.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dzop.fhir.references import actor_key
from dzop.plan.task_offers import candidates
from dzop.plan.task_owner import Speaker, Task, has_other_owner, is_agreed_for_another, is_given
from dzop.plan.task_states import BEGUN, OFFERED, OPEN

__all__ = ["news"]

Reference = Mapping[str, Any]

_ASKED: Final = ("requested", "received")
_NEWS: Final[Mapping[str, str]] = {
    "accepted": "task-accepted",
    "ready": "task-accepted",
    "in-progress": "task-accepted",
    "on-hold": "task-on-hold",
    "rejected": "task-declined",
    "completed": "task-completed",
    "failed": "task-failed",
    "cancelled": "task-cancelled",
    "entered-in-error": "task-cancelled",
}


def news(
    before: Task | None, after: Task, asked_by: Iterable[Reference], speaker: Speaker, base: str
) -> Iterator[tuple[str, list[Reference]]]:
    """What is to be told of this change: topics, each with whom; nobody gets two.

    Who asked for it and whose it is hear what becomes of it, whoever does it; who gets it, that it is theirs to do.
    """
    told = set[str]()
    for topic, whom in _news(before, after, [*asked_by], speaker, base):
        keys = {key: each for each in whom if (key := actor_key(each, base)) is not None and key not in told}
        told.update(keys)
        yield topic, list(keys.values())


def _news(
    before: Task | None, after: Task, asked_by: list[Reference], speaker: Speaker, base: str
) -> Iterator[tuple[str, list[Reference]]]:
    owner = [after["owner"]] if "owner" in after else []
    if is_agreed_for_another(before, after, speaker, base):
        yield "task-assigned", owner
    if _is_asked(before, after, base):
        yield "task-requested", owner
    if before is None:
        return
    was, now = before["status"], after["status"]
    had_it = [before["owner"]] if "owner" in before else []
    is_lost = bool(had_it) and now in OPEN and is_given(before, after, base)
    if _has_ended_or_begun(was, now):
        yield _NEWS[now], asked_by if is_lost else [*asked_by, *had_it]
    if is_lost or (was in BEGUN and now in OFFERED):
        yield "task-handed-over", [*asked_by, *had_it]
    if now in OFFERED and (candidates(before, base) - candidates(after, base)) & speaker.keys:
        yield "task-declined", asked_by


def _has_ended_or_begun(was: str, now: str) -> bool:
    return was != now and now in _NEWS and (was in OFFERED or now not in BEGUN or now == "on-hold")


def _is_asked(before: Task | None, after: Task, base: str) -> bool:
    """Whether somebody is asked to do it who was not before."""
    is_new = before is None or before["status"] not in _ASKED or has_other_owner(before, after, base)
    return is_new and "owner" in after and after["status"] in _ASKED
