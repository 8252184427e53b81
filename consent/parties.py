"""Whom a FHIR reference means: an individual, an organisation, or an individual within an organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from consent.professions import ROLE_SYSTEM

__all__ = ["Meant", "Party", "key_named", "role_named", "type_named"]


class Party(NamedTuple):
    """Actor keys; None is any. A PractitionerRole is both; neither is nobody."""

    individual: str | None
    organisation: str | None

    def includes(self, individual: str | None, organisation: str | None) -> bool:
        """Whether an actor, in the capacity these keys describe, is meant."""
        if self.individual is None:
            return self.organisation is not None and self.organisation == organisation
        return self.individual == individual and self.organisation in (None, organisation)

    def closeness(self, individual: str | None, organisation: str | None) -> int | None:
        """3 for an actor named as individual, 2 by organisation, None for one who is not meant."""
        if not self.includes(individual, organisation):
            return None
        return 2 if self.individual is None else 3


Meant = Callable[[Mapping[str, Any]], Iterable[Party]]
"""All whom a FHIR Reference means; none where that cannot be known."""


def key_named(reference: Mapping[str, Any]) -> str | None:
    """`Type/id`, or `system|value`, as a Reference element has it; None where a display alone names nobody."""
    if literal := reference.get("reference"):
        return "/".join(str(literal).split("/")[-2:])
    identifier = reference.get("identifier") or {}
    system, value = identifier.get("system"), identifier.get("value")
    return f"{system}|{value}" if system and value else None


def role_named(reference: Mapping[str, Any]) -> str | None:
    """The role code of a logical reference to everybody in a role; None for a reference to somebody."""
    identifier = reference.get("identifier") or {}
    return identifier.get("value") if identifier.get("system") == ROLE_SYSTEM else None


def type_named(reference: Mapping[str, Any]) -> str | None:
    """The resource type a Reference says it is to; None where an identifier alone tells."""
    parts = str(reference.get("reference") or "").split("/")
    return parts[-2] if len(parts) > 1 else reference.get("type")
