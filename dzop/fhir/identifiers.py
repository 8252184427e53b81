"""The check digits of Belgian identifiers: SSIN of persons, NIHDI of care providers, CBE and EHP of organisations.

https://www.ehealth.fgov.be/standards/fhir/core/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from stdnum.be import ssn, vat

from dzop.fhir.outcome import Issue
from dzop.fhir.references import CBE, NIHDI, SSIN

__all__ = [
    "IdentifierChecks", "identifier_issues", "is_cbe", "is_ehp", "is_nihdi", "is_pseudonym", "is_ssin"
]  # fmt: skip

IdentifierChecks = Literal["error", "warning", "off"]

_EHP: Final = CBE.replace("/cbe", "/ehp")
_PSEUDONYM: Final = (
    "https://www.ehealth.fgov.be/standards/fhir/infsec/StructureDefinition/be-ext-pseudonymization"
)
_ELEVEN_DIGITS: Final = re.compile(r"[0-9]{11}")
_TEN_DIGITS: Final = re.compile(r"[0-9]{10}")
_NIHDI_DIGITS: Final = re.compile(r"[0-9]{8}(?:[0-9]{3})?")
_NIHDI_MODULI: Final = (97, 89)  # numbers of a profession go by 97, and by 89 once those are used up


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


def is_ehp(value: str) -> bool:
    """Whether `value` is the number of an eHealth partner: 10 digits, the last two of which check the others."""
    if _TEN_DIGITS.fullmatch(value) is None:
        return False
    number, check = int(value[:8]), int(value[8:])
    return number > 0 and check == 97 - number % 97


def is_pseudonym(identifier: Mapping[str, Any]) -> bool:
    """Whether the value of an Identifier stands for a number that is not told; it has no check digits then."""
    beside = identifier.get("_value")
    extensions = beside.get("extension") if isinstance(beside, Mapping) else None
    return any(
        isinstance(each, Mapping) and each.get("url") == _PSEUDONYM
        for each in (extensions if isinstance(extensions, list) else ())
    )


def identifier_issues(value: Mapping[str, Any], checks: IdentifierChecks = "warning") -> list[Issue]:
    """An issue for each identifier in the resource whose check digits are wrong; never echoes it."""
    if checks == "off":
        return []
    found = _issues(value, str(value.get("resourceType", "")))
    return [replace(issue, severity=checks) for issue in found]


def _issues(value: Mapping[str, Any], type: str) -> Iterator[Issue]:
    if not _mentions_a_number(value):
        return
    for path, identifier in _identifiers(value, type):
        check = _CHECKS.get(identifier["system"])
        if check is not None and not check[1](identifier["value"]) and not is_pseudonym(identifier):
            yield Issue("value", f"The value is no {check[0]}; check its digits.", f"{path}.value")


def _systems(system: str, oid: int) -> tuple[str, ...]:
    """The URLs of one naming system: as it is, as it was before the core guide, and its OID."""
    return system, system.replace("/core/", "/"), f"urn:oid:2.16.840.1.113883.3.6777.5.{oid}"


_CHECKS: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    system: check
    for systems, check in (
        (_systems(SSIN, 1), ("SSIN", is_ssin)),
        (
            (*_systems(NIHDI, 2), f"{NIHDI}-professional", f"{NIHDI}-organization"),
            ("NIHDI number", is_nihdi),
        ),
        (_systems(CBE, 5), ("CBE number", is_cbe)),
        (_systems(_EHP, 6), ("EHP number", is_ehp)),
    )
    for system in systems
}


def _mentions_a_number(value: Any) -> bool:
    """Whether any system in it is one of ours to check: most resources name none, and need no second look."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            system = item.get("system")
            if isinstance(system, str) and system in _CHECKS:
                return True
            left += [each for each in item.values() if isinstance(each, dict | list)]
        else:
            left += [each for each in item if isinstance(each, dict | list)]
    return False


def _identifiers(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each object with a `system` and a `value`, both text, and its path."""
    if isinstance(value, Mapping):
        if isinstance(value.get("system"), str) and isinstance(value.get("value"), str):
            yield path, value
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from _identifiers(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _identifiers(item, f"{path}[{index}]")
