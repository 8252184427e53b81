"""Task: who takes it on, who is told, and the next time of what comes back (`dzop.plan.tasks`).

Whoever is offered a task may take it up although the cells let others update it only: the law is asked as if the
task were theirs already, and nothing else of it may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

from consent.law import Decision
from dzop.access.labels import DATA_CATEGORY, SENSITIVE, instant
from dzop.access.surroundings import capacity, coordinators, is_sensitive
from dzop.access.versions import Concerned
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir import json
from dzop.fhir.references import actor_key
from dzop.plan import tasks
from dzop.plan.notice import notice
from dzop.plan.recurrence import next_time
from dzop.plan.tasks import Speaker
from dzop.store import directory

__all__ = ["RULES", "told", "with_authors"]

_TEAM: Final = "relation:team:"
_WRITER: Final = "writer"

Task = Mapping[str, Any]


async def ruled(writing: Writing) -> Ruled:
    """The Task as it was sent; who asked for it is told what became of it."""
    before, after = _before(writing), writing.proposal.value
    if writing.call.actor.is_system:
        if before is not None:
            tasks.require_step(before, after)
        return Ruled(writing.proposal)
    speaker = await _speaker(writing)
    remarks = tasks.ruled(before, after, speaker, writing.base)
    decision = None if before is None else await _taken_up(writing, before, after, speaker)
    following = [
        *await _about_it(writing, before, after, speaker),
        *await _escalated(writing, before, after),
        *_next_time(writing, before, after),
    ]
    return Ruled(writing.proposal, decision, remarks, tuple(following))


async def told(
    writing: Writing, topic: str, *recipients: Mapping[str, Any] | str, about: str | None = None
) -> list[Consequence]:
    """One notice to those of them who are not the writer, about what is written or else about that; or none.

    Recipients are References or actor keys.
    """
    whom: dict[str, Mapping[str, Any]] = {}
    for each in recipients:
        reference = {"reference": each} if isinstance(each, str) else {**each}
        key = actor_key(reference, writing.base)
        if key is not None and key not in writing.call.actor.keys:
            whom.setdefault(key, reference)
    if not whom:
        return []
    person = (await writing.law.facts_of(writing.person)).person
    subject = [about or f"{writing.proposal.type}/{writing.proposal.id}"]
    value = notice(topic, person, subject, whom.values(), instant(writing.call.now))
    return [Consequence.of({**value, "id": str(uuid4())}, writing.base, is_new=True)]


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


async def _taken_up(writing: Writing, before: Task, after: Task, speaker: Speaker) -> Decision | None:
    """The law on a Task that is taken up, as of its owner; None where there is nothing special to ask."""
    was = writing.before
    if was is None or not tasks.is_taken_up(before, after, speaker, writing.base):
        return None
    law, known = writing.law, was.row["mask"]
    if await law.permits(writing.person, "update", known, was.kinds):
        return None
    tasks.require_as_offered(before, after)
    kinds = was.kinds | {"acting"}
    return await law.require(writing.person, "update", known, kinds, "Task", writing.proposal.id)


def _before(writing: Writing) -> Task | None:
    was = writing.before
    # With decimals as they were written, so that what stayed the same is the same.
    return None if was is None or was.deleted else json.parse(was.row["kept"]).value


# -- what follows ----------------------------------------------------------------------------------------


async def _about_it(
    writing: Writing, before: Task | None, after: Task, speaker: Speaker
) -> list[Consequence]:
    """Who asked for it is told, and who had it when it goes to another; and whoever is said to have agreed to it."""
    if before is None:
        is_given = tasks.for_somebody_else(after, speaker, writing.base)
        return await told(writing, "task-assigned", after["owner"]) if is_given else []
    topic = tasks.news(before, after, writing.base)
    if topic is None:
        return []
    had_it = (before["owner"],) if topic == "task-handed-over" else ()
    return await told(writing, topic, *_asked_for_by(writing, after), *had_it)


def _asked_for_by(writing: Writing, task: Task) -> tuple[Mapping[str, Any] | str, ...]:
    """The requester, or else whoever wrote it."""
    if "requester" in task:
        return (task["requester"],)
    authors = writing.before.authors if writing.before is not None else ()
    return tuple(sorted(each for each in authors if "|" not in each and "/" in each))


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
