"""The project's own pages, and the shell commands in them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving import environment

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(
    r"(?P<kept><!-- not run: [^\n]+ -->\n)?```(?:ba)?sh\n(?P<commands>.*?)```(?:\n\n```text\n(?P<output>.*?)```)?",
    re.DOTALL,
)

WITH_A_PROVIDER = ROOT / "docs" / "connect-oidc-provider.md"
"""Its commands ask an identity provider too: tests/identity runs them."""

_END = "---- end of block ----"


@dataclass(frozen=True)
class Block:
    """Commands that a reader types, and what they print as far as the page says so."""

    commands: str
    output: str | None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that can be run, in order; those marked `<!-- not run: why -->` are left out."""
    found = _BLOCK.finditer(page.read_text())
    return [Block(each["commands"], each["output"]) for each in found if not each["kept"]]


def placed(text: str, places: Mapping[str, str]) -> str:
    """The text of a page with the addresses there are instead of those it shows."""
    for shown, place in places.items():
        text = text.replace(shown, place)
    return text


def run(page: Path, folder: Path, places: Mapping[str, str]) -> tuple[object, object]:
    """What the commands of a page should do and print in `folder`, and what they do; `places` as in `placed`."""
    typed = placed(f"echo '{_END}'\n".join(block.commands for block in blocks(page)), places)
    done = subprocess.run(
        ["bash", "-eu"], input=typed, cwd=folder, env=environment(),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    expected = [block.output and placed(block.output, places) for block in blocks(page)]
    printed = done.stdout.split(f"{_END}\n")
    told = [text if wanted is not None else None for text, wanted in zip(printed, expected, strict=False)]
    return (0, "", expected), (done.returncode, done.stderr, told)
