"""Whom to turn to: the one member whom a team names as its contact, for the person and for everybody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import actor_key
from terminology.content import BASE

__all__ = ["TEAM_CONTACT", "contact", "is_of_a_member"]

TEAM_CONTACT: Final = f"{BASE}/StructureDefinition/team-contact"


def contact(team: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The Reference to the contact of the team, as it is written; None where there is none."""
    return next(iter(values(team, f"extension({TEAM_CONTACT}).valueReference")), None)


def is_of_a_member(team: Mapping[str, Any], base: str) -> bool:
    """Whether the contact, if there is one, stands among the participants too."""
    named = contact(team)
    members = {actor_key(each, base) for each in values(team, "participant.member")}
    return named is None or actor_key(named, base) in members - {None}
