"""batch: entries that stand or fail each by itself. https://hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dzop.fhir import bundle
from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.outcome import FhirError, Invalid, Issue
from dzop.interactions.bundle_entries import Entered, answer_of, read_entries, require_room
from dzop.interactions.exchanged import Answer, Ask, Request
from dzop.interactions.rendered import refused
from dzop.interactions.route import perform
from dzop.interactions.transaction import transaction
from dzop.plan.minimal_data import require_few


async def batch_or_transaction(ask: Ask) -> Answer:
    """200 with an answer for each entry, in their order; a transaction that fails answers as its first fault."""
    source = ask.request.body
    if source is None or source.value.get("resourceType") != "Bundle":
        raise Invalid("the base takes a Bundle of type `batch` or `transaction`", expression="Bundle")
    kind = source.value.get("type")
    if kind not in ("batch", "transaction"):
        raise Invalid("`Bundle.type` must be `batch` or `transaction`", expression="Bundle.type")
    entries = read_entries(ask, source)
    if not ask.call.actor.is_system:
        require_few(_brought(entries), ask.service.base)
    if kind == "transaction":
        return Answer(200, bundle.batch_response(await transaction(ask, entries), transaction=True))
    answers, size = list[ResponseEntry](), 0
    for each in entries:
        answers.append(answer := await _performed(ask, each, size))
        size += len(answer.resource or b"")
    return Answer(200, bundle.batch_response(answers))


def _brought(entries: Sequence[Entered]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Where in the Bundle which resource comes in."""
    for place, each in enumerate(entries):
        if isinstance(each.request, Request) and each.request.body is not None:
            yield f"Bundle.entry[{place}]", each.request.body.value


async def _performed(ask: Ask, entry: Entered, answered: int) -> ResponseEntry:
    if isinstance(entry.request, Issue):
        return refused(Invalid(entry.request))
    try:
        require_room(answered)
        return answer_of(entry.request, await perform(Ask(ask.service, ask.call, entry.request)))
    except FhirError as error:
        return refused(error)
