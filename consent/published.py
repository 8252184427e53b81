"""The matrix as it was reviewed: a text with a line a cell, checked before it becomes law."""

from __future__ import annotations

import csv

from consent.matrix import Matrix, check, load, read

__all__ = ["COLUMNS", "as_csv", "faults", "read_reviewed"]

COLUMNS = (
    "category", "role", "read", "read_ceiling", "create", "update", "delete", "share", "basis", "source",
)  # fmt: skip


def as_csv() -> str:
    """The file this package ships."""
    return load().text


def faults(text: str) -> list[str]:
    """What keeps a text from being a matrix, one sentence each; nothing when it may be used."""
    lines = list(csv.reader(text.splitlines()))
    if not lines or tuple(lines[0]) != COLUMNS:
        return [f"The first line names the columns: {','.join(COLUMNS)}."]
    uneven = [number for number, line in enumerate(lines, start=1) if len(line) != len(COLUMNS)]
    if uneven:
        return [f"Line {number} does not have {len(COLUMNS)} columns." for number in uneven]
    return check(csv.DictReader(text.splitlines()))


def read_reviewed(text: str) -> Matrix:
    """The matrix of a text; ValueError with the first faults when it may not be used."""
    if found := faults(text):
        more = f" ({len(found) - 3} more)" if len(found) > 3 else ""
        raise ValueError(" ".join(found[:3]) + more)
    return read(text)
