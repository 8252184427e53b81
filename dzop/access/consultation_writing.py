"""Encounter, Appointment and Composition: pivotal moments, consultations of the team, and the reports on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import orjson

from consent.law import Decision
from dzop.access import guarded
from dzop.access.labels import instant
from dzop.access.notices import message, reference_to
from dzop.access.seen import meant, members_seen, teams_seen
from dzop.access.surroundings import coordinators, is_sensitive, keeps_labels, visible
from dzop.access.versions import before_of
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key, read_reference
from dzop.plan import consultation, pivotal_moment
from dzop.plan.participation import only_answered
from dzop.plan.task_states import OPEN
from dzop.store.writing import TASKS_ABOUT

__all__ = ["RULES_OF_APPOINTMENT", "RULES_OF_ENCOUNTER", "RULES_OF_REPORT", "permission"]

_GENERAL_PRACTITIONER: Final = "general-practitioner"
_FINISHED: Final = frozenset({"final", "amended"})
_MOST: Final = 20
_INFORMAL_CARER: Final = "informal-carer"


async def permission(writing: Writing) -> Decision | None:
    """The law's decision where who is invited only answers: whoever reads the invitation may.

    None where more changes, where the writer may update the appointment anyway, and where more than the cells is in the
    way, such as the end of the plan.
    """
    before, former, person = writing.before, writing.former, writing.person
    if before is None or former is None:
        return None
    refused = await writing.law.decision(person, "update", before.row["mask"], before.kinds)
    if refused.step != "matrix" or not keeps_labels(writing):
        return None
    keys = frozenset(writing.call.actor.keys)
    if not only_answered(former, writing.proposal.value, keys, writing.base):
        return None
    type, id = writing.proposal.type, writing.proposal.id
    return await writing.law.require(person, "read", before.row["mask"], before.kinds, type, id)


async def ruled_encounter(writing: Writing) -> Ruled:
    """An Encounter; one that tells a pivotal moment asks the team to meet."""
    return Ruled(writing.proposal, following=await _asked_for(writing))


async def ruled_appointment(writing: Writing) -> Ruled:
    """An Appointment; the same, and who is missing at a consultation of the team."""
    if writing.call.actor.is_system:
        return Ruled(writing.proposal)
    appointment = writing.proposal.value
    former = writing.former or {}
    if any(appointment.get(each) != former.get(each) for each in ("start", "end", "extension")):
        consultation.require_usable(appointment)
    ruled = Ruled(writing.proposal, following=await _asked_for(writing))
    if not consultation.is_consultation(appointment):
        return ruled
    attending, around = await _attending(writing, appointment), await _around(writing)
    return replace(ruled, remarks=tuple(consultation.missing(appointment, attending, around)))


async def ruled_report(writing: Writing) -> Ruled:
    """A Composition; what the report of a consultation should have, and the Tasks that it answers."""
    value = writing.proposal.value
    if writing.call.actor.is_system or not consultation.is_report(value):
        return Ruled(writing.proposal)
    remarks, report = tuple(consultation.unsaid(value)), f"Composition/{writing.proposal.id}"
    if value.get("status") not in _FINISHED:
        return Ruled(writing.proposal, remarks=remarks)
    asked = await _asked_by_server(writing, await _tasks_named(writing, value))
    done = pivotal_moment.held(asked, report, instant(writing.call.now))
    following = tuple(Consequence.of(each, writing.base) for each in done)
    return Ruled(writing.proposal, remarks=remarks, following=following)


# -- pivotal moments -----------------------------------------------------------------------------------------


async def _asked_for(writing: Writing) -> tuple[Consequence, ...]:
    """The Tasks of a pivotal moment that is told now, with a notice; or their end when it turns out to be none."""
    if writing.call.actor.is_system:
        return ()  # what the operator enters is complete
    value, former, now = writing.proposal.value, writing.former or {}, writing.call.now
    asked = pivotal_moment.moment(value, former, now)
    if pivotal_moment.is_none_after_all(value, former, now):
        asked_for = await _asked_by_server(writing, await _tasks_about(writing))
        ended = pivotal_moment.cancelled(asked_for, instant(now))
        return tuple(Consequence.of(each, writing.base) for each in ended)
    if asked is None:
        return ()
    kind = f"{pivotal_moment.TASK_KIND}|{pivotal_moment.ASKED}"
    open_tasks = await visible(writing, "Task", ("code", kind), ("status", ",".join(OPEN)))
    if pivotal_moment.is_asked_for(open_tasks, asked):
        return ()
    return await _asked(writing, asked, instant(now))


async def _asked(writing: Writing, asked: pivotal_moment.Moment, now: str) -> tuple[Consequence, ...]:
    person = (await writing.law.facts_of(writing.person)).person
    owner = person if is_sensitive(writing) else next(iter(await coordinators(writing)), person)
    plans = [
        f"CarePlan/{each['id']}"
        for each in await visible(writing, "CarePlan", ("status", "active"))
        if "partOf" not in each
    ]
    ids = [str(uuid4()) for _ in ("consultation", *asked.checklist)]
    tasks = pivotal_moment.tasks(
        asked, writing.proposal.value, person, owner, plans, ids, now, writing.call.now
    )
    told = await message(writing, "consultation-asked", [f"Task/{ids[0]}"], [reference_to(owner)])
    return (*(Consequence.of(each, writing.base, is_new=True) for each in tasks), told)


async def _tasks_about(writing: Writing) -> list[str]:
    """The ids of the Tasks about this Encounter or Appointment, whoever may see them."""
    type, id = writing.proposal.type, writing.proposal.id
    rows = await writing.transaction.rows(TASKS_ABOUT, person=writing.person, type=type, id=id)
    return [row["id"] for row in rows]


async def _tasks_named(writing: Writing, report: Mapping[str, Any]) -> list[str]:
    """The ids of the Tasks that the report is about, as far as the writer sees them; of very many the first only."""
    references = [read_reference(each, writing.base) for each in values(report, "event.detail")]
    ids = [each.id for each in references if each.type == "Task" and each.id is not None]
    found = [await guarded.read(writing.transaction, writing.call, "Task", id) for id in ids[:_MOST]]
    return [each.id for each in found if each is not None and each.person == writing.person]


async def _asked_by_server(writing: Writing, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Those of these Tasks, as they are, that the server wrote: they have no author."""
    found = [
        await before_of(writing.transaction, writing.call, writing.person, "Task", id)
        for id in sorted(set(ids))
    ]
    return [
        each.as_it_was.value for each in found if each is not None and not each.deleted and not each.authors
    ]


