"""Task, ServiceRequest: a remark where another plan of the person already has the same activity."""

from __future__ import annotations

from typing import Final

from dzop.access.plan_writing import work_for_plans
from dzop.access.surroundings import visible
from dzop.access.writing import Ruled, Rules, Writing, removed_by_categories
from dzop.plan.duplicates import activities_of, doubled, words
from dzop.plan.ending import goes_on
from dzop.plan.rule import remark

__all__ = ["RULES"]


async def ruled(writing: Writing) -> Ruled:
    """What is asked for, as it was sent; what has no plan is no activity of one."""
    work, unremarkable = writing.proposal.value, Ruled(writing.proposal)
    if writing.call.actor.is_system or "code" not in work or not goes_on(work) or not _says_more(writing):
        return unremarkable
    plans = await visible(writing, "CarePlan")
    if sum(map(goes_on, plans)) < 2:
        return unremarkable
    activities = activities_of(plans, [*await work_for_plans(writing), work], writing.base)
    if not any(each.code is work["code"] for each in doubled(activities)):
        return unremarkable
    said = remark("duplicate-activity", f"{writing.proposal.type}.code", activity=words(work["code"]))
    return Ruled(writing.proposal, remarks=(said,))


def _says_more(writing: Writing) -> bool:
    """Whether it is for a plan, and was not so before: each step of a task is not worth a remark."""
    if "basedOn" not in writing.proposal.value:
        return False
    was = {} if writing.before is None else writing.before.as_it_was.value
    return any(was.get(name) != writing.proposal.value[name] for name in ("code", "basedOn"))


RULES: Final = Rules(ruled, removed_by_categories)
