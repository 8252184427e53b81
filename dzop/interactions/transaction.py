"""transaction: all entries or none, whatever their order. https://hl7.org/fhir/R4/http.html#transaction

References between entries by `urn:uuid` or any other `fullUrl`, and conditional references, become
references to what is stored; the rest of each entry stays as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from dzop.access.keeping import Written
from dzop.access.shown import Shown
from dzop.access.unit import Unit
from dzop.fhir import json
from dzop.fhir.bundle import ResponseEntry
from dzop.fhir.json import Source
from dzop.fhir.outcome import FhirError, Invalid, Issue, NotSupported, PreconditionFailed
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.query import Query, read_query
from dzop.interactions.create import locks_of, matching, read_condition
from dzop.interactions.etag import version_of
from dzop.interactions.exchanged import Answer, Ask, Request
from dzop.interactions.read import shown
from dzop.interactions.rendered import answered, written
from dzop.interactions.resource_body import may_choose_id, read_body
from dzop.interactions.route import match, require_scope

_ORDER = ("delete", "create", "update", "read")
_READS = ("read",)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry understood: where it stands, what it asks, the id it will have, its condition."""

    place: int
    full_url: str
    code: str
    ask: Ask
    condition: Query | None = None

    @property
    def local(self) -> str:
        return f"{self.ask.type}/{self.ask.id}"


async def transaction(ask: Ask, requests: Sequence[tuple[str, Request | Issue]]) -> list[ResponseEntry]:
    """The answers in the order of the entries; the first fault undoes everything and names its entry."""
    entries = [
        await _read(ask, place, full_url, request) for place, (full_url, request) in enumerate(requests)
    ]
    _refuse_twice(entries)

    async def work(unit: Unit) -> dict[int, Answer]:
        return await _carry_out(ask, unit, entries)

    answers = await ask.service.gateway.commit(ask.call, work)
    return [answered(answers[place]) for place in range(len(entries))]


async def _read(ask: Ask, place: int, full_url: str, request: Request | Issue) -> _Entry:
    if isinstance(request, Issue):
        raise Invalid(request)
    with _Placed(place):
        target = match(request)
        entry_ask = Ask(ask.service, ask.call, request, target.type, target.id, target.version)
        await require_scope(entry_ask, target)
        code = target.route.code
        if code not in ("create", "update", "delete", *_READS):
            raise NotSupported(f"`{code}` cannot be part of a transaction; send it in a batch")
        if code != "create":
            return _Entry(place, full_url, code, entry_ask)
        condition = read_condition(entry_ask)
        return _Entry(place, full_url, code, replace(entry_ask, id=str(uuid4())), condition)
    raise AssertionError  # pragma: no cover - the block above returns or raises


class _Placed:
    """Adds to every issue of a fault which entry it is about."""

    def __init__(self, place: int) -> None:
        self._where = f"Bundle.entry[{place}]"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FhirError):
            issues = [replace(each, expression=self._placed(each.expression)) for each in error.issues]
            raise type(error)(*issues) from error

    def _placed(self, expression: str | None) -> str:
        return f"{self._where}.resource: {expression}" if expression else self._where


def _refuse_twice(entries: Sequence[_Entry]) -> None:
    changed = [entry.local for entry in entries if entry.code in ("update", "delete")]
    for local in changed:
        if changed.count(local) > 1:
            raise Invalid(f"`{local}` occurs more than once in the transaction", expression="Bundle.entry")
    named = [entry.full_url for entry in entries if entry.full_url and entry.code in ("create", "update")]
    if len(set(named)) < len(named):
        raise Invalid("two entries have the same `fullUrl`: give each its own", expression="Bundle.entry")


async def _carry_out(ask: Ask, unit: Unit, entries: Sequence[_Entry]) -> dict[int, Answer]:
    await unit.serialise(lock for entry in entries if entry.condition for lock in locks_of(entry.condition))
    answers: dict[int, Answer] = {}
    places: dict[str, str] = {}
    for entry in entries:
        existing = await _existing(unit, entry)
        if existing is not None:
            answers[entry.place] = shown(existing)
            places[entry.full_url] = f"{existing.type}/{existing.id}"
        elif entry.full_url and entry.code in ("create", "update"):
            places[entry.full_url] = entry.local
    for entry in sorted(entries, key=lambda each: _ORDER.index(each.code)):
        if entry.place not in answers:
            if entry.code in _READS:
                await unit.settle()  # what is read here is judged by the facts written before it
            with _Placed(entry.place):
                answers[entry.place] = await _performed(unit, entry, places)
    return answers


async def _existing(unit: Unit, entry: _Entry) -> Shown | None:
    if entry.condition is None:
        return None
    with _Placed(entry.place):
        return await matching(unit, entry.condition)
    return None  # pragma: no cover - the block above returns or raises


async def _performed(unit: Unit, entry: _Entry, places: dict[str, str]) -> Answer:
    ask = entry.ask
    if entry.code == "delete":
        await unit.delete(ask.type, ask.id, version_of(ask.request.if_match))
        return Answer(204)
    if entry.code in _READS:
        found = await unit.read(ask.type, ask.id)
        return Answer(404) if found is None else Answer(410) if found.deleted else shown(found)
    ask = replace(ask, request=replace(ask.request, body=await _resolved(unit, ask, places)))
    return written(ask, await _write(unit, ask, entry.code))


async def _write(unit: Unit, ask: Ask, code: str) -> Written:
    if code == "create":
        proposal = replace(read_body(replace(ask, id="")), id=ask.id)
        return await unit.create(proposal)
    return await unit.update(read_body(ask), version_of(ask.request.if_match), may_create=may_choose_id(ask))


async def _resolved(unit: Unit, ask: Ask, places: dict[str, str]) -> Source | None:
    """The body with the entries' own URLs and conditional references replaced, all else untouched."""
    body = ask.request.body
    if body is None:
        return None
    replaced = dict(places)
    for text in set(_references(body.value)):
        if "?" in text and (type := text.partition("?")[0]) in RESOURCE_TYPES:
            replaced[text] = await _conditional(unit, ask, type, text)
    replaced = {old: new for old, new in replaced.items() if old and new}
    if not replaced:
        return body
    return json.parse(json.replace_strings(body.text, replaced).encode())


async def _conditional(unit: Unit, ask: Ask, type: str, text: str) -> str:
    parameters = parse_qsl(text.partition("?")[2], keep_blank_values=True)
    query = read_query(type, parameters, base=ask.service.base, lenient=False)
    matches = await unit.matching(query) if query.criteria else ()
    if len(matches) != 1:
        raise PreconditionFailed(f"`{type}?...` must match exactly one resource that you may see")
    return f"{type}/{matches[0].id}"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(text := node.get("reference"), str):
            yield text
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)
