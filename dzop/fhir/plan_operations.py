"""Operations on a care plan and what belongs to it: what a plain read or write cannot say."""

from __future__ import annotations

from typing import Final

from dzop.fhir.communication_operations import COMMUNICATION_OPERATIONS
from dzop.fhir.document_operations import DOCUMENT_OPERATIONS
from dzop.fhir.goal_operations import GOAL_OPERATIONS
from dzop.fhir.operation import Operation
from dzop.fhir.task_operations import TASK_OPERATIONS
from dzop.fhir.team_operations import TEAM_OPERATIONS
from dzop.fhir.template_operations import TEMPLATE_OPERATIONS
from dzop.fhir.version_operations import VERSION_OPERATIONS

__all__ = ["PLAN_OPERATIONS"]

PLAN_OPERATIONS: Final[tuple[Operation, ...]] = (
    *GOAL_OPERATIONS,
    *TEAM_OPERATIONS,
    *TASK_OPERATIONS,
    *COMMUNICATION_OPERATIONS,
    *DOCUMENT_OPERATIONS,
    *VERSION_OPERATIONS,
    *TEMPLATE_OPERATIONS,
)
