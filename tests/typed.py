"""A command as it is typed, in this process: where many are needed, starting as many processes takes too long."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from serving import environment

from dzop.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def typed(folder: Path, *arguments: str, **settings: str) -> Done:
    """What `dzop ARGUMENTS` does in `folder`."""
    stopping, told, before = signal.getsignal(signal.SIGTERM), sys.argv, dict(os.environ)
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["dzop", *arguments]
    os.environ.clear()
    os.environ.update({**environment(), "COLUMNS": "200", **settings})
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _code()
    finally:
        sys.argv = told
        os.environ.clear()
        os.environ.update(before)
        signal.signal(signal.SIGTERM, stopping)
    return Done(code, out.getvalue(), err.getvalue())


def _code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
