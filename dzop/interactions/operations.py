"""Who carries out which operation, and how its parameters are read. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from dzop.fhir.json import Source
from dzop.fhir.operations import Operation, operation_on
from dzop.fhir.parameters import Given, read_parameters, read_query, read_resource
from dzop.interactions import explaining, team
from dzop.interactions.everything import everything_of_person, everything_of_plan
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.meta import meta, meta_add, meta_delete
from dzop.interactions.relations import break_glass, declare_relation, revoke
from dzop.interactions.validate import validate_instance, validate_offered

Performed = Callable[[Ask, Given], Awaitable[Answer]]

PERFORMED: Final[Mapping[str, Performed]] = {
    "meta": meta,
    "meta-add": meta_add,
    "meta-delete": meta_delete,
    "validate-type": validate_offered,
    "validate-instance": validate_instance,
    "Patient-everything": everything_of_person,
    "CarePlan-everything": everything_of_plan,
    "declare-relation": declare_relation,
    "break-glass": break_glass,
    "revoke": revoke,
    "propose": team.propose,
    "agree": team.agree,
    "decline": team.decline,
    "leave": team.leave,
    "claim-coordination": team.claim_coordination,
    "explain-access": explaining.explain_access,
    "who-can-see": explaining.who_can_see,
    "preview-as": explaining.preview_as,
    "access-log": explaining.access_log,
    "what-if": explaining.what_if,
}
"""By the id of the operation: `perform(ask, given)`. A test holds it against the table of operations."""


def _is_parameters(body: Source) -> bool:
    return body.value.get("resourceType") == "Parameters"


def performing(operation: Operation) -> Callable[[Ask], Awaitable[Answer]]:
    """The interaction that reads the parameters of this operation and carries it out."""

    async def perform(ask: Ask) -> Answer:
        body, query = ask.request.body, ask.request.parameters
        if body is not None and operation.judges_resource and not _is_parameters(body):
            given = read_resource(operation, body.value, query)
        elif ask.request.method == "POST":
            beside = query if operation.judges_resource else ()
            given = read_parameters(operation, None if body is None else body.value, beside)
        else:
            given = read_query(operation, query)
        return await PERFORMED[operation.id](ask, given)

    return perform


__all__ = ["PERFORMED", "operation_on", "performing"]
