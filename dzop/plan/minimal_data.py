"""The guard on minimal data: a plan refers to medical records and copies no more of them than it needs.

Which clinical types are not kept at all, and how much comes in of those that are: in one Bundle about one person, and
in all, as far as the writer sees it. Requirements 62 and 85: shared data are no second medical record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from dzop.fhir.outcome import FhirError
from dzop.fhir.references import person_references
from dzop.plan.rule import refusal

__all__ = ["ELSEWHERE", "LIMITS", "Limit", "elsewhere", "require_few"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of a type at most: `together` in one Bundle, `around` a person, over so many `hours` where given.

    `counting` are search parameters of those that count.
    """

    together: int
    around: int
    hours: int | None = None
    counting: tuple[tuple[str, str], ...] = ()


LIMITS: Final[Mapping[str, Limit]] = MappingProxyType(
    {
        "Condition": Limit(10, 50, counting=(("clinical-status:not", "inactive,remission,resolved"),)),
        "DocumentReference": Limit(10, 50, 24),
        "Encounter": Limit(10, 20, 24),
        "Observation": Limit(50, 200, 24),
    }
)
"""The clinical types that are kept, each as far as a plan needs it."""

ELSEWHERE: Final = frozenset(
    (
        "AdverseEvent", "AllergyIntolerance", "BodyStructure", "ClinicalImpression", "DetectedIssue",
        "DeviceUseStatement", "DiagnosticReport", "FamilyMemberHistory", "ImagingStudy", "Immunization",
        "ImmunizationEvaluation", "ImmunizationRecommendation", "Media", "Medication", "MedicationAdministration",
        "MedicationDispense", "MedicationRequest", "MedicationStatement", "MolecularSequence", "NutritionOrder",
        "Procedure", "RiskAssessment", "Specimen", "VisionPrescription",
    )
)  # fmt: skip
"""Types of R4 that belong to the medical record: a plan refers to where they are kept."""


def elsewhere(type: str) -> FhirError:
    """The error for a resource of a type that is kept in the medical record."""
    return refusal("minimal-data-type", type, type=type)


def require_few(resources: Iterable[tuple[str, Mapping[str, Any] | None]], base: str) -> None:
    """Refuses a Bundle that brings too much of a clinical type about one person.

    `resources` are the places in the Bundle (FHIRPath) and what is created or updated there.
    """
    found = Counter[tuple[str, object]]()
    for place, resource in resources:
        type = str((resource or {}).get("resourceType"))
        if resource is None or type not in LIMITS:
            continue
        about = (type, person_references(resource, type, base))
        found[about] += 1
        if found[about] > LIMITS[type].together:
            raise refusal("minimal-data-together", place, type=type, most=str(LIMITS[type].together))
