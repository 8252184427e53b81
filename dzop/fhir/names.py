"""What people and organisations are called. https://hl7.org/fhir/R4/datatypes.html#HumanName"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["name_of"]


def name_of(resource: Mapping[str, Any] | None) -> str | None:
    """How somebody is usually called; the name of an organisation. None where nobody says."""
    name = (resource or {}).get("name")
    if isinstance(name, str):
        return name
    several = [name] if isinstance(name, Mapping) else name or []
    given = sorted(several, key=lambda each: each.get("use") != "usual")
    return next((text for each in given if (text := _written(each))), None)


def _written(name: Mapping[str, Any]) -> str:
    parts = [*(name.get("prefix") or []), *(name.get("given") or []), name.get("family")]
    return str(name.get("text") or " ".join(part for part in parts if part))
