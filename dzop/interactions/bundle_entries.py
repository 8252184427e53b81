"""Entries of a batch or transaction: each as the request it stands for, and its answer as an entry.

https://hl7.org/fhir/R4/bundle.html#bundle-unique
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import unquote

from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.json import Source, entry_resources
from dzop.fhir.outcome import Invalid, Issue, TooLarge
from dzop.interactions.exchanged import Answer, Ask, Request, parameters_in
from dzop.interactions.rendered import answered

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_ANSWERED: Final = 50_000_000
"""Bytes of the answers of one Bundle: what comes behind is refused."""
_CONDITIONS: Final = ("ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince")


@dataclass(frozen=True, slots=True)
class Entered:
    """An entry: its `fullUrl`, or empty, and its request; an Issue where that cannot be understood."""

    full_url: str
    request: Request | Issue


def read_entries(ask: Ask, source: Source) -> list[Entered]:
    """The entries of a Bundle in their order; TooLarge when there are more than the setting allows."""
    entries, most = source.value.get("entry", []), ask.service.bundle_entries
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise Invalid("`Bundle.entry` must be an array of objects", expression="Bundle.entry")
    if len(entries) > most:
        raise TooLarge(f"a Bundle has at most {most} entries; send it in parts", expression="Bundle.entry")
    bodies = entry_resources(source)
    return [
        Entered(_full_url(entry), _request(ask, entry, body, f"Bundle.entry[{number}]"))
        for number, (entry, body) in enumerate(zip(entries, bodies, strict=True))
    ]


def answer_of(request: Request, answer: Answer) -> ResponseEntry:
    """The entry that answers a request: an outcome that was preferred stands where outcomes stand."""
    if request.method == "HEAD":
        answer = replace(answer, resource=None)
    entry = answered(answer)
    if request.method in ("POST", "PUT", "PATCH") and request.wants == "OperationOutcome":
        return replace(entry, resource=None, outcome=answer.resource)
    return entry


def require_room(answered: int) -> None:
    """TooLarge when the answers so far have so many bytes that no other finds room."""
    if answered > MOST_ANSWERED:
        raise TooLarge(f"the answers to a Bundle have at most {MOST_ANSWERED} bytes; send it in parts")


def _full_url(entry: dict[str, Any]) -> str:
    full_url = entry.get("fullUrl")
    return full_url if isinstance(full_url, str) else ""


def _request(ask: Ask, entry: dict[str, Any], body: Source | None, where: str) -> Request | Issue:
    asked = entry.get("request")
    if not isinstance(asked, dict):
        return Issue("required", "an entry of a batch or transaction needs a `request`", f"{where}.request")
    method, url = asked.get("method"), asked.get("url")
    if method not in METHODS:
        return Issue("value", f"`method` must be one of {', '.join(METHODS)}", f"{where}.request.method")
    if not isinstance(url, str) or (local := _local(url, ask.service.base)) is None:
        return Issue("value", "`url` must be relative to the base, such as `Goal/1`", f"{where}.request.url")
    if not local.partition("?")[0].strip("/"):
        return Issue("value", "a batch or transaction cannot be inside another", f"{where}.request.url")
    conditions = {name: asked.get(name) for name in _CONDITIONS}
    if any(value is not None and not isinstance(value, str) for value in conditions.values()):
        return Issue("value", "the conditions of a request are strings", f"{where}.request")
    since = conditions["ifModifiedSince"]
    if since is not None and (since := _http_date(since)) is None:
        return Issue("value", "`ifModifiedSince` must be an instant", f"{where}.request.ifModifiedSince")
    if "fullUrl" in entry and not _full_url(entry):
        return Issue("value", "`fullUrl` must be a URI", f"{where}.fullUrl")
    path, _, query = local.partition("?")
    try:
        parameters = parameters_in(query, f"{where}.request.url")
    except Invalid as error:
        return error.issues[0]
    return Request(
        method=str(method),
        path=unquote(path),
        parameters=parameters,
        body=body,
        if_match=conditions["ifMatch"],
        if_none_match=conditions["ifNoneMatch"],
        if_none_exist=conditions["ifNoneExist"],
        if_modified_since=since,
        prefer=ask.request.prefer,
        accept_language=ask.request.accept_language,
    )


def _local(url: str, base: str) -> str | None:
    """The URL relative to our base; None for one that leads anywhere else."""
    local = url.removeprefix(f"{base}/")
    path = local.partition("?")[0]
    return None if ":" in path or path.startswith("/") or ".." in path else local


def _http_date(instant: str) -> str | None:
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return format_datetime(moment.astimezone(UTC), usegmt=True) if moment.tzinfo else None
