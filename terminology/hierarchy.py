"""How one code stands to another. https://hl7.org/fhir/R4/codesystem-operation-subsumes.html"""

from __future__ import annotations

from collections.abc import Sequence

from terminology.question import Subsumption

__all__ = ["subsumption"]


def subsumption(above_a: Sequence[str], above_b: Sequence[str]) -> Subsumption:
    """How A stands to B; each by all codes above it, itself first."""
    if above_a[0] == above_b[0]:
        return "equivalent"
    if above_a[0] in above_b:
        return "subsumes"
    return "subsumed-by" if above_b[0] in above_a else "not-subsumed"
