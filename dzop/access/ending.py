"""The death of a person and the end of a plan: what the server ends with them, whoever may see it.

Nobody could end it afterwards, for then nothing is written any more (access law, "Decisions where the sources are
silent"). The writer is told nothing of it. What the operator loads as ended is complete and ends nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from consent.facts import read_facts
from dzop.access import guarded
from dzop.access.amending import with_members
from dzop.access.labels import instant
from dzop.access.notices import told
from dzop.access.surroundings import deciders
from dzop.access.versions import before_of
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.actor import SYSTEM, Actor
from dzop.fhir.search.query import read_query
from dzop.plan.ending import (
    ENDINGS,
    OF_PERSON,
    OF_PLAN,
    Plans,
    ends_with_all,
    ends_with_plans,
    goes_on,
    has_died,
    lies_ahead,
    members_when_ended,
)
from dzop.plan.rule import refusal

__all__ = ["RULES_OF_PERSON", "with_plan"]

Resource = Mapping[str, Any]

_WORK: Final = tuple(type for type in ENDINGS if type != "CarePlan")
_MOST: Final = 10_000
"""So much of a type is ended; more is not expected around one person."""


async def of_person(writing: Writing) -> Ruled:
    """A Patient; when it comes to say that the person died, everything ends that is still to be done."""
    patient, before = writing.proposal.value, writing.before
    moment = patient.get("deceasedDateTime")
    if moment is not None and lies_ahead(moment, writing.call.now):
        raise refusal("end-lies-ahead", "Patient.deceasedDateTime", date=moment)
    if before is None or has_died(before.as_it_was.value) or not has_died(patient):
        return Ruled(writing.proposal)
    return Ruled(writing.proposal, following=await _everything(writing, OF_PERSON))


async def with_plan(writing: Writing) -> tuple[Consequence, ...]:
    """What ends with a plan that is stored as ended; nothing where it had ended before, or still goes on."""
    plan, is_new = writing.proposal.value, writing.before is None or writing.before.deleted
    reason = OF_PLAN.get(plan["status"])
    if reason is None or (is_new and writing.call.actor.is_system):
        return ()
    if writing.before is not None and not is_new and not goes_on(writing.before.as_it_was.value):
        return ()
    plans = [*(each for each in await _all(writing, "CarePlan") if each["id"] != plan["id"]), plan]
    if read_facts("", plans, lambda _: None).closed(writing.call.now) is not None:
        return await _everything(writing, reason)
    return await _of_plans(writing, reason, plans)


async def _everything(writing: Writing, reason: str) -> tuple[Consequence, ...]:
    now, written = writing.call.now, (writing.proposal.type, writing.proposal.id)
    found = [
        each
        for type in ENDINGS
        for each in await _all(writing, type)
        if ends_with_all(each, now) and (type, each["id"]) != written
    ]
    return (*await _ended(writing, found, reason), *await _told(writing, reason))


async def _told(writing: Writing, reason: str) -> tuple[Consequence, ...]:
    """A message to the teams, without a word on why it ended; who decides hears besides what can be taken back."""
    teams = [each["id"] for each in await _all(writing, "CareTeam") if each.get("status") == "active"]
    heard = {
        "plan-ended": [f"CareTeam/{each}" for each in teams],
        "plan-completed": await deciders(writing) if reason == OF_PLAN["completed"] else (),
    }
    return tuple([each for topic, whom in heard.items() for each in await told(writing, topic, *whom)])


async def _of_plans(writing: Writing, reason: str, plans: list[Mapping[str, Any]]) -> tuple[Consequence, ...]:
    """The parts of the plan, and what is done for it or for them alone."""
    key, now, known = f"CarePlan/{writing.proposal.id}", writing.call.now, Plans(plans, writing.base)
    parts = known.parts_of(key)
    work = [each for type in _WORK for each in await _all(writing, type)]
    done = [each for each in work if ends_with_plans(each, now, parts | {key}, known)]
    within = [each for each in plans if f"CarePlan/{each['id']}" in parts]
    return await _ended(writing, [*within, *done], reason)


async def _ended(writing: Writing, found: Iterable[Resource], reason: str) -> tuple[Consequence, ...]:
    now = instant(writing.call.now)
    ended = []
    for each in found:
        type, id = each["resourceType"], each["id"]
        before = await before_of(writing.transaction, writing.call, writing.person, type, id)
        if before is not None and not before.deleted:
            ended.append(with_members(before, members_when_ended(each, reason, now), writing.base))
    return tuple(ended)


async def _all(writing: Writing, type: str) -> list[Resource]:
    """Everything of a type that is there of this person, whoever may see it."""
    _, _, id = (await writing.law.facts_of(writing.person)).person.partition("/")
    states = (("status", ",".join(ENDINGS[type].going_on)),) if type in _WORK else ()
    query = read_query(type, (("patient", id), *states), base=writing.base, lenient=False)
    server = replace(writing.call, actor=Actor(SYSTEM, SYSTEM))
    page = await guarded.find(writing.transaction, server, query, None, _MOST)
    return [orjson.loads(each.body) for each in page.matches]


RULES_OF_PERSON: Final = Rules(of_person, removed_by_categories)
