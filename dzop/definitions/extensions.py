"""Our extensions as StructureDefinitions: each holds one value, and no extensions of its own.

https://hl7.org/fhir/R4/defining-extensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dzop.definitions.code_systems import head
from dzop.definitions.words import BASE, WORDS

__all__ = ["EXTENSIONS", "Extension", "structure_definition"]


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension that may stand `on` an element; `value` is the FHIR type of what it holds.

    One that holds a code takes it from the code system with the same id, and its name and words from there.
    """

    id: str
    on: str
    value: str = "code"
    title: str = ""
    description: str = ""


EXTENSIONS: Final = (
    Extension(
        "break-glass-reason",
        "Consent",
        "string",
        "Reason for declaring an emergency",
        "Why somebody declared an emergency, in their own words; for the person and the reviewer.",
    ),
    Extension("mandate-ground", "Consent"),
    Extension("member-agreement", "CareTeam.participant"),
    Extension(
        "member-proposer",
        "Extension.value[x]",
        "Reference",
        "Who proposed a team member",
        "Who entered a member that the person has to agree to; in `member-agreement`, kept by the server.",
    ),
    Extension(
        "member-reason",
        "CareTeam.participant",
        "string",
        "Why somebody is to be a team member",
        "In the words of whoever proposed or claimed it, for those who agree.",
    ),
    Extension("proof", "Consent"),
)


def structure_definition(extension: Extension) -> Mapping[str, Any]:
    """What the extension looks like, as the difference from the plain Extension."""
    id = extension.id
    name = "".join(part.capitalize() for part in id.split("-"))
    title, description = extension.title, extension.description
    if extension.value == "code":
        words = WORDS[id]
        name, title, description = words.name, words.title, words.description
    return {
        **head("StructureDefinition", id, name, title, description),
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": extension.on}],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Extension", "path": "Extension", "short": title, "max": "1"},
                {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
                {
                    "id": "Extension.url",
                    "path": "Extension.url",
                    "fixedUri": f"{BASE}/StructureDefinition/{id}",
                },
                _value(extension),
            ]
        },
    }


def _value(extension: Extension) -> dict[str, Any]:
    value = {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1}
    bound = {"strength": "required", "valueSet": f"{BASE}/ValueSet/{extension.id}"}
    return {
        **value,
        "type": [{"code": extension.value}],
        **({"binding": bound} if extension.value == "code" else {}),
    }
