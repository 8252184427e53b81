"""batch: entries that stand or fail each by itself. https://hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from dzop.fhir import bundle
from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.json import Source, entry_resources
from dzop.fhir.outcome import FhirError, Invalid, Issue, TooLarge
from dzop.interactions.exchanged import Answer, Ask, Request
from dzop.interactions.rendered import answered, refused
from dzop.interactions.route import perform
from dzop.interactions.transaction import transaction

MOST_ENTRIES = 500
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


async def batch_or_transaction(ask: Ask) -> Answer:
    """200 with an answer for each entry, in their order; a transaction that fails answers as its first fault."""
    source = ask.request.body
    if source is None or source.value.get("resourceType") != "Bundle":
        raise Invalid("the base takes a Bundle of type `batch` or `transaction`", expression="Bundle")
    kind = source.value.get("type")
    if kind not in ("batch", "transaction"):
        raise Invalid("`Bundle.type` must be `batch` or `transaction`", expression="Bundle.type")
    requests = read_entries(source)
    if kind == "transaction":
        return Answer(200, bundle.batch_response(await transaction(ask, requests), transaction=True))
    return Answer(200, bundle.batch_response([await _performed(ask, request) for request in requests]))


def read_entries(source: Source) -> list[tuple[str, Request | Issue]]:
    """(fullUrl, request) of every entry; an Issue where it cannot be understood."""
    entries = source.value.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Invalid("`Bundle.entry` must be an array of objects", expression="Bundle.entry")
    if len(entries) > MOST_ENTRIES:
        raise TooLarge(f"a Bundle has at most {MOST_ENTRIES} entries; send it in parts")
    bodies = entry_resources(source)
    return [
        (str(entry.get("fullUrl", "")), _request(entry, body, f"Bundle.entry[{number}]"))
        for number, (entry, body) in enumerate(zip(entries, bodies, strict=True))
    ]


def _request(entry: dict[str, object], body: Source | None, where: str) -> Request | Issue:
    asked = entry.get("request")
    if not isinstance(asked, dict):
        return Issue("required", "an entry of a batch or transaction needs a `request`", f"{where}.request")
    method, url = asked.get("method"), asked.get("url")
    if method not in _METHODS:
        return Issue("value", f"`method` must be one of {', '.join(_METHODS)}", f"{where}.request.method")
    if not isinstance(url, str) or "://" in url or url.startswith("/") or ".." in url:
        return Issue("value", "`url` must be relative to the base, such as `Goal/1`", f"{where}.request.url")
    conditions = {name: asked.get(name) for name in ("ifMatch", "ifNoneMatch", "ifNoneExist")}
    if any(value is not None and not isinstance(value, str) for value in conditions.values()):
        return Issue("value", "the conditions of a request are strings", f"{where}.request")
    path, _, query = url.partition("?")
    return Request(
        method=str(method),
        path=unquote(path),
        parameters=tuple(parse_qsl(query, keep_blank_values=True)),
        body=body,
        if_match=conditions["ifMatch"],
        if_none_match=conditions["ifNoneMatch"],
        if_none_exist=conditions["ifNoneExist"],
    )


async def _performed(ask: Ask, entry: tuple[str, Request | Issue]) -> ResponseEntry:
    _, request = entry
    if isinstance(request, Issue):
        return refused(Invalid(request))
    try:
        return answered(await perform(Ask(ask.service, ask.call, request)))
    except FhirError as error:
        return refused(error)
