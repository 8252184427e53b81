"""Our profiles and extensions as StructureDefinitions: the differential says what their rules say.

https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dzop.definitions.code_systems import head
from dzop.fhir.profiles.definition import Profile, Rule
from dzop.fhir.profiles.registry import PROFILES, type_of
from dzop.fhir.structure import structure_of, structure_of_resource
from terminology.content import BASE

__all__ = ["structure_definition", "structure_definitions"]

_R4: Final = "http://hl7.org/fhir/StructureDefinition"


def structure_definitions() -> Iterator[Mapping[str, Any]]:
    """All of ours, in the order of their names."""
    ours = (profile for profile in PROFILES.values() if profile.url.startswith(f"{BASE}/"))
    return (structure_definition(profile) for profile in sorted(ours, key=lambda each: each.name))


def structure_definition(profile: Profile) -> Mapping[str, Any]:
    """A profile as the difference from its base."""
    name = "".join(part.capitalize() for part in profile.name.split("-"))
    contexts = [{"type": "element", "expression": each} for each in profile.context.split()]
    context = {"context": contexts} if contexts else {}
    elements = [_element(profile.type, rule) for rule in profile.rules]
    root: dict[str, Any] = {"id": profile.type, "path": profile.type, "short": profile.title}
    if profile.type == "Extension":
        root["max"] = profile.max
        elements.insert(-1, {"id": "Extension.url", "path": "Extension.url", "fixedUri": profile.url})
    return {
        **head("StructureDefinition", profile.name, name, profile.title, profile.text or profile.title),
        "fhirVersion": "4.0.1",
        "kind": "complex-type" if profile.type == "Extension" else "resource",
        "abstract": False,
        **context,
        "type": profile.type,
        "baseDefinition": profile.base or f"{_R4}/{profile.type}",
        "derivation": "constraint",
        "differential": {"element": [root, *elements]},
    }


def _element(type: str, rule: Rule) -> dict[str, Any]:
    id = f"{type}.{rule.at}"
    *_, last = rule.at.split(".")
    slice = last.partition(":")[2]
    said: dict[str, Any] = {
        "id": id,
        "path": ".".join(part.partition(":")[0] for part in id.split(".")),
        "sliceName": slice,
        "slicing": _slicing(rule.sliced),
        "short": rule.text,
        "min": rule.min,
        "max": rule.max,
        "type": _types(rule),
        "mustSupport": rule.must_support or None,
        "binding": {"strength": rule.strength, "valueSet": rule.value_set} if rule.value_set else None,
    }
    if rule.fixed is not None:
        kind = _kind(type, rule.at)
        said[f"fixed{kind[0].upper()}{kind[1:]}"] = rule.fixed
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _slicing(path: str) -> dict[str, Any] | None:
    kind = "type" if path == "$this" else "value"
    return {"discriminator": [{"type": kind, "path": path}], "rules": "open"} if path else None


def _types(rule: Rule) -> list[dict[str, Any]]:
    if rule.targets:
        return [{"code": "Reference", "targetProfile": list(rule.targets)}]
    if rule.profile:
        known = "Extension" if ".extension:" in f".{rule.at}" else type_of(rule.profile)
        return [{"code": known, "profile": [rule.profile]}]
    return [{"code": type} for type in rule.types]


def _kind(type: str, at: str) -> str:
    """The data type of an element, by what R4 says of it."""
    structure, kind = structure_of_resource(type), type
    for part in at.split("."):
        assert structure is not None  # noqa: S101 - a rule leads from one element to another
        element = structure.elements[part.partition(":")[0]]
        kind, structure = element.type, structure_of(element.model) if element.model else None
    return kind
