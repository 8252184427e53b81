"""The compartments that can be searched, as FHIR: R4's, of the types that are held here.

https://hl7.org/fhir/R4/compartmentdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.definitions.code_systems import head
from dzop.fhir.search.compartment import COMPARTMENTS

__all__ = ["compartment_definition"]


def compartment_definition(code: str) -> Mapping[str, Any]:
    """Of which types a compartment has resources, and by which of their search parameters."""
    description = (
        f"What `{code}/[id]/[type]` searches: the compartment of R4, of the types that are held here."
    )
    stated = head("CompartmentDefinition", f"{code[0].lower()}{code[1:]}", code, "", description)
    return {
        **{name: value for name, value in stated.items() if name != "title"},
        "code": code,
        "search": True,
        "resource": [
            {"code": type, "param": list(parameters)} for type, parameters in COMPARTMENTS[code].items()
        ],
    }
