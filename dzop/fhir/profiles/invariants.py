"""The invariants that profiles name, one function each.

https://www.ehealth.fgov.be/standards/fhir/core/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dzop.fhir.identifiers import is_pseudonym
from dzop.fhir.references import CBE, NIHDI, SSIN

__all__ = ["PROFILE_INVARIANTS", "ProfileInvariant"]


@dataclass(frozen=True, slots=True)
class ProfileInvariant:
    """What to say, and whether the element keeps it."""

    text: str
    holds: Callable[[Mapping[str, Any]], bool]


def _digits(pattern: str, *systems: str) -> Callable[[Mapping[str, Any]], bool]:
    """An identifier of one of these systems has digits only, unless it is a pseudonym."""
    expected = re.compile(pattern)

    def holds(identifier: Mapping[str, Any]) -> bool:
        value = identifier.get("value")
        if identifier.get("system") not in systems or not isinstance(value, str):
            return True
        return is_pseudonym(identifier) or expected.fullmatch(value) is not None

    return holds


PROFILE_INVARIANTS: Final[Mapping[str, ProfileInvariant]] = MappingProxyType(
    {
        "be-inv-SSIN": ProfileInvariant(
            "an SSIN is written as 11 digits and nothing else", _digits(r"[0-9]{11}", SSIN)
        ),
        "be-inv-NIHDI": ProfileInvariant(
            "a NIHDI number is written as 11 digits, or 8, and nothing else",
            _digits(r"[0-9]{11}|[0-9]{8}", NIHDI, f"{NIHDI}-organization", f"{NIHDI}-professional"),
        ),
        "be-inv-CBE": ProfileInvariant(
            "a CBE number is written as 10 digits, the first of which is 0 or 1",
            _digits(r"[01][0-9]{9}", CBE),
        ),
    }
)
"""By the key under which profiles name them."""
