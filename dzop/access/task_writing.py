"""Task: who takes it on, who is told, and the next time of what comes back (`dzop.plan.tasks`).

Whoever is offered a task may take it up, or say no, although the cells let others update it only: the law is asked as
if the task were theirs already, and nothing else of it may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

from consent.law import Decision
from dzop.access.labels import DATA_CATEGORY, SENSITIVE
from dzop.access.notices import told
from dzop.access.seen import around, meant
from dzop.access.surroundings import capacity, coordinators, is_sensitive, keeps_labels
from dzop.access.versions import Concerned
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.outcome import Issue
from dzop.fhir.references import read_reference
from dzop.plan import task_offers, tasks
from dzop.plan.asked_tasks import require_about_the_same
from dzop.plan.recurrence import next_time
from dzop.plan.rule import remark
from dzop.plan.task_news import news
from dzop.plan.task_owner import Speaker, has_other_owner
from dzop.store import directory

__all__ = ["RULES", "permission", "with_authors"]

_TEAM: Final = "relation:team:"
_TEAM_KEY: Final = "CareTeam/"
_WRITER: Final = "writer"

Task = Mapping[str, Any]


async def permission(writing: Writing) -> Decision | None:
    """The law on a Task that was offered to the writer, as of its owner; None where there is nothing special to ask.

    A candidate is told which rule is broken on the way to it.
    """
    before, after, was = writing.former, writing.proposal.value, writing.before
    if before is None or was is None or not task_offers.is_offered(before):
        return None
    law, known = writing.law, was.row["mask"]
    if await law.permits(writing.person, "update", known, was.kinds):
        return None
    speaker = await _speaker(writing)
    if not task_offers.is_candidate(before, speaker, writing.base):
        return None
    kinds = was.kinds | {"acting"}
    decision = await law.require(writing.person, "update", known, kinds, "Task", writing.proposal.id)
    tasks.ruled(before, after, speaker, writing.base)
    if task_offers.is_taken_up(before, after, speaker, writing.base):
        task_offers.require_as_offered(before, after)
        return decision
    # Nobody says no for the whole team.
    own = frozenset(each for each in speaker.keys if not each.startswith(_TEAM_KEY))
    is_passed_up = task_offers.is_passed_up(before, after, own, writing.base) and keeps_labels(writing)
    return decision if is_passed_up else None


async def ruled(writing: Writing) -> Ruled:
    """The Task as it was sent; who asked for it is told what became of it."""
    before, after = writing.former, writing.proposal.value
    if writing.call.actor.is_system:
        if before is not None:
            tasks.require_step(before, after)
        return Ruled(writing.proposal)
    if before is not None and writing.before is not None and not writing.before.authors:
        require_about_the_same(before, after)
    speaker = await _speaker(writing)
    remarks = [
        *tasks.ruled(before, after, speaker, writing.base),
        *await _owned_outside(writing, before, after),
    ]
    following = [
        *await _about_it(writing, before, after, speaker),
        *await _escalated(writing, before, after),
        *_next_time(writing, before, after),
    ]
    return Ruled(writing.proposal, tuple(remarks), tuple(following))


def with_authors(
    value: Mapping[str, Any], authors: Iterable[str], base: str, *, is_new: bool = False
) -> Consequence:
    """A resource of the server's own making that concerns these authors too, whom it does not name."""
    made = Consequence.of(value, base, is_new=is_new)
    written: Concerned = tuple(("author", each, _WRITER) for each in sorted(authors))
    return Consequence(made.proposal, (*made.named, *written), is_new)


# -- who writes ------------------------------------------------------------------------------------------


async def _speaker(writing: Writing) -> Speaker:
    """The writer, the teams the writer is in, and of an organisation's software those who work there."""
    actor, own = writing.call.actor, set(writing.call.actor.keys)
    known = await writing.law.facts_of(writing.person)
    own |= {
        each.rule.removeprefix(_TEAM)
        for each in known.relations
        if each.is_member
        and each.period.covers(writing.call.now)
        and (each.party.individual or each.party.organisation) in (actor.individual, actor.organization)
    }
    if actor.role == "system-client":
        rows = await writing.transaction.rows(
            directory.STAFF, organization=actor.organization, now=writing.call.now
        )
        own |= {key for row in rows for key in (row["role"], row["practitioner"], *row["keys"])}
    as_what = await capacity(writing)
    return Speaker(frozenset(own), decides=as_what.decides or as_what.coordinates)


# -- what follows ----------------------------------------------------------------------------------------


async def _about_it(
    writing: Writing, before: Task | None, after: Task, speaker: Speaker
) -> list[Consequence]:
    """Everybody whom it concerns is told what became of it."""
    told_of = news(before, after, _asked_for_by(writing, after), speaker, writing.base)
    return [each for topic, whom in told_of for each in await told(writing, topic, *whom)]


def _asked_for_by(writing: Writing, task: Task) -> list[Mapping[str, Any]]:
    """The requester, or else whoever wrote it."""
    if "requester" in task:
        return [task["requester"]]
    authors = writing.before.authors if writing.before is not None else ()
    return [{"reference": each} for each in sorted(authors) if "|" not in each and "/" in each]


async def _owned_outside(writing: Writing, before: Task | None, after: Task) -> list[Issue]:
    """A remark where somebody who is known here by reference gets it and is in no team that the writer sees."""
    key = read_reference(after.get("owner", {}), writing.base).local
    if key is None or not has_other_owner(before, after, writing.base) or key in writing.call.actor.keys:
        return []
    known, means = await around(writing), await meant(writing, frozenset({key}))
    return [remark("task-owner-outside", "Task.owner")] if known.isdisjoint(means[key]) else []


async def _escalated(writing: Writing, before: Task | None, after: Task) -> list[Consequence]:
    """The coordinator is told too, but for what is for few."""
    if not tasks.is_escalated(after) or (before is not None and tasks.is_escalated(before)):
        return []
    coordinating = () if is_sensitive(writing) else await coordinators(writing)
    return await told(writing, "task-escalated", *_asked_for_by(writing, after), *coordinating)


def _next_time(writing: Writing, before: Task | None, after: Task) -> Iterator[Consequence]:
    """What comes back is there again once it is done, or did not succeed."""
    ends = ("completed", "failed")
    if after["status"] not in ends or (before is not None and before["status"] in ends):
        return
    following = next_time(after, writing.call.now)
    if following is None:
        return
    meta = {name: each for name, each in writing.proposal.meta.items() if name in ("profile", "tag")}
    if is_sensitive(writing):
        meta["security"] = [{"system": DATA_CATEGORY, "code": SENSITIVE}]
    authors = writing.before.authors if writing.before is not None else {writing.call.actor.individual}
    value = {**following, "id": str(uuid4()), "meta": meta}
    yield with_authors(value, authors, writing.base, is_new=True)


RULES: Final = Rules(ruled, removed_by_categories)
