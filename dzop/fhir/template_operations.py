"""Operations on templates of plans. https://hl7.org/fhir/R4/plandefinition-operation-apply.html"""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["TEMPLATE_OPERATIONS"]

TEMPLATE_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "apply",
        ("PlanDefinition",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "What a template proposes for a person: a plan, goals and tasks, all of them drafts, as a transaction to "
            "change and send. Nothing is stored."
        ),
        also=(("Patient", "r"), ("CarePlan", "s")),
        parameters=(
            Parameter("subject", "string", "in", 1, documentation="The person, such as `Patient/1`."),
            Parameter("practitioner", "string", "in", documentation="Who is the author of the plan."),
            Parameter("organization", "string", "in", documentation="Which organisation contributes to it."),
            Parameter(
                "goal",
                "Reference",
                "in",
                0,
                "*",
                "A goal, such as a life goal, that the goals contribute to.",
            ),
            Parameter(
                "language",
                "code",
                "in",
                documentation="nl, fr, de or en; else Accept-Language, else the person's own.",
            ),
            Parameter("return", "Bundle", "out", 1, documentation="A transaction."),
        ),
        omitted=(
            ("encounter", "the plan is about the person, whatever the occasion"),
            ("userType", "the words are plain for everybody"),
            ("userLanguage", "give `language`"),
            ("userTaskContext", "everything the template has is proposed"),
            ("setting", "everything the template has is proposed"),
            ("settingContext", "everything the template has is proposed"),
        ),
    ),
)
