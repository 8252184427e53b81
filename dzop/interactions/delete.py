"""delete: marks as deleted; history stays. https://hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from dzop.access.keeping import Written
from dzop.access.unit import Unit
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask


async def delete(ask: Ask) -> Answer:
    """204, whether there was something to delete or not; 403 and 412 only on what the actor may see."""
    if_match = version_of(ask.request.if_match)

    async def work(unit: Unit) -> Written | None:
        return await unit.delete(ask.type, ask.id, if_match)

    deleted = await ask.service.gateway.commit(ask.call, work)
    return Answer(204, etag=None if deleted is None else f'W/"{deleted.version}"')
