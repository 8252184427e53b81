"""What is answered to a question, and how two answers compare.

https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.item.answer.value_x_
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

__all__ = ["Answer", "answer_in", "is_same", "order"]

_NUMBERS: Final = frozenset({"Integer", "Decimal"})
_DAYS: Final = frozenset({"Date", "DateTime"})
_LENGTH_OF_A_DAY: Final = len("2026-11-22")


class Answer(NamedTuple):
    """A value with its type as it ends the name of a choice element: `Coding` of `valueCoding`."""

    kind: str
    value: Any


def answer_in(element: Mapping[str, Any], stem: str = "value") -> Answer | None:
    """The value of a choice element such as `value[x]`; None where there is none."""
    for name, value in element.items():
        if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper():
            return Answer(name[len(stem) :], value)
    return None


def is_same(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same: codes by system and code, quantities in the same unit, numbers by value."""
    if _is_number(one) and _is_number(other):
        return bool(one.value == other.value)
    if one.kind != other.kind:
        return False
    return bool(_identity(one) == _identity(other))


def order(one: Answer, other: Answer) -> int | None:
    """-1, 0 or 1 as the first is less than, equal to or more than the other; None where that means nothing.

    Days and instants of different precision compare as far as both go.
    """
    if one.kind == other.kind == "Quantity":
        same_unit = _unit(one.value) == _unit(other.value)
        numbers = (one.value.get("value"), other.value.get("value"))
        return _compared(*numbers) if same_unit and None not in numbers else None
    if _is_number(one) and _is_number(other):
        return _compared(one.value, other.value)
    if one.kind == other.kind == "Time":
        return _compared(one.value, other.value)
    if one.kind in _DAYS and other.kind in _DAYS:
        return _order_of_days(str(one.value), str(other.value))
    return None


def _is_number(answer: Answer) -> bool:
    return answer.kind in _NUMBERS and isinstance(answer.value, int | Decimal)


def _identity(answer: Answer) -> Any:
    value = answer.value
    if not isinstance(value, Mapping):
        return value
    if answer.kind == "Coding":
        return (value.get("system"), value["code"]) if "code" in value else value.get("display")
    if answer.kind == "Quantity":
        return (value.get("value"), _unit(value))
    return value.get("reference", value)


def _unit(quantity: Mapping[str, Any]) -> tuple[Any, Any]:
    if "code" in quantity:
        return (quantity.get("system"), quantity["code"])
    return (None, quantity.get("unit"))


def _order_of_days(one: str, other: str) -> int | None:
    instants = [_instant(each) for each in (one, other)]
    if None not in instants:
        return _compared(*instants)
    length = min(len(one), len(other), _LENGTH_OF_A_DAY)
    return _compared(one[:length], other[:length])


def _instant(text: str) -> datetime | None:
    """The instant of a text that says one, with its zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _compared(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)
