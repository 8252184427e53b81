"""Faults of our own in the log: where they arose and of what kind, never their text, which may quote what was sent."""

from __future__ import annotations

from traceback import extract_tb

import structlog

__all__ = ["log_fault"]

_FRAMES = 8
_log = structlog.get_logger()


def log_fault(error: Exception, method: str, **known: str) -> None:
    """One line; `known` is what else tells which request it was, such as its id."""
    frames = [f"{each.name} {each.filename}:{each.lineno}" for each in extract_tb(error.__traceback__)]
    _log.error("request.failed", **known, method=method, error=type(error).__name__, frames=frames[-_FRAMES:])
