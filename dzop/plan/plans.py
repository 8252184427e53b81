"""A plan among the plans of a person: the states it goes through, what it is part of, what it should have.

One plan that goes on is part of no other: the umbrella, under which care pathways are plans of their own.
https://hl7.org/fhir/R4/careplan.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import read_reference
from dzop.plan.ending import goes_on
from terminology.content import BASE

__all__ = ["is_part_of_itself", "is_pathway", "is_umbrella", "lacks_contract", "may_become", "takes_up_again"]

Resource = Mapping[str, Any]

_PATHWAY: Final = (f"{BASE}/CodeSystem/plan-kind", "care-pathway")
_STEPS: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset({"active", "on-hold", "completed", "revoked", "entered-in-error"}),
    "active": frozenset({"on-hold", "completed", "revoked", "entered-in-error"}),
    "on-hold": frozenset({"active", "completed", "revoked", "entered-in-error"}),
    "completed": frozenset({"entered-in-error"}),
    "revoked": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}


def may_become(before: str, after: str) -> bool:
    """Whether a plan may go from one `CarePlan.status` to another; from `unknown` to any."""
    return before == after or before not in _STEPS or after in _STEPS[before]


def takes_up_again(before: Resource, now: Resource) -> bool:
    """Whether the completed umbrella becomes active again, with nothing else changed but its period."""
    steps = [(each.get("status"), bool(each.get("partOf"))) for each in (before, now)]
    return steps == [("completed", False), ("active", False)] and _rest(before) == _rest(now)


def is_umbrella(plan: Resource) -> bool:
    """Whether the plan goes on and is part of no other."""
    return goes_on(plan) and not plan.get("partOf")


def is_part_of_itself(plan: Resource, others: Iterable[Resource], base: str) -> bool:
    """Whether following `partOf` leads back to the plan, by way of these others."""
    wholes = {f"CarePlan/{each['id']}": _wholes(each, base) for each in others}
    key = f"CarePlan/{plan['id']}"
    wholes[key] = reached = _wholes(plan, base)
    while key not in reached:
        further = reached.union(*(wholes.get(each, frozenset()) for each in reached))
        if further == reached:
            return False
        reached = further
    return True


def is_pathway(plan: Resource) -> bool:
    """Whether it is a care pathway, a code of plan-kind."""
    return _PATHWAY in {(each.get("system"), each.get("code")) for each in values(plan, "category.coding")}


def lacks_contract(plan: Resource, base: str) -> bool:
    """Whether it is a care pathway that has begun and names no document that could be its contract."""
    named = {read_reference(each, base).type for each in values(plan, "supportingInfo")}
    return is_pathway(plan) and plan["status"] == "active" and "DocumentReference" not in named


def _rest(plan: Resource) -> Resource:
    return {name: value for name, value in plan.items() if name not in ("status", "period", "meta")}


def _wholes(plan: Resource, base: str) -> frozenset[str]:
    found = [read_reference(each, base).local for each in values(plan, "partOf")]
    return frozenset(key for key in found if key is not None)
