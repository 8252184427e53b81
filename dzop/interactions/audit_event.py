"""read and search of AuditEvent: the access log, as FHIR. https://hl7.org/fhir/R4/auditevent.html"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid4

from dzop.access.labels import instant
from dzop.fhir import bundle
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, NotFound
from dzop.fhir.search.date import EARLIEST, LATEST, DateRange
from dzop.fhir.search.query import Query, read_query
from dzop.interactions import page_token
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes

_NEWEST = 2**62
_BOUNDS = ("eq", "ge", "le", "gt", "lt")


async def read_audit_event(ask: Ask) -> Answer:
    """200 with the event, 404 when it is none of yours."""
    events = await ask.service.gateway.log(ask.call, id=ask.id, count=1)
    if not events:
        raise NotFound(f"`AuditEvent/{ask.id}` is not known")
    return Answer(200, json_bytes(events[0].resource), 'W/"1"', events[0].resource["recorded"])


async def search_audit_events(ask: Ask) -> Answer:
    """The visible events of one person or of all, newest first."""
    service, request = ask.service, ask.request
    query = read_query("AuditEvent", request.parameters, base=service.base, lenient=request.is_lenient)
    if query.sort or query.total or query.includes:
        raise Invalid("AuditEvent is sorted newest first; `_sort`, `_total` and `_include` are not offered")
    subject = urlencode([each for each in query.used if each[0] != "_page"])
    before = int(page_token.read(ask, subject, query.page)[0]) if query.page else _NEWEST
    size = service.page_size if query.count is None else query.count
    low, high = _period(query)
    events = await service.gateway.log(
        ask.call, patients=_ids(query, "patient"), id=next(iter(_codes(query)), None), low=low, high=high,
        before=before, count=size + 1,
    )  # fmt: skip
    shown = events[:size]
    links = [("self", f"{service.base}/AuditEvent?{urlencode(query.used)}".rstrip("?"))]
    if shown and len(events) > size:
        token = page_token.write(ask, subject, (str(shown[-1].seq),))
        links.append(("next", f"{service.base}/AuditEvent?{subject}&_page={token}"))
    entries = [
        SearchEntry(f"{service.base}/AuditEvent/{each.resource['id']}", json_bytes(each.resource))
        for each in shown
    ]
    return Answer(
        200, bundle.searchset(entries, None, links, id=str(uuid4()), last_updated=instant(ask.call.now))
    )


def _ids(query: Query, name: str) -> list[str] | None:
    """The Patient ids asked for; None when the query does not ask."""
    for criterion in query.criteria:
        if criterion.parameter.name == name:
            return [value.id or "" for value in criterion.values]  # type: ignore[union-attr]
    return None


def _codes(query: Query) -> list[str]:
    return [
        value.code or ""  # type: ignore[union-attr]
        for criterion in query.criteria
        if criterion.parameter.name == "_id"
        for value in criterion.values
    ]


def _period(query: Query) -> tuple[datetime, datetime]:
    low, high = EARLIEST, LATEST
    for criterion in query.criteria:
        for value in criterion.values:
            if not isinstance(value, DateRange):
                continue
            if value.prefix not in _BOUNDS:
                raise Invalid(f"`date` of AuditEvent takes the prefixes {', '.join(_BOUNDS)}")
            if value.prefix in ("eq", "ge", "gt"):
                low = max(low, value.high if value.prefix == "gt" else value.low)
            if value.prefix in ("eq", "le", "lt"):
                high = min(high, value.low if value.prefix == "lt" else value.high)
    return low, high
