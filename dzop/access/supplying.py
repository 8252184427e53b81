"""What dzop ships as resources is stored in the database: where it is missing, and again when it has become newer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from dzop.access import guarded
from dzop.access.gateway import Gateway
from dzop.access.proposal import Proposal
from dzop.access.unit import Unit
from dzop.actor import SYSTEM, Actor, Call
from dzop.definitions.shipped import SHIPPED
from dzop.fhir import json
from terminology.versions import order

__all__ = ["supply"]

_REQUEST: Final = "supply"


async def supply(
    gateway: Gateway, now: datetime, shipped: Iterable[Mapping[str, Any]] = SHIPPED
) -> tuple[str, ...]:
    """Stores what is newer than what there is; `Type/id` of each that was stored.

    What the operator deleted stays so, and what the operator changed stays as long as it has our version or a newer
    one. An older process that starts again finds newer ones and leaves them.
    """
    call = Call(Actor(SYSTEM, SYSTEM), now, _REQUEST)

    async def work(unit: Unit) -> tuple[str, ...]:
        missing = [each for each in shipped if await _is_missing(unit, call, each)]
        for each in missing:
            await unit.load(Proposal(each["resourceType"], each["id"], json.parse(orjson.dumps(each))))
        return tuple(f"{each['resourceType']}/{each['id']}" for each in missing)

    return await gateway.commit(call, work)


async def _is_missing(unit: Unit, call: Call, resource: Mapping[str, Any]) -> bool:
    there = await guarded.read(unit.connection, call, resource["resourceType"], resource["id"])
    if there is None:
        return True
    held = orjson.loads(there.served).get("version", "")
    return not there.deleted and order(held) < order(resource["version"])
