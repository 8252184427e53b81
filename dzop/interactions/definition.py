"""read and search of what dzop itself publishes: code systems, extensions, the access matrix in force.

They are the same for everybody and say nothing of anybody, so like /metadata they are not in the log.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from dzop.access.labels import instant
from dzop.fhir import bundle
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, Issue, NotFound, operation_outcome
from dzop.fhir.search.criterion import Criterion
from dzop.fhir.search.match import matches
from dzop.fhir.search.query import read_query
from dzop.fhir.search.token import Token
from dzop.interactions import page_token
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes


async def read_definition(ask: Ask) -> Answer:
    """200 with the definition, or 404."""
    found = (await ask.service.gateway.definitions(ask.type)).get(ask.id)
    if found is None:
        raise NotFound(f"`{ask.type}/{ask.id}` is not known")
    return Answer(200, json_bytes(found))


async def search_definitions(ask: Ask) -> Answer:
    """The definitions that match, in order of id."""
    service, request = ask.service, ask.request
    query = read_query(ask.type, request.parameters, base=service.base, lenient=request.is_lenient)
    if query.sort:
        raise Invalid(f"{ask.type} is sorted by id; `_sort` is not offered")
    published = await service.gateway.definitions(ask.type)
    found = [id for id in sorted(published) if all(_meets(published[id], each) for each in query.criteria)]
    subject = urlencode([each for each in query.used if each[0] != "_page"])
    after = page_token.read(ask, f"{ask.type}?{subject}", query.page)[0] if query.page else ""
    size = service.page_size if query.count is None else query.count
    following = [id for id in found if id > after]
    shown, url = following[:size], f"{service.base}/{ask.type}"
    links = [("self", f"{url}?{urlencode(query.used)}".rstrip("?"))]
    if shown and len(following) > size:
        token = page_token.write(ask, f"{ask.type}?{subject}", (shown[-1],))
        links.append(("next", f"{url}?{subject}{'&' if subject else ''}{urlencode({'_page': token})}"))
    entries = [SearchEntry(f"{url}/{id}", json_bytes(published[id])) for id in shown]
    if query.ignored:
        issues = [Issue("not-supported", text, severity="warning") for text in query.ignored]
        entries.append(SearchEntry(None, json_bytes(operation_outcome(issues)), "outcome"))
    total = len(found)
    return Answer(
        200, bundle.searchset(entries, total, links, id=str(uuid4()), last_updated=instant(ask.call.now))
    )


def _meets(resource: Any, criterion: Criterion) -> bool:
    if criterion.parameter.name == "_id":
        return any(isinstance(value, Token) and value.code == resource["id"] for value in criterion.values)
    return matches(resource, criterion)
