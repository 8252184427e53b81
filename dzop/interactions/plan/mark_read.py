"""$mark-read: who got a message says to have read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.access import read_receipts
from dzop.access.unit import Unit
from dzop.fhir.parameters import Given, parameters
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes

__all__ = ["mark_read"]


async def mark_read(ask: Ask, given: Given) -> Answer:
    """200 with the receipt and the instant, the first one when it was marked before; 404 and 410 as for a read."""

    async def work(unit: Unit) -> Mapping[str, Any]:
        return await read_receipts.mark_read(unit, ask.call, ask.id, ask.service.base)

    receipt = await ask.service.gateway.commit(ask.call, work)
    reference = {"reference": f"Provenance/{receipt['id']}"}
    told = (("receipt", "Reference", reference), ("read", "instant", receipt["recorded"]))
    return Answer(200, json_bytes(parameters(*told)))
