"""References in search: into this server by type and id, elsewhere by URL, or by identifier.

https://hl7.org/fhir/R4/search.html#reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.references import Reference, parse_reference, read_reference

__all__ = ["ReferenceRow", "ReferenceTarget", "indexed_references", "read_target"]

# (target type, target id, url, identifier system, identifier value)
ReferenceRow = tuple[str | None, str | None, str | None, str | None, str | None]

_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")


@dataclass(frozen=True, slots=True)
class ReferenceTarget:
    """A target asked for: either `id` with its possible `types` (none = any), or `url`.

    A version of something here is asked for by `url`, as `Goal/x/_history/2`.
    """

    types: tuple[str, ...] = ()
    id: str | None = None
    url: str | None = None


def read_target(text: str, types: tuple[str, ...], base: str) -> ReferenceTarget:
    """A search value: `Goal/x`, `x`, a URL, each with or without version; ValueError when it is none."""
    if _ID.fullmatch(text):
        return ReferenceTarget(types, text)
    found = parse_reference(text, base)
    if found.local is not None and found.version is None:
        return ReferenceTarget((str(found.type),), found.id)
    if found.local is not None:
        return ReferenceTarget(url=f"{found.local}/_history/{found.version}")
    if not _URL.fullmatch(text):
        raise ValueError(f"`{text[:64]}` is not a reference")
    return ReferenceTarget(url=text)


def indexed_references(node: Any, targets: tuple[str, ...], base: str) -> tuple[ReferenceRow, ...]:
    """The rows of a Reference element or a canonical; none when it points at another type than asked.

    `url` of a local reference is its versioned form, if it has a version; a URL elsewhere with a
    version, or a canonical with one, is found with and without it.
    """
    if isinstance(node, str):
        return tuple(_canonical_rows(node, base))
    if not isinstance(node, Mapping):
        return ()
    reference = read_reference(node, base)
    if targets and reference.type is not None and reference.type not in targets:
        return ()
    return tuple(_rows(reference))


def _rows(reference: Reference) -> Iterator[ReferenceRow]:
    url = reference.url
    if url is not None and url.startswith("#"):
        url = None
    if reference.local is None and url is None and reference.identifier is None:
        return
    versioned = f"{reference.local or url}/_history/{reference.version}" if reference.version else None
    system, value = reference.identifier or (None, None)
    yield (reference.type, reference.id, versioned if reference.local else url, system, value)
    if versioned is not None and reference.local is None:
        yield (reference.type, None, versioned, None, None)


def _canonical_rows(text: str, base: str) -> Iterator[ReferenceRow]:
    url, _, version = text.partition("|")
    found = parse_reference(url, base)
    yield (found.type, found.id, url, None, None)
    if version:
        yield (found.type, found.id, text, None, None)
