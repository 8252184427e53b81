"""Which types have rules of writing beyond the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dzop.access import case_management, consent_writing, on_behalf, person_writing, team_writing
from dzop.access.proposal import Proposal
from dzop.access.writing import Rules, removed_by_categories, ruled_by_categories

_RULES: Final[Mapping[str, Rules]] = {
    "CareTeam": team_writing.RULES,
    "Consent": consent_writing.RULES,
    "DocumentReference": case_management.RULES,
    "Patient": person_writing.RULES,
    "Provenance": on_behalf.RULES,
    "RelatedPerson": person_writing.RULES_OF_RELATED,
}
_NONE: Final = Rules(ruled_by_categories, removed_by_categories)


def as_kept(proposal: Proposal) -> Proposal:
    """A resource of the operator's as it would be stored, to tell whether anything changed."""
    return team_writing.with_agreement(proposal) if proposal.type == "CareTeam" else proposal


def rules_of(type: str) -> Rules:
    """The rules of writing this type."""
    return _RULES.get(type, _NONE)
