"""Strings in search: compared without regard to case, accents and spacing.

https://hl7.org/fhir/R4/search.html#string
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Text", "indexed_strings", "is_met", "normalised"]

# HumanName and Address, the two types whose parts are searched as one.
_PARTS: Final = (
    "text", "family", "given", "prefix", "suffix", "line", "city", "district", "state",
    "postalCode", "country",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A string asked for: a value that starts with `normalised`, or with `:exact` equals `exact`."""

    normalised: str
    exact: str


def is_met(asked: Text, indexed: str, exact: str, modifier: str | None) -> bool:
    """Whether an indexed string, in its normalised and its exact form, is what was asked for."""
    match modifier:
        case "exact":
            return exact == asked.exact
        case "contains":
            return asked.normalised in indexed
        case "ends":
            return indexed.endswith(asked.normalised)
        case "equals" | "unequal":
            return indexed == asked.normalised
    return indexed.startswith(asked.normalised)


def normalised(text: str) -> str:
    """The form in which strings are compared: NFKD, no combining marks, case folded, single spaces."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(char for char in folded if not unicodedata.combining(char)).split())


def indexed_strings(node: Any) -> tuple[tuple[str, str], ...]:
    """(normalised, exact) of a string, or of each part of a HumanName or Address."""
    if isinstance(node, str):
        return ((normalised(node), node),) if normalised(node) else ()
    if isinstance(node, list):
        return tuple(row for part in node for row in indexed_strings(part))
    if isinstance(node, Mapping):
        return tuple(row for part in _PARTS for row in indexed_strings(node.get(part)))
    return ()
