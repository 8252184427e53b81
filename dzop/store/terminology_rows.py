"""Concepts as rows and back: what is kept of them, and by what they are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

from dzop.store.database import Row
from terminology.concept import Concept, Designation, Property
from terminology.filters import texts_of
from terminology.text import words_of

__all__ = [
    "COLUMNS",
    "can_be_kept",
    "compared",
    "concept_of",
    "exists",
    "row_of",
    "says",
    "started",
    "starting",
]

COLUMNS: Final = (
    "code", "written", "display", "definition", "inactive", "abstract", "designations", "properties", "texts",
    "shortest", "lexemes",
)  # fmt: skip
"""What `row_of` gives, in order."""

LENGTH_DIGITS: Final = 5
LONGEST_WORD: Final = 50
"""Characters by which a word is found."""
_LONGEST_LEXEME: Final = 400
"""Bytes; PostgreSQL takes no word longer than 2,046, and what is compared is hardly ever longer than this."""


def row_of(system: int, concept: Concept, *, is_case_sensitive: bool) -> tuple[Any, ...]:
    """The concept as columns (`COLUMNS`) of a code system with this key."""
    texts = [(len(each), words) for each in _names(concept) if (words := words_of(each))]
    return (
        compared(concept.code, is_case_sensitive=is_case_sensitive),
        concept.code,
        concept.display,
        concept.definition,
        concept.inactive,
        concept.abstract,
        _json([[each.language, each.value, *each.use] for each in concept.designations]),
        _json([[each.code, each.type, each.value, *_other_texts(each)] for each in concept.properties]),
        list(dict.fromkeys(_text(*each) for each in texts)),
        min((len(each) for each in _names(concept)[1:] if each), default=len(concept.code)),
        list(dict.fromkeys(_lexemes(system, concept, texts))),
    )


def concept_of(row: Row) -> Concept:
    """The concept of a row, whose `above` are the codes of the parents."""
    return Concept(
        row["written"],
        row["display"],
        row["definition"],
        tuple(
            Designation(each[0], each[1], (each[2], each[3], each[4])) for each in _read(row["designations"])
        ),
        tuple(Property(*each[:3]) for each in _read(row["properties"])),
        tuple(row["above"]),
        row["inactive"],
        row["abstract"],
    )


def compared(code: str, *, is_case_sensitive: bool) -> str:
    """The code as it is compared."""
    return code if is_case_sensitive else code.lower()


def can_be_kept(text: str) -> bool:
    """Whether PostgreSQL can have the text at all; what is not so is nowhere."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def starting(system: int, words: Iterable[str]) -> str:
    """A `tsquery` of what has all these words, each the start of a word there, perhaps in different texts."""
    return " & ".join(f"{_quoted(_word(system, each))}:*" for each in words)


def started(words: Iterable[str]) -> list[str]:
    """Patterns that the text meets in which all these words start words."""
    return [f"% {each}%".replace("_", r"\_") for each in words]


def says(system: int, property: str, texts: Iterable[str]) -> str:
    """A `tsquery` of what has any of these texts as property."""
    return " | ".join(_quoted(_fact(system, property, each)) for each in texts)


def exists(system: int, property: str) -> str:
    """A `tsquery` of what has the property."""
    return _quoted(_fact(system, property))


def _names(concept: Concept) -> tuple[str, ...]:
    return (concept.code, concept.display, *(each.value for each in concept.designations))


def _text(length: int, words: Sequence[str]) -> str:
    """The length in as many digits for each, that they may be compared as text; then each word behind a space."""
    return f"{min(length, 99_999):0{LENGTH_DIGITS}} {' '.join(words)}"


def _other_texts(property: Property) -> Sequence[str]:
    texts = texts_of(property)
    return () if texts == (property.value,) else texts


def _lexemes(system: int, concept: Concept, texts: Iterable[tuple[int, Sequence[str]]]) -> Iterator[str]:
    for _, words in texts:
        for word in words:
            yield _word(system, word)
    for each in concept.properties:
        yield _fact(system, each.code)
        for text in texts_of(each):
            yield _fact(system, each.code, text)


def _word(system: int, word: str) -> str:
    """Cut, as far as a word can be told by its start; what is asked is cut alike."""
    return f"{system}.{word[:LONGEST_WORD]}"


def _fact(system: int, *parts: str) -> str:
    """A property, or a property and a text of it."""
    fact = "=".join(parts)
    if not can_be_kept(fact) or len(fact.encode()) > _LONGEST_LEXEME:
        fact = sha256(fact.encode(errors="surrogatepass")).hexdigest()
    return f"{system}:{fact}"


def _quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _read(value: str) -> list[Any]:
    found: list[Any] = orjson.loads(value)
    return found
