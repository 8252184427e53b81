"""The access matrix: a cell per data category and role, from `matrix.csv` (step 6 of the access law)."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from consent.categories import ALL, CATEGORIES, mask

__all__ = ["ACTIONS", "NOTHING", "ROLES", "Cell", "Matrix", "Row", "check", "joined", "load", "read"]

ACTIONS = ("read", "create", "update", "delete", "share")

ROLES = (
    "person",
    "representative",
    "informal-carer",
    "informal-network",
    "care-coordinator",
    "general-practitioner",
    "health-professional",
    "welfare-professional",
    "case-manager",
    "hospital-sender",
    "system-client",
    "population-analyst",
    "no-relation",
)

_WIDTH = {"n/a": 0, "none": 0, "own": 1, "all": 2}
_VALUES = {action: {"none", "own", "all"} for action in ACTIONS} | {
    "read": set(_WIDTH),
    "read_ceiling": set(_WIDTH),
    "create": {"none", "propose", "own", "all"},
    "basis": {"stated", "derived", "assumption"},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one role may do with one category.

    Actions are `all`, `own` or `none`; `read` is `n/a` where the category has no object to read, and `create`
    may be `propose` (of a team member). `read_ceiling` is how far the person may open reading. `source` is
    where the value was found in the texts the project started from, empty where `basis` says `assumption`.
    """

    read: str = "none"
    read_ceiling: str = "none"
    create: str = "none"
    update: str = "none"
    delete: str = "none"
    share: str = "none"
    basis: str = "assumption"
    source: str = ""


class Row(NamedTuple):
    """One role's column of the matrix for one action, as masks: `full` is `all`, `reach` is `own` or more.

    In this form the narrower of two rows is `&` and the wider is `|`, bit by bit. The ceilings are the row
    after the person permitted everything; they differ from the row itself for `read` only.
    """

    full: int
    reach: int
    ceiling_full: int
    ceiling_reach: int


NOTHING = Row(0, 0, 0, 0)
EVERYTHING = Row(ALL, ALL, ALL, ALL)


@dataclass(frozen=True)
class Matrix:
    """The cells, the version by which decisions and grants name them, and the text they were read from."""

    version: str
    cells: Mapping[tuple[str, str], Cell]
    text: str = field(default="", repr=False, compare=False)
    rows: dict[tuple[tuple[str, ...], str], Row] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def cell(self, category: str, role: str) -> Cell:
        """The cell; one that permits nothing where the matrix has none."""
        return self.cells.get((category, role), Cell())

    def row(self, roles: tuple[str, ...], action: str) -> Row:
        """Cell by cell the narrowest of these roles; nothing for an unknown role or for no role at all."""
        row = self.rows.get((roles, action))
        if row is None:
            row = self.rows[roles, action] = self._narrowest(roles, action)
        return row

    def _narrowest(self, roles: tuple[str, ...], action: str) -> Row:
        full, reach, ceiling_full, ceiling_reach = EVERYTHING if roles else NOTHING
        for role in roles:
            row = self._row(role, action)
            full &= row.full
            reach &= row.reach
            ceiling_full &= row.ceiling_full
            ceiling_reach &= row.ceiling_reach
        return Row(full, reach, ceiling_full, ceiling_reach)

    def _row(self, role: str, action: str) -> Row:
        ceiling = "read_ceiling" if action == "read" else action
        return Row(
            self._column(role, action, {"all"}),
            self._column(role, action, {"all", "own", "propose"}),
            self._column(role, ceiling, {"all"}),
            self._column(role, ceiling, {"all", "own", "propose"}),
        )

    def _column(self, role: str, attribute: str, values: set[str]) -> int:
        return mask(code for code in CATEGORIES if getattr(self.cell(code, role), attribute) in values)


def joined(rows: Sequence[Row]) -> Row:
    """The widest of several rows, as several relations have it (step 3 of the access law)."""
    if len(rows) == 1:
        return rows[0]
    full = reach = ceiling_full = ceiling_reach = 0
    for row in rows:
        full |= row.full
        reach |= row.reach
        ceiling_full |= row.ceiling_full
        ceiling_reach |= row.ceiling_reach
    return Row(full, reach, ceiling_full, ceiling_reach)


@cache
def load() -> Matrix:
    """The matrix this package ships."""
    return read(files("consent").joinpath("matrix.csv").read_bytes().decode())


def read(text: str) -> Matrix:
    """The matrix of a file without faults; its version is the start of the SHA-256 of its lines.

    How the lines end does not count: a file is the same matrix on every machine.
    """
    text = "".join(f"{line}\n" for line in text.splitlines())
    lines = csv.DictReader(text.splitlines())
    cells = {
        (line.pop("category"), line.pop("role")): Cell(**line)  # one column, one field
        for line in lines
    }
    return Matrix(hashlib.sha256(text.encode()).hexdigest()[:12], cells, text)


def check(lines: Iterable[Mapping[str, str]]) -> list[str]:
    """What is wrong with the lines of a matrix, one sentence each; nothing when it may be used."""
    found: set[tuple[str, str]] = set()
    problems: list[str] = []
    for line in lines:
        key = line["category"], line["role"]
        if key in found:
            problems.append(f"`{key[0]}` x `{key[1]}` is there twice.")
        found.add(key)
        problems.extend(f"`{key[0]}` x `{key[1]}`: {problem}." for problem in _problems(line))
    wanted = [(category, role) for category in CATEGORIES for role in ROLES]
    problems.extend(
        f"`{category}` x `{role}` is missing." for category, role in wanted if (category, role) not in found
    )
    return problems


def _problems(line: Mapping[str, str]) -> Iterator[str]:
    if line["category"] not in CATEGORIES:
        yield "unknown category"
    if line["role"] not in ROLES:
        yield "unknown role"
    wrong = [column for column, values in _VALUES.items() if line[column] not in values]
    yield from (f"`{line[column]}` is no value of {column}" for column in wrong)
    if not wrong and _WIDTH[line["read_ceiling"]] < _WIDTH[line["read"]]:
        yield "the ceiling is narrower than read"
    if (line["read"] == "n/a") != (line["read_ceiling"] == "n/a"):
        yield "read and its ceiling are both `n/a` or neither"
    if line["create"] == "propose" and line["category"] != "care-team":
        yield "only a team member can be proposed"
    if line["basis"] == "stated" and not line["source"]:
        yield "stated without a source"
