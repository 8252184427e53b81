"""Resources of the server's own making as JSON, and the answers to writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from dzop.access.keeping import Written
from dzop.access.labels import instant
from dzop.fhir import summary
from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.outcome import FhirError, Issue, operation_outcome
from dzop.fhir.summary import Selection
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
        stored = Issue("informational", text, severity="information")
        body = json_bytes(operation_outcome([stored, *result.remarks]))
    elif ask.request.wants == "representation" and result.shown is not None:
        body = result.shown.served
    status = 201 if result.created else 200
    wants = ask.request.wants
    applied = f"return={wants}" if ask.request.preferences.get("return") == wants.lower() else ""
    return Answer(status, body, etag, instant(result.last_updated), location, result.remarks, applied)


def answered(answer: Answer) -> ResponseEntry:
    """The entry of a Bundle that stands for an answer."""
    remarks = json_bytes(operation_outcome(answer.remarks)) if answer.remarks else None
    return ResponseEntry(
        str(answer.status), answer.location, answer.etag, answer.last_modified,
        resource=answer.resource, outcome=remarks,
    )  # fmt: skip


def selected(answer: Answer, selection: Selection | None) -> Answer:
    """The answer with only that part of its resources that was asked for."""
    if selection is None or answer.resource is None:
        return answer
    return replace(answer, resource=summary.selected(answer.resource, selection))


def refused(error: FhirError) -> ResponseEntry:
    """The entry of a Bundle that stands for a refusal."""
    return ResponseEntry(str(error.status), outcome=json_bytes(error.outcome))
