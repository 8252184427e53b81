"""Who carries out which operation, and how its parameters are read. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from dzop.fhir.operations import Operation, operation_on
from dzop.fhir.parameters import Given, read_parameters, read_query
from dzop.interactions import explaining, team
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.meta import meta, meta_add, meta_delete
from dzop.interactions.relations import break_glass, declare_relation, revoke

Performed = Callable[[Ask, Given], Awaitable[Answer]]

PERFORMED: Final[Mapping[str, Performed]] = {
    "meta": meta,
    "meta-add": meta_add,
    "meta-delete": meta_delete,
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
