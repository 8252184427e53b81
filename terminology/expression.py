"""A regular expression of a value set, read into a tree: a subset that PostgreSQL and RE2 read alike.

There are characters, classes, groups, alternatives and counted repetition. What repeats more than once repeats nothing
that repeats itself; there is no looking around or back, and nothing is lazy. The whole text has to fit. In memory RE2
follows all ways to read a text at once, so it takes time in proportion to the text.
https://hl7.org/fhir/R4/valueset-filter-operator.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import re2

from terminology.fault import Fault

__all__ = ["Alternatives", "Characters", "Expression", "InTurn", "Repeated", "fitting", "read", "written"]

_LONGEST: Final = 500
_DEEPEST: Final = 20
_MOST: Final = 255
"""The highest count that PostgreSQL takes."""
_LARGEST: Final = 1_000
"""How many places for a character there may be, when all repetition is written out."""

_TOP: Final = 0x10FFFF
# Halves of a pair in UTF-16: no characters, and nothing that a text can hold.
_HALVES: Final = (0xD800, 0xDFFF)
_DIGITS: Final = ((48, 57),)
_WORD: Final = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Final = ((9, 13), (32, 32))
_CLASSES: Final = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_ESCAPED: Final = {"t": 9, "n": 10, "r": 13}

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Characters:
    """One character in any of these ranges of code points, both ends included."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class InTurn:
    """One after the other."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Any of them."""

    choices: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """At least `least` times, at most `most`, without bound when that is None."""

    part: Expression
    least: int
    most: int | None


Expression = Characters | InTurn | Alternatives | Repeated


@lru_cache(maxsize=256)
def read(text: str) -> Expression:
    """The tree; Fault `invalid` for what is not in the subset."""
    if len(text) > _LONGEST:
        raise Fault("invalid", f"a regular expression has at most {_LONGEST} characters, not {len(text)}")
    reading = _Reading(text.removeprefix("^"))
    found = reading.alternatives(0)
    if not reading.ended():
        raise reading.fault("has a `)` too many")
    if _size(found) > _LARGEST:
        raise reading.fault("repeats too much")
    return found


