"""delete: marks as deleted; history stays. https://hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from dzop.access.keeping import Written
from dzop.access.unit import Unit
from dzop.fhir.outcome import PreconditionFailed
from dzop.fhir.search.query import Query
from dzop.interactions.conditional import condition_in_url, held
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask


async def delete(ask: Ask) -> Answer:
    """204, whether there was something to delete or not; 403 and 412 only on what the actor may see.

    Without an id in the URL its query says what is deleted: the one match; 412 for several.
    """
    condition = None if ask.id else await condition_in_url(ask)

    async def work(unit: Unit) -> Written | None:
        return await delete_found(unit, ask, condition)

    return deleted(await ask.service.gateway.commit(ask.call, work))


async def delete_found(unit: Unit, ask: Ask, condition: Query | None) -> Written | None:
    """Deletes what the id or else the condition names; None when there is nothing."""
    id, if_match = ask.id, version_of(ask.request.if_match)
    if condition is not None:
        found = await held(unit, condition)
        if found is None and if_match is not None:
            raise PreconditionFailed("there is no such version to delete")
        if found is None:
            return None
        id = found.id
    return await unit.delete(ask.type, id, if_match)


def deleted(written: Written | None) -> Answer:
    """The answer to a delete: the version that says so, where there was something."""
    return Answer(204, etag=None if written is None else f'W/"{written.version}"')
