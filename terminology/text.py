"""Text as it is compared: small letters, no accents, cut into words. The same for what is asked and what is kept."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["normalised", "words_of"]

# Letters that no decomposition takes apart.
_APART: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
_WORD: Final = re.compile(r"\w+")


def normalised(text: str) -> str:
    """The text in small letters without accents: `Œdème` and `oedeme` are the same."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_APART))
    return "".join(each for each in apart if not unicodedata.combining(each))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, normalised, in order."""
    return tuple(_WORD.findall(normalised(text)))
