"""The access matrix as a page for people: per data category a table in words, with what each line rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from consent.categories import CATEGORIES
from consent.matrix import ACTIONS, ROLES, Cell, Matrix
from terminology.content import display

__all__ = ["matrix_page"]

_LANGUAGE: Final = "en"
_INTRODUCTION: Final = """\
# The access matrix

Who may do what with what, before the choices of the person and never without a relation with the person: see
[access.md](access.md). `make matrix` makes this page from [consent/matrix.csv](../consent/matrix.csv). Its version is
`{version}`, which every decision and every line of the access log names.

**{all}** means all entries of that category in the plan of the person; **{own}** means entries
they wrote, have to do, or received. Behind what may be read stands, in brackets, how far the person may open it. A line
rests on words in the sources, is derived from them, or is an **assumption**, which is what reviewers look at first:
{assumptions} of the {cells} lines are. `S3:n` is line n of the text of the final report of the project WeCare (2023).
"""


def matrix_page(matrix: Matrix, category: str | None = None) -> str:
    """Markdown of all data categories, or of one; KeyError when there is no such category."""
    chosen = [category] if category else list(CATEGORIES)
    sections = "\n".join(_section(matrix, each) for each in chosen)
    return sections if category else _introduction(matrix) + "\n" + sections


def _introduction(matrix: Matrix) -> str:
    assumed = sum(cell.basis == "assumption" for cell in matrix.cells.values())
    words = {code: _extent(code).capitalize() for code in ("all", "own")}
    return _INTRODUCTION.format(version=matrix.version, assumptions=assumed, cells=len(matrix.cells), **words)


def _section(matrix: Matrix, category: str) -> str:
    head = ["", *(display("action", action, _LANGUAGE) for action in ACTIONS), "rests on"]
    title = display("data-category", category, _LANGUAGE)
    lines = [head, ["---"] * len(head)]
    lines += [_line(role, matrix.cell(category, role)) for role in ROLES]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"## {title[0].upper()}{title[1:]} (`{category}`)\n\n{table}\n"


def _line(role: str, cell: Cell) -> list[str]:
    return [display("role", role, _LANGUAGE), *_reaches(cell), _basis(cell)]


def _reaches(cell: Cell) -> Iterator[str]:
    for action in ACTIONS:
        said = _extent(getattr(cell, action))
        opened = action == "read" and cell.read_ceiling != cell.read
        yield f"{said} ({_extent(cell.read_ceiling)})" if opened else said


def _extent(code: str) -> str:
    return "" if code == "n/a" else display("access-extent", code, _LANGUAGE)


def _basis(cell: Cell) -> str:
    said = display("access-basis", cell.basis, _LANGUAGE)
    if cell.basis == "assumption":
        return f"**{said}**"
    return f"{said}, {cell.source}" if cell.source else said
