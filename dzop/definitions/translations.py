"""Words in several languages, as the elements of a resource.

https://hl7.org/fhir/R4/extension-translation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from terminology.content import BASE, LANGUAGES, display

__all__ = ["LANGUAGE", "translated", "translated_coding"]

LANGUAGE: Final = LANGUAGES[0]
"""In which the element itself is; its translations stand beside it."""
_TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"


def translated(name: str, words: Mapping[str, str]) -> dict[str, Any]:
    """The members for the element `name`: in our first language, with a translation for each other."""
    others = [_translation(each, words[each]) for each in LANGUAGES if each != LANGUAGE]
    return {name: words[LANGUAGE], f"_{name}": {"extension": others}}


def translated_coding(code_system: str, code: str) -> dict[str, Any]:
    """A Coding of one of our own code systems, with what the code is called in every language."""
    words = {each: display(code_system, code, each) for each in LANGUAGES}
    return {"system": f"{BASE}/CodeSystem/{code_system}", "code": code, **translated("display", words)}


def _translation(language: str, text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]
    return {"url": _TRANSLATION, "extension": parts}
