"""A Questionnaire, read into the questions that it asks.

https://hl7.org/fhir/R4/questionnaire.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.plan.answers import Answer, answer_in

__all__ = ["Condition", "Option", "Question", "flat", "questions"]

_HL7: Final = "http://hl7.org/fhir/StructureDefinition"
_ORDINAL: Final = f"extension({_HL7}/ordinalValue).valueDecimal"


@dataclass(frozen=True, slots=True)
class Condition:
    """One `enableWhen`: `operator` compares the answers to `question` with `answer`."""

    question: str
    operator: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose, the number it stands for in a score, and whether it is chosen alone."""

    answer: Answer
    ordinal: Decimal | int | None
    is_exclusive: bool


@dataclass(frozen=True, slots=True)
class Question:
    """An item: a question, a group, or a text to show (`kind` is its type).

    `fewest` and `most` count the answers, `shortest` and `longest` characters; None where nothing is said.
    `format` is a regular expression that answers fit as a whole, or empty (`dzop.plan.answer_format`).
    `below` are the linkIds of all items within it.
    """

    link_id: str
    kind: str
    required: bool
    repeats: bool
    conditions: tuple[Condition, ...]
    needs_all: bool
    options: tuple[Option, ...]
    value_set: str
    fewest: int | None
    most: int | None
    shortest: int | None
    longest: int | None
    format: str
    lowest: Answer | None
    highest: Answer | None
    items: Mapping[str, Question]
    below: frozenset[str]


def questions(items: Sequence[Mapping[str, Any]]) -> Mapping[str, Question]:
    """The items of a Questionnaire, or of one of its items, by linkId in their order."""
    return {link_id: _question(item, link_id) for item in items if (link_id := item.get("linkId"))}


def flat(questions: Mapping[str, Question]) -> Iterator[Question]:
    """All of them with all below, in the order in which they stand."""
    for question in questions.values():
        yield question
        yield from flat(question.items)


def _question(item: Mapping[str, Any], link_id: str) -> Question:
    items = questions(item.get("item", ()))
    lowest, highest = (_bound(item, name) for name in ("minValue", "maxValue"))
    return Question(
        link_id,
        item["type"],
        required=item.get("required") is True,
        repeats=item.get("repeats") is True,
        conditions=tuple(_conditions(item)),
        needs_all=item.get("enableBehavior") == "all",
        options=tuple(_options(item)),
        value_set=item.get("answerValueSet", ""),
        fewest=_integer(item, "questionnaire-minOccurs"),
        most=_integer(item, "questionnaire-maxOccurs"),
        shortest=_integer(item, "minLength"),
        longest=item.get("maxLength"),
        format=next(iter(values(item, f"extension({_HL7}/regex).valueString")), ""),
        lowest=lowest,
        highest=highest,
        items=items,
        below=frozenset(each.link_id for each in flat(items)),
    )


def _conditions(item: Mapping[str, Any]) -> Iterator[Condition]:
    for each in item.get("enableWhen", ()):
        if (answer := answer_in(each, "answer")) is not None:
            yield Condition(each["question"], each["operator"], answer)


def _options(item: Mapping[str, Any]) -> Iterator[Option]:
    for each in item.get("answerOption", ()):
        if (answer := answer_in(each)) is not None:
            numbers = (*values(each, _ORDINAL), *values(each, f"valueCoding.{_ORDINAL}"))
            is_exclusive = True in values(
                each, f"extension({_HL7}/questionnaire-optionExclusive).valueBoolean"
            )
            yield Option(answer, next(iter(numbers), None), is_exclusive)


def _bound(item: Mapping[str, Any], name: str) -> Answer | None:
    found = (answer_in(each) for each in values(item, f"extension({_HL7}/{name})"))
    return next((each for each in found if each is not None), None)


def _integer(item: Mapping[str, Any], name: str) -> int | None:
    return next(iter(values(item, f"extension({_HL7}/{name}).valueInteger")), None)
