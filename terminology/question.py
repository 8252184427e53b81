"""What may be asked of concepts, and what comes back: the shapes that memory and tables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from terminology.concept import Concept

__all__ = ["Matched", "Subsumption", "SystemVersion", "Wanted"]

Subsumption = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]
"""https://hl7.org/fhir/R4/valueset-concept-subsumption-outcome.html"""


@dataclass(frozen=True, slots=True)
class SystemVersion:
    """A code system by its canonical URL; an empty `version` means the one that counts when none is named."""

    url: str
    version: str = ""

    def __str__(self) -> str:
        """The canonical, with its version where there is one."""
        return f"{self.url}|{self.version}" if self.version else self.url


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the concepts is wanted: those whose code or any designation has all these words, each the start
    of a word there, normalised (`terminology.text.words_of`); from `offset`, at most `count`.

    `most` bounds how many are counted: beyond it there is no total.
    """

    words: tuple[str, ...] = ()
    active_only: bool = False
    offset: int = 0
    count: int = 1000
    most: int = 10_000


@dataclass(frozen=True, slots=True)
class Matched:
    """The concepts of a page, in order, and how many there are in all; None when more than was worth counting."""

    concepts: tuple[Concept, ...]
    total: int | None
