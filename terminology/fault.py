"""Why a question about codes cannot be answered, as a value of R4's issue types and one sentence."""

from __future__ import annotations

from typing import Literal

__all__ = ["Fault"]


class Fault(Exception):
    """`code` is an issue type of R4: `not-found` for a code system, version, value set or code that is not held,
    `too-costly`, `not-supported`, `invalid` for a definition or value that makes no sense, `processing` for a cycle.

    `text` is one sentence in plain words, what was given in backticks.
    """

    def __init__(
        self, code: Literal["not-found", "too-costly", "not-supported", "invalid", "processing"], text: str
    ) -> None:
        super().__init__(text)
        self.code, self.text = code, text
