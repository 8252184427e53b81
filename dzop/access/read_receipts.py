"""Marking a message as read: by whoever may read it, though the matrix lets nobody change a message of others.

The server writes a Provenance (`dzop.plan.read_receipt`) that concerns the reader and the authors of the message: they
see it, the person and a representative do, and other recipients do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson

from dzop.access import guarded
from dzop.access.events import event
from dzop.access.labels import instant
from dzop.access.proposal import Proposal
from dzop.access.reach import Bounds
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.access.versions import Before, before_of
from dzop.access.writing import Consequence
from dzop.actor import Call
from dzop.fhir import json
from dzop.fhir.outcome import Forbidden, Gone, NotFound
from dzop.fhir.search.query import read_query
from dzop.plan.read_receipt import found, receipt
from dzop.plan.rule import refusal

__all__ = ["mark_read"]

ENDED: Final = "this plan has ended: nothing is written any more"
OF_NOBODY: Final = "whoever has read a message says so; the operator reads none"

_OPERATION: Final = "$mark-read"
_MOST: Final = 100


async def mark_read(unit: Unit, call: Call, id: str, base: str) -> Mapping[str, Any]:
    """The receipt: the one that there is, or a new one.

    NotFound for what is free or hidden, Gone for what is deleted, Unprocessable for what the actor wrote.
    """
    read = await unit.read("Communication", id)
    person, mask = (None, 0) if read is None else (read.person, read.mask)
    with unit.law.noting(_OPERATION, "Communication", id, person, mask):
        shown, before = await _required(unit, call, read, id, base)
    version = f"Communication/{id}/_history/{before.version}"
    return await _there(unit, call, id, version, base) or await _new(unit, call, shown, before, version)


async def _required(unit: Unit, call: Call, shown: Shown | None, id: str, base: str) -> tuple[Shown, Before]:
    """What is read, and its state under lock, so that nobody says twice at once to have read it."""
    if shown is None or not (shown.deleted or await Bounds(unit.connection, call, base).reach(shown, "u")):
        raise NotFound(f"`Communication/{id}` is not known")
    await unit.law.lock(shown.person, exclusive=False)
    before = await before_of(unit.connection, call, shown.person, "Communication", id)
    if before is None or before.deleted:
        raise Gone(f"`Communication/{id}` was deleted")
    if call.actor.is_system:
        raise Forbidden(OF_NOBODY)
    if (await unit.law.facts_of(shown.person)).closed(call.now) is not None:
        raise Forbidden(ENDED)
    if "author" in before.kinds:
        raise refusal("own-message")
    return shown, before


async def _there(unit: Unit, call: Call, id: str, version: str, base: str) -> Mapping[str, Any] | None:
    """What the actor said before of this version."""
    asked = (("target", f"Communication/{id}"), ("agent", call.actor.individual))
    query = read_query("Provenance", asked, base=base, lenient=False)
    page = await guarded.find(unit.connection, call.unbounded, query, None, _MOST)
    return found((orjson.loads(each.served) for each in page.matches), call.actor.individual, version)


async def _new(unit: Unit, call: Call, shown: Shown, before: Before, version: str) -> Mapping[str, Any]:
    value = {**receipt(call.actor.individual, version, instant(call.now)), "id": str(uuid4())}
    concerned = [("author", call.actor.individual, "")]
    concerned += [("addressed", author, "") for author in sorted(before.authors)]
    proposal = Proposal("Provenance", value["id"], json.parse(orjson.dumps(value)))
    server = unit.as_server()
    await server.enter(shown.person, Consequence(proposal, tuple(concerned), is_new=True))
    await server.finish()
    unit.record(event(call, _OPERATION, 200, "Communication", shown.id, person=shown.person, mask=shown.mask))
    return value
