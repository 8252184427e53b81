"""A score as an Observation, which concerns whom its answers concern.

https://hl7.org/fhir/R4/observation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.resource_types import DATA_CATEGORY
from dzop.plan.scoring import Score
from terminology.content import BASE

__all__ = ["SCORE_IDENTIFIER", "differs", "identifier", "observation", "retracted"]

SCORE_IDENTIFIER: Final = f"{BASE}/NamingSystem/score"
"""Of the identifier by which a score of some answers is found again."""

_SURVEY: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]
}
_GOAL: Final = "extension(http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal).valueReference"
_UNIT: Final = {"unit": "score", "system": "http://unitsofmeasure.org", "code": "{score}"}
_NO_PERFORMER: Final = "Device"
_SERVERS: Final = frozenset({"id", "status", "issued"})


def identifier(score: Score, response: Mapping[str, Any]) -> str:
    """By which a score of these answers is known: their id and the code of the score."""
    return f"{response['id']}.{score.name}"


def observation(
    score: Score,
    value: Decimal,
    response: Mapping[str, Any],
    *,
    person: str,
    categories: Iterable[str],
    writer: str,
    now: str,
) -> dict[str, Any]:
    """The score of a response, without id. `person` is the Patient it is about, `categories` are the data categories of
    the response; `writer` counts as having answered where the response names nobody.
    """
    meaning = score.interpretation(value)
    found: dict[str, Any] = {
        "resourceType": "Observation",
        "identifier": [{"system": SCORE_IDENTIFIER, "value": identifier(score, response)}],
        "basedOn": response.get("basedOn", ()),
        "status": "final",
        "category": [*map(_category, sorted(categories)), _SURVEY],
        "code": score.code,
        "subject": {"reference": person},
        "focus": [*values(response, _GOAL), *_whom(response)],
        "encounter": response.get("encounter"),
        "effectiveDateTime": response.get("authored", now),
        "issued": now,
        "performer": _performers(response) or [{"reference": writer}],
        **_value(score, value),
        "interpretation": [meaning] if meaning is not None else (),
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{response['id']}"}],
    }
    return {name: each for name, each in found.items() if each not in (None, ()) and each != []}


def retracted(known: Mapping[str, Any]) -> dict[str, Any]:
    """A score that does not hold any more."""
    return {**known, "status": "entered-in-error"}


def differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two states of a score say something else."""
    first, second = ({key: each[key] for key in each.keys() - _SERVERS} for each in (one, other))
    return first != second


def _category(code: str) -> dict[str, Any]:
    return {"coding": [{"system": DATA_CATEGORY, "code": code}]}


def _whom(response: Mapping[str, Any]) -> Sequence[Any]:
    """The carer whom the answers are about: the subject of an Observation is the person."""
    subject = response.get("subject", {})
    return (subject,) if "RelatedPerson/" in subject.get("reference", "") else ()


def _performers(response: Mapping[str, Any]) -> list[Any]:
    """Who said it, then who wrote it down."""
    named = (response.get(each) for each in ("source", "author"))
    found = [each for each in named if each and not _is_device(each)]
    return [each for place, each in enumerate(found) if each not in found[:place]]


def _is_device(reference: Mapping[str, Any]) -> bool:
    return reference.get("type") == _NO_PERFORMER or f"{_NO_PERFORMER}/" in reference.get("reference", "")


def _value(score: Score, value: Decimal) -> dict[str, Any]:
    if score.decimals == 0:
        return {"valueInteger": int(value)}
    return {"valueQuantity": {"value": value, **_UNIT}}