@lru_cache(maxsize=64)
def fitting(expression: Expression) -> Callable[[str], bool]:
    """Whether the whole of a text fits; Fault `too-costly` when RE2 has no room for the expression."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(written(expression), options)
    except re2.error:
        raise Fault("too-costly", "a regular expression is too large; write it shorter") from None
    return lambda text: compiled.fullmatch(text) is not None


def written(expression: Expression) -> str:
    """The expression in the syntax that PostgreSQL and RE2 share, for the whole of a text."""
    return f"^(?:{_written(expression)})$"


def _written(expression: Expression) -> str:
    match expression:
        case Characters(ranges):
            return "[" + "".join(_range(*each) for each in ranges) + "]"
        case InTurn(parts):
            return "".join(map(_written, parts))
        case Alternatives(choices):
            return f"(?:{'|'.join(map(_written, choices))})"
        case Repeated(part, least, most):
            return f"(?:{_written(part)}){{{least},{'' if most is None else most}}}"


def _range(low: int, high: int) -> str:
    return _character(low) if low == high else f"{_character(low)}-{_character(high)}"


def _character(point: int) -> str:
    """As it stands in brackets; PostgreSQL has no NUL in a text."""
    character = chr(max(point, 1))
    return f"\\{character}" if character in r"\]-^[" else character


def _size(expression: Expression) -> int:
    match expression:
        case Characters():
            return 1
        case InTurn(parts) | Alternatives(parts):
            return sum(map(_size, parts))
        case Repeated(part, least, most):
            return _size(part) * max(least, most or least, 1)


def _repeats(expression: Expression) -> bool:
    """Whether anything in it can repeat."""
    match expression:
        case Characters():
            return False
        case InTurn(parts) | Alternatives(parts):
            return any(map(_repeats, parts))
        case Repeated(part, _, most):
            return most is None or most > 1 or _repeats(part)


class _Reading:
    """Reads from the left."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def fault(self, why: str) -> Fault:
        return Fault("invalid", f"the regular expression `{self._text}` {why}")

    def ended(self) -> bool:
        return self._at == len(self._text)

    def alternatives(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise self.fault(f"has groups more than {_DEEPEST} deep")
        choices = [self._in_turn(depth)]
        while self._take("|"):
            choices.append(self._in_turn(depth))
        return choices[0] if len(choices) == 1 else Alternatives(tuple(choices))

    def _in_turn(self, depth: int) -> Expression:
        parts = []
        while not self.ended() and self._ahead() not in "|)":
            if self._text[self._at :] == "$":
                self._at += 1
            else:
                parts.append(self._repeated(self._one(depth)))
        return parts[0] if len(parts) == 1 else InTurn(tuple(parts))

    def _repeated(self, part: Expression) -> Expression:
        bounds = self._bounds()
        if bounds is None:
            return part
        least, most = bounds
        if (most is not None and not least <= most <= _MOST) or least > _MOST:
            raise self.fault(f"has a count that is not from 0 to {_MOST}")
        if most != 1 and _repeats(part):
            raise self.fault("repeats what repeats itself; write the repetition once")
        if not self.ended() and self._ahead() in "?+*{":
            raise self.fault("repeats in a way that is not offered; leave out the second sign")
        return Repeated(part, least, most)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("?", (0, 1)), ("*", (0, None)), ("+", (1, None))):
            if self._take(sign):
                return bounds
        return self._counted() if self._take("{") else None

    def _counted(self) -> tuple[int, int | None]:
        counts, closed, _ = self._text[self._at :].partition("}")
        least, comma, most = counts.partition(",")
        numbers = [each for each in (least, most) if each]
        if not closed or not least or not all(each.isascii() and each.isdigit() for each in numbers):
            raise self.fault("has a `{` that is not a count such as `{3}` or `{2,5}`; write `\\{`")
        self._at += len(counts) + 1
        if any(len(each) > 3 for each in numbers):
            raise self.fault(f"has a count that is not from 0 to {_MOST}")
        return int(least), int(most) if most else None if comma else int(least)

    def _one(self, depth: int) -> Expression:
        character = self._next()
        table: dict[str, Callable[[], Expression]] = {
            "(": lambda: self._group(depth),
            "[": self._class,
            ".": lambda: Characters(_others(((10, 10),))),
            "\\": lambda: Characters(self._escaped()),
        }
        if character in table:
            return table[character]()
        if character in "?*+{}^$]":
            raise self.fault(f"has a `{character}` where it means nothing; write `\\{character}`")
        return Characters(((ord(character), ord(character)),))

    def _group(self, depth: int) -> Expression:
        if self._take("?") and not self._take(":"):
            raise self.fault("has a group that is not offered; write `(...)` or `(?:...)`")
        inner = self.alternatives(depth + 1)
        if not self._take(")"):
            raise self.fault("has a group that is not closed")
        return inner

    def _class(self) -> Expression:
        is_others = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            ranges.extend(self._of_class())
        found = _others(ranges) if is_others else tuple(sorted(ranges))
        if not ranges or not found:
            raise self.fault("has a class in which nothing fits")
        return Characters(found)

    def _of_class(self) -> Ranges:
        """A character, a range, or what an escape stands for."""
        first = self._class_character()
        if len(first) != 1 or first[0][0] != first[0][1] or not self._is_range():
            return first
        self._at += 1
        last = self._class_character()
        if len(last) != 1 or last[0][0] != last[0][1] or last[0][0] < first[0][0]:
            raise self.fault("has a range whose ends are not two characters in order")
        return ((first[0][0], last[0][0]),)

    def _is_range(self) -> bool:
        following = self._text[self._at : self._at + 2]
        return following[:1] == "-" and following[1:] != "]"

    def _class_character(self) -> Ranges:
        character = self._next()
        if character == "[":
            raise self.fault("has a `[` in a class; write `\\[`")
        return self._escaped() if character == "\\" else ((ord(character), ord(character)),)

    def _escaped(self) -> Ranges:
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        if character.lower() in _CLASSES:
            return _others(_CLASSES[character.lower()])
        if character in _ESCAPED or not character.isalnum():
            point = _ESCAPED.get(character, ord(character))
            return ((point, point),)
        raise self.fault(f"has `\\{character}`, which is not offered")

    def _ahead(self) -> str:
        return self._text[self._at]

    def _next(self) -> str:
        if self.ended():
            raise self.fault("ends in the middle")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, sign: str) -> bool:
        """Whether this comes next; it is then read."""
        if self.ended() or self._ahead() != sign:
            return False
        self._at += 1
        return True


def _others(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All characters but these."""
    found, low = [], 1
    for first, last in sorted((*ranges, _HALVES)):
        if first > low:
            found.append((low, first - 1))
        low = max(low, last + 1)
    return (*found, (low, _TOP)) if low <= _TOP else tuple(found)
