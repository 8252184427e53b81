"""A text that the server wrote in every language of ours, a line each, told in one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dzop.fhir.paths import values
from terminology.content import CONTENT, LANGUAGES

__all__ = ["in_one_language"]

_SYSTEMS: Final = {each.url: each for each in CONTENT.code_systems.values() if not each.technical}


def in_one_language(text: str, concept: Mapping[str, Any] | None, language: str) -> str:
    """The line of this language, where each line begins with what a code of the concept is called in one of ours.

    What people wrote is told as it is, in however many lines.
    """
    lines = text.splitlines()
    for coding in values(concept or {}, "coding"):
        system, code = _SYSTEMS.get(str(coding.get("system"))), str(coding.get("code"))
        if system is not None and code in system.concepts:
            names = {each: system.display(code, each).casefold() for each in LANGUAGES}
            if all(line.casefold().startswith(tuple(names.values())) for line in lines):
                return next((each for each in lines if each.casefold().startswith(names[language])), text)
    return text
