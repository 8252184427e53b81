"""A case manager's closing report: asked for when the grant is stored, and done by writing it.

The matrix lets a case manager write shared notes but change no task. So the report itself closes the Task: a
DocumentReference of type shared-note, by the owner of the Task, that has the Task or the grant in
`context.related`. When the grant ends before, the Task stays open for the person and the coordinator to see.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from dzop.access.labels import instant
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence, Ruled, Rules, Writing, removed_by_categories
from dzop.fhir.paths import values
from dzop.fhir.references import actor_key, read_reference
from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.plan import closing_report
from dzop.store.writing import TASKS_ABOUT

_SHARED_NOTE: Final = (DATA_CATEGORY, "shared-note")


async def report_asked_for(writing: Writing) -> tuple[Consequence, ...]:
    """For each case manager of an active grant a Task that asks for the report, due by the end of the grant."""
    consent, now = writing.proposal.value, instant(writing.call.now)
    if writing.call.actor.is_system or consent.get("status") != "active":
        return ()  # what the operator enters is complete
    there = {}
    for each in await _tasks_about(writing, f"Consent/{consent['id']}"):
        there[actor_key(each.as_it_was.value.get("owner", {}), writing.base)] = each
    found = []
    for manager in values(consent, "provision.actor.reference"):
        asked = closing_report.task(consent, manager, now)
        before = there.get(actor_key(manager, writing.base))
        if before is None:
            found.append(Consequence.of({**asked, "id": str(uuid4())}, writing.base, is_new=True))
        elif before.as_it_was.value.get("restriction") != asked["restriction"]:
            known = {**before.as_it_was.value, "restriction": asked["restriction"], "lastModified": now}
            found.append(Consequence.of(known, writing.base))
    return tuple(found)


async def ruled(writing: Writing) -> Ruled:
    """A DocumentReference; one that is the writer's closing report completes the Task that asked for it."""
    value, report = writing.proposal.value, f"DocumentReference/{writing.proposal.id}"
    codes = {(each.get("system"), each.get("code")) for each in values(value, "type.coding")}
    if writing.call.actor.is_system or _SHARED_NOTE not in codes or value.get("status") != "current":
        return Ruled(writing.proposal)
    related = [read_reference(each, writing.base).local for each in values(value, "context.related")]
    tasks = {
        each.row["id"]: each
        for reference in related
        if reference is not None
        for each in await _tasks_about(writing, reference)
        if actor_key(each.as_it_was.value.get("owner", {}), writing.base) in writing.call.actor.keys
    }
    now = instant(writing.call.now)
    following = [
        Consequence.of(closing_report.done(each.as_it_was.value, report, now), writing.base)
        for each in tasks.values()
    ]
    return Ruled(writing.proposal, following=tuple(following))


async def _tasks_about(writing: Writing, reference: str) -> list[Before]:
    """The open closing-report Tasks of this person: the one that is named, or those about that grant."""
    type, _, id = reference.partition("/")
    if type == "Task":
        ids = [id]
    elif type == "Consent":
        rows = await writing.transaction.rows(TASKS_ABOUT, person=writing.person, type=type, id=id)
        ids = [row["id"] for row in rows]
    else:
        return []
    found = [
        await before_of(writing.transaction, writing.call, writing.person, "Task", each)
        for each in sorted(ids)
    ]
    return [
        each
        for each in found
        if each is not None and not each.deleted and closing_report.is_closing_report(each.as_it_was.value)
    ]


RULES: Final = Rules(ruled, removed_by_categories)
