"""Which SearchParameter defines a search parameter of the table: one of R4's, or one that we publish.

https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter

__all__ = ["OWN", "canonical", "expression", "own_id"]

OWN: Final = "https://dzop.example/fhir/SearchParameter"
_R4: Final = "http://hl7.org/fhir/SearchParameter"

_CLINICAL: Final = (
    "CarePlan", "CareTeam", "Condition", "Consent", "DocumentReference", "Encounter", "Goal", "List",
    "Observation", "ServiceRequest",
)  # fmt: skip
_PEOPLE: Final = ("Patient", "Practitioner", "RelatedPerson")
_WITH_ADDRESS: Final = dict.fromkeys(
    ("address", "address-city", "address-country", "address-postalcode", "address-state", "address-use"),
    _PEOPLE,
)
_WITH_TELECOM: Final = dict.fromkeys(("email", "phone", "telecom"), (*_PEOPLE, "PractitionerRole"))
_DEFINITIONS: Final = tuple(
    name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "definition"
)
_OF_DEFINITIONS: Final = dict.fromkeys(
    (
        "context", "context-quantity", "context-type", "context-type-quantity", "context-type-value", "date",
        "description", "identifier", "jurisdiction", "name", "publisher", "status", "title", "url", "version",
    ),
    _DEFINITIONS,
)  # fmt: skip

_SHARED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "clinical": {
        "code": ("Condition", "List", "Observation", "ServiceRequest"),
        "date": ("CarePlan", "CareTeam", "Consent", "Encounter", "List", "Observation"),
        "encounter": ("DocumentReference", "List", "Observation", "ServiceRequest"),
        "identifier": _CLINICAL,
        "patient": _CLINICAL,
        "type": ("DocumentReference", "Encounter"),
    },
    "conformance": _OF_DEFINITIONS,
    "individual": {
        **_WITH_ADDRESS,
        **_WITH_TELECOM,
        "birthdate": ("Patient", "RelatedPerson"),
        "family": ("Patient", "Practitioner"),
        "gender": _PEOPLE,
        "given": ("Patient", "Practitioner"),
    },
}
"""Parameters that R4 defines once for several types: their family, and for which of ours."""


def canonical(type: str, parameter: SearchParameter) -> str:
    """The canonical of the definition of a parameter of this type."""
    return (
        f"{OWN}/{own_id(type, parameter.name)}" if parameter.own else f"{_R4}/{_r4_id(type, parameter.name)}"
    )


def own_id(type: str, name: str) -> str:
    """The id of a definition of ours; that of a component has the composite's name before its own."""
    return f"{type}-{name.replace('.', '-')}"


def expression(type: str, path: str) -> str:
    """The FHIRPath of a path of the table; an empty type for one that begins inside a resource."""
    steps = [_step(*found) for found in _STEP.findall(path)]
    return ".".join([each for each in (type, *steps) if each]) or "$this"


def _r4_id(type: str, name: str) -> str:
    if name == "_text":
        return "DomainResource-text"
    if name.startswith("_"):
        return f"Resource-{name[1:]}"
    family = next((family for family, names in _SHARED.items() if type in names.get(name, ())), type)
    return f"{family}-{name}"


_STEP: Final = re.compile(r"([A-Za-z]+)(?:\(([^()]+)\)|\[([^\[\]]+)\])?\.?")
_CHOICE: Final = re.compile(
    r"value(Integer|String|Boolean|DateTime|Reference|CodeableConcept|Quantity|Period|Range)"
)
_PRIMITIVES: Final = ("Integer", "String", "Boolean", "DateTime")


def _step(name: str, url: str, condition: str) -> str:
    if url:
        return f"extension('{url}')"
    if choice := _CHOICE.fullmatch(name):
        type = choice[1]
        return f"value.ofType({type[0].lower() + type[1:] if type in _PRIMITIVES else type})"
    member, _, value = condition.partition("=")
    return f"{name}.where({member}='{value}')" if value else name
