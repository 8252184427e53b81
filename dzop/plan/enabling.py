"""Which questions are asked, given the answers to others.

https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dzop.plan.answers import Answer, answer_in, is_same, order
from dzop.plan.questionnaire import Condition, Question

__all__ = ["Scope", "answered", "is_asked", "scope"]

_ORDERED: Final[Mapping[str, Callable[[int], bool]]] = {
    ">": lambda compared: compared > 0,
    "<": lambda compared: compared < 0,
    ">=": lambda compared: compared >= 0,
    "<=": lambda compared: compared <= 0,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a condition looks for answers: one repetition of a group, one answer, or the whole response.

    `about` are the linkIds that can be answered in it; a condition looks in the innermost scope that has its question,
    so that each repetition of a group is judged by its own answers.
    """

    about: frozenset[str]
    answers: Mapping[str, Sequence[Answer]]


def scope(about: frozenset[str], items: Sequence[Mapping[str, Any]]) -> Scope:
    """The answers in these items of a response and all below them."""
    found: dict[str, list[Answer]] = {}
    for link_id, answer in answered(items):
        found.setdefault(link_id, []).append(answer)
    return Scope(about, found)


def answered(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Answer]]:
    """Every answer in items of a response, with the linkId of its question."""
    for item in items:
        for each in item.get("answer", ()):
            if (answer := answer_in(each)) is not None:
                yield str(item.get("linkId")), answer
            yield from answered(each.get("item", ()))
        yield from answered(item.get("item", ()))


def is_asked(question: Question, scopes: Sequence[Scope]) -> bool:
    """Whether the conditions of a question hold; `scopes` from the whole response inwards.

    Several without `enableBehavior` are alternatives, as they were before there was such an element.
    """
    if not question.conditions:
        return True
    met = (_holds(each, scopes) for each in question.conditions)
    return all(met) if question.needs_all else any(met)


def _holds(condition: Condition, scopes: Sequence[Scope]) -> bool:
    around = (each for each in reversed(scopes) if condition.question in each.about)
    nearest = next(around, None)
    answers = () if nearest is None else nearest.answers.get(condition.question, ())
    if condition.operator == "exists":
        return bool(answers) == (condition.answer.value is True)
    if condition.operator == "!=":
        return not any(is_same(each, condition.answer) for each in answers)
    if condition.operator == "=":
        return any(is_same(each, condition.answer) for each in answers)
    meets = _ORDERED[condition.operator]
    compared = (order(each, condition.answer) for each in answers)
    return any(each is not None and meets(each) for each in compared)
