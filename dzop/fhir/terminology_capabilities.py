"""The TerminologyCapabilities: which code systems are held, and what may be asked of them.

https://hl7.org/fhir/R4/terminologycapabilities.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.fhir.capability_statement import Offer
from dzop.fhir.terminology_operations import EXPANSION_PARAMETERS

__all__ = ["OfferedSystem", "terminology_capabilities"]

_FILTERS: Final = {
    "concept": ("is-a", "descendent-of", "is-not-a", "generalizes", "in", "not-in"),
    "code": ("=", "in", "not-in", "regex"),
    "display": ("=", "regex"),
    "parent": ("=", "in", "exists"),
    "child": ("=", "in", "exists"),
}
"""What every code system can be narrowed by; besides, by the properties that it has itself."""


@dataclass(frozen=True, slots=True)
class OfferedSystem:
    """A code system: its versions, the first of which counts where none is named, and whether it has a hierarchy."""

    url: str
    versions: tuple[str, ...]
    subsumption: bool


def terminology_capabilities(
    offer: Offer, systems: Sequence[OfferedSystem], most_expanded: int
) -> dict[str, Any]:
    """What this server offers of terminology; `most_expanded` is the number of codes in the largest expansion."""
    return {
        "resourceType": "TerminologyCapabilities",
        "url": f"{offer.base}/metadata?mode=terminology",
        "version": offer.version,
        "name": "DzopTerminology",
        "title": "dzop, the terminology of shared care plans",
        "status": "active",
        "date": offer.date,
        "kind": "instance",
        "software": {"name": "dzop", "version": offer.version},
        "implementation": {"description": "dzop", "url": offer.base},
        "lockedDate": False,
        "codeSystem": [_code_system(each) for each in systems],
        "expansion": _expansion(most_expanded),
        "codeSearch": "explicit",
        "validateCode": {"translations": True},
        "translation": {"needsMap": False},
    }


def _code_system(system: OfferedSystem) -> dict[str, Any]:
    filters = [{"code": property, "op": list(operators)} for property, operators in _FILTERS.items()]
    return {
        "uri": system.url,
        "version": [
            {
                **({"code": version} if version else {}),
                "isDefault": number == 0,
                "compositional": False,
                "filter": filters,
            }
            for number, version in enumerate(system.versions)
        ],
        "subsumption": system.subsumption,
    }


def _expansion(most: int) -> dict[str, Any]:
    return {
        "hierarchical": False,
        "paging": True,
        "incomplete": False,
        "parameter": [
            {"name": each.name, "documentation": each.documentation} for each in EXPANSION_PARAMETERS
        ],
        "textFilter": (
            "All words must be found, each as the start of a word, in the code or in the names of a concept in any "
            "language, without regard to case and accents. The best match comes first. Without `count` an expansion "
            f"of more than {most:,} codes is refused as `too-costly`."
        ),
    }
