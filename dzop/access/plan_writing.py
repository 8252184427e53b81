"""CarePlan: which steps a plan takes, what ends with it, and what there is to say of it beside other plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from consent.law import Decision
from dzop.access import ending, review_writing
from dzop.access.surroundings import capacity, visible
from dzop.access.versions import Before
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import FhirError, Issue
from dzop.plan.duplicates import activities_of, doubled, words
from dzop.plan.ending import Plans, goes_on, lies_ahead
from dzop.plan.plans import is_part_of_itself, is_umbrella, lacks_contract, may_become, takes_up_again
from dzop.plan.rule import refusal, remark

__all__ = ["RULES", "permission", "work_for_plans"]

Resource = Mapping[str, Any]


async def permission(writing: Writing) -> Decision | None:
    """The law's decision where who decides takes up the completed umbrella again; None where the cells decide."""
    before = writing.before
    if before is None or not await _taken_up_again(writing, before):
        return None
    mask, kinds, id = before.row["mask"], before.kinds | {"reopening"}, writing.proposal.id
    return await writing.law.require(writing.person, "update", mask, kinds, "CarePlan", id)


async def ruled(writing: Writing) -> Ruled:
    """The plan as it was sent; refused where it takes a step that it cannot take, or is part of itself."""
    following = (*await ending.with_plan(writing), *await review_writing.asked_for(writing))
    if writing.call.actor.is_system:
        return Ruled(writing.proposal, following=following)
    others = [each for each in await visible(writing, "CarePlan") if each["id"] != writing.proposal.id]
    broken = await _wrong_step(writing) or _broken(writing, others)
    if broken is not None:
        raise broken
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


async def _taken_up_again(writing: Writing, before: Before) -> bool:
    """Whether this is the one step back from an end: by who decides, of the plan that others are part of."""
    if before.deleted or not takes_up_again(before.proposal.value, writing.proposal.value):
        return False
    return (await capacity(writing)).decides


async def _wrong_step(writing: Writing) -> FhirError | None:
    before, status = writing.before, writing.proposal.value["status"]
    if before is None or before.deleted or may_become(before.as_it_was.value["status"], status):
        return None
    if await _taken_up_again(writing, before):
        return None
    return refusal("plan-status", "CarePlan.status", after=status)


def _broken(writing: Writing, others: Sequence[Resource]) -> FhirError | None:
    plan = writing.proposal.value
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
