"""Whether answers fit the questionnaire that they answer: one issue a fault, at the place where it is.

What is not finished (`in-progress`, `stopped`) may lack answers, and have some to questions that are not asked any
more; what is (`completed`, `amended`) may not. The order of the items says nothing.
https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dzop.fhir.outcome import Issue
from dzop.plan.answer_format import fits, written
from dzop.plan.answers import Answer, answer_in, is_same, order
from dzop.plan.enabling import Scope, answered, is_asked, scope
from dzop.plan.questionnaire import Question, flat
from dzop.plan.rule import refusal, remark

__all__ = ["FINISHED", "Checked", "ValueSets", "checked", "codings_asked", "require_few"]

FINISHED: Final = frozenset({"completed", "amended"})
"""Statuses of answers that somebody may rely on."""
ValueSets = Mapping[str, frozenset[tuple[str | None, str]] | None]
"""Of each value set the codings that are in it, of those that were asked of it; None when that cannot be told."""

_MOST: Final = 50
"""Of issues by one rule that are told."""
_MOST_ITEMS: Final = 5_000
"""Of a response, and of a questionnaire: ten times what the longest assessments have."""
_MOST_STEPS: Final = 300_000
"""Of a walk: answers held against options and conditions, and questions looked for in repetitions of a group."""
_STEPS_OF_A_LETTER: Final = 12
"""That is held against a regular expression: what RE2 takes at worst, a dozen microseconds."""
_STEPS_OF_AN_EXPRESSION: Final = 20
"""By letter, for reading it the first time."""
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "boolean": ("Boolean",),
    "decimal": ("Decimal",),
    "integer": ("Integer",),
    "date": ("Date",),
    "dateTime": ("DateTime",),
    "time": ("Time",),
    "string": ("String",),
    "text": ("String",),
    "url": ("Uri",),
    "choice": ("Coding",),
    "open-choice": ("Coding", "String"),
    "attachment": ("Attachment",),
    "reference": ("Reference",),
    "quantity": ("Quantity",),
}
"""By which types of value an item of a type is answered; options may be of others."""

Items = Sequence[Mapping[str, Any]]
_Found = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say of the answers, and the linkIds of questions that by the other answers are not asked."""

    issues: tuple[Issue, ...]
    not_asked: frozenset[str]


def require_few(items: Items, at: str = "QuestionnaireResponse.item") -> None:
    """That these items of a questionnaire or a response are not too many to be gone through at once; a FhirError."""
    waiting, number = [items], 0
    while waiting:
        these = waiting.pop()
        number += len(these)
        if number > _MOST_ITEMS:
            raise refusal("answers-too-many", at)
        for each in these:
            waiting += [inner["item"] for inner in (each, *each.get("answer", ())) if "item" in inner]


def checked(questions: Mapping[str, Question], response: Mapping[str, Any], value_sets: ValueSets) -> Checked:
    """A QuestionnaireResponse, valid R4, held against its questions; a FhirError where that takes too many steps."""
    walk = _Walk(response.get("status") in FINISHED, value_sets)
    items = response.get("item", ())
    about = frozenset(each.link_id for each in flat(questions))
    walk.items(questions, items, "QuestionnaireResponse", (scope(about, items),))
    return Checked(tuple(walk.issues), frozenset(walk.not_asked))


def codings_asked(
    questions: Mapping[str, Question], response: Mapping[str, Any]
) -> Mapping[str, frozenset[tuple[str | None, str]]]:
    """The codings in the answers that some value set, by canonical or `#id`, has to have."""
    sets = {each.link_id: each.value_set for each in flat(questions) if each.value_set}
    found: dict[str, set[tuple[str | None, str]]] = defaultdict(set)
    for link_id, answer in answered(response.get("item", ())):
        if link_id in sets and answer.kind == "Coding" and "code" in answer.value:
            found[sets[link_id]].add(_coding(answer))
    return {url: frozenset(codings) for url, codings in found.items()}


