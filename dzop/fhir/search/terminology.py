"""What a search asks of terminology: who is in a value set, and what is above and below a code.

Reading a search is pure, and terminology may be in a database. So a search is read with the answers that are known;
what else it asks is raised as `Unanswered`: whoever reads has that answered and reads again.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.search.token import Codes
from terminology.fault import Fault

__all__ = ["MOST_CODES", "Answer", "Answers", "Question", "Unanswered", "codes_of"]

MOST_CODES: Final = 20_000
"""How many codes one search may ask for by the value sets and hierarchies that it names, all of them together."""


@dataclass(frozen=True, slots=True)
class Question:
    """The codes of a value set (`in`), or a code with all that subsumes it (`above`) or that it subsumes (`below`).

    `name` is the canonical of the value set, perhaps with `|version`, or `ValueSet/id`; or the code of the `system`.
    """

    kind: Literal["in", "above", "below"]
    name: str
    system: str = ""


Answer = Sequence[Codes] | Fault
"""The codes, each system once and in the form under which codes are compared; or why they cannot be told."""

Answers = Mapping[Question, Answer]


class Unanswered(Exception):
    """Raised by reading what can be read only with the answers to these questions."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("what a search asks of terminology must be answered before it can be read")
        self.questions = tuple(questions)


def codes_of(answers: Answers | None, questions: Sequence[Question]) -> tuple[Codes, ...]:
    """All codes that the questions ask for, each system once.

    Without answers at all (None) terminology is not asked here. Raises Unanswered; ValueError for what is not known;
    Invalid, too costly, for too many.
    """
    if answers is None:
        raise ValueError("value sets and hierarchies of codes cannot be asked for here")
    if unanswered := [each for each in questions if each not in answers]:
        raise Unanswered(unanswered)
    found: dict[str, frozenset[str]] = {}
    for each in _told([answers[question] for question in questions]):
        found[each.system] = found.get(each.system, frozenset()) | each.codes
    return tuple(Codes(system, codes) for system, codes in found.items())


def _told(answers: Sequence[Answer]) -> Iterator[Codes]:
    for answer in answers:
        if not isinstance(answer, Fault):
            yield from answer
        elif answer.code == "too-costly":
            raise Invalid(Issue("too-costly", answer.text))
        else:
            raise ValueError(answer.text)
