"""The check digits of Belgian identifiers: SSIN of persons, NIHDI of care providers, CBE of organisations.

https://www.ehealth.fgov.be/standards/fhir/core/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stdnum.be import ssn, vat

from dzop.fhir.outcome import Issue
from dzop.fhir.references import CBE, NIHDI, SSIN, canonical_system

__all__ = ["identifier_issues", "is_cbe", "is_nihdi", "is_ssin"]

_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")
_TEN_DIGITS = re.compile(r"[0-9]{10}")
_NIHDI_DIGITS = re.compile(r"[0-9]{8}(?:[0-9]{3})?")
_NIHDI_MODULI = (97, 89)  # numbers of a profession are given out by 97, and by 89 once those are used up


def is_ssin(value: str) -> bool:
    """Whether `value` is 11 digits that form a national register number or a BIS number."""
    return _ELEVEN_DIGITS.fullmatch(value) is not None and bool(ssn.is_valid(value))


def is_nihdi(value: str) -> bool:
    """Whether `value` is 8 digits, or 11 with the qualification; the 7th and 8th check the first six."""
    if _NIHDI_DIGITS.fullmatch(value) is None:
        return False
    number, check = int(value[:6]), int(value[6:8])
    return number > 0 and any(check == modulus - number % modulus for modulus in _NIHDI_MODULI)


def is_cbe(value: str) -> bool:
    """Whether `value` is an enterprise number of 10 digits."""
    return _TEN_DIGITS.fullmatch(value) is not None and bool(vat.is_valid(value))


def identifier_issues(value: Mapping[str, Any]) -> list[Issue]:
    """A warning for each identifier in the resource whose check digits are wrong; never echoes it."""
    return [
        Issue("value", f"The value is no {name}; check its digits.", f"{path}.value", "warning")
        for path, system, number in _identifiers(value, str(value.get("resourceType", "")))
        for name, is_valid in _CHECKS.get(canonical_system(system), ())
        if not is_valid(number)
    ]


_CHECKS: Mapping[str, tuple[tuple[str, Callable[[str], bool]], ...]] = {
    SSIN: (("SSIN", is_ssin),),
    NIHDI: (("NIHDI number", is_nihdi),),
    CBE: (("CBE number", is_cbe),),
}


def _identifiers(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Each object with a `system` and a `value`, both text: path, system, value."""
    if isinstance(value, Mapping):
        system, number = value.get("system"), value.get("value")
        if isinstance(system, str) and isinstance(number, str):
            yield path, system, number
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from _identifiers(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _identifiers(item, f"{path}[{index}]")
