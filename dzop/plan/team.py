"""The agreement of team members: server-owned, kept in the participant it is about.

A participant whom the person, or the operator, enters is agreed at once; entries of others wait.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MEMBER_AGREEMENT = "https://dzop.example/fhir/StructureDefinition/member-agreement"


def agreement(participant: Mapping[str, Any]) -> str | None:
    """`proposed`, `agreed` or `declined`; None when nothing is said."""
    for extension in participant.get("extension", ()):
        if extension.get("url") == MEMBER_AGREEMENT:
            return str(extension.get("valueCode"))
    return None


def agreed_participants(team: Mapping[str, Any]) -> str | None:
    """The JSON of `participant` in which every member about whom nothing was said has agreed.

    None when nothing has to be added, so that the accepted bytes stay as they are.
    """
    participants = team.get("participant", [])
    if all(agreement(each) for each in participants):
        return None
    return json.dumps([_agreed(each) for each in participants], ensure_ascii=False, default=str)


def _agreed(participant: Mapping[str, Any]) -> Mapping[str, Any]:
    if agreement(participant):
        return participant
    said = {"url": MEMBER_AGREEMENT, "valueCode": "agreed"}
    return {**participant, "extension": [*participant.get("extension", ()), said]}
