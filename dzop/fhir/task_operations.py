"""Operations on tasks. https://hl7.org/fhir/R4/task.html"""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["TASK_OPERATIONS"]

TASK_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "mine",
        ("Task",),
        "type",
        "s",
        affects_state=False,
        documentation=(
            "What you have to do on a day, for everybody whose plan you see: your own open tasks, and those of your "
            "teams and your organisation and those offered to you that nobody has taken; due that day or before, "
            "running, or without a date. Overdue first; the persons they are for come along."
        ),
        parameters=(
            Parameter("date", "date", "in", documentation="The day; else today in Brussels."),
            Parameter("_count", "integer", "in", documentation="How many on a page."),
            Parameter(
                "_total", "code", "in", documentation="`accurate`: say how many there are on all pages."
            ),
            Parameter("_page", "string", "in", documentation="From the link to the next page."),
            Parameter("return", "Bundle", "out", 1, documentation="A searchset."),
        ),
    ),
)
