"""The states of a Task, and which follows on which: R4's state machine, with the short cuts of daily care.

https://hl7.org/fhir/R4/task.html#statemachine
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

__all__ = ["AT_FIRST", "BEGUN", "CLOSED", "NEXT", "OFFERED", "OPEN", "OWNED", "follows"]

OPEN: Final = ("draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold")
"""What is still to be done."""
CLOSED: Final = ("rejected", "cancelled", "completed", "failed", "entered-in-error")
"""What is over, for good."""
AT_FIRST: Final = (*OPEN, "completed")
"""A Task begins as things stand; what was done already is entered as completed."""
OFFERED: Final = ("draft", "requested", "received")
"""Nobody has agreed to do it yet."""
BEGUN: Final = ("accepted", "ready", "in-progress", "on-hold")
"""Somebody agreed to do it: it is under way."""
OWNED: Final = (*BEGUN, "rejected", "completed", "failed")
"""Somebody agreed to do it, did it, or declined: that is the owner."""

_ENDS: Final = ("cancelled", "completed", "failed", "entered-in-error")
_DONE: Final = ("entered-in-error",)

NEXT: Final[Mapping[str, Set[str]]] = {
    "draft": {"requested", "received", *BEGUN, *_ENDS},
    "requested": {"draft", "received", "rejected", *BEGUN, *_ENDS},
    "received": {"requested", "rejected", *BEGUN, *_ENDS},
    # Back to `requested` is how it is handed over, or given back.
    "accepted": {"requested", "ready", "in-progress", "on-hold", *_ENDS},
    "ready": {"requested", "in-progress", "on-hold", *_ENDS},
    "in-progress": {"requested", "ready", "on-hold", *_ENDS},
    "on-hold": {"requested", "accepted", "ready", "in-progress", *_ENDS},
    "rejected": {*_DONE},
    "cancelled": {*_DONE},
    "completed": {*_DONE},
    "failed": {*_DONE},
    "entered-in-error": set(),
}
"""By state those that may follow, beside the state itself."""


def follows(before: str, after: str) -> bool:
    """Whether a Task of the one state may be stored in the other."""
    return before == after or after in NEXT[before]
