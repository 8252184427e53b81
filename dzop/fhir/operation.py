"""An operation and its parameters, as R4's OperationDefinition describes them.

https://hl7.org/fhir/R4/operationdefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Level", "Operation", "Parameter"]

Level = Literal["type", "instance"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `type` is a FHIR data or resource type, `Resource`, or empty for one that has `parts`."""

    name: str
    type: str
    use: Literal["in", "out"]
    min: int = 0
    max: str = "1"
    documentation: str = ""
    parts: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as R4's OperationDefinition describes it.

    `letter` is that of the SMART scope it needs on the type (c, r, u, d or s), `also` what it needs besides, as
    (type, letter): what it tells of. One that affects state is asked by POST only. `standard` is the id of the
    operation of R4 that it is, and `own_id` its own id where the code alone would not tell it from another. One that
    `judges_resource` takes its parameter `resource` unchecked, also as the body itself. `omitted` are parameters that
    clients know and that are not offered, as (name, what to do instead). `formats` are media types of its answer
    beside those of FHIR.
    """

    code: str
    types: tuple[str, ...]
    level: Level
    letter: Literal["c", "r", "u", "d", "s"]
    affects_state: bool
    documentation: str
    parameters: tuple[Parameter, ...] = ()
    standard: str = ""
    own_id: str = ""
    judges_resource: bool = False
    also: tuple[tuple[str, str], ...] = ()
    omitted: tuple[tuple[str, str], ...] = ()
    formats: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of its OperationDefinition."""
        return self.own_id or self.code

    @property
    def taken(self) -> dict[str, Parameter]:
        """The parameters that go in, by name."""
        return {each.name: each for each in self.parameters if each.use == "in"}
