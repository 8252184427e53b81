"""The elements of each R4 type, read once per type from the models of fhir.resources.

The models are R4B. For the types dzop holds, R4B and R4 have the same elements; where a data type or
the target of a reference differs, this module says what R4 says. https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args, get_origin

from dzop.fhir.bindings import BINDINGS, Binding, form, required
from dzop.fhir.primitives import PRIMITIVES, Check
from terminology.shipped import Codes

__all__ = ["Element", "Structure", "structure_of", "structure_of_resource"]

_MODELS = "fhir.resources.R4B"
_RESOURCE = f"{_MODELS}.resource.Resource"
_CHANGED = frozenset(
    (
        "DeviceDefinition",
        "Evidence",
        "EvidenceVariable",
        "ObservationDefinition",
        "ResearchStudy",
    )
)
_UNLISTED = frozenset(("fhir_comments", "resource_type", "resourceType"))
_ONLY_R4B = frozenset((("Extension", "valueRatioRange"), ("Extension", "valueCodeableReference")))
_R4_TARGETS = {("Observation", "subject"): frozenset(("Patient", "Group", "Device", "Location"))}


@dataclass(frozen=True, slots=True)
class Element:
    """One element as R4 defines it.

    A primitive has a `check`, everything else the name of its `model`, None meaning any resource.
    `choice` is the `value` of `value[x]`. `sibling` marks the `_name` that carries a primitive's id and
    extensions. `codes` are those of a required binding, `concept` the same by system for a CodeableConcept;
    `binding` is any binding but a required one. `summary` says whether `_summary=true` shows it.
    """

    name: str
    type: str
    check: Check | None
    model: str | None
    is_list: bool
    choice: str | None = None
    sibling: bool = False
    codes: frozenset[str] | None = None
    concept: Codes | None = None
    binding: Binding | None = None
    targets: frozenset[str] | None = None
    summary: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """The elements of one type in R4's order, those it requires, and its choices.

    A choice is (name, alternatives, required).
    """

    name: str
    elements: Mapping[str, Element]
    required: tuple[str, ...]
    choices: tuple[tuple[str, tuple[str, ...], bool], ...]


def structure_of_resource(type: str) -> Structure | None:
    """The structure of a resource type; None for the few that R4B changed or has no more."""
    if type in _CHANGED:
        return None
    try:
        return structure_of(f"{_MODELS}.{type.lower()}.{type}")
    except (ModuleNotFoundError, AttributeError):  # a module of that name may hold something else
        return None


@cache
def structure_of(model: str) -> Structure:
    """The structure behind a model name such as `fhir.resources.R4B.goal.GoalTarget`."""
    module, _, name = model.rpartition(".")
    read = getattr(importlib.import_module(module), name)
    order = {element: place for place, element in enumerate(read.elements_sequence())}
    summary = frozenset(read.summary_elements_sequence())
    unordered = {
        field.alias or attribute: field
        for attribute, field in read.model_fields.items()
        if not attribute.endswith("__ext") and (field.alias or attribute) not in _UNLISTED
        if (name, field.alias or attribute) not in _ONLY_R4B
    }
    fields = {element: unordered[element] for element in sorted(unordered, key=order.__getitem__)}
    elements = {
        element: replace(_element(name, element, field), summary=element in summary)
        for element, field in fields.items()
    }
    if name == "Extension":
        elements["valueMeta"] = Element("valueMeta", "Meta", None, f"{_MODELS}.meta.Meta", False, "value")
    notes = {element: field.json_schema_extra or {} for element, field in fields.items()}
    return Structure(
        name,
        elements | _siblings(name, elements),
        tuple(e for e, field in fields.items() if field.is_required() or notes[e].get("element_required")),
        _choices(
            elements, {note["one_of_many"] for note in notes.values() if note.get("one_of_many_required")}
        ),
    )


def _element(model: str, name: str, field: Any) -> Element:
    notes = field.json_schema_extra or {}
    is_list, kind = _unwrapped(field.annotation)
    type, target = _type(kind)
    binding = BINDINGS.get((model, name))
    allowed, is_code = required(binding), type == "code"
    targets = _R4_TARGETS.get((model, name)) or frozenset(notes.get("enum_reference_types", ()))
    return Element(
        name, type, form(binding) or PRIMITIVES.get(type), target, is_list, notes.get("one_of_many"),
        codes=_codes(allowed, notes) if is_code else None,
        concept=None if is_code else allowed,
        binding=binding if binding is not None and binding.strength != "required" else None,
        targets=targets - {"Resource"} or None
    )  # fmt: skip


def _siblings(name: str, elements: Mapping[str, Element]) -> dict[str, Element]:
    """The `_name` of each primitive that may have an id and extensions."""
    model = f"{_MODELS}.element.Element"
    return {
        f"_{element.name}": Element(f"_{element.name}", "Element", None, model, element.is_list, sibling=True)
        for element in elements.values()
        if element.check and element.name != "id" and (name, element.name) != ("Extension", "url")
    }


def _choices(
    elements: Mapping[str, Element], required: set[str]
) -> tuple[tuple[str, tuple[str, ...], bool], ...]:
    names = dict.fromkeys(element.choice for element in elements.values() if element.choice)
    return tuple(
        (choice, tuple(e.name for e in elements.values() if e.choice == choice), choice in required)
        for choice in names
    )


def _codes(allowed: Codes | None, notes: Mapping[str, Any]) -> frozenset[str] | None:
    """The codes of a required binding; of types that are only contained, what their model says of them."""
    if allowed is not None:
        return frozenset().union(*allowed.values())
    # The models take codes from a summary of the specification, where `+` and `etc.` stand for the rest.
    listed = notes.get("enum_values") or ("+",)
    return None if {"+", "etc."} & set(listed) else frozenset(listed)


def _unwrapped(annotation: Any) -> tuple[bool, Any]:
    """Whether the annotation is of a list, and what is in it, without `None`."""
    if hasattr(annotation, "__metadata__"):
        return False, annotation
    if get_origin(annotation) is list:
        return True, _unwrapped(get_args(annotation)[0])[1]
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    return _unwrapped(arguments[0]) if arguments else (False, annotation)


def _type(kind: Any) -> tuple[str, str | None]:
    """The FHIR name of the type, and its model unless it is primitive or any resource."""
    model = getattr(kind, "_model_klass", None)
    if isinstance(model, str):
        return model.rpartition(".")[2], None if model == _RESOURCE else model
    for note in getattr(kind, "__metadata__", ()):
        visited = getattr(note, "__visit_name__", None)
        if visited is not None:
            return str(visited), None
    return {bool: "boolean"}.get(kind, "uuid"), None
