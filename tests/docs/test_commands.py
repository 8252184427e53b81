import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import PAGES, ROOT, blocks
from serving import Server, environment, serving

SHOWN = "127.0.0.1:8000"
END = "---- end of block ----"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`dzop demo` in a folder that has a `.venv`, as after `make demo`."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / ".venv").symlink_to(sys.prefix)
    with serving(folder, "demo") as server:
        yield server


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_commands_of_a_page_print_what_it_says(page: Path, demo: Server) -> None:
    if shutil.which("curl") is None and os.environ.get("CI") != "true":
        pytest.skip("no `curl`, which the commands of the pages use")
    here = demo.url.removeprefix("http://")
    expected = [block.output and block.output.replace(SHOWN, here) for block in blocks(page)]
    script = f"echo '{END}'\n".join(block.commands for block in blocks(page)).replace(SHOWN, here)
    done = subprocess.run(
        ["bash", "-eu"], input=script, cwd=demo.var.parent, env=environment(),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    printed = done.stdout.split(f"{END}\n")
    told = [text if wanted is not None else None for text, wanted in zip(printed, expected, strict=False)]
    assert (0, "", expected) == (done.returncode, done.stderr, told)
