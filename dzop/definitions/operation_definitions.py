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
    name = "".join(part.capitalize() for part in operation.code.split("-"))
    title = operation.code.replace("-", " ").capitalize()
    on_instance = operation.level == "instance"
    parameters = [_parameter(each) for each in operation.parameters]
    return {
        **head("OperationDefinition", operation.code, name, title, operation.documentation),
        "kind": "operation",
        "affectsState": operation.affects_state,
        "code": operation.code,
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
