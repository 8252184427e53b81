"""Audit events of a call."""

from __future__ import annotations

from consent.categories import mask as mask_of
from dzop.access.shown import Shown
from dzop.actor import Call
from dzop.store.audit import Event

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
    query_hash: str | None = None,
    rules: tuple[str, ...] = (),
    matrix_version: str = "",
) -> Event:
    """What this call did, or was refused; without `person` the store looks it up from the entity."""
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
        query_hash=query_hash,
        rules=("system",) if actor.is_system else rules,
        matrix_version=matrix_version,
    )


def disclosure(call: Call, interaction: str, shown: Shown, *, status: int = 200) -> Event:
    """That this call was shown this version, and by which rules."""
    return event(
        call, interaction, status, shown.type, shown.id, person=shown.person, mask=shown.mask,
        version=shown.version, rules=shown.rules, matrix_version=shown.matrix_version,
    )  # fmt: skip
