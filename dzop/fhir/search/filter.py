"""`_filter`: a logical expression over search parameters, read into the same clauses.

https://hl7.org/fhir/R4/search_filter.html

    filter    = term (("and" / "or") term)*       from left to right, neither binds closer
    term      = "not" "(" filter ")" / "(" filter ")" / path operator value
    path      = name ("[" filter "]" / ) ("." path)
    value     = a JSON string / what has no space, `)` or `]` in it
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import ResourceType, SearchParameter
from dzop.fhir.search.clause import AllOf, AnyOf, Clause, Criterion, Not
from dzop.fhir.search.context import Context
from dzop.fhir.search.criterion import Unusable, listed, short
from dzop.fhir.search.date import DateRange, date_range
from dzop.fhir.search.escapes import is_plain
from dzop.fhir.search.modifier import parameter_of
from dzop.fhir.search.path import MAX_HOPS, followed, reference_of, targets_of
from dzop.fhir.search.reading import criterion

__all__ = ["OPERATORS", "read_filter"]

_MAX_DEPTH: Final = 16
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*+")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BARE: Final = re.compile(r"[^\s)\]]++")
_SPACE: Final = re.compile(r"\s*+")

_NUMERIC: Final = ("eq", "ne", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr")
OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("eq", "ne", "co", "sw", "ew", "pr"),
    "token": ("eq", "ne", "pr", "in", "ss", "sb"),
    "uri": ("eq", "ne", "ss", "sb", "pr"),
    "reference": ("eq", "re", "pr"),
    "date": (*_NUMERIC, "po"),
    "number": _NUMERIC,
    "quantity": _NUMERIC,
    "composite": ("eq",),
}
"""The operators that make sense for each type of parameter."""

# What an operator is as a modifier; `value subsumes a concept` means that the concept is below it.
_AS_MODIFIER: Final[Mapping[tuple[str, str], str]] = {
    ("token", "in"): "in",
    ("token", "ss"): "below",
    ("token", "sb"): "above",
    ("uri", "ss"): "below",
    ("uri", "sb"): "above",
    ("string", "co"): "contains",
}
_ONLY_HERE: Final[Mapping[tuple[str, str], str]] = {
    ("string", "eq"): "equals",
    ("string", "ew"): "ends",
    ("string", "ne"): "unequal",
    ("token", "ne"): "unequal",
    ("uri", "ne"): "unequal",
}
_TEXTS: Final = ("_text", "_content")
_WITHOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "_id": ("pr", "ne"),
    "_lastUpdated": ("pr",),
    "_security": ("pr", "ne"),
}


def read_filter(entry: ResourceType, text: str, context: Context) -> Clause:
    """The clause of a `_filter`; Unusable, with the place, when it cannot be read."""
    reading = _Reading(text, context)
    clause = reading.filter(entry, MAX_HOPS)
    reading.end()
    return clause


class _Reading:
    """Recursive descent over one text; every character is read once."""

    def __init__(self, text: str, context: Context) -> None:
        self._text = text
        self._context = context
        self._at = _SPACE.match(text).end()  # type: ignore[union-attr]
        self._depth = 0

    def filter(self, entry: ResourceType, hops: int) -> Clause:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Invalid(Issue("too-costly", f"A `_filter` is at most {_MAX_DEPTH} parentheses deep."))
        clause = self._term(entry, hops)
        while (word := self._peek()) in ("and", "or"):
            self._word()
            other = self._term(entry, hops)
            clause = _joined(AllOf if word == "and" else AnyOf, clause, other)
        self._depth -= 1
        return clause

    def end(self) -> None:
        """Raises Unusable unless everything has been read."""
        if self._at < len(self._text):
            raise self._unusable("`and`, `or` or the end")

    def _term(self, entry: ResourceType, hops: int) -> Clause:
        if self._peek() == "not":
            self._word()
            return Not(self._enclosed(entry, hops, "(", ")"))
        if self._text.startswith("(", self._at):
            return self._enclosed(entry, hops, "(", ")")
        return self._test(entry, hops)

    def _enclosed(self, entry: ResourceType, hops: int, left: str, right: str) -> Clause:
        self._take(left)
        clause = self.filter(entry, hops)
        self._take(right)
        return clause

    def _test(self, entry: ResourceType, hops: int) -> Clause:
        """A path, an operator and a value; what the path leads through is read for each possible type."""
        name = self._word()
        if not self._text.startswith((".", "["), self._at):
            return self._compared(parameter_of(entry, _named(name)))
        parameter = reference_of(entry, name)
        if hops == 0:
            raise Unusable(f"A search follows references over at most {MAX_HOPS} hops.", "too-costly")
        start, ends = self._at, list[int]()

        def rest(target: ResourceType) -> Clause:
            self._at, depth = start, self._depth
            try:
                clause = self._further(target, hops - 1)
            finally:
                self._depth = depth
            ends.append(self._at)
            return clause

        chain = followed(parameter, targets_of(parameter), rest, self._context)
        self._at = ends[-1]
        return chain

    def _further(self, entry: ResourceType, hops: int) -> Clause:
        """What follows a reference: perhaps a filter on what it leads to, then the rest of the path."""
        having = self._enclosed(entry, hops, "[", "]") if self._text.startswith("[", self._at) else None
        self._take(".")
        test = self._test(entry, hops)
        return test if having is None else AllOf((having, test))

    def _compared(self, parameter: SearchParameter) -> Clause:
        self._spaced()
        operator = self._word()
        possible = _possible(parameter)
        if operator not in possible:
            raise Unusable(
                f"`{parameter.name}` cannot be asked with `{short(operator)}` in a `_filter`; "
                f"possible are {listed(possible)}.",
                "not-supported",
            )
        self._spaced()
        text = self._value()
        try:
            return _clause(parameter, operator, text, self._context)
        except ValueError as error:
            raise Unusable(f"`{parameter.name}` in `_filter` has an unusable value: {error}.") from None

    def _value(self) -> str:
        if self._text.startswith('"', self._at):
            return self._json_string()
        match = _BARE.match(self._text, self._at)
        if match is None:
            raise self._unusable("a value")
        return self._past(match, match[0])

    def _json_string(self) -> str:
        match = _STRING.match(self._text, self._at)
        try:
            value = json.loads(match[0], strict=False) if match is not None else None
        except ValueError:
            value = None
        if match is None or value is None or not is_plain(value):
            raise self._unusable("a JSON string")
        return self._past(match, value)

    def _word(self) -> str:
        match = _WORD.match(self._text, self._at)
        if match is None:
            raise self._unusable("a name or an operator")
        return self._past(match, match[0])

    def _peek(self) -> str:
        match = _WORD.match(self._text, self._at)
        return match[0] if match is not None else ""

    def _take(self, sign: str) -> None:
        if not self._text.startswith(sign, self._at):
            raise self._unusable(f"`{sign}`")
        self._at = _SPACE.match(self._text, self._at + len(sign)).end()  # type: ignore[union-attr]

    def _spaced(self) -> None:
        if not self._text[self._at - 1 : self._at].isspace():
            raise self._unusable("a space")

    def _past(self, match: re.Match[str], value: str) -> str:
        self._at = _SPACE.match(self._text, match.end()).end()  # type: ignore[union-attr]
        return value

    def _unusable(self, expected: str) -> Unusable:
        there = self._text[self._at : self._at + 24]
        found = f"`{there}`" if there else "the end"
        return Unusable(f"`_filter` has {found} at character {self._at + 1} where {expected} was expected.")


def _joined(kind: type[AllOf] | type[AnyOf], first: Clause, second: Clause) -> Clause:
    return kind((*first.clauses, second)) if isinstance(first, kind) else kind((first, second))


def _named(name: str) -> str:
    # The specification's own examples say `subject.id`.
    return "_id" if name == "id" else name


def _possible(parameter: SearchParameter) -> tuple[str, ...]:
    if parameter.name in _TEXTS:
        return ("co",)
    without = _WITHOUT.get(parameter.name, ())
    return tuple(each for each in OPERATORS[parameter.type] if each not in without)


def _clause(parameter: SearchParameter, operator: str, text: str, context: Context) -> Clause:
    if operator == "pr":
        if text not in ("true", "false"):
            raise ValueError(f"`pr` takes true or false, not `{short(text)}`")
        return criterion(parameter, "missing", ["false" if text == "true" else "true"], context)
    if operator == "po":
        # What overlaps; `ap` asks the same of a range that it widens first.
        return Criterion(parameter, None, (DateRange("ap", *date_range(text)),))
    if parameter.type in ("date", "number", "quantity"):
        return criterion(parameter, "", [operator + text], context)
    if parameter.type == "string":
        text = re.sub(r"([\\,|$])", r"\\\1", text)
    if parameter.name in _TEXTS:
        return criterion(parameter, "", [text], context)
    found = criterion(parameter, _AS_MODIFIER.get((parameter.type, operator), ""), [text], context)
    only_here = _ONLY_HERE.get((parameter.type, operator))
    return replace(found, modifier=only_here) if only_here and isinstance(found, Criterion) else found
