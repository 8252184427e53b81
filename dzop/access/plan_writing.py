"""CarePlan: which steps a plan takes, what ends with it, and what there is to say of it beside other plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dzop.access import ending, review_writing
from dzop.access.refusing import refuse
from dzop.access.surroundings import visible
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import FhirError, Issue
from dzop.plan.duplicates import activities_of, doubled, words
from dzop.plan.ending import Plans, goes_on, lies_ahead
from dzop.plan.plans import is_part_of_itself, is_umbrella, lacks_contract, may_become
from dzop.plan.rule import refusal, remark

__all__ = ["RULES", "work_for_plans"]

Resource = Mapping[str, Any]


async def ruled(writing: Writing) -> Ruled:
    """The plan as it was sent; refused where it takes a step that it cannot take, or is part of itself."""
    following = (*await ending.with_plan(writing), *await review_writing.asked_for(writing))
    if writing.call.actor.is_system:
        return Ruled(writing.proposal, following=following)
    others = [each for each in await visible(writing, "CarePlan") if each["id"] != writing.proposal.id]
    broken = _broken(writing, others)
    if broken is not None:
        await refuse(writing, broken)
    remarks = (*_remarks(writing, others), *await _doubled(writing, others))
    return Ruled(writing.proposal, remarks=remarks, following=following)


async def work_for_plans(writing: Writing) -> list[Resource]:
    """What there is to be done, for plans among others, as far as the writer sees it; not what is written now."""
    return [
        each
        for type in ("Task", "ServiceRequest")
        for each in await visible(writing, type)
        if each["id"] != writing.proposal.id
    ]


def _broken(writing: Writing, others: Sequence[Resource]) -> FhirError | None:
    plan, before = writing.proposal.value, writing.before
    was = None if before is None or before.deleted else before.as_it_was.value["status"]
    if was is not None and not may_become(was, plan["status"]):
        return refusal("plan-status", "CarePlan.status", after=plan["status"])
    end = plan.get("period", {}).get("end")
    if plan["status"] == "completed" and end is not None and lies_ahead(end, writing.call.now):
        return refusal("end-lies-ahead", "CarePlan.period.end", date=end)
    if is_part_of_itself(plan, others, writing.base):
        return refusal("plan-cycle", "CarePlan.partOf")
    return review_writing.unusable_interval(plan)


def _remarks(writing: Writing, others: Sequence[Resource]) -> Iterator[Issue]:
    plan = writing.proposal.value
    if is_umbrella(plan) and any(map(is_umbrella, others)):
        yield remark("second-umbrella", "CarePlan.partOf")
    if lacks_contract(plan, writing.base):
        yield remark("pathway-without-contract", "CarePlan.supportingInfo")


async def _doubled(writing: Writing, others: Sequence[Resource]) -> list[Issue]:
    """Activities that the plan, or a part of it, has in common with another plan."""
    plan, key = writing.proposal.value, f"CarePlan/{writing.proposal.id}"
    if not goes_on(plan) or not others:
        return []
    plans = [*others, plan]
    activities = activities_of(plans, await work_for_plans(writing), writing.base)
    found = [
        remark("duplicate-activity", f"CarePlan.activity[{each.place}]", activity=words(each.code))
        for each in doubled(activities)
        if each.place is not None and each.plans == {key}
    ]
    family = {key, *Plans(plans, writing.base).parts_of(key)}
    if not found and doubled([each for each in activities if each.plans & family]):
        return [remark("duplicate-in-parts", "CarePlan")]
    return found


RULES: Final = Rules(ruled, removed_by_categories)
