"""The values in the parts of a Parameters resource, as the text in which they were sent.

https://hl7.org/fhir/R4/parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dzop.fhir.json import value_of
from dzop.fhir.outcome import Invalid
from dzop.fhir.patch.tree import Node
from dzop.fhir.structure import structure_of

__all__ = ["Value", "parts_of", "read_value"]

_PARAMETER = "fhir.resources.R4B.parameters.ParametersParameter"


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its FHIR type and JSON text; a primitive may have its id and extensions `beside`.

    One of a type without a name is made of `parts`, (element, value), and has neither type nor text.
    """

    type: str
    text: str | None
    beside: str | None = None
    parts: tuple[tuple[str, Value], ...] = ()

    @property
    def plain(self) -> Any:
        """The JSON value; None when there is no text."""
        return None if self.text is None else value_of(self.text)


def parts_of(node: Node, where: str) -> tuple[str, Mapping[str, Node]]:
    """The name of a parameter and its parts by name; Invalid when two have the same."""
    parts: dict[str, Node] = {}
    for part in node.member("part") or ():
        name = _name(part)
        if name in parts:
            raise Invalid(f"the part `{name[:64]}` is there twice", expression=where)
        parts[name] = part
    return _name(node), parts


def read_value(node: Node, where: str) -> Value:
    """The value of a part; Invalid when it has none."""
    for name, element in structure_of(_PARAMETER).elements.items():
        if element.choice == "value":
            text, beside = node.member(name), node.member(f"_{name}")
            if text or beside:
                return Value(element.type, _text(text), _text(beside))
    resource = node.member("resource")
    if resource is not None:
        return Value("Resource", resource.text)
    parts = tuple((_name(part), read_value(part, where)) for part in node.member("part") or ())
    if not parts:
        raise Invalid("this part has no value", expression=where)
    return Value("", None, parts=parts)


def _text(node: Node | None) -> str | None:
    return None if node is None else node.text


def _name(node: Node) -> str:
    name = node.member("name")
    value = value_of(name.text) if name else ""
    return value if isinstance(value, str) else ""
