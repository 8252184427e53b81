"""The same activity in two plans of a person, which may do harm or is done twice.

Activities are the same when they have a code in common, or, without codes, the same words. Codes that only say of what
sort a task is do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.plan.ending import Plans, goes_on
from terminology.content import BASE

__all__ = ["Activity", "activities_of", "doubled", "words"]

Resource = Mapping[str, Any]

_TASK_KIND: Final = f"{BASE}/CodeSystem/task-kind"
_ANY: Final = frozenset(
    {"aftercare", "care-task", "case-management", "closing-report", "overall-assessment", "review", "support-task",
     "team-consultation"}
)  # fmt: skip
_GOING_ON: Final = ("not-started", "scheduled", "in-progress", "on-hold")


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to be done: `code` is its CodeableConcept, `plans` the keys of the plans that it is done for, `place`
    where it stands in the plan that it is written in; `known_as` is by what it is recognised, if by anything.
    """

    code: Resource
    plans: frozenset[str]
    known_as: frozenset[str]
    place: int | None = None


def activities_of(plans: Sequence[Resource], work: Iterable[Resource], base: str) -> tuple[Activity, ...]:
    """All that is still to be done for those of these plans that go on.

    `work` are Tasks and ServiceRequests. What is done for a plan and for one that it is part of, is done for the
    part alone.
    """
    known = Plans(plans, base)
    return (
        *(each for plan in plans if goes_on(plan) for each in _written_in(plan)),
        *(
            _activity(each["code"], _without_wholes(found, known))
            for each in work
            if "code" in each and goes_on(each)
            if (found := known.of(each) & known.going_on)
        ),
    )


def doubled(activities: Sequence[Activity]) -> list[Activity]:
    """Those of these activities of which another is the same, done for other plans."""
    plans: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for each in activities:
        for code in each.known_as:
            plans[code].add(each.plans)
    return [
        each
        for each in activities
        if any(each.plans.isdisjoint(others) for code in each.known_as for others in plans[code])
    ]


def words(concept: Resource) -> str:
    """What a writer calls an activity."""
    codings = (each.get("display") or each.get("code") for each in concept.get("coding", ()))
    return next((each for each in (concept.get("text"), *codings) if each), "")


def _without_wholes(found: frozenset[str], plans: Plans) -> frozenset[str]:
    if len(found) == 1:
        return found
    return frozenset(key for key in found if not plans.parts_of(key) & found)


def _written_in(plan: Resource) -> Iterator[Activity]:
    for place, each in enumerate(plan.get("activity", ())):
        detail = each.get("detail", {})
        if "code" in detail and detail.get("status", "not-started") in _GOING_ON:
            yield _activity(detail["code"], frozenset({f"CarePlan/{plan['id']}"}), place)


def _activity(code: Resource, plans: frozenset[str], place: int | None = None) -> Activity:
    return Activity(code, plans, _known_as(code), place)


def _known_as(code: Resource) -> frozenset[str]:
    codings = [each for each in code.get("coding", ()) if "code" in each]
    codes = {
        f"{each.get('system', '')}|{each['code']}"
        for each in codings
        if each.get("system") != _TASK_KIND or each["code"] not in _ANY
    }
    text = "" if codings else code.get("text", "").strip().casefold()
    return frozenset(codes | ({text} if text else set()))
