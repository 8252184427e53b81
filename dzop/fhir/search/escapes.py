"""Values in a search parameter: separated by `,`, `|` and `$`, which a backslash escapes.

https://hl7.org/fhir/R4/search.html#escaping
"""

from __future__ import annotations

import re

__all__ = ["is_plain", "split", "unescaped"]


def split(text: str, separator: str) -> list[str]:
    """The parts between separators that no backslash escapes; the parts keep their escapes."""
    if "\\" not in text:
        return text.split(separator)
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == separator:
            parts.append(text[start:position])
            start = position + 1
        position += 2 if text[position] == "\\" else 1
    return [*parts, text[start:]]


def unescaped(text: str) -> str:
    """The text that is meant."""
    return re.sub(r"\\([\\,|$])", r"\1", text)


def is_plain(text: str) -> bool:
    """Whether it holds only characters that a text in FHIR may hold."""
    return not any((char < " " and char not in "\t\r\n") or "\ud800" <= char <= "\udfff" for char in text)
