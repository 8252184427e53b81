"""Does a resource meet a criterion? For what is held in memory; of the store, SQL asks the same.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dzop.fhir.paths import values
from dzop.fhir.search.criterion import Criterion, Value
from dzop.fhir.search.string import Text, indexed_strings
from dzop.fhir.search.token import Token, indexed_tokens

__all__ = ["matches"]


def matches(resource: Mapping[str, Any], criterion: Criterion) -> bool:
    """Whether the resource meets a criterion on a token, uri or string; any of its values is enough."""
    parameter = criterion.parameter
    nodes = [node for path in parameter.paths for node in values(resource, path)]
    found: list[tuple[str, str]] = []
    for node in nodes:
        found += indexed_strings(node) if parameter.type == "string" else indexed_tokens(node)
    if criterion.modifier == "missing":
        return criterion.values == (Token(None, "false" if found else "true"),)
    is_met = any(_is(value, row, criterion.modifier) for value in criterion.values for row in found)
    return not is_met if criterion.modifier == "not" else is_met


def _is(value: Value, row: tuple[str, str], modifier: str | None) -> bool:
    """Whether an indexed row, (system, code) or (normalised, exact), is what this value asks for."""
    match value:
        case Token():
            return value.system in (None, row[0]) and value.code in (None, row[1])
        case Text() if modifier == "exact":
            return value.exact == row[1]
        case Text() if modifier == "contains":
            return value.normalised in row[0]
        case Text():
            return row[0].startswith(value.normalised)
    return False
