"""create, also conditional: a new resource under an id of the server's. https://hl7.org/fhir/R4/http.html#create"""

from __future__ import annotations

from dzop.access.keeping import Written
from dzop.access.unit import Unit
from dzop.interactions.conditional import condition_of, locks_of, matching
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import read_body


async def create(ask: Ask) -> Answer:
    """201 with the new resource; with If-None-Exist 200 with the one match there is, 412 for several."""
    proposal, condition = read_body(ask), await condition_of(ask)

    async def work(unit: Unit) -> Written:
        if condition is not None:
            await unit.locks.serialise(locks_of(condition, proposal.value))
            match = await matching(unit, condition)
            if match is not None:
                return await unit.as_found(match)
        return await unit.create(proposal)

    return written(ask, await ask.service.gateway.commit(ask.call, work))
