"""vread: one version of a resource. https://hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

import re

from dzop.fhir.outcome import NotFound
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.read import shown


async def vread(ask: Ask) -> Answer:
    """200 with that version, 404, 410 when that version is the deletion."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", ask.version):
        raise NotFound(f"`{ask.type}/{ask.id}` has no such version")
    return shown(await ask.service.gateway.vread(ask.call, ask.type, ask.id, int(ask.version)))
