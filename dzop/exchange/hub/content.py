"""What a hub accepts as content: one resource about the subject, people and organisations by identifier.

The rule is the one of the Vitalink guide: `patient.reference` 0..0 and `patient.identifier` 1..1, the
same for who wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dzop.exchange.hub.errors import NotLogical, WrongCount

__all__ = ["accept"]

_SUBJECTS = ("subject", "patient", "for")


def accept(body: bytes, type: str, ssin: str) -> None:
    """Raise WrongCount or NotLogical when `body` is no `type` about `ssin` that the hub may keep."""
    try:
        resource = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise WrongCount from None
    if not isinstance(resource, dict) or resource.get("resourceType") != type:
        raise WrongCount
    if any(map(_is_literal, _references(resource))):
        raise NotLogical
    subjects = [_ssin(resource[name]) for name in _SUBJECTS if name in resource]
    if subjects != [ssin]:
        raise NotLogical("The content must name the subject of the URI, and only that one, by SSIN.")


def _references(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for element in value:
            yield from _references(element)
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for element in value.values():
            yield from _references(element)


def _is_literal(reference: Mapping[str, Any]) -> bool:
    return not reference["reference"].startswith("#")


def _ssin(reference: Any) -> str | None:
    identifier = reference.get("identifier") if isinstance(reference, dict) else None
    if not isinstance(identifier, dict) or not str(identifier.get("system")).endswith("/ssin"):
        return None
    value = identifier.get("value")
    return value if isinstance(value, str) else None
