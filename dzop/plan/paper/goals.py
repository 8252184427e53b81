"""What matters to the person, and the goals under it, as lines.

https://hl7.org/fhir/R4/goal.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import goal_milestones, goal_references
from dzop.fhir.resource_types import GOAL_ACCEPTANCE
from dzop.plan.goals import GOAL_FOR
from dzop.plan.paper.around import Around, codes_at
from dzop.plan.paper.content import Line, Section
from terminology.content import BASE

__all__ = ["ABOUT_ME", "IN_AN_EMERGENCY", "about_me", "goals", "what_matters"]

ABOUT_ME: Final = f"{BASE}/StructureDefinition/about-me"
"""Extension of a Patient: `topic` (a code of `about-me`) and `text`."""
IN_AN_EMERGENCY: Final = "in-an-emergency"

_GOAL_FOR: Final = f"extension({GOAL_FOR}).valueReference"
_CATEGORY: Final = f"{BASE}/CodeSystem/goal-category"
_TOPIC: Final = f"{BASE}/CodeSystem/about-me"
_STATUS: Final = "http://hl7.org/fhir/goal-status"
_GIVEN_UP: Final = frozenset({"cancelled", "rejected", "entered-in-error"})
_DEEPEST: Final = 6  # further in, nothing would be left of the line

Resource = Mapping[str, Any]


def what_matters(around: Around) -> Section:
    """What the plan begins with, what the person tells, and the life goals in the person's words."""
    plan = around.resources[around.plan]
    lines = [Line(plan["description"], source=around.plan)] if plan.get("description") else []
    lines += [Line(text, source=around.person) for text in about_me(around) if text]
    lines += [
        Line(_words(goal), tuple(_voices(around, goal)), source=key)
        for key, goal in _listed(around)
        if _is_life_goal(goal)
    ]
    return around.section("what-matters", lines, around.plan)


def goals(around: Around) -> Section:
    """Every goal under the goals that it serves or is a step towards, with where it stands."""
    found = dict(_listed(around))
    below = defaultdict[str, list[str]](list)
    for key, goal in found.items():
        for each in goal_references(goal, "Goal", around.base):
            below[each].append(key)
        below[key] += [each for each in goal_milestones(goal, around.base) if each in found]
    served = {key for above in found for key in below[above]}
    # Goals that go round in a circle stand below each other only; they are told all the same.
    lines, told = list[Line](), set[str]()
    for root in (*(key for key in found if key not in served), *found):
        following = [(root, 0)]
        while following:
            key, level = following.pop()
            if key not in told:
                told.add(key)
                notes = tuple(_notes(around, found[key]))
                lines.append(Line(_words(found[key]), notes, min(level, _DEEPEST), key))
                following += [(each, level + 1) for each in reversed(below[key])]
    return around.section("goals", lines)


def about_me(around: Around, *topics: str) -> Iterator[str]:
    """What the person tells, each with its topic; of these topics, else of all but the emergency."""
    patient = around.resources.get(around.person, {})
    for told in values(patient, f"extension({ABOUT_ME})"):
        topic, text = _value(told, "topic"), _value(told, "text")
        if text and (topic in topics if topics else topic != IN_AN_EMERGENCY):
            called = around.words.code(_TOPIC, topic)
            yield around.words.topic(_capital(called), text)


def _notes(around: Around, goal: Resource) -> Iterator[str]:
    words = around.words
    yield from (words.code(_CATEGORY, code) for code in codes_at(goal, "category", _CATEGORY))
    state = words.concept(goal.get("achievementStatus")) or words.code(_STATUS, goal.get("lifecycleStatus"))
    yield words.say("goal", "ended", state=state) if state and around.is_over else state
    for due in values(goal, "target.dueDate"):
        yield words.say("written", "by", date=words.date(due))
    for whom in values(goal, _GOAL_FOR):
        if name := around.who(whom):
            yield words.say("goal", "for", who=name)
    for accepted in values(goal, GOAL_ACCEPTANCE):
        who = next(iter(values(accepted, "extension(individual).valueReference")), None)
        if "disagree" in values(accepted, "extension(status).valueCode") and (name := around.who(who)):
            yield words.say("goal", "disagrees", who=name)
    yield from _voices(around, goal)


def _voices(around: Around, goal: Resource) -> Iterator[str]:
    """Whose words they are."""
    if name := around.who(goal.get("expressedBy")):
        yield around.words.say("written", "said", who=name)


def _listed(around: Around) -> list[tuple[str, Resource]]:
    """The goals that still count, in the order in which the plan names them."""
    order = [around.key(each) for each in around.resources[around.plan].get("goal", ())]
    found = [
        (key, goal)
        for key, goal in around.told("Goal")
        if goal.get("lifecycleStatus") not in _GIVEN_UP and _words(goal)
    ]
    return sorted(found, key=lambda each: order.index(each[0]) if each[0] in order else len(order))


def _is_life_goal(goal: Resource) -> bool:
    return "life-goal" in codes_at(goal, "category", _CATEGORY)


def _words(goal: Resource) -> str:
    return str(goal.get("description", {}).get("text") or "")


def _value(extension: Resource, url: str) -> str:
    found = values(extension, f"extension({url}).value[x]")
    return str(found[0]) if found else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
