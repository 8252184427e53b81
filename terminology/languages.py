"""Which languages somebody wants to read, and what a concept is called in them.

https://www.rfc-editor.org/rfc/rfc9110#field.accept-language, https://www.rfc-editor.org/rfc/rfc4647
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from terminology.concept import Concept, Designation

__all__ = ["called", "designation", "more_languages", "preferences"]

_TAG: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*")
_MOST: Final = 20
# R4 itself and SNOMED CT: what a concept is called, and is preferably called.
_NAMES: Final = frozenset({"", "display", "preferredForLanguage", "900000000000013009"})


def preferences(text: str) -> tuple[str, ...]:
    """The language tags of a list as in Accept-Language, or of one tag alone, best first; what is none is left out,
    and so is what is refused with `q=0`.
    """
    weighed = []
    for part in text.split(",")[:_MOST]:
        tag, _, weight = part.partition(";")
        quality = _quality(weight)
        if quality > 0 and _TAG.fullmatch(tag.strip()):
            weighed.append((quality, tag.strip()))
    return tuple(tag for _, tag in sorted(weighed, key=lambda each: -each[0]))


def called(concept: Concept, languages: Sequence[str], default_language: str) -> str:
    """What the concept is called in the first language in which it has a name, else its display, else its code.

    `default_language` is that of the display.
    """
    found = designation(concept, languages, default_language)
    return (found.value if found else "") or concept.display or concept.code


def designation(concept: Concept, languages: Sequence[str], default_language: str) -> Designation | None:
    """The name that fits the languages best: `nl-BE` finds `nl`, and `nl` finds `nl-BE` when there is no `nl`."""
    names = [Designation(default_language, concept.display)] if concept.display else []
    names += [each for each in concept.designations if each.use[1] in _NAMES]
    for language in languages:
        for is_fit in (_is_same, _is_within, _is_wider):
            if found := next((each for each in names if is_fit(each.language, language)), None):
                return found
    return None


def more_languages(concept: Concept, language: str, other: Concept, other_language: str) -> Concept:
    """The concept, with the names that another has in languages in which it has none but its display; `language`
    and `other_language` are those of the displays.
    """
    own, shown = {each.language for each in concept.designations}, (language, concept.display)
    names = (Designation(other_language, other.display), *other.designations)
    added = tuple(
        each
        for each in names
        if each.value and each.language not in own and (each.language, each.value) != shown
    )
    return replace(concept, designations=(*concept.designations, *added)) if added else concept


def _quality(weight: str) -> float:
    """1 when no weight is given, 0 when it makes no sense."""
    if not weight:
        return 1.0
    found = _WEIGHT.fullmatch(weight)
    return float(found[1]) if found else 0.0


def _is_same(language: str, wanted: str) -> bool:
    return language.lower() == wanted.lower()


def _is_within(language: str, wanted: str) -> bool:
    """Whether the language is that of which a region is wanted."""
    return bool(language) and wanted.lower().startswith(f"{language.lower()}-")


def _is_wider(language: str, wanted: str) -> bool:
    """Whether the language is any region of the one wanted."""
    return language.lower().startswith(f"{wanted.lower()}-")
