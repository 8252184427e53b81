"""The plain text of a resource: what `_text` and `_content` look through.

https://hl7.org/fhir/R4/search.html#text
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dzop.fhir.narrative import narrative_text
from dzop.fhir.structure import Structure, structure_of, structure_of_resource

__all__ = ["content", "narrative"]

_WRITTEN: Final = frozenset({"string", "markdown"})
# Strings by their type, and what is about the resource: of that only a part is kept.
_NOT_TO_READ: Final = frozenset({"id", "reference", "meta"})


def narrative(value: Mapping[str, Any]) -> str:
    """What its narrative says."""
    text = value.get("text")
    div = text.get("div") if isinstance(text, Mapping) else None
    return narrative_text(div) if isinstance(div, str) else ""


def content(value: Mapping[str, Any], type: str) -> str:
    """What its narrative and all its elements for people to read say: names, texts, displays, notes."""
    structure = structure_of_resource(type)
    found = [narrative(value), *(() if structure is None else _written(value, structure))]
    return " ".join(" ".join(found).split())


def _written(node: Any, structure: Structure) -> Iterator[str]:
    if not isinstance(node, Mapping):
        return
    for name, child in node.items():
        element = structure.elements.get(name)
        if element is None or name in _NOT_TO_READ:
            continue
        for each in child if isinstance(child, list) else (child,):
            if element.model is not None:
                yield from _written(each, structure_of(element.model))
            elif element.type in _WRITTEN and isinstance(each, str):
                yield each
