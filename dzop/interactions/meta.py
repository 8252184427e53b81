"""$meta, $meta-add and $meta-delete: profiles, tags and labels, apart from what a resource says.

https://hl7.org/fhir/R4/resource-operation-meta.html
"""

from __future__ import annotations

from typing import Any

import orjson

from dzop.access.keeping import Written
from dzop.access.labels import instant, served_meta
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.fhir.outcome import Unprocessable
from dzop.fhir.parameters import Given, parameters
from dzop.fhir.summary import is_subsetted
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes


async def meta(ask: Ask, given: Given) -> Answer:
    """200 with the `meta` of the current version; 404 and 410 as for a read."""
    found = await ask.service.gateway.read(ask.call, ask.type, ask.id)
    return Answer(200, _returned(found), found.etag, instant(found.last_updated))


async def meta_add(ask: Ask, given: Given) -> Answer:
    """200 with the `meta` of the new version, which has these profiles, tags and labels as well."""
    return await _changed(ask, given, add=True)


async def meta_delete(ask: Ask, given: Given) -> Answer:
    """200 with the `meta` of the new version, which has these profiles, tags and labels no longer."""
    return await _changed(ask, given, add=False)


async def _changed(ask: Ask, given: Given, *, add: bool) -> Answer:
    wanted, if_match = given.get("meta"), version_of(ask.request.if_match)
    if add and is_subsetted({"meta": wanted}):
        raise Unprocessable("`SUBSETTED` tags a part of a resource; what is stored is the whole")

    async def work(unit: Unit) -> Written:
        return await unit.label(ask.type, ask.id, wanted, if_match, add=add)

    result = await ask.service.gateway.commit(ask.call, work)
    # Who puts on the label `sensitive` may not see what is under it any more.
    body = None if result.shown is None else _returned(result.shown)
    return Answer(200, body, f'W/"{result.version}"', instant(result.last_updated))


def _returned(shown: Shown) -> bytes:
    served: Any = orjson.loads(served_meta(shown.version, shown.last_updated, shown.meta, shown.mask))
    return json_bytes(parameters(("return", "Meta", served)))
