"""The data categories and their bits: what a resource is about, as one integer mask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["ALL", "BURDEN", "CATEGORIES", "SENSITIVE", "SYSTEM", "UNTOUCHED", "codes", "mask", "named"]

SYSTEM = "https://dzop.example/fhir/CodeSystem/data-category"

CATEGORIES: tuple[str, ...] = (
    "about-me",
    "life-goal",
    "care-goal",
    "support-goal",
    "plan",
    "task",
    "appointment",
    "care-team",
    "consent",
    "message",
    "journal",
    "shared-note",
    "document",
    "needs-assessment",
    "prom",
    "prem",
    "carer-burden",
    "sensitive",
    "access-log",
    "coordination",
)
"""In committed bit order: category i is bit `1 << i`, stored in every grant. Append only; never reorder,
never reuse.
"""

_BITS = {code: 1 << position for position, code in enumerate(CATEGORIES)}


def mask(codes: Iterable[str]) -> int:
    """The bits of these category codes; KeyError for a code that is no category."""
    bits = 0
    for code in codes:
        bits |= _BITS[code]
    return bits


def codes(mask: int) -> tuple[str, ...]:
    """The category codes in a mask, in bit order."""
    return tuple(code for code, bit in _BITS.items() if mask & bit)


def named(codings: Iterable[Mapping[str, Any]]) -> list[str]:
    """The category codes among FHIR Codings; others are passed over."""
    return [
        coding["code"] for coding in codings if coding.get("system") == SYSTEM and coding.get("code") in _BITS
    ]


ALL = mask(CATEGORIES)

BURDEN = mask(["carer-burden"])
"""Step 2 of the access law: belongs to the carer who gave it, and no other step opens it."""

SENSITIVE = mask(["sensitive"])
"""Step 8 of the access law: a category of its own beside the others, opened only by its cell or by name."""

UNTOUCHED = mask(["sensitive", "carer-burden", "consent", "access-log"])
"""Step 7 of the access law: a provision that names no class leaves these alone."""
