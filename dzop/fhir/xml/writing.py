"""JSON to XML, in the order in which R4 defines the elements. https://hl7.org/fhir/R4/xml.html"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dzop.fhir.bindings import RESOURCE_TYPE_NAMES
from dzop.fhir.narrative import narrative_fault
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource
from dzop.fhir.verbatim import Number

__all__ = ["written"]

_FHIR = "http://hl7.org/fhir"
_ELEMENT = structure_of("fhir.resources.R4B.element.Element")
_LAST = 1_000
_NAME = re.compile("_?[A-Za-z][A-Za-z0-9]{0,63}")
# What no XML may hold, not even as a reference: JSON may, and then it is shown as what it is, unreadable.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
# White space would come back as blanks if it stood in an attribute as it is.
_ESCAPED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def written(resource: Mapping[str, Any], *, pretty: bool = False) -> bytes:
    """The XML document of a resource, a value as `verbatim.read` gives it.

    The narrative is taken over as it is: it has been seen to be well-formed when it was stored. A resource
    whose elements are not known here (contained ones of a few types that R4B changed) is written as it
    comes, without what could not be the name of an element.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    _resource(parts, resource, "\n" if pretty else "", f' xmlns="{_FHIR}"')
    return "".join(parts).encode()


def _resource(parts: list[str], resource: Mapping[str, Any], line: str, attributes: str = "") -> None:
    type = resource.get("resourceType")
    if isinstance(type, str) and type in RESOURCE_TYPE_NAMES:
        _nested(parts, type, resource, structure_of_resource(type), line, attributes)


def _object(
    parts: list[str], tag: str, value: Mapping[str, Any], structure: Structure | None, line: str, given: str
) -> None:
    """A data type: its id is an attribute, as is the url of an extension."""
    attributes = {name: value[name] for name in ("id", "url") if isinstance(value.get(name), str)}
    if structure is not None and structure.name != "Extension":
        attributes.pop("url", None)
    text = "".join(f' {name}="{_escaped(each)}"' for name, each in attributes.items()) + given
    rest = {name: each for name, each in value.items() if name not in attributes}
    _nested(parts, tag, rest, structure, line, text)


def _nested(
    parts: list[str],
    tag: str,
    value: Mapping[str, Any],
    structure: Structure | None,
    line: str,
    attributes: str,
) -> None:
    start = len(parts)
    parts.append(f"{line}<{tag}{attributes}>")
    inner = f"{line}  " if line else ""
    for name, item, sibling in _occurrences(value, structure):
        _member(parts, name, item, sibling, structure.elements.get(name) if structure else None, inner)
    if len(parts) == start + 1:
        parts[start] = f"{line}<{tag}{attributes}/>"
    else:
        parts.append(f"{line}</{tag}>")


def _occurrences(value: Mapping[str, Any], structure: Structure | None) -> Iterator[tuple[str, Any, Any]]:
    """(name, value, what carries its id and extensions) of each occurrence of each element, in order."""
    names = dict.fromkeys(
        name.removeprefix("_") for name in value if name != "resourceType" and _NAME.fullmatch(name)
    )
    place = _places(structure) if structure else {}
    for name in sorted(names, key=lambda each: place.get(each, _LAST)):
        item, sibling = value.get(name), value.get(f"_{name}")
        if not isinstance(item, list) and not isinstance(sibling, list):
            yield name, item, sibling
            continue
        items, siblings = item or [], sibling or []
        for number in range(max(len(items), len(siblings))):
            yield (
                name,
                items[number] if number < len(items) else None,
                siblings[number] if number < len(siblings) else None,
            )


def _member(parts: list[str], name: str, item: Any, sibling: Any, element: Element | None, line: str) -> None:
    if isinstance(item, Mapping):
        if "resourceType" in item:
            parts.append(f"{line}<{name}>")
            _resource(parts, item, f"{line}  " if line else "")
            parts.append(f"{line}</{name}>")
        else:
            model = element.model if element else None
            _object(parts, name, item, structure_of(model) if model else None, line, "")
    elif name == "div" and isinstance(item, str):
        if element is not None or narrative_fault(item) is None:
            parts.append(f"{line}{item}")
    elif item is not None or sibling is not None:
        given = "" if item is None else f' value="{_escaped(_text(item))}"'
        _object(parts, name, sibling or {}, _ELEMENT, line, given)


def _text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item)


def _escaped(text: str) -> str:
    if isinstance(text, Number) or _SPECIAL.search(text) is None:
        return text
    return _IMPOSSIBLE.sub("\ufffd", text).translate(_ESCAPED)


def _places(structure: Structure) -> Mapping[str, int]:
    return _places_in(tuple(structure.elements))


@cache
def _places_in(names: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(names)}
