"""The FHIRPath in which a patch names its places: members, positions and the functions that choose among elements.

https://hl7.org/fhirpath/. A path is walked along the elements of R4, so `start` finds `startDate`, and every
step is counted as work. What could visit an element twice (`descendants()`, `repeat()`, `resolve()`) is not
part of it: with the library at hand, fhirpathpy, a chain of `descendants()` takes minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

from dzop.fhir.outcome import Invalid

__all__ = ["FUNCTIONS", "Call", "Literal", "Member", "Operator", "Path", "Position", "read_path"]

MAX_LENGTH: Final = 1_000
MAX_NESTING: Final = 8

FUNCTIONS: Final[Mapping[str, str]] = {
    "where": "condition",
    "exists": "condition?",
    "empty": "",
    "not": "",
    "count": "",
    "first": "",
    "last": "",
    "single": "",
    "tail": "",
    "skip": "number",
    "take": "number",
    "ofType": "type",
    "as": "type",
    "extension": "text",
    "startsWith": "text",
    "endsWith": "text",
    "contains": "text",
}
"""Each function there is, and what it takes."""


@dataclass(frozen=True, slots=True)
class Member:
    """A step to the elements of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Position:
    """`[n]`: the one at this place, counted from 0."""

    number: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function; `argument` is a condition, a number, a text, the name of a type, or None."""

    name: str
    argument: Any


Step = Member | Position | Call


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the resource, or within a condition from the element it is about."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number or a truth value."""

    value: str | int | Decimal | bool


@dataclass(frozen=True, slots=True)
class Operator:
    """`=`, `!=`, `and` or `or` between two expressions."""

    name: str
    left: Expression
    right: Expression


Expression = Path | Literal | Operator


def read_path(text: str, where: str) -> Path:
    """The path in a text; Invalid, at the place `where`, when it is none or uses more than there is here."""
    if len(text) > MAX_LENGTH:
        raise Invalid(f"a path has at most {MAX_LENGTH} characters", expression=where)
    reader = _Reader(text, where)
    path = reader.path()
    reader.end()
    return path


_TOKEN = re.compile(
    r"\s*+(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*+|`(?P<quoted>[A-Za-z_][A-Za-z0-9_]*+)`)"
    r"|(?P<text>'(?:[^'\\]++|\\.)*+')|(?P<number>[0-9]++(?:\.[0-9]++)?+)"
    r"|(?P<mark>\$this|!=|[.()\[\]=]))",
    re.DOTALL,
)
_SHORT = {"'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/", "r": "\r", "n": "\n", "t": "\t", "f": "\f"}
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LEVELS: Final = (("or",), ("and",), ("=", "!="))
_TRUTH: Final = {"true": True, "false": False}


class _Reader:
    """Reads one path from left to right."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._at = 0
        self._nesting = 0

    def path(self) -> Path:
        steps: list[Step] = [] if self._taken("$this") else [self._invoked()]
        while True:
            if self._taken("."):
                steps.append(self._invoked())
            elif self._taken("["):
                steps.append(Position(self._number()))
                self._require("]")
            else:
                return Path(tuple(steps))

    def end(self) -> None:
        if self._text[self._at :].strip():
            self._refuse("is not understood from there on")

    def _invoked(self) -> Member | Call:
        match = self._next("name")
        if match["quoted"] is not None:
            return Member(match["quoted"])
        name: str = match["name"]
        return self._called(name) if self._taken("(") else Member(name)

    def _called(self, name: str) -> Call:
        kind = FUNCTIONS.get(name)
        if kind is None:
            listed = ", ".join(f"`{each}`" for each in FUNCTIONS)
            self._refuse(f"uses `{name[:64]}()`, which a patch cannot; possible are {listed}")
        if kind.endswith("?") and self._taken(")"):
            return Call(name, None)
        argument = _ARGUMENTS[kind.rstrip("?")](self)
        self._require(")")
        return Call(name, argument)

    def _condition(self, level: int = 0) -> Expression:
        if level == len(_LEVELS):
            return self._operand()
        left = self._condition(level + 1)
        while name := next((each for each in _LEVELS[level] if self._taken(each)), None):
            left = Operator(name, left, self._condition(level + 1))
        return left

    def _operand(self) -> Expression:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            self._refuse("is not understood from there on")
        if match["text"] is not None:
            return Literal(self._quoted())
        if match["number"] is not None:
            self._at = match.end()
            return Literal(Decimal(match["number"]))
        if match["name"] in _TRUTH:
            self._at = match.end()
            return Literal(_TRUTH[match["name"]])
        if not self._taken("("):
            return self.path()
        inner = self._nested()
        self._require(")")
        return inner

    def _nested(self) -> Expression:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            self._refuse(f"has conditions more than {MAX_NESTING} deep in each other")
        inner = self._condition()
        self._nesting -= 1
        return inner

    def _number(self) -> int:
        text = self._next("number")["number"]
        if "." in text or len(text) > 9:
            self._refuse("has a position that is no whole number")
        return int(text)

    def _quoted(self) -> str:
        return _ESCAPED.sub(self._unescaped, self._next("text")["text"][1:-1])

    def _unescaped(self, match: re.Match[str]) -> str:
        if match[1] is None and match[2] not in _SHORT:
            self._refuse("has an escape in a text that FHIRPath does not know")
        return _SHORT[match[2]] if match[1] is None else chr(int(match[1], 16))

    def _type(self) -> str:
        name: str = self._next("name")["name"]
        if name in ("FHIR", "System") and self._taken("."):
            name = self._next("name")["name"]
        return name

    def _nothing(self) -> None:
        return None

    def _next(self, kind: str) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match[kind] is None:
            self._refuse(f"needs a {kind} there")
        self._at = match.end()
        return match

    def _taken(self, word: str) -> bool:
        """Whether this word or mark is next, which is then behind."""
        match = _TOKEN.match(self._text, self._at)
        if match is None or word not in (match["mark"], match["name"]):
            return False
        self._at = match.end()
        return True

    def _require(self, mark: str) -> None:
        if not self._taken(mark):
            also = "; between values there may be `=`, `!=`, `and`, `or`" if mark == ")" else ""
            self._refuse(f"needs a `{mark}` there{also}")

    def _refuse(self, fault: str) -> NoReturn:
        raise Invalid(f"the path {fault} (character {self._at + 1})", expression=self._where)


_ARGUMENTS: Final[Mapping[str, Callable[[_Reader], Any]]] = {
    "": _Reader._nothing,
    "condition": _Reader._nested,
    "number": _Reader._number,
    "text": _Reader._quoted,
    "type": _Reader._type,
}
