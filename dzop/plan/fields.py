"""A FHIR value as its fields: what is compared, and what is merged, by itself or only as a whole.

Values are those of `dzop.fhir.verbatim`, so numbers keep their digits. https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource
from dzop.fhir.verbatim import canonical

__all__ = [
    "UNITS", "Group", "Path", "fhirpath", "fields", "inside", "is_list", "plain", "same", "structure_behind",
]  # fmt: skip

Path = tuple[str | int, ...]
"""Names of elements and places in lists, from the resource inwards."""

Group = Mapping[str, Any]
"""The members that are one element: `due` and `_due`, or whichever of `value[x]` there is; empty where it is absent."""

UNITS: Final = frozenset(
    (
        "Address", "Age", "Annotation", "Attachment", "CodeableConcept", "Coding", "ContactPoint", "Count", "Distance",
        "Duration", "HumanName", "Identifier", "Money", "Narrative", "Period", "Quantity", "Range", "Ratio",
        "Reference", "SampledData", "Signature", "Timing",
    )
)  # fmt: skip
"""Data types whose parts say one thing together: half of the one and half of another would say what nobody said."""


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same; 1.0 and 1.00 do not, and the order of members says nothing."""
    return one is other or canonical(one) == canonical(other)


def fields(value: Mapping[str, Any], structure: Structure | None) -> dict[str, dict[str, Any]]:
    """The members of each element, by the name that FHIRPath has for it (`value`, not `valueString`)."""
    found: dict[str, dict[str, Any]] = {}
    for member, content in value.items():
        name = member.removeprefix("_")
        element = _element(structure, name)
        found.setdefault((element and element.choice) or name, {})[member] = content
    return found


def plain(*groups: Group) -> str | None:
    """The one member that these groups have, as far as they are not empty; None when there are others or several."""
    members = {member for group in groups for member in group}
    (member, *more) = sorted(members) or [""]
    return None if more or member.startswith("_") else member or None


def inside(structure: Structure | None, member: str) -> Element | None:
    """What R4 says of a member; None where it is not known."""
    return _element(structure, member)


def structure_behind(element: Element | None, *values: Any) -> Structure | None:
    """The structure of what an element holds; of a contained resource that of its type."""
    if element is not None and element.model is not None:
        return structure_of(element.model)
    types = (each.get("resourceType") for each in values if isinstance(each, Mapping))
    return next((structure_of_resource(type) for type in types if isinstance(type, str)), None)


def fhirpath(type: str, path: Path) -> str:
    """`Goal.target[0].due`, of a resource type and a path in it."""
    return type + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _element(structure: Structure | None, name: str) -> Element | None:
    return None if structure is None else structure.elements.get(name)


def is_list(*values: Any) -> bool:
    """Whether these are lists, as far as they are there; at least one is."""
    there = [each for each in values if each is not None]
    return bool(there) and all(isinstance(each, Sequence) and not isinstance(each, str) for each in there)
