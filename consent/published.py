"""The matrix for others to read: as it was reviewed, and as a page."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES, load

__all__ = ["as_csv", "as_markdown", "lines"]


def as_csv() -> str:
    """The file itself."""
    return files("consent").joinpath("matrix.csv").read_text("utf-8").rstrip("\n")


def lines() -> list[Mapping[str, str]]:
    """The file line by line, by column name."""
    return list(csv.DictReader(as_csv().splitlines()))


def as_markdown(category: str | None = None) -> str:
    """One table a data category: per role what each action may reach, and on what that rests."""
    matrix = load()
    chosen = [each for each in CATEGORIES if category in (None, each)]
    tables = [f"# Access matrix, version {matrix.version}"]
    for each in chosen:
        head = ["role", *ACTIONS, "basis"]
        rows = [head, ["---"] * len(head)]
        for role in ROLES:
            cell = matrix.cell(each, role)
            rows.append([role, *(str(getattr(cell, action)) for action in ACTIONS), cell.basis])
        tables.append(f"## {each}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(tables)
