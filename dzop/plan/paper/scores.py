"""What the newest answers to each questionnaire come to, as lines: the Observations that were derived from them.

https://hl7.org/fhir/R4/observation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.search.date import EARLIEST, date_range
from dzop.plan.answers import Answer, answer_in
from dzop.plan.paper.around import Around
from dzop.plan.paper.content import Line, Section
from dzop.plan.paper.words import Words

__all__ = ["scores"]

_HOLDS: Final = frozenset({"final", "amended", "corrected"})
_UNIT_OF_SCORES: Final = "{score}"

Resource = Mapping[str, Any]


def scores(around: Around) -> Section:
    """One line a score, the newest first; of each kind only the newest."""
    found = [(key, each) for key, each in around.told("Observation") if _is_score(around, each)]
    found.sort(key=lambda each: (_when(each[1]), each[0]), reverse=True)
    newest: dict[str, Line] = {}
    for key, each in found:
        name, value = around.words.concept(each.get("code")), _value(around.words, each)
        if name and value:
            newest.setdefault(_kind(each) or name, _line(around, key, each, around.words.topic(name, value)))
    return around.section("scores", tuple(newest.values()))


def _line(around: Around, key: str, score: Resource, text: str) -> Line:
    return Line(text, tuple(_notes(around, score)), source=key)


def _notes(around: Around, score: Resource) -> Iterator[str]:
    """What it means, when it was said, and by whom."""
    words = around.words
    yield words.concepts(score.get("interpretation", ()))
    if said := score.get("effectiveDateTime") or score.get("issued"):
        yield words.date(said)
    if names := [name for each in score.get("performer", ()) if (name := around.who(each))]:
        yield words.say("written", "said", who=names[0])


def _is_score(around: Around, observation: Resource) -> bool:
    answers = (around.key(each) or "" for each in observation.get("derivedFrom", ()))
    return observation.get("status") in _HOLDS and any(
        each.startswith("QuestionnaireResponse/") for each in answers
    )


def _kind(score: Resource) -> str:
    codes = (
        f"{each.get('system')}|{each['code']}" for each in values(score, "code.coding") if "code" in each
    )
    return next(codes, "")


def _when(score: Resource) -> datetime:
    """When it was true, else when it was told."""
    said = score.get("effectiveDateTime") or score.get("issued")
    return date_range(said)[0] if said else EARLIEST


def _value(words: Words, score: Resource) -> str:
    """What it says; a number as people write it, with its unit unless that is the one of scores."""
    answer = answer_in(score) or Answer("", "")
    if answer.kind == "CodeableConcept":
        return words.concept(answer.value)
    if answer.kind == "Quantity":
        unit = "" if answer.value.get("code") == _UNIT_OF_SCORES else answer.value.get("unit", "")
        number = str(answer.value.get("value", "")).replace(".", words.plain("decimal"))
        return f"{number} {unit}".strip()
    return str(answer.value) if answer.kind in ("Integer", "String") else ""
