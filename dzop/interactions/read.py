"""read, also conditional: the current version of a resource. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from dzop.access.labels import instant
from dzop.access.shown import Shown
from dzop.interactions.etag import Held, held
from dzop.interactions.exchanged import Answer, Ask


async def read(ask: Ask) -> Answer:
    """200 with the resource, 304 when the client has this version, 404, 410 when deleted."""
    known = held(ask.request)
    return unless_held(known, await ask.service.gateway.read(ask.call, ask.type, ask.id))


def unless_held(known: Held, found: Shown) -> Answer:
    """The answer that shows a resource, or says that the client has it."""
    if known.has(found.version, found.last_updated):
        return Answer(304, etag=found.etag, last_modified=instant(found.last_updated))
    return shown(found)


def shown(found: Shown, status: int = 200) -> Answer:
    """The answer that shows a resource."""
    return Answer(status, found.served, found.etag, instant(found.last_updated))
