"""Audit events of a call: what it was shown, and what it was refused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from consent.categories import BURDEN
from consent.categories import mask as mask_of
from dzop.access.logged import Asked
from dzop.access.past import AskedHistory
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store.audit import Event
from dzop.store.database import Row

_ACCESS_LOG = mask_of(["access-log"])


def event(
    call: Call,
    interaction: str,
    outcome: int,
    type: str = "",
    id: str = "",
    *,
    person: int | None = None,
    mask: int = 0,
    version: int | None = None,
    query: str | None = None,
    rules: tuple[str, ...] = (),
    matrix_version: str = "",
) -> Event:
    """What this call did, or was refused; without `person` the store looks it up from the entity.

    `query` stands for a search: the type that was searched, and its words only as a digest (`asked`).
    """
    actor = call.actor
    return Event(
        recorded=call.now,
        interaction=interaction,
        outcome=outcome,
        actor=actor.individual,
        role=actor.role,
        organization=actor.organization or "",
        client=actor.client,
        request_id=call.request_id,
        entity_type=type,
        entity_id=id,
        entity_version=version,
        person=person,
        # An event has the categories of what it is about, and is itself part of the log.
        mask=mask | _ACCESS_LOG,
        query_hash=query,
        rules=("system",) if actor.is_system else rules,
        matrix_version=matrix_version,
    )


def disclosure(
    call: Call, interaction: str, shown: Shown, *, status: int = 200, query: str | None = None, mask: int = 0
) -> Event:
    """That this call was shown this version, and by which rules; `mask` adds to its categories."""
    return event(
        call, interaction, status, shown.type, shown.id, person=shown.person, mask=shown.mask | mask,
        version=shown.version, query=query, rules=shown.rules, matrix_version=shown.matrix_version,
    )  # fmt: skip


def disclosures(
    call: Call, interaction: str, found: Sequence[Shown], *, query: str | None = None, type: str = ""
) -> list[Event]:
    """That this call was shown all these: one event a person, and one for each entry on a carer's burden.

    The burden belongs to its author's log alone, so it must not keep the rest out of the person's.
    """
    by_person: dict[int, list[Shown]] = {}
    for each in found:
        if not each.mask & BURDEN:
            by_person.setdefault(each.person, []).append(each)
    # All that one person's matches were judged by is one grant.
    events = [
        event(
            call, interaction, 200, type, person=person, mask=reduce(or_, (each.mask for each in shown)),
            query=query, rules=shown[0].rules, matrix_version=shown[0].matrix_version,
        )
        for person, shown in by_person.items()
    ]  # fmt: skip
    return events + [disclosure(call, interaction, each, query=query) for each in found if each.mask & BURDEN]


def of_history(call: Call, asked: AskedHistory, rows: Sequence[Row]) -> list[Event]:
    """That this call was shown these versions, each with the categories it had: one event a person.

    Of a type or of all types, versions on a carer's burden have events of their own, as in a search.
    """
    told: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        apart = asked.id == "" and (row["mask"] | row["version_mask"]) & BURDEN
        about = (row["type"], row["id"]) if apart else (asked.type, asked.id)
        told.setdefault((row["person"], *about), []).append(row)
    events = [
        event(
            call, asked.interaction, 200, type, id, person=person,
            mask=reduce(or_, (row["mask"] | row["version_mask"] for row in shown)),
            rules=tuple(shown[0].get("rules", ())), matrix_version=shown[0].get("matrix_version", ""),
        )
        for (person, type, id), shown in told.items()
    ]  # fmt: skip
    return events or [event(call, asked.interaction, 200, asked.type, asked.id)]


def of_log(call: Call, interaction: str, asked: Asked, rows: Sequence[Row]) -> list[Event]:
    """That this call was shown these events: in the log of each person they are about, and of whom it names.

    That somebody looked at events about a carer's burden is no more in the person's log than they are.
    """
    seen = {(row["person"], row["mask"] & BURDEN) for row in rows}
    shown = [
        event(call, interaction, 200, "AuditEvent", asked.id, person=person, mask=burden)
        for person, burden in sorted(seen)
    ]
    if not seen:
        shown += [event(call, interaction, 200, "Patient", each) for each in asked.patients]
    status = 404 if asked.id else 200
    return shown or [event(call, interaction, status, "AuditEvent", asked.id)]
