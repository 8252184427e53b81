"""CareTeam: whoever is a member no longer has no open tasks; they wait for somebody else, and the coordinator is told.

Without a coordinator the person is told. The writer is told nothing of tasks that the writer does not see. A membership
that ends by its own period later on ends by itself: `CarePlan/$overview` then lists the tasks that stay behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import orjson

from consent.categories import mask
from dzop.access import guarded
from dzop.access.amending import with_texts
from dzop.access.labels import SENSITIVE, instant
from dzop.access.notices import message, reference_to
from dzop.access.overview import members_of
from dzop.access.shown import Shown
from dzop.access.surroundings import coordinators
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence, Removal, Ruled, Rules, Writing, removed_by_categories
from dzop.actor import SYSTEM, Actor
from dzop.fhir import json
from dzop.fhir.references import actor_key
from dzop.fhir.search.query import read_query
from dzop.plan.closing_report import is_closing_report
from dzop.plan.departure import departed, unassigned
from dzop.plan.task_states import OPEN

__all__ = ["RULES"]

_MOST: Final = 10_000
_SENSITIVE: Final = mask([SENSITIVE])


async def ruled(writing: Writing) -> Ruled:
    """The team as it was sent, and the tasks of those who leave with it, without an owner."""
    if writing.before is None or writing.before.deleted or writing.call.actor.is_system:
        return Ruled(writing.proposal)
    return Ruled(writing.proposal, following=await _left_behind(writing, writing.before))


async def removed(removal: Removal) -> tuple[Consequence, ...]:
    """The tasks of the members of a team that is deleted: they leave as if it were active no more."""
    before, call = removal.before, removal.call
    if call.actor.is_system:
        return ()
    inactive = before.proposal.with_member("status", '"inactive"')
    writing = Writing(
        removal.transaction, call, removal.law, removal.base, removal.person, inactive, before, before.kinds
    )
    return await _left_behind(writing, before)


async def _left_behind(writing: Writing, before: Before) -> tuple[Consequence, ...]:
    """The open tasks of those who leave, without an owner, and who is told of them."""
    gone = await _gone(writing, before)
    tasks = await _open_tasks_of(writing, gone) if gone else []
    following = [_without_owner(writing, each) for each in tasks]
    if following:
        secret = {each.row["id"] for each in tasks if each.row["mask"] & _SENSITIVE}
        about = [each.proposal.id for each in following]
        following += await _told(writing, gone, [each for each in about if each not in secret])
        # What is for few is told to the person alone: the coordinator may not know of it.
        following += await _told(writing, gone, [each for each in about if each in secret], of_all=False)
    return tuple(following)


async def _gone(writing: Writing, before: Before) -> frozenset[str]:
    """The names of those who leave, unless another team of this person has them too."""
    call, base = writing.call, writing.base
    others = [
        json.parse(each.body)
        for each in await _all(writing, "CareTeam", ("status", "active"))
        if each.id != writing.proposal.id
    ]
    was = await members_of(writing.transaction, call, base, [json.parse(before.row["kept"])])
    now = await members_of(writing.transaction, call, base, [writing.proposal.source, *others])
    return departed(was, now, call.now)


async def _open_tasks_of(writing: Writing, names: frozenset[str]) -> list[Before]:
    found = [
        each.id
        for each in await _all(writing, "Task", ("status", ",".join(OPEN)))
        if actor_key(orjson.loads(each.body).get("owner") or {}, writing.base) in names
    ]
    tasks = [
        await before_of(writing.transaction, writing.call, writing.person, "Task", id) for id in sorted(found)
    ]
    return [
        each
        for each in tasks
        # A case manager's report is asked for by a grant, whatever becomes of the team.
        if each is not None and not each.deleted and not is_closing_report(each.as_it_was.value)
    ]


async def _all(writing: Writing, type: str, *parameters: tuple[str, str]) -> Iterable[Shown]:
    """All of a type around the person, whoever may see it."""
    person = (await writing.law.facts_of(writing.person)).person.partition("/")[2]
    query = read_query(type, (("patient", person), *parameters), base=writing.base, lenient=False)
    call = replace(writing.call, actor=Actor(SYSTEM, SYSTEM))
    return (await guarded.find(writing.transaction, call, query, None, _MOST)).matches


def _without_owner(writing: Writing, task: Before) -> Consequence:
    changed = unassigned(task.as_it_was.value, instant(writing.call.now)) or {}
    texts = {"owner": None, **{name: f'"{changed[name]}"' for name in ("status", "lastModified")}}
    return with_texts(task, texts, writing.base)


async def _told(
    writing: Writing, gone: frozenset[str], tasks: list[str], *, of_all: bool = True
) -> list[Consequence]:
    """The notice about these tasks, if there are any."""
    if not tasks:
        return []
    person = (await writing.law.facts_of(writing.person)).person
    coordinating = await coordinators(writing) if of_all else ()
    staying = [each for each in coordinating if each not in gone and "|" not in each]
    whom = [reference_to(each) for each in staying or [person]]
    about = [f"Task/{each}" for each in tasks]
    return [await message(writing, "tasks-unassigned", about, whom)]


RULES: Final = Rules(ruled, removed_by_categories, removed)
