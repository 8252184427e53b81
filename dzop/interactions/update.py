"""update: a new version, also the first one under a client's id. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from dataclasses import replace

from dzop.access.keeping import Written
from dzop.access.proposal import Proposal
from dzop.access.unit import Unit
from dzop.fhir.outcome import Conflict, Invalid, PreconditionFailed
from dzop.interactions.conditional import condition_in_url, held, locks_of
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.overtaken import overtaken
from dzop.interactions.rendered import written
from dzop.interactions.resource_body import may_choose_id, read_body


async def update(ask: Ask) -> Answer:
    """200, or 201 when it is the first version; 412 when If-Match names another than the current one: for who may read
    both of these, with both changes brought together.

    `If-None-Match: *` replaces nothing: 412 when there is something.
    Without an id in the URL its query says what is updated: the one match, or a new resource when there is
    none; 412 for several.
    """
    condition = None if ask.id else await condition_in_url(ask)
    proposal, if_match = read_body(ask), version_of(ask.request.if_match)

    async def work(unit: Unit) -> Written:
        if condition is None:
            return await _update(unit, ask, proposal, if_match)
        await unit.locks.serialise(locks_of(condition, proposal.value))
        found = await held(unit, condition)
        return await update_found(unit, ask, proposal, None if found is None else found.id)

    try:
        return written(ask, await ask.service.gateway.commit(ask.call, work))
    except PreconditionFailed as stale:
        raise await overtaken(ask, proposal, if_match, stale) from None


async def _update(unit: Unit, ask: Ask, proposal: Proposal, if_match: int | None) -> Written:
    may_create, anew = may_choose_id(ask), ask.request.if_none_match == "*"
    try:
        return await unit.update(proposal, if_match, may_create=may_create, anew=anew)
    except Conflict:
        if anew:
            raise PreconditionFailed(
                "this id cannot be used for a new resource", expression="http.If-None-Match"
            ) from None
        raise


async def update_found(unit: Unit, ask: Ask, proposal: Proposal, found: str | None) -> Written:
    """A new version of what the condition of this update has found, or a new resource when that is nothing.

    The new one has the id that the client sent, where clients may choose ids, otherwise one of the server's.
    """
    own, if_match = proposal.source.value.get("id"), version_of(ask.request.if_match)
    if found is not None:
        if own not in (None, found):
            raise Invalid(
                "the body has the id of another resource than the one that matches",
                expression=f"{ask.type}.id",
            )
        return await unit.update(replace(proposal, id=found), if_match, may_create=False)
    if own is not None:
        may_create = may_choose_id(replace(ask, id=own))
        return await unit.update(replace(proposal, id=own), if_match, may_create=may_create, anew=True)
    if if_match is not None:
        raise PreconditionFailed("there is no such version to replace")
    return await unit.create(proposal, "u")
