"""Bundles that the server answers with, joined as text: a served resource is never parsed again.

https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import orjson

__all__ = [
    "HistoryEntry", "ResponseEntry", "SearchEntry", "batch_response", "document", "history", "searchset",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """A served resource in a search answer; an outcome has no URL."""

    full_url: str | None
    resource: bytes
    mode: Literal["match", "include", "outcome"] = "match"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A version: how it came about. A deletion has no resource. `last_modified` is an instant."""

    full_url: str
    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    url: str
    status: str
    etag: str
    last_modified: str
    resource: bytes | None = None


@dataclass(frozen=True, slots=True)
class ResponseEntry:
    """The answer to one entry of a batch or transaction; `outcome` is an OperationOutcome as served."""

    status: str
    location: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    full_url: str | None = None
    resource: bytes | None = None
    outcome: bytes | None = None


def searchset(
    entries: Iterable[SearchEntry],
    total: int | None,
    links: Sequence[tuple[str, str]],
    *,
    id: str | None = None,
    last_updated: str | None = None,
) -> bytes:
    """A search answer. `total` None leaves it out; `links` are (relation, url) in order."""
    parts = [_search_entry(entry) for entry in entries]
    return _bundle("searchset", parts, total, links, id, last_updated)


def history(
    entries: Iterable[HistoryEntry],
    total: int | None,
    links: Sequence[tuple[str, str]],
    *,
    id: str | None = None,
    last_updated: str | None = None,
) -> bytes:
    """A history answer, newest version first as given."""
    parts = [_history_entry(entry) for entry in entries]
    return _bundle("history", parts, total, links, id, last_updated)


def batch_response(
    entries: Iterable[ResponseEntry],
    *,
    transaction: bool = False,
    id: str | None = None,
    last_updated: str | None = None,
) -> bytes:
    """The answers to a batch or transaction, in the order of its entries."""
    parts = [_response_entry(entry) for entry in entries]
    kind = "transaction-response" if transaction else "batch-response"
    return _bundle(kind, parts, None, (), id, last_updated)


def document(entries: Iterable[tuple[str, bytes]], identifier: str, timestamp: str) -> bytes:
    """A document of (full URL, resource), the Composition first; `identifier` is a URI that nothing else has.

    https://hl7.org/fhir/R4/documents.html
    """
    parts = [b"{" + _member("fullUrl", url) + b',"resource":' + resource + b"}" for url, resource in entries]
    head = {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": identifier},
        "type": "document",
        "timestamp": timestamp,
    }
    return _members(head, (b"entry", b"[" + b",".join(parts) + b"]"))


def _bundle(
    type: str,
    entries: Sequence[bytes],
    total: int | None,
    links: Sequence[tuple[str, str]],
    id: str | None,
    last_updated: str | None,
) -> bytes:
    head: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": id,
        "meta": {"lastUpdated": last_updated} if last_updated else None,
        "type": type,
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
    }
    # FHIR has no empty arrays: a Bundle without entries has no `entry`.
    return _members(head, (b"entry", b"[" + b",".join(entries) + b"]") if entries else None)


def _search_entry(entry: SearchEntry) -> bytes:
    return _entry(entry.full_url, entry.resource, _search(entry.mode))


@cache
def _search(mode: str) -> bytes:
    return _member("search", {"mode": mode})


def _history_entry(entry: HistoryEntry) -> bytes:
    request = _member("request", {"method": entry.method, "url": entry.url})
    response = _response(entry.status, None, entry.etag, entry.last_modified, None)
    return _entry(entry.full_url, entry.resource, request + b"," + response)


def _response_entry(entry: ResponseEntry) -> bytes:
    tail = _response(entry.status, entry.location, entry.etag, entry.last_modified, entry.outcome)
    return _entry(entry.full_url, entry.resource, tail)


def _response(
    status: str, location: str | None, etag: str | None, last_modified: str | None, outcome: bytes | None
) -> bytes:
    small = {"status": status, "location": location, "etag": etag, "lastModified": last_modified}
    return b'"response":' + _members(small, (b"outcome", outcome) if outcome is not None else None)


def _entry(full_url: str | None, resource: bytes | None, tail: bytes) -> bytes:
    parts = [_member("fullUrl", full_url)] if full_url is not None else []
    if resource is not None:
        parts.append(b'"resource":' + resource)
    return b"{" + b",".join((*parts, tail)) + b"}"


def _members(small: Mapping[str, Any], last: tuple[bytes, bytes] | None) -> bytes:
    """An object of the small members that are there, and one member that is text already."""
    text = orjson.dumps({name: value for name, value in small.items() if value is not None and value != []})
    return text if last is None else text[:-1] + b',"' + last[0] + b'":' + last[1] + b"}"


def _member(name: str, value: Any) -> bytes:
    return orjson.dumps({name: value})[1:-1]
