"""FHIR packages: the resources of a `.tgz`, read as a stream, never unpacked to disk.

https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from dzop.fhir import json
from dzop.fhir.outcome import FhirError
from dzop.loading import Piece
from terminology.fault import Fault

__all__ = ["Package", "package", "resources"]

MOST_BYTES: Final = 4 << 30
"""Of all files in a package together, uncompressed."""
MOST_IN_FILE: Final = 256 << 20
MOST_FILES: Final = 100_000
_MOST_BESIDE: Final = 1 << 20  # in the headers of one file, and behind the last
_LONGEST_NAME: Final = 200
_FOLDER: Final = "package/"
_MANIFEST: Final = "package.json"
_R4: Final = "4.0."
_HARMLESS: Final = re.compile(
    r"(?:\./)?(?!\.\.?(?:/|$))[^/\\\x00-\x1f]+(?:/(?!\.\.?(?:/|$))[^/\\\x00-\x1f]+)*/?"
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was looked through and is one of R4; `count` is how many of its files may be resources."""

    path: Path
    name: str
    version: str
    count: int


def package(path: Path) -> Package:
    """Looks through a package before anything of it is taken.

    Fault `invalid` for one that is damaged, too large, not of R4, has a link or a name that leads out of it.
    """
    manifest: dict[str, Any] | None = None
    count = 0
    for name, content in _files(path):
        if name == _MANIFEST:
            manifest = _manifest(path, content.read())
        elif _is_resource(name):
            count += 1
    if manifest is None:
        raise Fault("invalid", f"{path}: the package has no `{_FOLDER}{_MANIFEST}`; it is none of FHIR")
    _require_r4(path, manifest)
    return Package(
        path, _printed(manifest.get("name", path.name)), _printed(manifest.get("version", "")), count
    )


def _printed(given: Any) -> str:
    """As it can be shown on a terminal, which obeys some characters."""
    return "".join(each for each in str(given)[:_LONGEST_NAME] if each.isprintable())


def resources(package: Package) -> Iterator[Piece]:
    """The resources of a package, one at a time; examples and what is in other folders are left out."""
    for name, content in _files(package.path):
        if _is_resource(name):
            where = f"{package.path}:{_FOLDER}{name}"
            try:
                yield Piece(where, json.parse(content.read().removeprefix(b"\xef\xbb\xbf")))
            except FhirError as error:
                yield Piece(where, None, str(error))


def _is_resource(name: str) -> bool:
    return name.endswith(".json") and "/" not in name and name != _MANIFEST and not name.startswith(".")


def _manifest(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return json.parse(data).value
    except FhirError as error:
        raise Fault("invalid", f"{path}:{_FOLDER}{_MANIFEST}: {error}") from None


def _require_r4(path: Path, manifest: dict[str, Any]) -> None:
    versions = manifest.get("fhirVersions", manifest.get("fhir-version-list", []))
    versions = [str(each) for each in versions] if isinstance(versions, list) else [str(versions)]
    if versions and not any(each.startswith(_R4) for each in versions):
        listed = ", ".join(f"`{each[:20]}`" for each in versions[:5])
        raise Fault(
            "invalid", f"{path}: the package is of FHIR {listed}; dzop takes packages of R4 (`4.0.1`)"
        )


def _files(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The files in the folder of the package, by name, each to be read before the next is asked."""
    number = total = 0
    with _reading(path), gzip.open(path) as unzipped:
        stream = _Bounded(path, cast("IO[bytes]", unzipped))
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as archive:
            for member in archive:
                number, total = number + 1, total + member.size
                _require_harmless(path, member)
                if number > MOST_FILES or total > MOST_BYTES or member.size > MOST_IN_FILE:
                    raise _too_large(path)
                stream.expect(member.size)
                name, content = member.name.removeprefix("./"), archive.extractfile(member)
                if content is not None and name.startswith(_FOLDER):
                    yield name.removeprefix(_FOLDER), content
        stream.drain()


class _Bounded:
    """What a package holds, uncompressed, and no more than its files are said to be long.

    So headers that grow without end are noticed before they are in memory.
    """

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path, self._stream, self._left = path, stream, _MOST_BESIDE

    def expect(self, size: int) -> None:
        """A file of this size comes next."""
        self._left = size + _MOST_BESIDE

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._path)
        return data

    def drain(self) -> None:
        """Reads to the end, so that what is damaged there is noticed too."""
        while self.read(1 << 16):
            pass


def _require_harmless(path: Path, member: tarfile.TarInfo) -> None:
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise Fault("invalid", f"{path}: the package has a link or a device in it; nothing of it is taken")
    if not _HARMLESS.fullmatch(member.name):
        raise Fault(
            "invalid", f"{path}: the package has a file whose name leads out of it; nothing of it is taken"
        )


def _too_large(path: Path) -> Fault:
    return Fault(
        "invalid",
        f"{path}: the package is too large; it may have {MOST_FILES} files of {MOST_IN_FILE} bytes each, "
        f"{MOST_BYTES} bytes in all",
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What a damaged archive raises, as a Fault."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, tarfile.TarError, zlib.error, ValueError):
        raise Fault("invalid", f"{path}: the package is damaged; get it again") from None
