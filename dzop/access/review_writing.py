"""Reviews of plans and goals: the Task that asks for one, and what follows when it is done.

A CarePlan that says by when it is to be reviewed is given a Task for it. Whoever completes a review, and sees what was
reviewed, moves the day to the next one; a Provenance says who it was. What the operator enters is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from consent.categories import mask
from consent.periods import day_in_brussels
from dzop.access import guarded
from dzop.access.amending import with_members, with_texts
from dzop.access.labels import SENSITIVE, instant
from dzop.access.surroundings import coordinators, is_sensitive, members
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import FhirError
from dzop.fhir.references import read_reference
from dzop.plan import reviews
from dzop.plan.rule import refusal
from dzop.store.writing import TASKS_ABOUT

__all__ = ["RULES_OF_GOAL", "RULES_OF_TASK", "asked_for", "unusable_interval"]

Resource = Mapping[str, Any]

_SENSITIVE: Final = mask([SENSITIVE])
_REVIEWED: Final = ("CarePlan", "Goal")
_PROFESSIONALS: Final = ("Practitioner/", "Organization/")


def unusable_interval(resource: Resource) -> FhirError | None:
    """The refusal of an interval that no day can be counted from."""
    interval = reviews.interval(resource)
    if interval is None or reviews.is_usable(interval):
        return None
    return refusal("review-interval", f"{resource['resourceType']}.extension")


async def asked_for(writing: Writing) -> tuple[Consequence, ...]:
    """The Task of the review that a CarePlan asks for: new, with another day, or no longer wanted."""
    plan = writing.proposal.value
    if writing.call.actor.is_system or not reviews.is_reviewed(plan):
        return ()
    day, waiting = reviews.due(plan), await _waiting(writing)
    if day is None:
        members = {"status": "cancelled", "lastModified": instant(writing.call.now)}
        was = writing.before
        had = was is not None and reviews.due(was.as_it_was.value) is not None
        return tuple(with_members(each, members, writing.base) for each in waiting if had)
    if not waiting:
        return (await _asked(writing, plan, day, is_secret=is_sensitive(writing)),)
    moved = [(each, _restricted(each, day)) for each in waiting]
    return tuple(
        with_members(each, {"restriction": restriction}, writing.base)
        for each, restriction in moved
        if restriction != each.as_it_was.value.get("restriction")
    )


async def of_goal(writing: Writing) -> Ruled:
    """A Goal, refused where no day can be counted from its interval."""
    broken = None if writing.call.actor.is_system else unusable_interval(writing.proposal.value)
    if broken is not None:
        raise broken
    return Ruled(writing.proposal)


async def of_task(writing: Writing) -> Ruled:
    """A Task; a review that is completed moves the day of review of what it was about."""
    task = writing.proposal.value
    if writing.call.actor.is_system or not _is_done_now(writing) or "focus" not in task:
        return Ruled(writing.proposal)
    about = read_reference(task["focus"], writing.base)
    if about.type not in _REVIEWED or about.id is None:
        return Ruled(writing.proposal)
    return Ruled(writing.proposal, following=tuple(await _reviewed(writing, about.type, about.id)))


def _is_done_now(writing: Writing) -> bool:
    before, task = writing.before, writing.proposal.value
    waited = before is not None and reviews.is_waiting_review(before.as_it_was.value)
    return waited and reviews.is_review(task) and task["status"] == "completed"


async def _reviewed(writing: Writing, type: str, id: str) -> Sequence[Consequence]:
    """The next day of review, who reviewed it now, and for a plan the next Task."""
    if await guarded.read(writing.transaction, writing.call, type, id) is None:
        return ()
    before = await before_of(writing.transaction, writing.call, writing.person, type, id)
    if before is None or before.deleted or not reviews.is_reviewed(before.as_it_was.value):
        return ()
    if not await _may_move(writing, before):
        return ()
    value, interval = before.as_it_was.value, reviews.interval(before.as_it_was.value)
    if reviews.due(value) is None and interval is None:
        return ()
    usable = interval is not None and reviews.is_usable(interval)
    day = reviews.following(day_in_brussels(writing.call.now), interval or {}) if usable else None
    extension = reviews.extensions_when_due(before.proposal.source, day)
    is_secret = bool(before.row["mask"] & _SENSITIVE)
    next_one = (
        [await _asked(writing, value, day, is_secret=is_secret)]
        if day is not None and type == "CarePlan"
        else []
    )
    moved = with_texts(before, {"extension": extension}, writing.base)
    return (moved, _said(writing, f"{type}/{id}/_history/{before.version + 1}"), *next_one)


async def _may_move(writing: Writing, reviewed: Before) -> bool:
    """Whether the plan asked for the review itself (it has no author then), or the writer may change what it is of."""
    was_asked = (
        reviewed.proposal.type == "CarePlan" and writing.before is not None and not writing.before.authors
    )
    mask, kinds = reviewed.row["mask"], reviewed.kinds
    return was_asked or await writing.law.permits(writing.person, "update", mask, kinds)


def _said(writing: Writing, reviewed: str) -> Consequence:
    """Who reviewed which version, and by which Task."""
    task, who, now = f"Task/{writing.proposal.id}", writing.call.actor.individual, instant(writing.call.now)
    said = reviews.provenance(reviewed, task, who, now)
    return Consequence.of({**said, "id": str(uuid4())}, writing.base, is_new=True)


async def _waiting(writing: Writing) -> list[Before]:
    """The reviews of the plan that is written which are still to be done."""
    about = {"type": "CarePlan", "id": writing.proposal.id}
    rows = await writing.transaction.rows(TASKS_ABOUT, person=writing.person, **about)
    found = [
        await before_of(writing.transaction, writing.call, writing.person, "Task", row["id"])
        for row in sorted(rows, key=lambda row: str(row["id"]))
    ]
    return [
        each
        for each in found
        if each is not None and not each.deleted and reviews.is_waiting_review(each.as_it_was.value)
    ]


async def _asked(writing: Writing, plan: Resource, day: str, *, is_secret: bool) -> Consequence:
    """The Task for the care coordinator, else for the professionals of the team, who read the plan.

    Of a plan that is for few nobody is told by its review.
    """
    owner = next((each for each in await coordinators(writing) if "|" not in each), None)
    parties = [each.party for each in await members(writing)]
    keys = (each.individual or each.organisation or "" for each in parties)
    candidates = dict.fromkeys(key for key in keys if key.startswith(_PROFESSIONALS))
    requester, now = writing.call.actor.individual, instant(writing.call.now)
    owner, candidates = (None, {}) if is_secret else (owner, candidates)
    asked = {**reviews.task(plan, day, owner, candidates, requester, now), "id": str(uuid4())}
    return replace(Consequence.of(asked, writing.base, is_new=True), is_sensitive=is_secret)


def _restricted(waiting: Before, day: str) -> dict[str, Any]:
    was = waiting.as_it_was.value.get("restriction", {})
    return {**was, "period": {**was.get("period", {}), "end": day}}


RULES_OF_GOAL: Final = Rules(of_goal, removed_by_categories)
RULES_OF_TASK: Final = Rules(of_task, removed_by_categories)
