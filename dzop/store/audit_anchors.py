"""Anchors: where the chain of the audit stood, kept outside the database, so that a cut tail shows.

One line of JSON each, only ever added, one file a month; whoever keeps copies elsewhere can show with
them that nobody who rules this machine cut the chain either.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Anchor:
    """At this time the newest block was `block`, with this MAC (hexadecimal) and so many rows in all."""

    at: str
    block: int
    mac: str
    total: int


class AnchorError(Exception):
    """A line that is no anchor; the text says which."""


def add(folder: Path, anchor: Anchor) -> None:
    """Returns when the line is on the disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{anchor.at[:7]}.jsonl"
    line = json.dumps({name: getattr(anchor, name) for name in Anchor.__slots__})
    with path.open("ab+") as file:
        # After a power failure the last line may be half there: the next one shall not join it.
        start = "" if _ends_a_line(path) else "\n"
        file.write(f"{start}{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def anchors(folder: Path) -> Iterator[Anchor | AnchorError]:
    """All of them in the order they were added, without holding more than one."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                yield _read(line, f"line {number} of {path}")


def at(moment: datetime) -> str:
    """The time of an anchor as it stands in its line."""
    return moment.isoformat(timespec="seconds")


def _read(line: str, where: str) -> Anchor | AnchorError:
    try:
        value = json.loads(line)
        return Anchor(str(value["at"]), int(value["block"]), str(value["mac"]), int(value["total"]))
    except (ValueError, KeyError, TypeError):
        return AnchorError(f"{where} is no anchor")


def _ends_a_line(path: Path) -> bool:
    size = path.stat().st_size
    if not size:
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"
