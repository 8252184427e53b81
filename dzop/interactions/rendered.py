"""Resources of the server's own making as JSON, and the answers to writes."""

from __future__ import annotations

from typing import Any

import orjson

from dzop.access.labels import instant
from dzop.access.unit import Written
from dzop.fhir.outcome import Issue, operation_outcome
from dzop.interactions.exchanged import Answer, Ask


def json_bytes(resource: Any) -> bytes:
    return orjson.dumps(resource)


def written(ask: Ask, result: Written) -> Answer:
    """201 or 200, with the body the client prefers, if the actor may read the result at all."""
    base, local = ask.service.base, f"{result.type}/{result.id}"
    location = f"{base}/{local}/_history/{result.version}"
    etag = f'W/"{result.version}"'
    body = None
    if ask.request.wants == "OperationOutcome":
        text = f"`{local}` is stored as version {result.version}"
        body = json_bytes(operation_outcome([Issue("informational", text, severity="information")]))
    elif ask.request.wants == "representation" and result.shown is not None:
        body = result.shown.served
    status = 201 if result.created else 200
    return Answer(status, body, etag, instant(result.last_updated), location)
