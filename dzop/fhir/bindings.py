"""Which codes R4 lets an element have: its bindings, and the codes of those that are required.

https://hl7.org/fhir/R4/terminologies.html#strength
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

from dzop.fhir.primitives import Check
from terminology.content import CONTENT
from terminology.shipped import Codes, codes

__all__ = ["BINDINGS", "RESOURCE_TYPE_NAMES", "STRENGTHS", "Binding", "Strength", "form", "required"]

Strength = Literal["required", "extensible", "preferred"]
STRENGTHS: Final[tuple[Strength, ...]] = ("required", "extensible", "preferred")


@dataclass(frozen=True, slots=True)
class Binding:
    """The canonical of a value set, and how strictly an element keeps to it."""

    value_set: str
    strength: Strength


RESOURCE_TYPE_NAMES: Final = frozenset(CONTENT.code_systems["hl7-resource-types"].concepts)
"""All of R4, those two also that only others are based on."""

_R4: Final = "http://hl7.org/fhir/ValueSet/"


def required(binding: Binding | None) -> Codes | None:
    """The codes of a required binding, by system; None where there is none, or its codes are known by their form."""
    return codes(binding.value_set) if binding is not None and binding.strength == "required" else None


def form(binding: Binding | None) -> Check | None:
    """How the codes of a required binding are checked when they are all of a system that is no list."""
    if binding is None or binding.strength != "required":
        return None
    return _FORMS.get(binding.value_set.removeprefix(_R4))


def _read(tables: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[tuple[str, str], Binding]]:
    for strength in STRENGTHS:
        for value_set, paths in tables[strength].items():
            binding = Binding(value_set if ":" in value_set else _R4 + value_set, strength)
            yield from ((_place(path), binding) for path in paths.split())


def _place(path: str) -> tuple[str, str]:
    """The name of the model and the element; a data type itself has no element."""
    above, _, name = path.rpartition(".")
    return ("".join(part[0].upper() + part[1:] for part in above.split(".")), name) if above else (name, "")


def _matching(pattern: str, must_be: str) -> Check:
    matches = re.compile(pattern).fullmatch

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and matches(value) else must_be

    return check


_TOKEN: Final = r"[A-Za-z0-9!#$&^_.+*%'`|~-]++"
_FORMS: Final[Mapping[str, Check]] = {
    "mimetypes": _matching(
        rf"{_TOKEN}/{_TOKEN}(?: ?;[ -~]*+)?", "must be a media type such as `text/plain; charset=utf-8`"
    ),
    "currencies": _matching(r"[A-Z]{3}", "must be a currency of ISO 4217 such as `EUR`"),
}
"""By the value sets that are all of BCP 13 or ISO 4217: of these no list is kept."""

BINDINGS: Final[Mapping[tuple[str, str], Binding]] = MappingProxyType(
    dict(_read(tomllib.loads(files(__package__).joinpath("bindings.toml").read_text("utf-8"))))
)
"""By (model, element), such as `("TimingRepeat", "when")`; of a data type itself the element is empty."""
