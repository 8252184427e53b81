"""vread, also conditional: one version of a resource. https://hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

import re

from dzop.fhir.outcome import NotFound
from dzop.interactions.etag import held
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.read import unless_held


async def vread(ask: Ask) -> Answer:
    """200 with that version, 304 when the client has it, 404, 410 when that version is the deletion."""
    known = held(ask.request)
    if not re.fullmatch(r"[1-9][0-9]{0,8}", ask.version):
        raise NotFound(f"`{ask.type}/{ask.id}` has no such version")
    found = await ask.service.gateway.vread(ask.call, ask.type, ask.id, int(ask.version))
    return unless_held(known, found)
