"""Files that hold secrets: made once, whoever is first, changed as a whole, and nobody else's to read."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ExposedKeyError", "changed", "kept", "read", "require_private"]

_OTHERS_READ, _OTHERS_WRITE = 0o077, 0o022


class ExposedKeyError(Exception):
    """Others on this machine can read a secret, or put another in its place; the text says how to mend it."""


def kept(path: Path, make: Callable[[], str]) -> str:
    """What is in the file; `make` gives it when there is none. Processes that start together agree on one."""
    if not path.exists():
        changed(path, lambda present: make() if present is None else None)
    return read(path)


def changed(path: Path, change: Callable[[str | None], str | None]) -> None:
    """Puts what `change` makes of the present text, None without a file, in its place; None leaves it as it is.

    One process at a time changes a file of a folder, and a reader finds either the old text or the new one.
    """
    with _locked(path.parent):
        text = change(read(path) if path.exists() else None)
        if text is not None:
            _replace(path, text)


def read(path: Path) -> str:
    """The text of the file. ExposedKeyError when others can read it."""
    with path.open(encoding="utf-8") as file:
        _require(os.fstat(file.fileno()).st_mode, _OTHERS_READ, path)
        return file.read()


def require_private(folder: Path) -> None:
    """ExposedKeyError when others can read a secret in the folder, or put another in its place."""
    if folder.is_dir():
        _require(folder.stat().st_mode, _OTHERS_WRITE, folder)
        for path in sorted(folder.glob("*.json")):
            _require(path.stat().st_mode, _OTHERS_READ, path)


def _require(mode: int, forbidden: int, path: Path) -> None:
    if mode & forbidden:
        raise ExposedKeyError(f"{path} is open to others on this machine: run `chmod go-rwx {path}`")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")  # created with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
