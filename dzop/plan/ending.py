"""What ends when a plan ends: with the person's death or the umbrella plan everything that is still to be done.

When another plan ends, its parts end with it, and what is to be done for these plans alone. Aftercare never ends by
itself. https://hl7.org/fhir/R4/careplan.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dzop.fhir.audience import of_aftercare
from dzop.fhir.paths import values
from dzop.fhir.references import read_reference
from dzop.fhir.search.date import date_range
from dzop.plan.task_states import OPEN
from terminology.content import BASE

__all__ = [
    "ENDINGS", "END_REASON", "OF_PERSON", "OF_PLAN", "Plans", "ends_with_all", "ends_with_plans", "goes_on",
    "has_died", "lies_ahead", "members_when_ended",
]  # fmt: skip

Resource = Mapping[str, Any]

END_REASON: Final = f"{BASE}/CodeSystem/end-reason"
OF_PERSON: Final = "person-died"
OF_PLAN: Final[Mapping[str, str]] = {
    "completed": "plan-completed",
    "revoked": "plan-revoked",
    "entered-in-error": "plan-in-error",
}
"""The reason why something ends with a plan, by the status with which the plan ended."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Of one type: the states in which it goes on, that in which it ends, and the element that says why."""

    going_on: tuple[str, ...]
    ended: str
    reason: str | None = None


_REQUESTED: Final = ("draft", "active", "on-hold")
ENDINGS: Final[Mapping[str, Ending]] = {
    "CarePlan": Ending(_REQUESTED, "completed"),
    "Task": Ending(OPEN, "cancelled", "statusReason"),
    "Appointment": Ending(("proposed", "pending", "booked", "waitlist"), "cancelled", "cancelationReason"),
    "ServiceRequest": Ending(_REQUESTED, "revoked"),
    "CommunicationRequest": Ending(_REQUESTED, "revoked", "statusReason"),
}


def goes_on(resource: Resource) -> bool:
    """Whether it is in a state in which there is still something to be done."""
    return resource.get("status") in ENDINGS[resource["resourceType"]].going_on


def has_died(patient: Resource) -> bool:
    """Whether the Patient says that the person died."""
    return "deceasedDateTime" in patient or patient.get("deceasedBoolean") is True


def lies_ahead(text: str, now: datetime) -> bool:
    """Whether a FHIR date or dateTime begins after `now`."""
    return date_range(text)[0] > now


def ends_with_all(resource: Resource, now: datetime) -> bool:
    """Whether it ends when nothing is written any more: not aftercare, and no appointment that has begun."""
    if resource["resourceType"] == "Appointment" and "start" in resource:
        return goes_on(resource) and lies_ahead(resource["start"], now)
    return goes_on(resource) and not _is_aftercare(resource)


def ends_with_plans(resource: Resource, now: datetime, ended: Set[str], plans: Plans) -> bool:
    """Whether it is done for plans that `ended` (keys) and for none that goes on."""
    mine = plans.of(resource)
    return ends_with_all(resource, now) and bool(mine & ended) and not mine & (plans.going_on - ended)


class Plans:
    """The plans of a person, by what they are part of and what they list as their activities."""

    def __init__(self, plans: Iterable[Resource], base: str) -> None:
        self._base = base
        self._parts: defaultdict[str, set[str]] = defaultdict(set)
        self._listed: defaultdict[str, set[str]] = defaultdict(set)
        going_on = set()
        for plan in plans:
            key = _key(plan)
            for each in self._named(plan, "activity.reference"):
                self._listed[each].add(key)
            if goes_on(plan):
                going_on.add(key)
                for each in self._named(plan, "partOf"):
                    self._parts[each].add(key)
        self.going_on = frozenset(going_on)

    def of(self, resource: Resource) -> frozenset[str]:
        """The keys (`CarePlan/x`) of the plans for which something is done: it says so, or they do."""
        named = {key for key in self._named(resource, "basedOn") if key.startswith("CarePlan/")}
        return frozenset(named | self._listed.get(_key(resource), set()))

    def parts_of(self, plan: str) -> frozenset[str]:
        """The keys of the plans that are part of this one, and of its parts, those apart that no longer go on."""
        found, following = {plan}, [plan]
        while following:
            new = self._parts.get(following.pop(), set()) - found
            found |= new
            following += new
        return frozenset(found - {plan})

    def _named(self, resource: Resource, path: str) -> set[str]:
        found = (read_reference(each, self._base).local for each in values(resource, path))
        return {key for key in found if key is not None}


def members_when_ended(resource: Resource, reason: str, now: str) -> dict[str, Any]:
    """The elements that change when the server ends it: `reason` is a code of end-reason, `now` an instant.

    A plan ends as the plan did that it is part of; one that never began is revoked.
    """
    ending = ENDINGS[resource["resourceType"]]
    changed: dict[str, Any] = {"status": ending.ended}
    if resource["resourceType"] == "CarePlan" and (
        resource["status"] == "draft" or reason in (OF_PLAN["revoked"], OF_PLAN["entered-in-error"])
    ):
        changed["status"] = "revoked"
    if ending.reason is not None:
        changed[ending.reason] = {"coding": [{"system": END_REASON, "code": reason}]}
    if resource["resourceType"] == "Task":
        changed["lastModified"] = now
    return changed


def _is_aftercare(resource: Resource) -> bool:
    return bool(of_aftercare(frozenset(), resource, resource["resourceType"]))


def _key(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
