"""The names of a concept as they are shown, and compared with what somebody calls it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dzop.access.vocabulary.answers import Contained, Found
from terminology.concept import Concept, Designation

__all__ = ["coding_of", "designation_part", "is_called", "names_of", "rendered", "values_of"]


def names_of(concept: Concept, default_language: str) -> tuple[Designation, ...]:
    """All names of a concept; its display, in the language of the code system, first."""
    own = Designation(default_language, concept.display)
    said = any(each.value == own.value and each.language == own.language for each in concept.designations)
    return concept.designations if said or not concept.display else (own, *concept.designations)


def values_of(found: Found | Contained) -> list[str]:
    """All that it is called."""
    return [found.concept.display, *[each.value for each in found.concept.designations]]


def is_called(display: str, names: Iterable[str]) -> bool:
    """Whether this is one of the names, whatever case and spaces."""
    return _bare(display) in {_bare(each) for each in names}


def _bare(text: str) -> str:
    return "".join(text.casefold().split())


def coding_of(use: tuple[str, str, str]) -> dict[str, str] | None:
    """The use of a designation as a Coding; None without."""
    named = dict(zip(("system", "code", "display"), use, strict=True))
    return {name: text for name, text in named.items() if text} or None


def designation_part(designation: Designation) -> list[tuple[str, str, Any]]:
    """The parts of a designation in Parameters."""
    return [
        ("language", "code", designation.language or None),
        ("use", "Coding", coding_of(designation.use)),
        ("value", "string", designation.value),
    ]


def rendered(designation: Designation) -> dict[str, Any]:
    """A designation as it stands in an expansion."""
    use = coding_of(designation.use)
    return {
        **({"language": designation.language} if designation.language else {}),
        **({"use": use} if use else {}),
        "value": designation.value,
    }
