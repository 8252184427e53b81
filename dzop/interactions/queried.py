"""A search as it is asked: what it asks of terminology is answered first, in as few rounds as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dzop.access.vocabulary.vocabulary import Vocabulary
from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.references import canonical_system
from dzop.fhir.search.query import Query, read_query
from dzop.fhir.search.terminology import MOST_CODES, Answer, Question, Unanswered
from dzop.fhir.search.token import Codes
from terminology.concept import Coding
from terminology.fault import Fault

__all__ = ["answered_query"]

_MOST: Final = 50
"""How many value sets and hierarchies one search may name: each is asked for by itself."""


async def answered_query(
    vocabulary: Vocabulary, type: str, parameters: Sequence[tuple[str, str]], *, base: str, lenient: bool
) -> Query:
    """As `read_query`, with the codes of the value sets and hierarchies that are named."""
    answers: dict[Question, Answer] = {}
    while True:
        try:
            return read_query(type, parameters, base=base, lenient=lenient, answers=answers)
        except Unanswered as unanswered:
            asked = unanswered.questions
        if len(answers) + len(asked) > _MOST:
            text = f"A search names at most {_MOST} value sets and codes above or below which something is asked for."
            raise Invalid(Issue("too-costly", text))
        for question in asked:
            answers[question] = await _answered(vocabulary, question)


async def _answered(vocabulary: Vocabulary, question: Question) -> Answer:
    try:
        return _by_system(await _codings(vocabulary, question))
    except Fault as fault:
        return fault


async def _codings(vocabulary: Vocabulary, question: Question) -> Iterable[Coding]:
    match question.kind:
        case "in":
            return await vocabulary.members(question.name, MOST_CODES)
        case "above":
            return await vocabulary.ancestors((question.system, question.name))
        case "below":
            return await vocabulary.descendants((question.system, question.name), MOST_CODES)


def _by_system(codings: Iterable[Coding]) -> tuple[Codes, ...]:
    found: dict[str, set[str]] = {}
    for system, code in codings:
        found.setdefault(canonical_system(system), set()).add(code)
    return tuple(Codes(system, frozenset(codes)) for system, codes in found.items())
