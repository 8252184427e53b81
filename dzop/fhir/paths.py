"""Paths through FHIR JSON: names joined by dots, arrays flattened, nothing to evaluate.

A step is one of

    participant        a member; every element when it is an array
    occurrence[x]      the member of a choice element, whatever its type
    extension(url)     the extensions with that url
    telecom[system=x]  the elements whose member has that value

so `extension(http://hl7.org/fhir/StructureDefinition/task-candidateList).valueReference` is a path.
https://hl7.org/fhir/R4/fhirpath.html names the same elements in its own, larger language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

__all__ = ["steps", "values"]

_STEP = re.compile(
    r"(?P<name>[A-Za-z]+)"
    r"(?:(?P<choice>\[x\])|\((?P<url>[^()]+)\)|\[(?P<member>[A-Za-z]+)=(?P<value>[^\[\]]+)\])?(?:\.|$)"
)


def values(value: Mapping[str, Any], path: str) -> tuple[Any, ...]:
    """The nodes at a path, in document order; empty when there are none."""
    nodes: list[Any] = [value]
    for name, choice, having in steps(path):
        nodes = [
            child
            for node in nodes
            if isinstance(node, Mapping)
            for child in _children(node, name, choice)
            if having is None or (isinstance(child, Mapping) and child.get(having[0]) == having[1])
        ]
    return tuple(nodes)


@cache
def steps(path: str) -> tuple[tuple[str, bool, tuple[str, str] | None], ...]:
    """The steps of a path as (name, is a choice, member and value it must have); ValueError if it is none."""
    found: list[tuple[str, bool, tuple[str, str] | None]] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"`{path}` is not a path at character {position}")
        having = ("url", match["url"]) if match["url"] else (match["member"], match["value"])
        found.append((match["name"], match["choice"] is not None, having if having[0] else None))
        position = match.end()
    if not found or path.endswith("."):
        raise ValueError(f"`{path}` is not a path")
    return tuple(found)


def _children(node: Mapping[str, Any], name: str, choice: bool) -> Iterator[Any]:
    members = _choice_members(node, name) if choice else (node.get(name),)
    for member in members:
        if isinstance(member, list):
            yield from (element for element in member if element is not None)
        elif member is not None:
            yield member


def _choice_members(node: Mapping[str, Any], name: str) -> Iterator[Any]:
    length = len(name)
    for member, child in node.items():
        if member.startswith(name) and member[length : length + 1].isupper():
            yield child
