"""THE table of operations: `$name` on a type or an instance, with the parameters it takes and gives.

Routes, CapabilityStatement and OpenAPI follow from here. https://hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["OPERATIONS", "Operation", "Parameter", "operation_on"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `type` is a FHIR data type, `Resource`, or empty for one that has parts."""

    name: str
    type: str
    use: Literal["in", "out"]
    min: int = 0
    max: str = "1"
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as R4's OperationDefinition describes it.

    `letter` is that of the SMART scope it needs on the type (c, r, u, d or s). One that affects state is
    asked by POST only.
    """

    code: str
    types: tuple[str, ...]
    level: Literal["type", "instance"]
    letter: Literal["c", "r", "u", "d", "s"]
    affects_state: bool
    documentation: str
    parameters: tuple[Parameter, ...] = ()

    @property
    def taken(self) -> dict[str, Parameter]:
        """The parameters that go in, by name."""
        return {each.name: each for each in self.parameters if each.use == "in"}


OPERATIONS: Final[tuple[Operation, ...]] = ()


def operation_on(type: str, code: str, level: str) -> Operation | None:
    """The operation of this name (without `$`) on a type or an instance of it."""
    for operation in OPERATIONS:
        if operation.code == code and type in operation.types and operation.level == level:
            return operation
    return None
