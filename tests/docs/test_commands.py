import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from documents import PAGES, ROOT, WITH_A_PROVIDER, blocks, run
from serving import Server, serving

SHOWN = "127.0.0.1:8000"


FIRST_STEPS = ROOT / "README.md"


@contextmanager
def demonstrating(folder: Path) -> Iterator[Server]:
    """`dzop demo` in a folder that has a `.venv`, as after `make demo`."""
    (folder / ".venv").symlink_to(sys.prefix)
    with serving(folder, "demo") as server:
        yield server


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with demonstrating(tmp_path_factory.mktemp("docs")) as server:
        yield server


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks(page) and page not in (WITH_A_PROVIDER, FIRST_STEPS)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_commands_of_a_page_print_what_it_says(page: Path, demo: Server) -> None:
    _try(page, demo)


def test_the_first_steps_print_what_they_say_where_nobody_was_before(tmp_path: Path) -> None:
    with demonstrating(tmp_path) as demo:
        _try(FIRST_STEPS, demo)


def _try(page: Path, demo: Server) -> None:
    missing = [each for each in ("curl", "openssl") if shutil.which(each) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"no {' and '.join(missing)}, which the commands of the pages use")
    expected, told = run(page, demo.var.parent, {SHOWN: demo.url.removeprefix("http://")})
    assert expected == told
