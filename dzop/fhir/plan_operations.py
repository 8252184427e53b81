"""Operations on a care plan and what belongs to it: what a plain read or write cannot say."""

from __future__ import annotations

from typing import Final

from dzop.fhir.operation import Operation

__all__ = ["PLAN_OPERATIONS"]

PLAN_OPERATIONS: Final[tuple[Operation, ...]] = ()
