"""search on a type: a page of what matches and may be seen. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dzop.access.shown import Shown
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Issue, operation_outcome
from dzop.fhir.search.compartment import compartment
from dzop.fhir.search.query import Query
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.pages import Pages
from dzop.interactions.queried import answered_query
from dzop.interactions.reach import readable, within_reach
from dzop.interactions.rendered import json_bytes


async def search_type(ask: Ask) -> Answer:
    """A Bundle of type searchset: matches, then what comes along with them."""
    service = ask.service
    query = await _query(ask)
    pages = Pages.of(ask, "/".join((*(ask.compartment or ()), ask.type)), query.used)
    size = service.page_size if query.count is None else query.count
    page = await service.gateway.search(ask.call, query, pages.behind, size)
    types = readable(ask.call.actor) if query.includes else []
    included = await service.gateway.included(ask.call, page.matches, query.includes, types)
    entries = [_entry(each, service.base, "match") for each in page.matches]
    entries += [_entry(each, service.base, "include") for each in included.found]
    entries += _warnings(query.ignored, included.cut)
    return pages.searchset(entries, page.total, page.after)


async def _query(ask: Ask) -> Query:
    """What is asked: within the compartment of the path, and of what the token reaches."""
    service, request = ask.service, ask.request
    inside = (compartment(*ask.compartment, ask.type),) if ask.compartment else ()
    query = await answered_query(
        service.vocabulary, ask.type, request.parameters, base=service.base, lenient=request.is_lenient
    )
    return within_reach(replace(query, criteria=(*inside, *query.criteria)), ask.call.actor)


def _entry(each: Shown, base: str, mode: str) -> SearchEntry:
    url = f"{base}/{each.type}/{each.id}"
    return SearchEntry(url, each.served, "match" if mode == "match" else "include")


def _warnings(ignored: Sequence[str], cut: str | None) -> list[SearchEntry]:
    """One outcome of all that was left out."""
    issues = [Issue("not-supported", text, severity="warning") for text in ignored]
    if cut is not None:
        issues.append(
            Issue("too-costly", f"Not all that was asked for is included: {cut}.", severity="warning")
        )
    return [SearchEntry(None, json_bytes(operation_outcome(issues)), "outcome")] if issues else []
