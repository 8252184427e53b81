"""What the server tells somebody because of a write: a message of its own behind it (`dzop.plan.notice`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from dzop.access.labels import instant
from dzop.access.writing import Consequence, Writing
from dzop.fhir.references import actor_key
from dzop.plan.notice import notice

__all__ = ["message", "reference_to", "told"]

Reference = Mapping[str, Any]


async def told(
    writing: Writing, topic: str, *recipients: Reference | str, about: str | None = None
) -> list[Consequence]:
    """One message to those of them who are not the writer, about what is written or else about that; or none.

    Recipients are References or actor keys. It becomes one with others of this unit to the same people.
    """
    whom: dict[str, Reference] = {}
    for each in recipients:
        reference = reference_to(each) if isinstance(each, str) else each
        key = actor_key(reference, writing.base)
        if key is not None and key not in writing.call.actor.keys:
            whom.setdefault(key, reference)
    if not whom:
        return []
    subject = about or f"{writing.proposal.type}/{writing.proposal.id}"
    return [replace(await message(writing, topic, [subject], whom.values()), is_gathered=True)]


async def message(
    writing: Writing,
    topic: str,
    about: Iterable[str],
    recipients: Iterable[Reference],
    *,
    unnamed: Iterable[str] = (),
    id: str | None = None,
) -> Consequence:
    """The message to these recipients and to the actor keys `unnamed`, whom it does not name.

    With an `id` it is the next version of that message.
    """
    person = (await writing.law.facts_of(writing.person)).person
    value = notice(topic, person, about, recipients, instant(writing.call.now))
    made = Consequence.of({**value, "id": id or str(uuid4())}, writing.base, is_new=id is None)
    return replace(made, named=(*made.named, *(("addressed", each, "") for each in unnamed)))


def reference_to(key: str) -> dict[str, Any]:
    """Who has this actor key, as a Reference."""
    system, bar, value = key.rpartition("|")
    return {"identifier": {"system": system, "value": value}} if bar else {"reference": key}
