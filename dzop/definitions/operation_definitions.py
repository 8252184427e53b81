"""Our operations as OperationDefinitions, from the table of operations.

https://hl7.org/fhir/R4/operationdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.definitions.code_systems import head
from dzop.fhir.operations import Operation, Parameter

__all__ = ["operation_definition"]


def operation_definition(operation: Operation) -> Mapping[str, Any]:
    """On what it is asked, whether it changes anything, what goes in and what comes out."""
    name = "".join(f"{part[0].upper()}{part[1:]}" for part in operation.id.split("-"))
    title = operation.id.replace("-", " ").capitalize()
    on_instance = operation.level == "instance"
    parameters = [_parameter(each) for each in operation.parameters]
    return {
        **head("OperationDefinition", operation.id, name, title, operation.documentation),
        "kind": "operation",
        "affectsState": operation.affects_state,
        "code": operation.code,
        **(
            {"base": f"http://hl7.org/fhir/OperationDefinition/{operation.standard}"}
            if operation.standard
            else {}
        ),
        "resource": list(operation.types),
        "system": False,
        "type": not on_instance,
        "instance": on_instance,
        **({"parameter": parameters} if parameters else {}),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    stated = {"name": parameter.name, "use": parameter.use, "min": parameter.min, "max": parameter.max}
    documentation = {"documentation": parameter.documentation} if parameter.documentation else {}
    parts = [_parameter(each) for each in parameter.parts]
    return {**stated, **documentation, **({"part": parts} if parts else {"type": parameter.type})}
