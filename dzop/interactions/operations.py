"""Who carries out which operation, and how its parameters are read. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from dzop.fhir.operations import Operation, operation_on
from dzop.fhir.parameters import Given, read_parameters, read_query
from dzop.interactions.exchanged import Answer, Ask

Performed = Callable[[Ask, Given], Awaitable[Answer]]

PERFORMED: Final[Mapping[str, Performed]] = {}
"""By operation code: `perform(ask, given)`. A test holds it against the table of operations."""


def performing(operation: Operation) -> Callable[[Ask], Awaitable[Answer]]:
    """The interaction that reads the parameters of this operation and carries it out."""

    async def perform(ask: Ask) -> Answer:
        body, query = ask.request.body, ask.request.parameters
        if ask.request.method == "POST":
            given = read_parameters(operation, None if body is None else body.value)
        else:
            given = read_query(operation, query)
        return await PERFORMED[operation.code](ask, given)

    return perform


__all__ = ["PERFORMED", "operation_on", "performing"]
