"""The operation that puts a plan on paper."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["DOCUMENT_OPERATIONS"]

DOCUMENT_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "document",
        ("CarePlan",),
        "instance",
        "r",
        affects_state=False,
        documentation=(
            "A plan on paper, as you may see it now: what matters to the person, goals, tasks, appointments, what was "
            "agreed, the team with telephone numbers, who may see it, and a page for emergencies. A FHIR document, "
            "or with `Accept: application/pdf` pages to print."
        ),
        parameters=(
            Parameter(
                "language",
                "code",
                "in",
                documentation="nl, fr, de or en; else Accept-Language, else the person's own.",
            ),
            Parameter("return", "Bundle", "out", 1, documentation="Of type document, the Composition first."),
        ),
        own_id="CarePlan-document",
        formats=("application/pdf",),
    ),
)
