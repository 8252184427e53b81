"""What a search asks of terminology: who is in a value set, and what is above and below a code.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["NO_TERMINOLOGY", "Coding", "Terminology"]

# (system, code)
Coding = tuple[str, str]


class Terminology(Protocol):
    """Answers None where it does not know the value set or code system at all."""

    def members(self, value_set: str) -> tuple[Coding, ...] | None:
        """The codes of a value set, given by its canonical, perhaps with `|version`."""

    def descendants(self, coding: Coding) -> tuple[Coding, ...] | None:
        """What the code subsumes, the code itself first."""

    def ancestors(self, coding: Coding) -> tuple[Coding, ...] | None:
        """What subsumes the code, the code itself first."""


class _None:
    def members(self, value_set: str) -> None:
        return None

    def descendants(self, coding: Coding) -> None:
        return None

    def ancestors(self, coding: Coding) -> None:
        return None


NO_TERMINOLOGY: Terminology = _None()
"""Knows nothing: every modifier that needs it is refused."""
