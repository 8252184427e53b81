"""Numbers and quantities in search: a value with the precision in which it is written, and its unit.

https://hl7.org/fhir/R4/search.html#quantity

A Quantity asked for matches an indexed range (l, h), both ends in it, l = h for a plain value, when

    eq  low <= l and h < high        sa  l >= high
    ne  not eq                       eb  h < low
    gt  h > exact                    ge  h >= exact
    lt  l < exact                    le  l <= exact
    ap  l < high and h >= low        (low and high are already widened by a tenth of the value)

and its unit is the one indexed: `system` and `code` where both are said; with `code` alone the code, or
the unit as people write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

__all__ = ["HIGHEST", "LOWEST", "Quantity", "QuantityRow", "indexed_quantities", "is_met", "read_quantity"]

# (low, high, system or '', code or '', unit or '')
QuantityRow = tuple[Decimal, Decimal, str, str, str]

# The open ends of a range, beyond every number that JSON may bring.
HIGHEST: Final = Decimal("1e1000")
LOWEST: Final = -HIGHEST

_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_NUMBER: Final = re.compile(
    r"[+-]?(?P<digits>[0-9]{1,40})(?:\.(?P<fraction>[0-9]{1,40}))?(?:[eE](?P<exponent>[+-]?[0-9]{1,3}))?"
)
_MAX_EXPONENT: Final = 308


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number or quantity asked for: `exact` as written, meant from `low` until just before `high`.

    System None: any; then `code` is held against codes and written units. Code None: any unit.
    """

    prefix: str
    low: Decimal
    high: Decimal
    exact: Decimal
    system: str | None = None
    code: str | None = None


def read_quantity(parts: tuple[str, ...]) -> Quantity:
    """A quantity from the text between its unescaped `|`, a number from one text; ValueError if it is none."""
    if len(parts) not in (1, 3):
        raise ValueError("a quantity is written `value`, `value|system|code` or `value||code`")
    text = parts[0]
    prefix, rest = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    if prefix not in _PREFIXES:
        raise ValueError(f"`{prefix}` is none of the prefixes {', '.join(_PREFIXES)}")
    # A `+` of an exponent that was not escaped in the URL arrives as a space.
    exact, half = _number(rest.replace(" ", "+"))
    if prefix == "ap":
        half += abs(exact) / 10
    system, code = parts[1:] if len(parts) == 3 else ("", "")
    if system and not code:
        raise ValueError("a system of units is followed by `|` and a code")
    return Quantity(prefix, exact - half, exact + half, exact, system or None, code or None)


def is_met(asked: Quantity, low: Decimal, high: Decimal, system: str, code: str, unit: str) -> bool:
    """Whether an indexed row is what was asked for: the table above."""
    if asked.code is not None and asked.code != code and (asked.system is not None or asked.code != unit):
        return False
    if asked.system not in (None, system):
        return False
    equal = asked.low <= low and high < asked.high
    return {
        "eq": equal,
        "ne": not equal,
        "gt": high > asked.exact,
        "lt": low < asked.exact,
        "ge": high >= asked.exact,
        "le": low <= asked.exact,
        "sa": low >= asked.high,
        "eb": high < asked.low,
        "ap": low < asked.high and high >= asked.low,
    }[asked.prefix]


def indexed_quantities(node: Any) -> tuple[QuantityRow, ...]:
    """The row of a number, Quantity (Age, Duration, ...) or Range; none when it has no value.

    A comparator opens the range on its side. What is sampled over time has no one value and no row.
    """
    number = _decimal(node)
    if number is not None:
        return ((number, number, "", "", ""),)
    if not isinstance(node, Mapping):
        return ()
    if "low" in node or "high" in node:
        return _range_rows(node)
    value = _decimal(node.get("value"))
    if value is None:
        return ()
    comparator = node.get("comparator")
    low = LOWEST if comparator in ("<", "<=") else value
    high = HIGHEST if comparator in (">", ">=") else value
    return ((low, high, *_unit(node)),)


def _range_rows(node: Mapping[str, Any]) -> tuple[QuantityRow, ...]:
    ends = [node.get("low"), node.get("high")]
    low, high = (_decimal(end.get("value")) if isinstance(end, Mapping) else None for end in ends)
    if low is None and high is None:
        return ()
    found = (LOWEST if low is None else low, HIGHEST if high is None else high)
    unit = next(_unit(end) for end in ends if isinstance(end, Mapping))
    return ((*found, *unit),) if found[0] <= found[1] else ()


def _unit(node: Mapping[str, Any]) -> tuple[str, str, str]:
    def text(name: str) -> str:
        found = node.get(name)
        return found if isinstance(found, str) else ""

    return text("system"), text("code"), text("unit")


def _decimal(value: Any) -> Decimal | None:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else None


def _number(text: str) -> tuple[Decimal, Decimal]:
    """The value, and half of the last digit's worth: what its precision leaves open on either side."""
    match = _NUMBER.fullmatch(text)
    exponent = 0 if match is None else int(match["exponent"] or 0)
    if match is None or abs(exponent) > _MAX_EXPONENT:
        raise ValueError(f"`{text[:64]}` is not a number")
    decimals = len(match["fraction"] or "")
    # The specification's own example: 1e2 is meant from 95 until 105.
    if match["exponent"] is not None and not decimals:
        decimals = 1
    return Decimal(text), Decimal(5).scaleb(exponent - decimals - 1)
