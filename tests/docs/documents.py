"""The project's own pages, and the shell commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(
    r"(?P<kept><!-- not run: [^\n]+ -->\n)?```(?:ba)?sh\n(?P<commands>.*?)```(?:\n\n```text\n(?P<output>.*?)```)?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """Commands that a reader types, and what they print as far as the page says so."""

    commands: str
    output: str | None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that can be run, in order; those marked `<!-- not run: why -->` are left out."""
    found = _BLOCK.finditer(page.read_text())
    return [Block(each["commands"], each["output"]) for each in found if not each["kept"]]
