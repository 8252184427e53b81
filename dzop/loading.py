"""Loading files: each resource by itself, as `system`; a bad one is reported and stops nothing else.

NDJSON, Bundles and single resources in JSON or XML, all also as gzip, and folders of these. Types that dzop
does not hold stay at their source: they are counted, and references to them are kept.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from dzop.access.gateway import Gateway
from dzop.access.keeping import Written
from dzop.access.proposal import Proposal
from dzop.access.remarks import remarks
from dzop.access.unit import Unit
from dzop.actor import SYSTEM, Actor, Call
from dzop.definitions.conformance import as_remarks, claimed_issues, is_error
from dzop.fhir import json, xml
from dzop.fhir.identifiers import identifier_issues
from dzop.fhir.json import Source
from dzop.fhir.outcome import FhirError, NotFound
from dzop.fhir.profiles.extensions import extension_issues
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.summary import subset_issues
from dzop.fhir.validation import validate

_XML = ".xml"
_TEXT = (".json", ".ndjson", ".jsonl", _XML)


@dataclass(frozen=True, slots=True)
class Piece:
    """One resource of a file, or why there is none: `where` is `file:line` or `file`.

    `is_ours` is False for XML that is none of R4: what ends in `.xml` may be anything.
    """

    where: str
    source: Source | None
    fault: str = ""
    is_ours: bool = True


@dataclass(slots=True)
class Report:
    """What became of everything that was offered."""

    stored: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    not_held: Counter[str] = field(default_factory=Counter)
    without_person: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The report in words: what was counted, then what is to be said of single pieces."""
        counted = {
            "stored": self.stored,
            "unchanged": self.unchanged,
            "of a type that stays at its source": self.not_held,
            "without a person, for `system` only": self.without_person,
        }
        for title, counts in counted.items():
            if counts:
                each = ", ".join(f"{type} {number}" for type, number in sorted(counts.items()))
                yield f"{sum(counts.values())} {title}: {each}"
        yield from (f"skipped (no JSON or XML of R4): {text}" for text in self.skipped)
        yield from (f"warning: {text}" for text in self.warnings)
        yield from (f"fault: {text}" for text in self.faults)


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files at these paths, folders searched through, in order of name."""
    for path in paths:
        yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def is_skipped(path: Path) -> bool:
    """What is neither JSON nor XML is not ours."""
    return not path.name.removesuffix(".gz").endswith(_TEXT)


def pieces(path: Path) -> Iterator[Piece]:
    """The resources of one file, a Bundle taken apart."""
    if path.name.removesuffix(".gz").endswith((".ndjson", ".jsonl")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield from from_bytes(f"{path}:{number}", line)
    else:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        is_xml = path.name.removesuffix(".gz").endswith(_XML)
        yield from (_from_xml if is_xml else from_bytes)(str(path), data)


def from_bytes(where: str, data: bytes) -> Iterator[Piece]:
    """The resources in the JSON of one file or line."""
    try:
        source = json.parse(data.removeprefix(b"\xef\xbb\xbf"))
    except FhirError as error:
        yield Piece(where, None, str(error))
        return
    yield from _taken_apart(where, source)


def _from_xml(where: str, data: bytes) -> Iterator[Piece]:
    try:
        source = xml.parse(data)
    except FhirError as error:
        yield Piece(where, None, str(error), is_ours=False)
        return
    yield from _taken_apart(where, source)


def _taken_apart(where: str, source: Source) -> Iterator[Piece]:
    if source.value.get("resourceType") != "Bundle":
        yield Piece(where, source)
        return
    for number, each in enumerate(json.entry_resources(source)):
        if each is not None:
            yield Piece(f"{where} entry[{number}]", each)


class Loader:
    """Stores pieces as `system`. Loading the same again changes nothing, so it can be resumed."""

    def __init__(self, gateway: Gateway, now: datetime) -> None:
        self._gateway = gateway
        self._call = Call(Actor(SYSTEM, SYSTEM), now, f"load-{uuid4()}")
        self.report = Report()

    async def is_loaded(self, type: str, id: str) -> bool:
        """Whether there is such a resource already."""
        try:
            await self._gateway.read(self._call, type, id)
        except NotFound:
            return False
        return True

    async def load(self, piece: Piece) -> None:
        """Stores one piece and counts what became of it."""
        if piece.source is None:
            known = self.report.faults if piece.is_ours else self.report.skipped
            known.append(f"{piece.where}: {piece.fault}")
            return
        type = str(piece.source.value.get("resourceType"))
        entry = RESOURCE_TYPES.get(type)
        if entry is None or "create" not in entry.interactions:
            self.report.not_held[type] += 1
            return
        issues = [*validate(piece.source.value), *subset_issues(piece.source.value)]
        if not any(is_error(issue) for issue in issues):
            issues += as_remarks([*claimed_issues(piece.source.value), *extension_issues(piece.source.value)])
        issues += identifier_issues(piece.source.value)
        for issue in issues:
            if issue.severity == "information":
                continue
            known = self.report.faults if is_error(issue) else self.report.warnings
            known.append(
                f"{piece.where}: {issue.text}" + (f" (at {issue.expression})" if issue.expression else "")
            )
        if not any(is_error(issue) for issue in issues):
            await self._store(piece, type)

    async def _store(self, piece: Piece, type: str) -> None:
        assert piece.source is not None  # noqa: S101 - the caller has looked
        proposal = Proposal(type, str(piece.source.value.get("id") or uuid4()), piece.source)

        async def work(unit: Unit) -> Written | None:
            return await unit.load(proposal)

        try:
            written = await self._gateway.commit(self._call, work)
        except FhirError as error:
            self.report.faults.append(f"{piece.where}: {error}")
            return
        (self.report.unchanged if written is None else self.report.stored)[type] += 1
        self.report.warnings += [f"{piece.where}: {text}" for text in remarks(proposal)]
        if written is not None and written.shown is not None and written.shown.person < 0:
            self.report.without_person[type] += 1
