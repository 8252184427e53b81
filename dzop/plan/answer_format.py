"""The regular expression that answers to a question fit: R4's extension `regex` on an item of a Questionnaire.

Whoever sends answers may bring the questionnaire along (`contained`), so the expression may be anybody's. RE2 reads a
text once, whatever the expression says; what it cannot do so, it does not offer: looking around and back-references.
https://hl7.org/fhir/R4/extension-regex.html, https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import re2

from dzop.plan.answers import Answer

__all__ = ["fits", "not_offered", "written"]

_LONGEST: Final = 1_000
_MOST_LETTERS: Final = 15_000
"""Of expressions that are read at once: a letter takes twenty microseconds at worst."""
_MOST_MEMORY: Final = 2**18
"""Bytes that a compiled expression takes; a page of class names and counts fits."""


def fits(expression: str, text: str) -> bool | None:
    """Whether the whole of the text fits; None for an expression that is not offered."""
    compiled = _compiled(expression)
    return None if compiled is None else compiled.fullmatch(text) is not None


def not_offered(expressions: Iterable[str]) -> frozenset[str]:
    """Those of them that no answer is held against; of very many only the first are looked at."""
    found, letters = set[str](), 0
    for each in dict.fromkeys(expressions):
        letters += len(each)
        if letters > _MOST_LETTERS:
            break
        if _compiled(each) is None:
            found.add(each)
    return frozenset(found)


def written(answer: Answer) -> str | None:
    """The answer as a text; None for what is chosen or made of parts."""
    value = answer.value
    if isinstance(value, dict | bool):
        return None
    return str(value)


@lru_cache(maxsize=64)
def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MOST_MEMORY
    try:
        return None if len(expression) > _LONGEST else re2.compile(expression, options)
    except re2.error:
        return None
