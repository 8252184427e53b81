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
from dzop.fhir.resource_types import GOAL_ACCEPTANCE, GOAL_RELATIONSHIP

__all__ = [
    "CARE", "GOALS_DISCUSSED", "GOAL_CATEGORY", "GOAL_FOR", "LIFE", "SOURCE_INSTRUMENT", "Link", "astray",
    "beneficiaries", "has_news", "in_a_circle", "kinds", "links", "reworded", "unknown_kind",
]  # fmt: skip

Goal = Mapping[str, Any]
Link = tuple[str, str]
"""Two goals by id, the first on the way to the second."""

GOAL_CATEGORY: Final = "https://dzop.example/fhir/CodeSystem/goal-category"
SOURCE_INSTRUMENT: Final = "https://dzop.example/fhir/StructureDefinition/source-instrument"
GOALS_DISCUSSED: Final = "https://dzop.example/fhir/StructureDefinition/goals-discussed"
GOAL_FOR: Final = "https://dzop.example/fhir/StructureDefinition/goal-for"
LIFE: Final = "life-goal"
CARE: Final = frozenset({"care-goal", "support-goal"})

_RELATIONSHIP: Final = GOAL_RELATIONSHIP.partition("(")[2].rstrip(")")
_KINDS: Final = frozenset({LIFE, *CARE})
_WORDS: Final = ("description", "category", "expressedBy")
_NEWS: Final = ("description", "category", "lifecycleStatus", "achievementStatus", "target")
_AHEAD: Final = frozenset({"milestone", "predecessor"})
"""Types of relationship in which the goal that is named comes first; in all others it comes after."""


def kinds(goal: Goal) -> frozenset[str]:
    """The codes of goal-category that a goal has."""
    codings = values(goal, "category.coding")
    ours = (each.get("code") for each in codings if each.get("system") in (None, GOAL_CATEGORY))
    return frozenset(code for code in ours if code in _KINDS)


def unknown_kind(goal: Goal) -> str | None:
    """The first code that is said to be of goal-category, and is not."""
    codings = values(goal, "category.coding")
    ours = (str(each.get("code", "")) for each in codings if each.get("system") == GOAL_CATEGORY)
    return next((code for code in ours if code not in _KINDS), None)


def has_news(before: Goal, now: Goal) -> bool:
    """Whether the team has something to hear: words, kind, status, targets, or who stands behind it."""
    accepted, was = values(now, GOAL_ACCEPTANCE), values(before, GOAL_ACCEPTANCE)
    return accepted != was or any(before.get(name) != now.get(name) for name in _NEWS)


def reworded(before: Goal, now: Goal) -> str | None:
    """The first element that says what a goal is, in whose words and for whom, and that is not as it was."""
    words = next((name for name in _WORDS if before.get(name) != now.get(name)), None)
    return "extension" if words is None and beneficiaries(before) != beneficiaries(now) else words


def beneficiaries(goal: Goal) -> tuple[Mapping[str, Any], ...]:
    """For whom it is besides the person: References of the extension `goal-for`."""
    return values(goal, f"extension({GOAL_FOR}).valueReference")


def astray(goal: Goal, base: str) -> Iterator[str]:
    """Where a goal says that it serves something that is no goal."""
    for number, each in enumerate(goal.get("extension", ())):
        targets = values(each, "extension(target).valueReference") if each.get("url") == _RELATIONSHIP else ()
        if any(read_reference(target, base).type not in (None, "Goal") for target in targets):
            yield f"extension[{number}]"


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
