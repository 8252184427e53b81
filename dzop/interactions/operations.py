"""Who carries out which operation, and how its parameters are read. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from dzop.fhir.operations import Operation, operation_on
from dzop.fhir.parameters import Given, read_parameters, read_query, read_resource, standing_alone
from dzop.interactions import explaining, team
from dzop.interactions.everything import everything_of_person, everything_of_plan
from dzop.interactions.exchanged import Answer, Ask
from dzop.interactions.meta import meta, meta_add, meta_delete
from dzop.interactions.plan import goals
from dzop.interactions.plan.apply import apply
from dzop.interactions.plan.billing import billing_facts
from dzop.interactions.plan.diff import diff
from dzop.interactions.plan.document import document
from dzop.interactions.plan.invite import invite
from dzop.interactions.plan.mark_read import mark_read
from dzop.interactions.plan.members import members
from dzop.interactions.plan.merge import merge
from dzop.interactions.plan.mine import mine
from dzop.interactions.plan.overview import overview
from dzop.interactions.relations import break_glass, declare_relation, revoke
from dzop.interactions.terminology.expand import expand
from dzop.interactions.terminology.lookup import lookup
from dzop.interactions.terminology.subsumes import subsumes
from dzop.interactions.terminology.translate import translate
from dzop.interactions.terminology.validate_code import validate_code
from dzop.interactions.terminology.validate_member import validate_member
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
    "apply": apply,
    "CarePlan-document": document,
    "invite": invite,
    "members": members,
    "overview": overview,
    "billing-facts": billing_facts,
    "accept": goals.accept,
    "progress": goals.show_progress,
    "mine": mine,
    "diff": diff,
    "merge": merge,
    "mark-read": mark_read,
    "explain-access": explaining.explain_access,
    "who-can-see": explaining.who_can_see,
    "preview-as": explaining.preview_as,
    "access-log": explaining.access_log,
    "what-if": explaining.what_if,
    "CodeSystem-lookup": lookup,
    "CodeSystem-validate-code-type": validate_code,
    "CodeSystem-validate-code-instance": validate_code,
    "CodeSystem-subsumes-type": subsumes,
    "CodeSystem-subsumes-instance": subsumes,
    "ValueSet-expand-type": expand,
    "ValueSet-expand-instance": expand,
    "ValueSet-validate-code-type": validate_member,
    "ValueSet-validate-code-instance": validate_member,
    "ConceptMap-translate-type": translate,
    "ConceptMap-translate-instance": translate,
}
"""By the id of the operation: `perform(ask, given)`. A test holds it against the table of operations."""


def performing(operation: Operation) -> Callable[[Ask], Awaitable[Answer]]:
    """The interaction that reads the parameters of this operation and carries it out."""

    async def perform(ask: Ask) -> Answer:
        body, query = ask.request.body, ask.request.parameters
        if body is not None and (alone := standing_alone(operation, body.value)):
            given = read_resource(operation, alone, body.value, query)
        elif ask.request.method == "POST":
            given = read_parameters(operation, None if body is None else body.value, query)
        else:
            given = read_query(operation, query)
        return await PERFORMED[operation.id](ask, given)

    return perform


__all__ = ["PERFORMED", "operation_on", "performing"]
