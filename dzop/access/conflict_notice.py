"""Who is told that a partner and somebody here changed one thing in two ways: the coordinator, else the person.

The message names the resource, so it goes only to who may read that; of a carer's burden nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

from consent.categories import BURDEN
from consent.facts import Facts
from consent.law import Shape, permitted
from consent.matrix import Matrix
from dzop.access import guarded
from dzop.access.labels import instant
from dzop.access.notices import reference_to
from dzop.access.unit import Unit
from dzop.access.writing import Consequence
from dzop.actor import SYSTEM, Actor, Call
from dzop.plan.notice import notice

__all__ = ["tell_of_conflict"]

_TOPIC = "exchange-conflict"


async def tell_of_conflict(unit: Unit, call: Call, reference: str, base: str) -> None:
    """Writes the message, as the server."""
    type, _, id = reference.partition("/")
    found = await guarded.read(unit.connection, replace(call, actor=Actor(SYSTEM, SYSTEM)), type, id)
    if found is None or found.mask & BURDEN:
        return
    known, in_force = await unit.law.facts_of(found.person), await unit.law.in_force()
    told = list(_coordinators(known, call, found.mask, in_force.active.matrix)) or [known.person]
    recipients = [reference_to(each) for each in dict.fromkeys(told)]
    value = {
        **notice(_TOPIC, known.person, [reference], recipients, instant(call.now)),
        "id": str(uuid4()),
    }
    server = unit.as_server()
    await server.enter(found.person, Consequence.of(value, base, is_new=True))
    await server.finish()


def _coordinators(known: Facts, call: Call, mask: int, matrix: Matrix) -> Iterator[str]:
    """Those who coordinate now and read all of these categories."""
    in_force = [each for each in known.relations if each.period.covers(call.now)]
    for key in (each.party.individual for each in in_force if each.coordinates):
        # Who claimed coordination has an entry for it beside that of the own role.
        own = [each for each in in_force if each.party.individual == key]
        shapes = [Shape(*each.party, role) for each in own for role in each.roles]
        seen = [permitted(shape, known, call.now, "read", matrix).full for shape in shapes]
        if key and any(mask & full == mask for full in seen):
            yield key
