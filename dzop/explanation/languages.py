"""Which of our languages somebody wants to read. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dzop.explanation.words import LANGUAGES

__all__ = ["ours", "preferred"]

_USUAL = "nl"


def ours(code: str) -> str | None:
    """The language of a code such as `fr-BE`; None when it is none of ours."""
    language = code.strip().lower().replace("_", "-").partition("-")[0]
    return language if language in LANGUAGES else None


def preferred(accepted: str, patient: Mapping[str, Any]) -> str:
    """The best of what a header accepts, else the language the person prefers, else Dutch."""
    for code in (*_accepted(accepted), *_spoken(patient)):
        if language := ours(code):
            return language
    return _USUAL


def _accepted(header: str) -> list[str]:
    """The codes of an Accept-Language header, best first; none for what is refused with `q=0`."""
    weighed = []
    for part in header.split(","):
        code, _, weight = part.replace(" ", "").partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if quality > 0:
            weighed.append((quality, code))
    return [code for _, code in sorted(weighed, key=lambda each: -each[0])]


def _spoken(patient: Mapping[str, Any]) -> Iterator[str]:
    """The person's languages, those preferred first."""
    spoken = patient.get("communication") or []
    for each in sorted(spoken, key=lambda each: not each.get("preferred", False)):
        for coding in each.get("language", {}).get("coding") or []:
            yield coding.get("code", "")
