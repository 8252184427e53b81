"""Packages of npm that tests use: the clients that JavaScript applications use, and R4's own definitions."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients"
_MODULES = CLIENTS / "node_modules"
_LOCK = CLIENTS / "package-lock.json"
_INSTALLED = _MODULES / ".installed"


def package(name: str) -> Path:
    """The folder of a package in tests/clients/package.json; without npm or a network the test is skipped."""
    if problem := _installed():
        if os.environ.get("CI") == "true":
            pytest.fail(problem)
        pytest.skip(problem)
    return _MODULES / name


def node(script: Path, given: str) -> str:
    """What this script prints when it reads `given`; skips without Node."""
    package("")
    return _ran(("node", str(script)), given)


@cache
def _installed() -> str | None:
    """Installs what the lock file names, unless it is there already; what is missing otherwise."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "no Node: install Debian's `nodejs` and `npm` to run the tests that use packages of npm"
    with _LOCK.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several processes run tests, and one of them installs
        return _kept_as(file.read())


def _kept_as(lock: str) -> str | None:
    if _INSTALLED.exists() and _INSTALLED.read_text() == lock:
        return None
    try:
        _ran(("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"))
    except subprocess.CalledProcessError as error:
        return f"npm could not install the packages of tests/clients: {error.stderr.strip()[-300:]}"
    _INSTALLED.write_text(lock)
    return None


def _ran(command: Sequence[str], given: str = "") -> str:
    return subprocess.run(
        command, cwd=CLIENTS, input=given, capture_output=True, text=True, check=True, timeout=300
    ).stdout
