"""What becomes of a member's open tasks when the member is in the team no longer: they wait for somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dzop.plan.membership import Member
from dzop.plan.task_states import OPEN

__all__ = ["departed", "unassigned"]

Task = Mapping[str, Any]


def departed(before: Iterable[Member], after: Iterable[Member], now: datetime) -> frozenset[str]:
    """The names of whoever was a member until this change and is none now, in any capacity."""
    staying = frozenset(name for each in after if _holds(each, now) for name in each.keys)
    leaving = [each.keys for each in before if _holds(each, now)]
    return frozenset(name for names in leaving if staying.isdisjoint(names) for name in names)


def unassigned(task: Task, modified: str) -> dict[str, Any] | None:
    """An open Task without its owner, asked for anew; None for one that is not open. `modified` is an instant."""
    if task.get("status") not in OPEN:
        return None
    rest = {name: value for name, value in task.items() if name != "owner"}
    status = "draft" if task["status"] == "draft" else "requested"
    return {**rest, "status": status, "lastModified": modified}


def _holds(member: Member, now: datetime) -> bool:
    return member.state == "agreed" and member.covers(now)
