"""Which types have rules of writing beyond the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consent.law import Decision
from dzop.access import (
    binary_writing,
    case_management,
    consent_writing,
    consultation_writing,
    departing,
    duplicate_writing,
    ending,
    goal_notice,
    goal_writing,
    instrument_writing,
    message_writing,
    minimal_data_writing,
    mistakes,
    need_writing,
    on_behalf,
    person_writing,
    plan_writing,
    review_writing,
    task_writing,
    team_contact_writing,
    team_writing,
)
from dzop.access.proposal import Proposal
from dzop.access.writing import Permission, Rules, Writing

_RULES: Final[Mapping[str, tuple[Rules, ...]]] = {
    "Appointment": (consultation_writing.RULES_OF_APPOINTMENT,),
    "Binary": (binary_writing.RULES,),
    "CarePlan": (plan_writing.RULES,),
    "CareTeam": (team_writing.RULES, team_contact_writing.RULES, departing.RULES),
    "Communication": (message_writing.RULES,),
    "Composition": (consultation_writing.RULES_OF_REPORT,),
    "Condition": (minimal_data_writing.RULES,),
    "Consent": (consent_writing.RULES, need_writing.RULES_OF_CONSENT),
    "DocumentReference": (
        minimal_data_writing.RULES,
        case_management.RULES,
    ),
    "Encounter": (minimal_data_writing.RULES, consultation_writing.RULES_OF_ENCOUNTER),
    "Goal": (mistakes.RULES, goal_writing.RULES, review_writing.RULES_OF_GOAL, goal_notice.RULES),
    "Observation": (
        minimal_data_writing.RULES,
        goal_writing.RULES_OF_RATING,
        instrument_writing.RULES_OF_OBSERVATION,
    ),
    "Patient": (person_writing.RULES, ending.RULES_OF_PERSON),
    "Provenance": (on_behalf.RULES,),
    "Questionnaire": (instrument_writing.RULES_OF_QUESTIONNAIRE,),
    "QuestionnaireResponse": (instrument_writing.RULES,),
    "RelatedPerson": (person_writing.RULES_OF_RELATED,),
    "ServiceRequest": (need_writing.RULES, duplicate_writing.RULES),
    "Task": (mistakes.RULES, task_writing.RULES, review_writing.RULES_OF_TASK, duplicate_writing.RULES),
}
"""The rules of a type, asked one after the other: each sees what the one before made of the resource."""

_PERMISSIONS: Final[Mapping[str, Permission]] = {
    "Appointment": consultation_writing.permission,
    "CarePlan": plan_writing.permission,
    "CareTeam": team_writing.permission,
    "Communication": message_writing.permission,
    "Consent": consent_writing.permission,
    "Goal": goal_writing.permission,
    "Observation": goal_writing.permission_of_rating,
    "QuestionnaireResponse": instrument_writing.permission,
    "ServiceRequest": need_writing.permission,
    "Task": task_writing.permission,
}
"""Types that somebody may write beyond the cells of their categories, or not write in spite of them."""


def as_kept(proposal: Proposal) -> Proposal:
    """A resource of the operator's as it would be stored, to tell whether anything changed."""
    return team_writing.with_agreement(proposal) if proposal.type == "CareTeam" else proposal


def rules_of(type: str) -> tuple[Rules, ...]:
    """The rules of writing this type; none where the matrix alone decides."""
    return _RULES.get(type, ())


async def permission(writing: Writing) -> Decision | None:
    """The decision of the law on this write beyond the cells; None where the cells of its categories decide."""
    asked = _PERMISSIONS.get(writing.proposal.type)
    return None if asked is None else await asked(writing)
