"""Goal attainment scaling: five levels agreed beforehand, and how far a goal is reached according to each rater.

The level 0 is what is aimed at; -2 and -1 fall short of it, 1 and 2 go beyond. The scale is an extension of the
Goal; a rating is an Observation about it, by one rater. After HL7 Person-Centered Outcomes,
https://build.fhir.org/ig/HL7/pco-ig/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.resource_types import OBSERVATION_KIND

__all__ = ["LEVELS", "SCALE", "is_rating", "level_words", "rating_of", "scale_fault"]

SCALE: Final = "https://dzop.example/fhir/StructureDefinition/goal-attainment-scale"
LEVELS: Final = (-2, -1, 0, 1, 2)
RATING: Final = "goal-attainment"


def level_words(goal: Mapping[str, Any]) -> dict[int, str]:
    """What each level of the scale of a goal means; empty for a goal without scale."""
    found = {}
    for level in values(goal, f"extension({SCALE}).extension(level)"):
        score = values(level, "extension(score).valueInteger")
        words = values(level, "extension(description).valueString")
        if score and words:
            found[score[0]] = words[0]
    return found


def scale_fault(goal: Mapping[str, Any]) -> int | None:
    """Where among the extensions of a goal a scale stands that is not all five levels, each once and in words."""
    for number, each in enumerate(goal.get("extension", ())):
        if each.get("url") != SCALE:
            continue
        levels = values(each, "extension(level)")
        if len(levels) != len(LEVELS) or sorted(level_words({"extension": [each]})) != list(LEVELS):
            return number
    return None


def is_rating(observation: Mapping[str, Any]) -> bool:
    """Whether an Observation says how far a goal is reached."""
    codings = values(observation, "code.coding")
    return any((each.get("system"), each.get("code")) == (OBSERVATION_KIND, RATING) for each in codings)


def rating_of(observation: Mapping[str, Any]) -> int | None:
    """The level that a rating gives; None when it gives none of the five."""
    value = observation.get("valueInteger")
    return value if type(value) is int and value in LEVELS else None
