"""Loading terminology, a definition at a time: each is there with all that belongs to it, or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from dzop.definitions.conformance import is_error
from dzop.fhir import json, verbatim
from dzop.fhir.validation import validate
from dzop.loading import Piece
from dzop.store.database import Database, Transaction
from dzop.store.terminology_listing import body
from dzop.store.terminology_writing import (
    Definition,
    remove,
    write_code_system,
    write_concept_map,
    write_value_set,
)  # fmt: skip
from dzop.terminology_loading.report import Report
from terminology.code_system import with_parents
from terminology.concept import Concept
from terminology.concept_map import MapRow, rows
from terminology.content import BASE
from terminology.fault import Fault

__all__ = ["Begun", "Loader", "identifier"]

Begun = Callable[[str, int], Callable[[int], None]]
"""Told what begins and how much it is; returns what is told how much more of it is done."""

Resource = Mapping[str, Any]

_TYPES: Final = ("CodeSystem", "ConceptMap", "ValueSet")
_CANONICAL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:[^\s|#]++")
_ODD: Final = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST: Final = 1000
"""Of a code, URL or version, in characters: more does not fit into an index."""
# What has more concepts or elements gets a bar of its own.
_MANY: Final = 5000
_LARGEST: Final = 5_000_000
"""Bytes of a code system that is served whole; the concepts of a larger one are found by the operations."""


class Loader:
    """Writes definitions into the database and counts what became of them. Loading the same again changes nothing,
    unless with `again`.
    """

    def __init__(self, database: Database, now: datetime, begun: Begun, *, again: bool = False) -> None:
        self._database, self._now, self._begun, self._again = database, now, begun, again
        self.report = Report()

    async def load(self, piece: Piece, source: str) -> None:
        """Takes one resource, or says why not; `source` names the file or package it is from."""
        if piece.source is None:
            self.report.faults.append(f"{piece.where}: {piece.fault}")
            return
        resource = piece.source.value
        type = resource.get("resourceType")
        if type not in _TYPES:
            self.report.other[type if isinstance(type, str) else "no resource"] += 1
            return
        if texts := list(_refusals(resource)):
            self.report.faults += [f"{piece.where}: {text}" for text in texts]
            return
        try:
            contents = _contents(resource)
        except Fault as fault:
            self.report.faults.append(f"{piece.where}: {fault.text}")
            return
        shown = json.stored(piece.source, type, identifier(resource))
        if type == "CodeSystem" and len(shown) > _LARGEST:
            shown = _without_concepts(shown, len(contents))
        definition = Definition(resource, identifier(resource), shown, source, self._now)
        await self._keep(piece.where, definition, contents, len(contents))

    async def is_unchanged(self, type: str, url: str, version: str) -> bool:
        """Whether this is there and stays: for what has a version that says all of it."""
        if self._again or await body(self._database, type, url, version) is None:
            return False
        self.report.unchanged[type] += 1
        return True

    async def load_code_system(
        self, where: str, resource: Resource, shown: bytes, concepts: Iterable[Concept]
    ) -> None:
        """Takes a code system whose concepts, `count` of them, come beside it; `shown` is what is served."""
        definition = Definition(resource, identifier(resource), shown, where, self._now)
        await self._keep(where, definition, concepts, resource["count"])

    async def _keep(self, where: str, definition: Definition, contents: Iterable[Any], number: int) -> None:
        """Writes a definition with its concepts or elements, about this number of them."""
        resource = definition.resource
        type, url, version = resource["resourceType"], resource["url"], resource.get("version", "")
        held = await body(self._database, type, url, version)
        if held is not None and not self._again:
            if held == definition.body:
                self.report.unchanged[type] += 1
            else:
                text = f"{_named(resource)} is loaded with another content; replace it with --replace"
                self.report.faults.append(f"{where}: {text}")
            return
        try:
            async with self._database.transaction() as transaction:
                if held is not None:
                    await remove(transaction, url, version)
                written = await self._write(transaction, definition, contents, number)
        except Fault as fault:
            self.report.faults.append(f"{where}: {fault.text}")
        except (asyncpg.DataError, asyncpg.ProgramLimitExceededError):
            self.report.faults.append(
                f"{where}: {_named(resource)} has something that the database cannot hold"
            )
        else:
            (self.report.loaded if held is None else self.report.replaced)[type] += 1
            self.report.concepts += written

    async def _write(
        self, transaction: Transaction, definition: Definition, contents: Iterable[Any], number: int
    ) -> int:
        """How many concepts were written."""
        url, type = definition.resource["url"], definition.resource["resourceType"]
        progress = self._begun(f"Writing {url}", number) if number > _MANY else None
        if type == "CodeSystem":
            return await write_code_system(transaction, definition, contents, progress)
        if type == "ConceptMap":
            await write_concept_map(transaction, definition, contents, progress)
        else:
            await write_value_set(transaction, definition)
        return 0


def identifier(resource: Resource) -> str:
    """The id under which a definition is served: always the same one for its URL and version."""
    url, version = resource["url"], resource.get("version", "")
    name = _ODD.sub("-", url.rstrip("/").rpartition("/")[2])[:50].strip("-.") or "loaded"
    return f"{name}-{hashlib.sha256(f'{url}|{version}'.encode()).hexdigest()[:12]}"


def _refusals(resource: Resource) -> Iterator[str]:
    """Why a resource cannot be taken."""
    faults = [each for each in validate(resource) if is_error(each)]
    yield from (f"{each.text} (at {each.expression})" if each.expression else each.text for each in faults)
    if faults:
        return
    url, version = resource.get("url", ""), resource.get("version", "")
    all_codes = resource.get("valueSet", "")
    if not url:
        yield "`url` is missing; it is by this that codes are asked for"
    elif not _CANONICAL.fullmatch(url):
        yield f"`{url[:100]}` is no absolute address without `|` and `#`; mend `url`"
    elif url.startswith(f"{BASE}/"):
        yield f"`{url}` is dzop's own and cannot be loaded"
    elif isinstance(all_codes, str) and all_codes.startswith(f"{BASE}/"):
        yield f"`{all_codes}` is dzop's own and cannot be the value set of other codes; mend `valueSet`"
    elif max(len(url), len(version)) > _LONGEST:
        yield f"`url` and `version` may have {_LONGEST} characters each"
    if resource.get("content") == "supplement":
        yield "supplements are not taken; add the designations to the code system itself"


def _contents(resource: Resource) -> Sequence[Concept] | Sequence[MapRow]:
    """The concepts of a code system, or the elements of a map."""
    if resource["resourceType"] == "ConceptMap":
        return tuple(rows(resource))
    if resource.get("content", "not-present") == "not-present":
        return ()
    found = with_parents(resource)
    for each in found:
        if len(each.code) > _LONGEST:
            text = f"`{each.code[:50]}...` is too long for a code; it may have {_LONGEST} characters"
            raise Fault("invalid", text)
    return found


def _without_concepts(shown: bytes, count: int) -> bytes:
    """The code system as R4 serves one whose concepts, `count` of them, are not in it."""
    kept = {name: each for name, each in verbatim.read(shown).items() if name not in ("concept", "text")}
    return verbatim.written(kept | {"content": "not-present", "count": count})


def _named(resource: Resource) -> str:
    version = resource.get("version", "")
    return f"`{resource['url']}|{version}`" if version else f"`{resource['url']}`"
