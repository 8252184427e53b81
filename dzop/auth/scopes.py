"""SMART scopes: what a token may at most reach, before the access law is asked.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
Scopes only narrow. A scope that is not understood, or that carries a search restriction
(`patient/Observation.rs?category=x`), grants nothing: half-understood would be too wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["SUPPORTED", "allows", "grantable", "parse", "within_patient"]

SUPPORTED = ("openid", "fhirUser", "launch/patient", "patient/*.cruds", "user/*.cruds")

LETTERS = "cruds"
_VERSION_1 = {"read": "rs", "write": "cud", "*": LETTERS}
_RESOURCE_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\.(?P<access>read|write|\*|c?r?u?d?s?)"
)


def parse(scope: str) -> frozenset[str]:
    """The scopes in the space-separated text of a `scope` parameter or claim."""
    return frozenset(scope.split())


def allows(scopes: Iterable[str], type: str, letter: str) -> bool:
    """Whether one of `scopes` reaches `letter` (c, r, u, d or s) on resources of `type`."""
    return any(_reaches(scope, type, letter) for scope in scopes)


def grantable(scope: str) -> bool:
    """Whether a user may hand this one scope to an app; `system/` scopes are not a user's to give."""
    if scope in SUPPORTED:
        return True
    return _RESOURCE_SCOPE.fullmatch(scope) is not None and not scope.startswith("system/")


def within_patient(scope: str) -> bool:
    """Whether this one scope means nothing without a patient in context."""
    return scope == "launch/patient" or scope.startswith("patient/")


@lru_cache(maxsize=4096)
def _reaches(scope: str, type: str, letter: str) -> bool:
    match = _RESOURCE_SCOPE.fullmatch(scope)
    if match is None:
        return False
    letters = _VERSION_1.get(match["access"], match["access"])
    return letter in letters and len(letter) == 1 and match["type"] in ("*", type)
