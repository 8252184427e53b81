"""The coded elements of a resource, and the value sets that they are held against.

https://hl7.org/fhir/R4/terminologies.html#binding
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dzop.fhir.bindings import BINDINGS, Binding
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource

__all__ = ["Bound", "codings_of", "loosely_bound"]


@dataclass(frozen=True, slots=True)
class Bound:
    """An element that is there, its binding and its codes as (system, code), without system where it says none.

    `by` is the canonical of the profile that binds it, empty for R4 itself.
    """

    path: str
    binding: Binding
    codings: tuple[tuple[str | None, str], ...]
    by: str = ""

    @property
    def name(self) -> str:
        """The element as it is called in an issue."""
        return self.path.rpartition(".")[2].partition("[")[0]


def loosely_bound(resource: Mapping[str, Any]) -> Iterator[Bound]:
    """The elements of a resource, valid R4, that R4 binds otherwise than required and that have a code."""
    yield from _of_resource(resource, str(resource.get("resourceType")))


def codings_of(value: Any) -> tuple[tuple[str | None, str], ...]:
    """The codes of a code, Coding, CodeableConcept or Quantity."""
    if isinstance(value, str):
        return ((None, value),)
    if not isinstance(value, Mapping):
        return ()
    codings = (value,) if "code" in value else value.get("coding", ())
    listed = (each for each in codings if isinstance(each, Mapping))
    return tuple((each.get("system"), each["code"]) for each in listed if isinstance(each.get("code"), str))


def _of_resource(value: Mapping[str, Any], path: str) -> Iterator[Bound]:
    structure = structure_of_resource(str(value.get("resourceType")))
    if structure is not None:
        yield from _within(value, structure, path)


def _within(value: Mapping[str, Any], structure: Structure, path: str) -> Iterator[Bound]:
    if (binding := BINDINGS.get((structure.name, ""))) is not None:
        yield from _coded(value, binding, path)
    for name, item in value.items():
        element = structure.elements.get(name)
        if element is None or element.sibling:
            continue
        for at, each in _items(item, f"{path}.{name}"):
            yield from _of_element(each, element, at)


def _of_element(value: Any, element: Element, path: str) -> Iterator[Bound]:
    # The types that a uri names are codes; what others define has an absolute URL instead.
    if element.binding is not None and not (element.type == "uri" and ":" in value):
        yield from _coded(value, element.binding, path)
    if not isinstance(value, Mapping):
        return
    if element.model is not None:
        yield from _within(value, structure_of(element.model), path)
    else:
        yield from _of_resource(value, path)


def _coded(value: Any, binding: Binding, path: str) -> Iterator[Bound]:
    if codings := codings_of(value):
        yield Bound(path, binding, codings)


def _items(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((f"{path}[{place}]", each) for place, each in enumerate(value))
    else:
        yield path, value
