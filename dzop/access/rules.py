"""Which types have rules of writing beyond the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dzop.access import case_management, consent_writing, on_behalf, person_writing, team_writing
from dzop.access.proposal import Proposal
from dzop.access.writing import Rules

_RULES: Final[Mapping[str, tuple[Rules, ...]]] = {
    "CareTeam": (team_writing.RULES,),
    "Consent": (consent_writing.RULES,),
    "DocumentReference": (case_management.RULES,),
    "Patient": (person_writing.RULES,),
    "Provenance": (on_behalf.RULES,),
    "RelatedPerson": (person_writing.RULES_OF_RELATED,),
}
"""The rules of a type, asked one after the other: each sees what the one before made of the resource."""


def as_kept(proposal: Proposal) -> Proposal:
    """A resource of the operator's as it would be stored, to tell whether anything changed."""
    return team_writing.with_agreement(proposal) if proposal.type == "CareTeam" else proposal


def rules_of(type: str) -> tuple[Rules, ...]:
    """The rules of writing this type; none where the matrix alone decides."""
    return _RULES.get(type, ())
