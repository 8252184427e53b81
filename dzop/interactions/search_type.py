"""search on a type: a page of what matches and may be seen. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from dzop.access.guarded import Page
from dzop.access.labels import instant
from dzop.access.shown import Shown
from dzop.fhir import bundle
from dzop.fhir.bundle import SearchEntry
from dzop.fhir.outcome import Issue, operation_outcome
from dzop.fhir.search.query import Query, read_query
from dzop.interactions import page_token
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.rendered import json_bytes


async def search_type(ask: Ask) -> Answer:
    """A Bundle of type searchset: matches, then what they include."""
    service, request = ask.service, ask.request
    query = read_query(ask.type, request.parameters, base=service.base, lenient=request.is_lenient)
    after = page_token.read(ask, _subject(query), query.page) if query.page else None
    size = service.page_size if query.count is None else query.count
    page = await service.gateway.search(ask.call, query, after, size)
    included = await service.gateway.included(ask.call, page.matches, query.includes)
    entries = [_entry(each, service.base, "match") for each in page.matches]
    entries += [_entry(each, service.base, "include") for each in included]
    if query.ignored:
        entries.append(_warning(query.ignored))
    body = bundle.searchset(
        entries, page.total, _links(ask, query, page), id=str(uuid4()), last_updated=instant(ask.call.now)
    )
    return Answer(200, body)


def _subject(query: Query) -> str:
    """The query without its page: what a page token is bound to."""
    return f"{query.type}?{urlencode([each for each in query.used if each[0] != '_page'])}"


def _links(ask: Ask, query: Query, page: Page) -> list[tuple[str, str]]:
    base = ask.service.base
    links = [("self", f"{base}/{query.type}?{urlencode(query.used)}".rstrip("?"))]
    if page.after is not None:
        subject = _subject(query)
        token = page_token.write(ask, subject, page.after)
        separator = "" if subject.endswith("?") else "&"
        links.append(("next", f"{base}/{subject}{separator}{urlencode({'_page': token})}"))
    return links


def _entry(each: Shown, base: str, mode: str) -> SearchEntry:
    url = f"{base}/{each.type}/{each.id}"
    return SearchEntry(url, each.served, "match" if mode == "match" else "include")


def _warning(ignored: tuple[str, ...]) -> SearchEntry:
    issues = [Issue("not-supported", text, severity="warning") for text in ignored]
    return SearchEntry(None, json_bytes(operation_outcome(issues)), "outcome")
