"""read and search of what is published: code systems, value sets, maps, extensions, the access matrix in force.

Those of dzop itself and those that an operator loaded stand side by side. They are the same for everybody and say
nothing of anybody, so like /metadata they are not in the log.
"""

from __future__ import annotations

from itertools import takewhile

from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Invalid, Issue, NotFound, operation_outcome
from dzop.fhir.search.compartment import compartment
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages
from dzop.interactions.queried import answered_query
from dzop.interactions.rendered import json_bytes


async def read_definition(ask: Ask) -> Answer:
    """200 with the definition, or 404."""
    found = (await ask.service.gateway.published.bodies(ask.type, [ask.id])).get(ask.id)
    if found is None:
        raise NotFound(f"`{ask.type}/{ask.id}` is not known")
    return Answer(200, found)


async def search_definitions(ask: Ask) -> Answer:
    """The definitions that match, in order of id."""
    service, request = ask.service, ask.request
    query = await answered_query(
        service.vocabulary, ask.type, request.parameters, base=service.base, lenient=request.is_lenient
    )
    if ask.compartment:
        compartment(*ask.compartment, ask.type)  # NotFound: nothing that is published is in one
    if query.sort:
        raise Invalid(
            Issue("not-supported", f"{ask.type} is sorted by id; `_sort` is not offered", "http._sort")
        )
    published = service.gateway.published
    found = await published.search(ask.type, query.criteria, service.base)
    pages = Pages.of(ask, ask.type, query.used)
    after = "" if pages.behind is None else pages.behind[0]
    size = service.page_size if query.count is None else query.count
    following = [id for id in found if id > after]
    bodies = await published.bodies(ask.type, following[:size])
    # As many as there is room for.
    shown, url = list(takewhile(bodies.__contains__, following)), f"{service.base}/{ask.type}"
    entries = [SearchEntry(f"{url}/{id}", bodies[id]) for id in shown]
    if query.ignored:
        issues = [Issue("not-supported", text, severity="warning") for text in query.ignored]
        entries.append(SearchEntry(None, json_bytes(operation_outcome(issues)), "outcome"))
    end = (shown[-1],) if shown and len(following) > len(shown) else None
    return pages.searchset(entries, len(found), end)