@dataclass(slots=True)
class _Walk:
    """One walk over the questions, with what was found so far."""

    is_finished: bool
    value_sets: ValueSets
    issues: list[Issue] = field(default_factory=list)
    not_asked: set[str] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)
    formats: set[str] = field(default_factory=set)
    steps: int = 0

    def items(
        self, questions: Mapping[str, Question], items: Items, path: str, scopes: tuple[Scope, ...]
    ) -> None:
        """The items at one place, and what should be there and is not."""
        self._go(len(items) + len(questions) + sum(map(len, scopes[-1].answers.values())))
        found: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        for place, item in enumerate(items):
            at, link_id = f"{path}.item[{place}]", str(item.get("linkId", ""))
            if link_id in questions:
                found[link_id].append((at, item))
            else:
                self._say("answer-item-unknown", f"{at}.linkId", item=link_id)
        for question in questions.values():
            self._question(question, found[question.link_id], path, scopes)

    def _question(self, question: Question, found: _Found, path: str, scopes: tuple[Scope, ...]) -> None:
        self._go(
            sum(len(scope.answers.get(each.question, ())) for each in question.conditions for scope in scopes)
        )
        if not is_asked(question, scopes):
            self.not_asked |= {question.link_id, *question.below}
            if self.is_finished:
                with_answers = (at for at, item in found if any(answered([item])))
                for at in with_answers:
                    self._say("answer-not-asked", at, item=question.link_id)
        elif question.kind == "display":
            self._require_none(found, "answer")
        elif question.kind == "group":
            self._group(question, found, path, scopes)
        else:
            self._answers(question, found, path, scopes)

    def _group(self, group: Question, found: _Found, path: str, scopes: tuple[Scope, ...]) -> None:
        """Each repetition; one that cannot be left out and is not there counts as empty."""
        self._require_none(found, "answer")
        self._number(group, [at for at, _ in found], path)
        if self._is_missing(group, any(answered([item for _, item in found]))):
            self._say("answer-missing", path, item=group.link_id)
            return
        absent: _Found = () if group.repeats or not group.items else ((path, {}),)
        for at, item in found or absent:
            items = item.get("item", ())
            inner = scope(group.below, items)
            # Of what is not there only what should be within can be said, at the place where it should be.
            self.items(group.items, items, at, (*scopes, inner))

    def _answers(self, question: Question, found: _Found, path: str, scopes: tuple[Scope, ...]) -> None:
        for at, _ in found[1:]:
            self._say("answer-item-repeated", at, item=question.link_id)
        self._require_none(found, "item")
        given = [
            (f"{at}.answer[{place}]", element, answer)
            for at, item in found
            for place, element in enumerate(item.get("answer", ()))
            if (answer := answer_in(element)) is not None
        ]
        self._number(question, [at for at, _, _ in given], path)
        if self._is_missing(question, bool(given)):
            self._say("answer-missing", found[0][0] if found else path, item=question.link_id)
        self._alone(question, [(at, answer) for at, _, answer in given])
        for at, element, answer in given:
            self._value(question, answer, f"{at}.value")
            self._below(question, element, answer, at, scopes)

    def _below(
        self,
        question: Question,
        element: Mapping[str, Any],
        answer: Answer,
        at: str,
        scopes: tuple[Scope, ...],
    ) -> None:
        """The questions that follow on this answer."""
        items = element.get("item", ())
        if items or question.items:
            self._go(len(question.below))
            inner = scope(question.below | {question.link_id}, items)
            this = Scope(inner.about, {**inner.answers, question.link_id: (answer,)})
            self.items(question.items, items, at, (*scopes, this))

    def _require_none(self, found: _Found, member: str) -> None:
        for at, item in found:
            if item.get(member):
                self._say("answer-misplaced", f"{at}.{member}", item=str(item.get("linkId", "")))

    def _number(self, question: Question, places: Sequence[str], path: str) -> None:
        most = question.most if question.repeats else 1
        if most is not None and len(places) > most:
            self._say("answer-number", places[most], item=question.link_id)
        elif self.is_finished and places and question.fewest is not None and len(places) < question.fewest:
            self._say("answer-number", path, item=question.link_id)

    def _alone(self, question: Question, given: Sequence[tuple[str, Answer]]) -> None:
        """An answer that excludes the others has none beside it."""
        exclusive = [each.answer for each in question.options if each.is_exclusive]
        if not exclusive or len(given) < 2:
            return
        self._go(len(exclusive) * len(given))
        for at, answer in given:
            if any(is_same(answer, each) for each in exclusive):
                self._say("answer-exclusive", f"{at}.value", item=question.link_id)

    def _is_missing(self, question: Question, is_answered: bool) -> bool:
        return self.is_finished and question.required and not is_answered

    def _value(self, question: Question, answer: Answer, at: str) -> None:
        kinds = {each.answer.kind for each in question.options} or set(_KINDS[question.kind])
        if question.kind == "open-choice":
            kinds |= {"String"}
        if answer.kind not in kinds:
            expected = ", ".join(f"value{each}" for each in sorted(kinds))
            self._say("answer-type", at, item=question.link_id, expected=expected)
        elif not (answer.kind == "String" and question.kind == "open-choice"):
            self._choice(question, answer, at)
        self._size(question, answer, at)
        self._format(question, answer, at)

    def _choice(self, question: Question, answer: Answer, at: str) -> None:
        self._go(len(question.options))
        offered = [each.answer for each in question.options]
        if offered and not any(is_same(answer, each) for each in offered):
            self._say("answer-not-offered", at, item=question.link_id)
        if question.value_set and answer.kind == "Coding":
            known = self.value_sets.get(question.value_set)
            if known is None:
                self._say("answer-not-checked", at, item=question.link_id)
            elif _coding(answer) not in known:
                self._say("answer-not-offered", at, item=question.link_id)

    def _size(self, question: Question, answer: Answer, at: str) -> None:
        if isinstance(answer.value, str) and answer.kind in ("String", "Uri"):
            length = len(answer.value)
            if length < (question.shortest or 0) or length > (question.longest or length):
                self._say("answer-length", at, item=question.link_id)
        outside = (
            (question.lowest is not None and order(answer, question.lowest) == -1)
            or (question.highest is not None and order(answer, question.highest) == 1)
        )  # fmt: skip
        if outside:
            self._say("answer-out-of-range", at, item=question.link_id)

    def _format(self, question: Question, answer: Answer, at: str) -> None:
        text = written(answer)
        if not question.format or text is None:
            return
        self._go(len(text) * _STEPS_OF_A_LETTER)
        if question.format not in self.formats:
            self.formats.add(question.format)
            self._go(len(question.format) * _STEPS_OF_AN_EXPRESSION)
        is_fitting = fits(question.format, text)
        if is_fitting is None:
            self._say("answer-format-unknown", at, item=question.link_id)
        elif not is_fitting:
            self._say("answer-format", at, item=question.link_id)

    def _go(self, steps: int) -> None:
        self.steps += steps
        if self.steps > _MOST_STEPS:
            raise refusal("answers-too-many", "QuestionnaireResponse.item")

    def _say(self, code: str, at: str, **given: str) -> None:
        self.said[code] += 1
        if self.said[code] <= _MOST:
            self.issues.append(remark(code, at, **given))


def _coding(answer: Answer) -> tuple[str | None, str]:
    return (answer.value.get("system"), str(answer.value.get("code", "")))
