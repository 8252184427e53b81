"""One condition of a query: a search parameter, its modifier and the values asked for.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dzop.fhir.resource_types import SearchParameter
from dzop.fhir.search.date import DateRange
from dzop.fhir.search.quantity import Quantity
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.string import Text
from dzop.fhir.search.token import Codes, Token

__all__ = ["Composite", "Criterion", "Unusable", "Value", "listed", "short"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: any of the values, of which there is at least one.

    `modifier` is None, or by the type of the parameter
        all           missing (one Token with code `true` or `false`)
        token         not; text (values are Texts, held against the `strings` of the parameter);
                      unequal (of `_filter` alone: a row that is none of the values)
        reference     identifier (values are Tokens)
        string        exact, contains; of `_filter` alone: equals, ends, unequal (all normalised)
    What other modifiers ask is read into values (`in`, `above` and `below` of a token into Codes), or into a
    parameter of which rows of its own are kept: `url:below`, `identifier:of-type` (IndexRows says which). A type
    as modifier is folded into the ReferenceTargets. A number or a quantity has Quantity values, a composite
    Composite values.
    """

    parameter: SearchParameter
    modifier: str | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Composite:
    """What must hold of one element: a Criterion with one value for each component, in their order.

    The parameters of these criteria have the names under which the rows of the components are kept, so
    all must be met by rows with the same `element`.
    """

    components: tuple[Criterion, ...]


Value = Token | Codes | ReferenceTarget | DateRange | Text | Quantity | Composite


class Unusable(Exception):
    """A parameter that cannot be used; the text says why and what is possible."""

    def __init__(self, text: str, code: str = "invalid") -> None:
        super().__init__(text)
        self.code = code


def short(text: str) -> str:
    """As much of what was sent as an error repeats."""
    return text if len(text) <= 64 else f"{text[:64]}…"


def listed(names: Sequence[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
