"""Links in a resource: what its references, addresses and narrative point at, and pointing them elsewhere.

https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

from dzop.fhir import json
from dzop.fhir.json import Source
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource

__all__ = ["Link", "links", "relinked"]

_ADDRESSES: Final = frozenset({"uri", "url", "canonical", "oid", "uuid"})
_IN_NARRATIVE: Final = re.compile(
    r"""(?P<before>\s(?:href|src)\s*=\s*(?P<quote>["']))(?P<text>.*?)(?P=quote)""", re.DOTALL
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A string that points at something, and where it stands; `is_reference` in `Reference.reference`."""

    path: Path
    text: str
    is_reference: bool = False

    @property
    def expression(self) -> str:
        """The place as FHIRPath, the type of the resource aside: `focus.reference`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")


def links(value: Mapping[str, Any]) -> Iterator[Link]:
    """Every link of a resource, those of contained resources and of the narrative included."""
    for path, text, element in _addresses(value, ()):
        if element.type == "xhtml":
            yield from (Link(path, unescape(match["text"])) for match in _IN_NARRATIVE.finditer(text))
        else:
            yield Link(path, text, element.type == "string")


def relinked(source: Source, target: Callable[[Link], str | None]) -> Source:
    """The resource with each link replaced by what `target` says, if it says anything; all else as it was."""
    new: dict[Path, str] = {}
    for path, text, element in _addresses(source.value, ()):
        if element.type == "xhtml":
            changed = _in_narrative(path, text, target)
        else:
            changed = target(Link(path, text, element.type == "string")) or text
        if changed != text:
            new[path] = changed
    return json.parse(json.replace_at(source.text, new).encode()) if new else source


def _in_narrative(path: Path, text: str, target: Callable[[Link], str | None]) -> str:
    def replaced(match: re.Match[str]) -> str:
        new = target(Link(path, unescape(match["text"])))
        return match[0] if new is None else f"{match['before']}{escape(new)}{match['quote']}"

    return _IN_NARRATIVE.sub(replaced, text)


def _addresses(resource: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str, Element]]:
    type = resource.get("resourceType")
    structure = structure_of_resource(type) if isinstance(type, str) and type.isalpha() else None
    if structure is not None:
        yield from _within(resource, structure, path)


def _within(node: Mapping[str, Any], structure: Structure, path: Path) -> Iterator[tuple[Path, str, Element]]:
    for name, child in node.items():
        element = structure.elements.get(name)
        if element is None or (element.check is not None and not _is_address(structure, element)):
            continue
        each_of = enumerate(child) if isinstance(child, list) else ((None, child),)
        for number, each in each_of:
            at = (*path, name) if number is None else (*path, name, number)
            if isinstance(each, str) and element.check is not None:
                yield at, each, element
            elif isinstance(each, dict) and element.check is None:
                inner = (
                    _addresses(each, at)
                    if element.model is None
                    else _within(each, structure_of(element.model), at)
                )
                yield from inner


def _is_address(structure: Structure, element: Element) -> bool:
    is_literal = structure.name == "Reference" and element.name == "reference"
    return is_literal or element.type in _ADDRESSES or element.type == "xhtml"
