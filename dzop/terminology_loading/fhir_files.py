"""FHIR in files: JSON and NDJSON, also as gzip, Bundles taken apart. Nothing larger than memory bears is read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

from dzop.loading import Piece, from_bytes

__all__ = ["is_fhir", "resources"]

MOST_BYTES: Final = 256 << 20
"""Of one file of JSON or one line of NDJSON, uncompressed."""
_LINES: Final = (".ndjson", ".jsonl")


def is_fhir(path: Path) -> bool:
    """Whether the file is called as one of FHIR in JSON."""
    return path.name.removesuffix(".gz").endswith((".json", *_LINES))


def resources(path: Path) -> Iterator[Piece]:
    """The resources of one file, one at a time, or why there is none."""
    try:
        with _opened(path) as content:
            if path.name.removesuffix(".gz").endswith(_LINES):
                yield from _from_lines(path, content)
            else:
                yield from _from(str(path), content.read(MOST_BYTES + 1))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield Piece(str(path), None, "the file is damaged; get it again")


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _from_lines(path: Path, content: IO[bytes]) -> Iterator[Piece]:
    number = 0
    while line := content.readline(MOST_BYTES + 1):
        number += 1
        if line.strip():
            yield from _from(f"{path}:{number}", line)
        if len(line) > MOST_BYTES:
            return  # what follows is the rest of a line


def _from(where: str, data: bytes) -> Iterator[Piece]:
    if len(data) > MOST_BYTES:
        yield Piece(
            where, None, f"this is longer than {MOST_BYTES} bytes; a FHIR package or NDJSON can be loaded"
        )
    else:
        yield from from_bytes(where, data)
