"""What to look at in a plan: a table of checks, each a function of what somebody sees around the person now.

None of what they find is a mistake; https://dzop.example/fhir/CodeSystem/plan-remark says in four languages what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dzop.fhir.audience import audience
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.resource_types import GOAL_ACCEPTANCE, GOAL_RELATIONSHIP
from dzop.fhir.search.date import BRUSSELS, date_range
from dzop.plan import reviews
from dzop.plan.duplicates import activities_of, doubled
from dzop.plan.goals import CARE, GOALS_DISCUSSED, LIFE, kinds
from dzop.plan.membership import Member
from dzop.plan.plans import is_umbrella, lacks_contract
from dzop.plan.task_states import OPEN
from dzop.plan.team_contact import contact
from terminology.content import BASE

__all__ = ["CHECKS", "Check", "Remark", "Seen", "remarks"]

Resource = Mapping[str, Any]
_DOCUMENT_KIND: Final = f"{BASE}/CodeSystem/document-kind"
_GOING_ON: Final = ("proposed", "planned", "accepted", "active", "on-hold")
_AS_AUTHOR: Final = ("author", "acting")
_NOTED: Final = (
    "note.authorReference",
    f"{GOAL_ACCEPTANCE}.extension(individual).valueReference",
    "requester",
)
_PROFESSIONS: Final = frozenset({"general-practitioner", "health-professional", "welfare-professional"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody may see around a person now: all resources by key, and the members of the teams.

    `plan` is the key of the plan that is looked at; entries on a carer's burden are not among them.
    """

    plan: str
    resources: Mapping[str, Resource]
    members: tuple[Member, ...]
    base: str
    now: datetime

    def of(self, type: str) -> Iterator[tuple[str, Resource]]:
        """The resources of a type, by key."""
        return ((key, each) for key, each in self.resources.items() if key.startswith(f"{type}/"))

    @property
    def in_force(self) -> Iterator[Member]:
        """The members who are agreed and in the team now."""
        return (each for each in self.members if each.state == "agreed" and each.covers(self.now))


@dataclass(frozen=True, slots=True)
class Remark:
    """A code of plan-remark, and the keys of what it is about; none where something is missing."""

    code: str
    about: tuple[str, ...] = ()


Check = Callable[[Seen], Iterable[str] | None]
"""What is found: the keys of what it is about, perhaps none; None where there is nothing to say."""


def remarks(seen: Seen) -> Iterator[Remark]:
    """What the checks find, in the order of the table."""
    for code, check in CHECKS.items():
        found = check(seen)
        if found is not None:
            yield Remark(code, tuple(found))


# -- team ------------------------------------------------------------------------------------------------


def _missing(is_there: bool) -> tuple[str, ...] | None:
    return None if is_there else ()


def _some(found: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(found)) or None


def _no_team(seen: Seen) -> tuple[str, ...] | None:
    return _missing(any(each.get("status") == "active" for _, each in seen.of("CareTeam")))


def _no_coordinator(seen: Seen) -> tuple[str, ...] | None:
    return _missing(any(each.coordinates for each in seen.in_force))


def _no_contact(seen: Seen) -> tuple[str, ...] | None:
    """The active teams whose contact is nobody, or not a member any more."""
    there = {each.reference for each in seen.in_force}
    teams = [(key, each) for key, each in seen.of("CareTeam") if each.get("status") == "active"]
    return _some(key for key, each in teams if actor_key(contact(each) or {}, seen.base) not in there)


def _no_representation(seen: Seen) -> tuple[str, ...] | None:
    return _missing(any(each.speaks for each in seen.in_force) or any(_mandates(seen)))


def _mandates(seen: Seen) -> Iterator[bool]:
    return ("mandate" in values(each, "category.coding.code") for each in _consents(seen))


def _consents(seen: Seen) -> Iterator[Resource]:
    """Those in force now."""
    for _, each in seen.of("Consent"):
        period = (each.get("provision") or {}).get("period") or {}
        if each.get("status") == "active" and _is_now(seen, period):
            yield each


def _no_informal_network(seen: Seen) -> tuple[str, ...] | None:
    return _missing(any(each.is_related for each in seen.in_force))


def _single_discipline(seen: Seen) -> tuple[str, ...] | None:
    professions = {role for each in seen.in_force for role in each.roles & _PROFESSIONS}
    return () if len(professions) == 1 else None


def _not_contributed(seen: Seen) -> tuple[str, ...] | None:
    active = frozenset(key for each in seen.resources.items() for key in _contributors(seen, *each))
    return _some(each.reference for each in seen.in_force if active.isdisjoint(each.keys))


def _contributors(seen: Seen, place: str, resource: Resource) -> Iterator[str]:
    """Whom a resource names as having written or done it; being asked to do something is not enough."""
    waits = place.startswith("Task/") and resource.get("status") in ("draft", "requested", "received")
    for kind, who in audience(resource, resource["resourceType"], seen.base):
        if kind in _AS_AUTHOR and not (kind == "acting" and waits):
            yield who
    for path in _NOTED:
        yield from (key for each in values(resource, path) if (key := actor_key(each, seen.base)))


def _waiting(seen: Seen) -> tuple[str, ...] | None:
    return _some(
        each.reference for each in seen.members if each.state == "proposed" and not each.is_over(seen.now)
    )


# -- goals -----------------------------------------------------------------------------------------------


def _goals(seen: Seen) -> Iterator[tuple[str, Resource]]:
    return ((key, each) for key, each in seen.of("Goal") if each.get("lifecycleStatus") in _GOING_ON)


