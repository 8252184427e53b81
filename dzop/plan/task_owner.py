"""Whose a Task is, and who speaks for them. https://hl7.org/fhir/R4/task.html"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from dzop.fhir.references import actor_key
from dzop.plan.task_states import BEGUN, OFFERED

__all__ = [
    "Speaker",
    "Task",
    "changed",
    "has_other_owner",
    "is_agreed_for_another",
    "is_given",
    "named",
    "speaks_for_owner",
]

Task = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes: the actor keys of the writer and of those for whom the writer speaks, teams among them.

    `decides`: agrees and declines for any owner, as the person, a representative or the coordinator.
    """

    keys: frozenset[str]
    decides: bool


def speaks_for_owner(task: Task, speaker: Speaker, base: str) -> bool:
    """Whether the writer is the owner, or speaks for the owner."""
    return actor_key(task.get("owner", {}), base) in speaker.keys


def has_other_owner(before: Task | None, after: Task, base: str) -> bool:
    """Whether it is now, or from the beginning, somebody's whose it was not."""
    return "owner" in after and (before is None or is_given(before, after, base))


def is_given(before: Task, after: Task, base: str) -> bool:
    """Whether it goes to somebody else, or back to nobody."""
    return bool(named(before, "owner", base) != named(after, "owner", base))


def is_agreed_for_another(before: Task | None, after: Task, speaker: Speaker, base: str) -> bool:
    """Whether it says for the first time that somebody agreed to do it for whom the writer does not speak."""
    is_new = before is None or before["status"] in OFFERED
    return is_new and after["status"] in BEGUN and not speaks_for_owner(after, speaker, base)


def named(task: Task, element: str, base: str) -> Any:
    """The actor key of who stands there; somebody who cannot be recognised is as written."""
    who = task.get(element)
    return who if who is None else actor_key(who, base) or who


def changed(before: Task, after: Task, beside: Set[str]) -> list[str]:
    """The elements that differ, those beside apart, in the order of their names."""
    return sorted(name for name in {*before, *after} - beside if before.get(name) != after.get(name))
