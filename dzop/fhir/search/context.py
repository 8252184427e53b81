"""What a query is read with, and how much it may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.search.terminology import MOST_CODES, Answers

__all__ = ["Context"]

_MAX_CLAUSES: Final = 150


@dataclass(slots=True)
class Context:
    """What a query is read with: our own base URL, what terminology has answered, and how much it may yet ask."""

    base: str
    answers: Answers | None = None
    clauses_left: int = field(default=_MAX_CLAUSES)
    codes_left: int = field(default=MOST_CODES)

    def spend(self, clauses: int = 1) -> None:
        """Counts what was read; Invalid when the query asks too much."""
        self.clauses_left -= clauses
        if self.clauses_left < 0:
            raise Invalid(
                Issue(
                    "too-costly",
                    f"The search asks more than {_MAX_CLAUSES} conditions, those counted that a chain "
                    "without type asks of each possible type; ask less, or name types as in "
                    "`subject:Patient.name`.",
                )
            )

    def spend_codes(self, codes: int) -> None:
        """Counts codes of value sets and hierarchies; Invalid when the query asks for too many."""
        self.codes_left -= codes
        if self.codes_left < 0:
            raise Invalid(
                Issue(
                    "too-costly",
                    f"The search asks for more than {MOST_CODES} codes by value sets and hierarchies, those counted "
                    "that a chain without type asks of each possible type; ask for fewer.",
                )
            )
