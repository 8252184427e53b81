"""Scores of a questionnaire, by what it says itself: the extension `score` on a Questionnaire.

    code      what the score is, as Observation.code                                    CodeableConcept, 1
    item      linkId, and weight (1 when left out); the numbers of the answers are added     0..*
    decimals  to how many the sum is rounded, half up; 0 when left out, and a whole number   integer, 0..1
    band      low and high, both inclusive and either left out, and interpretation           0..*

Without `item` all items that can give a number count. A number is answered as such, or stands with the chosen option
(`ordinalValue`); true is 1 and false 0. A question that by the other answers is not asked counts 0, one that is asked
and has no answer leaves no score. https://hl7.org/fhir/R4/extension-ordinalvalue.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, Final

from dzop.fhir.outcome import Issue
from dzop.fhir.paths import values
from dzop.plan.answers import Answer, is_same
from dzop.plan.enabling import answered
from dzop.plan.questionnaire import Question, flat
from dzop.plan.rule import remark
from terminology.content import BASE

__all__ = ["SCORE", "Band", "Score", "computed", "definition_issues", "scores"]

SCORE: Final = f"{BASE}/StructureDefinition/score"

_LARGEST: Final = Decimal(2**31 - 1)
"""Of an integer in FHIR."""
_MOST_DECIMALS: Final = 6
_WIDE: Final = Context(prec=2_000)
"""Digits enough to add and multiply what JSON may say (`dzop.fhir.json`) without a fault."""
_NUMERIC: Final = frozenset({"integer", "decimal", "quantity", "boolean"})


@dataclass(frozen=True, slots=True)
class Band:
    """What a score between `low` and `high`, both inclusive, means: a CodeableConcept."""

    low: Decimal | None
    high: Decimal | None
    interpretation: Mapping[str, Any]

    def covers(self, value: Decimal) -> bool:
        """Whether a score lies in it."""
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Score:
    """One score: `weights` by linkId."""

    code: Mapping[str, Any]
    weights: Mapping[str, Decimal]
    decimals: int
    bands: tuple[Band, ...]

    @property
    def name(self) -> str:
        """The code by which it is told from other scores of the questionnaire."""
        return next((str(each) for each in values(self.code, "coding.code")), "")

    def interpretation(self, value: Decimal) -> Mapping[str, Any] | None:
        """What the value means: the first band that covers it."""
        return next((each.interpretation for each in self.bands if each.covers(value)), None)


def scores(questionnaire: Mapping[str, Any], questions: Mapping[str, Question]) -> tuple[Score, ...]:
    """The scores that a Questionnaire defines; one that makes no sense (`definition_issues`) is left out."""
    return tuple(
        _score(each, questions)
        for each in values(questionnaire, f"extension({SCORE})")
        if not any(_faults(each, questions))
    )


def definition_issues(
    questionnaire: Mapping[str, Any], questions: Mapping[str, Question]
) -> tuple[Issue, ...]:
    """Why scores that a Questionnaire defines cannot be computed."""
    found, names = list[Issue](), list[str]()
    for each in values(questionnaire, f"extension({SCORE})"):
        at = f"Questionnaire.extension[{questionnaire['extension'].index(each)}]"
        found += [remark("score-definition", at, fault=fault) for fault in _faults(each, questions)]
        names += [*values(each, "extension(code).valueCodeableConcept.coding.code")][:1]
    if len(names) > len(set(names)):
        found.append(remark("score-definition", "Questionnaire.extension", fault="code"))
    return tuple(found)


def computed(
    score: Score, questions: Mapping[str, Question], response: Mapping[str, Any], not_asked: frozenset[str]
) -> Decimal | None:
    """The score of answers that were checked; None when one is missing or is no number."""
    known = {each.link_id: each for each in flat(questions)}
    given: dict[str, list[Answer]] = {}
    for link_id, answer in answered(response.get("item", ())):
        given.setdefault(link_id, []).append(answer)
    with localcontext(_WIDE):
        total = Decimal(0)
        for link_id in score.weights.keys() - not_asked:
            numbers = [_number(known[link_id], each) for each in given.get(link_id, ())]
            if not numbers or None in numbers:
                return None
            total += score.weights[link_id] * sum(each for each in numbers if each is not None)
        if abs(total) > _LARGEST:
            return None
        return total.quantize(Decimal(1).scaleb(-score.decimals), ROUND_HALF_UP)


def _score(given: Mapping[str, Any], questions: Mapping[str, Question]) -> Score:
    weights = {
        link_id: Decimal(1) if (weight := _decimal(each, "weight")) is None else weight
        for each in values(given, "extension(item)")
        for link_id in values(each, "extension(linkId).valueString")
    }
    return Score(
        values(given, "extension(code).valueCodeableConcept")[0],
        weights or {each: Decimal(1) for each in _countable(questions)},
        next(iter(values(given, "extension(decimals).valueInteger")), 0),
        tuple(_band(each) for each in values(given, "extension(band)")),
    )


def _band(given: Mapping[str, Any]) -> Band:
    interpretation = values(given, "extension(interpretation).valueCodeableConcept")[0]
    return Band(_decimal(given, "low"), _decimal(given, "high"), interpretation)


def _decimal(given: Mapping[str, Any], name: str) -> Decimal | None:
    number = next(iter(values(given, f"extension({name}).valueDecimal")), None)
    return None if number is None else Decimal(number)


def _countable(questions: Mapping[str, Question]) -> Iterator[str]:
    for each in flat(questions):
        if any(option.ordinal is not None for option in each.options) or each.kind in _NUMERIC:
            yield each.link_id


def _number(question: Question, answer: Answer) -> Decimal | None:
    """What an answer counts."""
    if question.options:
        chosen = (each.ordinal for each in question.options if is_same(answer, each.answer))
        ordinal = next(chosen, None)
        if ordinal is not None:
            return Decimal(ordinal)
    value = answer.value.get("value") if answer.kind == "Quantity" else answer.value
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _faults(given: Mapping[str, Any], questions: Mapping[str, Question]) -> Sequence[str]:
    """The names of the parts of a definition that make no sense."""
    link_ids = values(given, "extension(item).extension(linkId).valueString")
    decimals = values(given, "extension(decimals).valueInteger")
    bands, known = values(given, "extension(band)"), {each.link_id for each in flat(questions)}
    wrong = {
        "code": len(values(given, "extension(code).valueCodeableConcept")) != 1
        or not values(given, "extension(code).valueCodeableConcept.coding.code"),
        "item": len(link_ids) != len(values(given, "extension(item)"))
        or len(set(link_ids)) != len(link_ids)
        or not known.issuperset(link_ids)
        or not (link_ids or any(_countable(questions))),
        "decimals": len(decimals) > 1 or any(not 0 <= each <= _MOST_DECIMALS for each in decimals),
        "band": any(not _is_band(each) for each in bands),
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def _is_band(given: Mapping[str, Any]) -> bool:
    low, high = _decimal(given, "low"), _decimal(given, "high")
    means = values(given, "extension(interpretation).valueCodeableConcept")
    return len(means) == 1 and (low is None or high is None or low <= high)