def _no_life_goal(seen: Seen) -> tuple[str, ...] | None:
    """Nothing where goals were talked about, and left in the conversation."""
    plans = (each for _, each in seen.of("CarePlan") if each.get("status") != "entered-in-error")
    discussed = (values(each, f"extension({GOALS_DISCUSSED})") for each in plans)
    return _missing(any(LIFE in kinds(each) for _, each in _goals(seen)) or any(discussed))


def _without_life_goal(seen: Seen) -> tuple[str, ...] | None:
    """The goals from which no way along the links, in either direction, leads to a life goal."""
    linked = {key: set(_linked(seen, each)) for key, each in seen.of("Goal")}
    for key, others in list(linked.items()):
        for other in others & linked.keys():
            linked[other].add(key)
    reached = {key for key, each in seen.of("Goal") if LIFE in kinds(each)}
    following = list(reached)
    while following:
        new = (linked.get(following.pop()) or set()) - reached
        reached |= new
        following += new
    return _some(key for key, each in _goals(seen) if CARE & (kinds(each) or CARE) and key not in reached)


def _linked(seen: Seen, goal: Resource) -> Iterator[str]:
    for target in values(goal, f"{GOAL_RELATIONSHIP}.extension(target).valueReference"):
        if (key := read_reference(target, seen.base).local) is not None:
            yield key


def _not_agreed(seen: Seen) -> tuple[str, ...] | None:
    path = f"{GOAL_ACCEPTANCE}.extension(status).valueCode"
    return _some(key for key, each in _goals(seen) if "disagree" in values(each, path))


# -- tasks and reviews -----------------------------------------------------------------------------------


def _tasks(seen: Seen) -> Iterator[tuple[str, Resource]]:
    return ((key, each) for key, each in seen.of("Task") if each.get("status") in OPEN)


def _unassigned(seen: Seen) -> tuple[str, ...] | None:
    return _some(key for key, each in _tasks(seen) if "owner" not in each)


def _owner_left(seen: Seen) -> tuple[str, ...] | None:
    """The tasks of somebody who is not, or not any more, in a team; nothing where no team is to be seen."""
    there = frozenset(name for each in seen.in_force for name in each.keys)
    known = (
        there
        | {key for type in ("Patient", "CareTeam") for key, _ in seen.of(type)}
        | frozenset(_admitted(seen))
    )
    return _some(
        key
        for key, each in _tasks(seen)
        if there and (owner := actor_key(each.get("owner") or {}, seen.base)) and owner not in known
    )


def _admitted(seen: Seen) -> Iterator[str]:
    """Who is near the person by something else than a team, such as a case manager or a representative."""
    for each in _consents(seen):
        yield from (who for kind, who in audience(each, "Consent", seen.base) if kind == "addressed")


def _overdue(seen: Seen) -> tuple[str, ...] | None:
    return _some(
        key
        for key, each in _tasks(seen)
        for end in values(each, "restriction.period.end")
        if date_range(end)[1] <= seen.now
    )


def _review_overdue(seen: Seen) -> tuple[str, ...] | None:
    today = seen.now.astimezone(BRUSSELS).date()
    reviewed = (*seen.of("CarePlan"), *seen.of("Goal"))
    return _some(key for key, each in reviewed if reviews.is_overdue(each, today))


def _no_overall_assessment(seen: Seen) -> tuple[str, ...] | None:
    wanted = (_DOCUMENT_KIND, "overall-assessment")
    documents = (*seen.of("DocumentReference"), *seen.of("Composition"))
    codes: Set[Any] = {
        (coding.get("system"), coding.get("code"))
        for _, each in documents
        for coding in values(each, "type.coding")
    }
    return _missing(wanted in codes)


def _two_umbrellas(seen: Seen) -> tuple[str, ...] | None:
    found = [key for key, each in seen.of("CarePlan") if is_umbrella(each)]
    return _some(found if len(found) > 1 else ())


def _no_contract(seen: Seen) -> tuple[str, ...] | None:
    return _some(key for key, each in seen.of("CarePlan") if lacks_contract(each, seen.base))


def _doubled(seen: Seen) -> tuple[str, ...] | None:
    """The plans that have an activity in common with another one."""
    plans = [each for _, each in seen.of("CarePlan")]
    work = [each for type in ("Task", "ServiceRequest") for _, each in seen.of(type)]
    found = doubled(activities_of(plans, work, seen.base))
    return _some(sorted(key for each in found for key in each.plans))


def _is_now(seen: Seen, period: Mapping[str, str]) -> bool:
    start, end = period.get("start"), period.get("end")
    return (start is None or date_range(start)[0] <= seen.now) and (
        end is None or seen.now < date_range(end)[1]
    )


CHECKS: Final[Mapping[str, Check]] = {
    "no-team": _no_team,
    "no-coordinator": _no_coordinator,
    "no-contact": _no_contact,
    "no-representation": _no_representation,
    "no-informal-network": _no_informal_network,
    "single-discipline": _single_discipline,
    "not-contributed": _not_contributed,
    "waiting-proposal": _waiting,
    "no-life-goal": _no_life_goal,
    "goal-without-life-goal": _without_life_goal,
    "goal-not-agreed": _not_agreed,
    "task-unassigned": _unassigned,
    "task-owner-left": _owner_left,
    "task-overdue": _overdue,
    "review-overdue": _review_overdue,
    "no-overall-assessment": _no_overall_assessment,
    "two-umbrellas": _two_umbrellas,
    "no-contract": _no_contract,
    "duplicate-activity": _doubled,
}
"""By the code of the remark, in the order in which they are told."""
