"""Rules of goals: whose words a life goal is in, in which order goals stand, for whom a goal is.

https://hl7.org/fhir/R4/goal.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import read_reference
from dzop.fhir.resource_types import GOAL_RELATIONSHIP

__all__ = [
    "CARE", "GOAL_CATEGORY", "GOAL_FOR", "LIFE", "SOURCE_INSTRUMENT", "Link", "beneficiaries", "in_a_circle", "kinds",
    "links", "reworded",
]  # fmt: skip

Goal = Mapping[str, Any]
Link = tuple[str, str]
"""Two goals by id, the first on the way to the second."""

GOAL_CATEGORY: Final = "https://dzop.example/fhir/CodeSystem/goal-category"
SOURCE_INSTRUMENT: Final = "https://dzop.example/fhir/StructureDefinition/source-instrument"
GOAL_FOR: Final = "https://dzop.example/fhir/StructureDefinition/goal-for"
LIFE: Final = "life-goal"
CARE: Final = frozenset({"care-goal", "support-goal"})

_WORDS: Final = ("description", "category", "expressedBy")
_AHEAD: Final = frozenset({"milestone", "predecessor"})
"""Types of relationship in which the goal that is named comes first; in all others it comes after."""


def kinds(goal: Goal) -> frozenset[str]:
    """The codes of goal-category that a goal has."""
    codings = values(goal, "category.coding")
    return frozenset(str(each.get("code")) for each in codings if each.get("system") == GOAL_CATEGORY)


def reworded(before: Goal, now: Goal) -> str | None:
    """The first element that says what a goal is, in whose words, and that is not as it was."""
    return next((name for name in _WORDS if before.get(name) != now.get(name)), None)


def beneficiaries(goal: Goal) -> tuple[Mapping[str, Any], ...]:
    """For whom it is besides the person: References of the extension `goal-for`."""
    return values(goal, f"extension({GOAL_FOR}).valueReference")


def links(goal: Goal, base: str) -> Iterator[Link]:
    """What a goal says of its place among others, whatever the type of the relationship.

    One that was entered in error says nothing.
    """
    if goal.get("lifecycleStatus") == "entered-in-error":
        return
    for relation in values(goal, GOAL_RELATIONSHIP):
        types = values(relation, "extension(type).valueCodeableConcept.coding.code")
        for target in values(relation, "extension(target).valueReference"):
            reference = read_reference(target, base)
            if reference.type == "Goal" and reference.id is not None:
                pair = (goal["id"], reference.id)
                yield pair if _AHEAD.isdisjoint(types) else pair[::-1]


def in_a_circle(linked: Iterable[Link], among: Set[str]) -> bool:
    """Whether one of these goals, or one that they lead to, is on the way to itself."""
    leading = defaultdict[str, set[str]](set)
    for lower, above in linked:
        leading[lower].add(above)
    reached, waiting = set[str](), sorted(among)
    while waiting:
        goal = waiting.pop()
        if goal not in reached:
            reached.add(goal)
            waiting += leading.get(goal, ())
    try:
        TopologicalSorter({goal: leading.get(goal, ()) for goal in reached}).prepare()
    except CycleError:
        return True
    return False
