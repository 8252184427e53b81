"""read and search of what dzop itself publishes: code systems, extensions, the access matrix in force.

They are the same for everybody and say nothing of anybody, so like /metadata they are not in the log.
"""

from __future__ import annotations

from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, Issue, NotFound, operation_outcome
from dzop.fhir.search.compartment import compartment
from dzop.fhir.search.match import matches
from dzop.fhir.search.query import read_query
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages
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
    query = read_query(
        ask.type,
        request.parameters,
        base=service.base,
        lenient=request.is_lenient,
        terminology=service.terminology,
    )
    if ask.compartment:
        compartment(*ask.compartment, ask.type)  # NotFound: nothing that is published is in one
    if query.sort:
        raise Invalid(
            Issue("not-supported", f"{ask.type} is sorted by id; `_sort` is not offered", "http._sort")
        )
    published = await service.gateway.definitions(ask.type)
    found = [
        id
        for id in sorted(published)
        if all(matches(published[id], each, service.base) for each in query.criteria)
    ]
    pages = Pages.of(ask, ask.type, query.used)
    after = "" if pages.behind is None else pages.behind[0]
    size = service.page_size if query.count is None else query.count
    following = [id for id in found if id > after]
    shown, url = following[:size], f"{service.base}/{ask.type}"
    entries = [SearchEntry(f"{url}/{id}", json_bytes(published[id])) for id in shown]
    if query.ignored:
        issues = [Issue("not-supported", text, severity="warning") for text in query.ignored]
        entries.append(SearchEntry(None, json_bytes(operation_outcome(issues)), "outcome"))
    end = (shown[-1],) if shown and len(following) > size else None
    return pages.searchset(entries, len(found), end)
