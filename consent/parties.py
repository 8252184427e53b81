"""Whom a FHIR reference means: an individual, an organisation, or an individual within an organisation."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Party"]


@dataclass(frozen=True, slots=True)
class Party:
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