# -- consultations -------------------------------------------------------------------------------------------


async def _attending(writing: Writing, appointment: Mapping[str, Any]) -> frozenset[str]:
    """Who takes part, as keys; a PractitionerRole stands for who has it."""
    person = (await writing.law.facts_of(writing.person)).person
    keys = set()
    for each in consultation.taking_part(appointment):
        is_person = read_reference(each, writing.base).type == "Patient"
        keys.add(person if is_person else actor_key(each, writing.base))
    return await _individuals(writing, frozenset(key for key in keys if key is not None))


async def _around(writing: Writing) -> consultation.Around:
    """Who is around the person by the teams, and by the Patient, that the writer sees."""
    person = (await writing.law.facts_of(writing.person)).person
    seen = await members_seen(writing, await teams_seen(writing))
    in_role = {
        role: {each.party.individual for each in seen if role in each.roles and each.party.individual}
        for role in (_GENERAL_PRACTITIONER, _INFORMAL_CARER)
    }
    shown = await guarded.read(writing.transaction, writing.call, *person.split("/", 1))
    patient = {} if shown is None or shown.deleted else orjson.loads(shown.served)
    named = {actor_key(each, writing.base) for each in patient.get("generalPractitioner", ())}
    general = await _individuals(writing, frozenset(key for key in named if key is not None))
    return consultation.Around(
        person, frozenset(in_role[_GENERAL_PRACTITIONER] | general), frozenset(in_role[_INFORMAL_CARER])
    )


async def _individuals(writing: Writing, keys: frozenset[str]) -> frozenset[str]:
    """The keys, with those of whom the directory says that they are meant."""
    return frozenset(key for each in (await meant(writing, keys)).values() for key in each)


RULES_OF_ENCOUNTER: Final = Rules(ruled_encounter, removed_by_categories)
RULES_OF_APPOINTMENT: Final = Rules(ruled_appointment, removed_by_categories)
RULES_OF_REPORT: Final = Rules(ruled_report, removed_by_categories)
