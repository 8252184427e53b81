"""Operations on what people write to each other."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation, Parameter

__all__ = ["COMMUNICATION_OPERATIONS"]

COMMUNICATION_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "mark-read",
        ("Communication",),
        "instance",
        "u",
        affects_state=True,
        documentation=(
            "Says that you have read a message, a note or a page of a journal of somebody else. Whoever wrote it sees "
            "that, and so do the person and a representative. Asked again, it answers with what you said before."
        ),
        parameters=(
            Parameter("receipt", "Reference", "out", 1, documentation="The Provenance that says so."),
            Parameter("read", "instant", "out", 1, documentation="When you said so first."),
        ),
    ),
)
