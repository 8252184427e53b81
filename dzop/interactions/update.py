"""update: a new version, also the first one under a client's id. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from dzop.access.keeping import Written
from dzop.access.unit import Unit
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import may_choose_id, read_body


async def update(ask: Ask) -> Answer:
    """200, or 201 when it is the first version; 412 when If-Match names another than the current one."""
    proposal, if_match = read_body(ask), version_of(ask.request.if_match)

    async def work(unit: Unit) -> Written:
        return await unit.update(proposal, if_match, may_create=may_choose_id(ask))

    return written(ask, await ask.service.gateway.commit(ask.call, work))
