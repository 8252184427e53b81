"""One condition of a query: a search parameter, its modifier and the values asked for.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dzop.fhir.outcome import Invalid, Issue
from dzop.fhir.resource_types import RESOURCE_TYPES, ResourceType, SearchParameter
from dzop.fhir.search.date import DateRange, read_date
from dzop.fhir.search.reference import ReferenceTarget, read_target
from dzop.fhir.search.string import Text, normalised
from dzop.fhir.search.token import Token, read_token

__all__ = ["Criterion", "Unusable", "Value", "listed", "modifiers", "read_criterion", "short"]

_MAX_VALUES: Final = 100

_MODIFIERS: Final = {
    "token": ("missing", "not"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "string": ("missing", "exact", "contains"),
    "uri": ("missing",),
}

Value = Token | ReferenceTarget | DateRange | Text


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: any of the values. All criteria of a query must hold.

    `modifier` is None, `not`, `exact`, `contains`, `identifier` (values are Tokens) or `missing` (one
    Token with code `true` or `false`). A type as modifier is folded into the ReferenceTargets.
    """

    parameter: SearchParameter
    modifier: str | None
    values: tuple[Value, ...]


class Unusable(Exception):
    """A parameter that cannot be used; the text says why and what is possible."""

    def __init__(self, text: str, code: str = "invalid") -> None:
        super().__init__(text)
        self.code = code


def modifiers(parameter: SearchParameter) -> tuple[str, ...]:
    """The modifiers a parameter takes, types of its targets not named."""
    return () if parameter.name.startswith("_") else _MODIFIERS[parameter.type]


def read_criterion(entry: ResourceType, name: str, text: str, base: str) -> Criterion:
    """The condition that `name=text` puts; raises Unusable when it is none."""
    code, _, modifier = name.partition(":")
    parameter = entry.parameter(code)
    if parameter is None:
        possible = [each.name for each in entry.search]
        raise Unusable(
            f"{entry.name} has no search parameter `{short(code)}`; possible are {listed(possible)}.",
            "not-supported",
        )
    if name != code and modifier not in _possible_modifiers(parameter):
        raise Unusable(
            f"`{code}` takes no modifier `:{short(modifier)}`; "
            f"possible are {listed(_possible_modifiers(parameter)) or 'none'}.",
            "not-supported",
        )
    texts = _split(text, ",")
    if len(texts) > _MAX_VALUES:
        raise Invalid(Issue("too-costly", f"`{code}` takes at most {_MAX_VALUES} values in one list."))
    try:
        values = tuple(dict.fromkeys(_read_value(parameter, modifier, each, base) for each in texts))
    except ValueError as error:
        raise Unusable(f"`{name}` has an unusable value: {error}.") from None
    return Criterion(parameter, modifier if modifier in _MODIFIERS[parameter.type] else None, values)


def _possible_modifiers(parameter: SearchParameter) -> tuple[str, ...]:
    types = (parameter.targets or tuple(RESOURCE_TYPES)) if parameter.type == "reference" else ()
    return (*modifiers(parameter), *types)


def _read_value(parameter: SearchParameter, modifier: str, text: str, base: str) -> Value:
    plain = _unescaped(text)
    if not plain:
        raise ValueError("one value in the list is empty")
    if modifier == "missing":
        if plain not in ("true", "false"):
            raise ValueError(f"`{short(plain)}` is neither true nor false")
        return Token(None, plain)
    if modifier == "identifier" or parameter.type == "token":
        return read_token(tuple(_unescaped(part) for part in _split(text, "|")))
    if parameter.type == "reference":
        return _read_target(parameter, modifier, plain, base)
    if parameter.type == "date":
        return read_date(plain)
    if parameter.type == "uri":
        return Token(None, plain)
    if not normalised(plain):
        raise ValueError("there is nothing in it to compare")
    return Text(normalised(plain), plain)


def _read_target(parameter: SearchParameter, modifier: str, text: str, base: str) -> ReferenceTarget:
    if not modifier:
        return read_target(text, parameter.targets, base)
    target = read_target(text, (modifier,), base)
    if target.id is not None and target.types != (modifier,):
        raise ValueError(f"`{short(text)}` is no {modifier}")
    return target


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that no backslash escapes; the parts keep their escapes."""
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == separator:
            parts.append(text[start:position])
            start = position + 1
        position += 2 if text[position] == "\\" else 1
    return [*parts, text[start:]]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def short(text: str) -> str:
    """As much of what was sent as an error repeats."""
    return text if len(text) <= 64 else f"{text[:64]}…"


def listed(names: Sequence[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
