"""The files of a release of SNOMED CT: its snapshot in RF2, in a folder or a zip file that is never unpacked.

https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal
from zipfile import BadZipFile, ZipFile

from terminology.fault import Fault

__all__ = ["Kind", "Rows", "SnapshotFile", "is_snapshot_file", "snapshot_files"]

Kind = Literal["concept", "description", "relationship", "value", "language", "dependency"]

MOST_BYTES: Final = 4 << 30
"""Of one file of a release, uncompressed; the largest of an international release has a tenth of it."""
_MOST_IN_LINE: Final = 1 << 20
_NAME: Final = re.compile(
    r"x?(?:sct2|der2)_(?P<content>[A-Za-z]+)_[A-Za-z0-9]*?(?P<what>Language|ModuleDependency)?"
    r"Snapshot(?:-[A-Za-z-]+)?_[A-Za-z0-9]+_\d{8}\.txt"
)
_KINDS: Final[dict[tuple[str, str | None], Kind]] = {
    ("Concept", None): "concept",
    ("Description", None): "description",
    ("TextDefinition", None): "description",
    ("Relationship", None): "relationship",
    ("RelationshipConcreteValues", None): "value",
    ("cRefset", "Language"): "language",
    ("ssRefset", "ModuleDependency"): "dependency",
}
_DESCRIBED: Final = "id effectiveTime active moduleId"
_RELATED: Final = "relationshipGroup typeId characteristicTypeId modifierId"
_MEMBER: Final = f"{_DESCRIBED} refsetId referencedComponentId"
_COLUMNS: Final[dict[Kind, str]] = {
    "concept": f"{_DESCRIBED} definitionStatusId",
    "description": f"{_DESCRIBED} conceptId languageCode typeId term caseSignificanceId",
    "relationship": f"{_DESCRIBED} sourceId destinationId {_RELATED}",
    "value": f"{_DESCRIBED} sourceId value {_RELATED}",
    "language": f"{_MEMBER} acceptabilityId",
    "dependency": f"{_MEMBER} sourceEffectiveTime targetEffectiveTime",
}
# How often it is told how much was read: not after every row.
_TOLD_AFTER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """One file of a snapshot: `path`, and for what is in a zip file there its name in it; `size` in bytes."""

    kind: Kind
    path: Path
    size: int
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.member}" if self.member else str(self.path)


class Rows:
    """The rows of a file, each as the list of its columns; `line` is that of the row that came last.

    `read` is told bytes. Fault `invalid`, with file and line, for what is not in the format.
    """

    def __init__(self, file: SnapshotFile, read: Callable[[int], None]) -> None:
        self._file, self._read = file, read
        self.line = 0

    def fault(self, text: str) -> Fault:
        """What is wrong with the row that came last, with file and line."""
        return Fault("invalid", f"{self._file}:{self.line}: {text}")

    def __iter__(self) -> Iterator[list[str]]:
        columns = _COLUMNS[self._file.kind].split()
        told = 0
        with _opened(self._file) as lines:
            self.line = 1
            if self._fields(lines.readline(_MOST_IN_LINE)) != columns:
                raise self.fault(f"the first line should name the columns `{' '.join(columns)}`")
            while line := lines.readline(_MOST_IN_LINE):
                self.line += 1
                told += len(line)
                if told > _TOLD_AFTER:
                    self._read(told)
                    told = 0
                fields = self._fields(line)
                if len(fields) != len(columns):
                    raise self.fault(f"the row has {len(fields)} columns instead of {len(columns)}")
                yield fields
        self._read(told)

    def _fields(self, line: bytes) -> list[str]:
        if not line.endswith(b"\n"):
            raise self.fault("the file ends in the middle of a row; get it again")
        try:
            return line.decode().rstrip("\r\n").split("\t")
        except UnicodeDecodeError:
            raise self.fault("the row is not UTF-8") from None


def is_snapshot_file(path: Path) -> bool:
    """Whether the file is called as one of a snapshot that is read."""
    return _kind(path.name) is not None


def snapshot_files(paths: Iterable[Path]) -> list[SnapshotFile]:
    """The files of a snapshot among these files, those in zip files too. Fault `invalid` for one that cannot be read
    or is larger than any release has it.
    """
    found = [
        file for path in paths for file in (_in_zip(path) if path.suffix == ".zip" else _by_itself(path))
    ]
    for file in found:
        if file.size > MOST_BYTES:
            raise Fault("invalid", f"{file}: {file.size} bytes are too many; at most {MOST_BYTES} are read")
    return found


def _by_itself(path: Path) -> Iterator[SnapshotFile]:
    if kind := _kind(path.name):
        yield SnapshotFile(kind, path, path.stat().st_size)


def _in_zip(path: Path) -> Iterator[SnapshotFile]:
    with _reading(str(path)), ZipFile(path) as archive:
        for each in archive.infolist():
            if kind := _kind(each.filename.rpartition("/")[2]):
                yield SnapshotFile(kind, path, each.file_size, each.filename)


def _kind(name: str) -> Kind | None:
    match = _NAME.fullmatch(name)
    return _KINDS.get((match["content"], match["what"])) if match else None


@contextmanager
def _opened(file: SnapshotFile) -> Iterator[IO[bytes]]:
    with _reading(str(file)):
        if not file.member:
            with file.path.open("rb") as lines:
                yield lines
        else:
            with ZipFile(file.path) as archive, archive.open(file.member) as lines:
                yield lines


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """What a damaged, encrypted or oddly compressed zip file raises, as a Fault."""
    try:
        yield
    except (BadZipFile, EOFError, zlib.error):
        raise Fault("invalid", f"{name}: the file is damaged; get it again") from None
    except (NotImplementedError, RuntimeError):
        raise Fault(
            "invalid", f"{name}: the file is encrypted, or compressed in a way that is not read"
        ) from None
