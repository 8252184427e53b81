"""Is this resource R4? Structure, primitives, required bindings, references, narrative and invariants.

One walk over the value along the elements that R4 defines. https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from dzop.fhir.bindings import RESOURCE_TYPE_NAMES
from dzop.fhir.invariants import INVARIANTS
from dzop.fhir.narrative import narrative_fault
from dzop.fhir.outcome import Issue
from dzop.fhir.primitives import shown
from dzop.fhir.structure import Element, Structure, structure_of, structure_of_resource

__all__ = ["validate"]

MAX_ISSUES = 50


def validate(value: Mapping[str, Any]) -> list[Issue]:
    """The issues of a resource, in the order of its elements; an empty list when it is R4.

    Only issues of severity `error` make a resource unacceptable. `value` is JSON as `json.parse` gives it.
    """
    issues: list[Issue] = []
    with suppress(_Enough):
        _check_resource(value, "", issues)
    return issues


_RELATIVE = re.compile(r"([A-Z][A-Za-z]++)/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?")
_ODD_ID = re.compile(r"([A-Z][A-Za-z]++)/[^\s/]++")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]++)\?\S++")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:\S++")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_LOCAL = frozenset(("canonical", "uri", "url"))
_CONCRETE = RESOURCE_TYPE_NAMES - {"Resource", "DomainResource"}


class _Enough(Exception):
    """Ends the walk: nobody reads more issues, and a body full of them must not cost more."""


class _Scope:
    """What is known within one resource: its issues, its contained ids, and those it refers to."""

    __slots__ = ("contained", "in_bundle", "issues", "referred")

    def __init__(self, value: Mapping[str, Any], issues: list[Issue], in_bundle: bool) -> None:
        self.issues = issues
        self.in_bundle = in_bundle
        self.referred: set[str] = set()
        self.contained = {
            id for resource in _objects(value.get("contained")) if (id := _text(resource, "id"))
        }

    def add(self, code: str, text: str, path: str, severity: str = "error") -> None:
        self.issues.append(Issue(code, text + ".", path, severity))
        if len(self.issues) >= MAX_ISSUES:
            raise _Enough


def _check_resource(value: Any, path: str, issues: list[Issue], in_bundle: bool = False) -> None:
    scope = _Scope(value if isinstance(value, Mapping) else {}, issues, in_bundle)
    _check_any(value, path, scope)
    if isinstance(value, Mapping) and "contained" in value:
        _check_contained(value, path or str(value.get("resourceType")), scope)


def _check_any(value: Any, path: str, scope: _Scope) -> None:
    """Check a resource of the type that it says it is."""
    if not isinstance(value, Mapping):
        scope.add("structure", "A resource must be a JSON object", path)
        return
    type = value.get("resourceType")
    at = f"{path}.resourceType" if path else "resourceType"
    if type is None:
        scope.add("required", "`resourceType` is missing; name the type of the resource", at)
    elif not isinstance(type, str) or type not in _CONCRETE:
        scope.add("value", f"`resourceType`{shown(type)} is no resource type of R4", at)
    elif (structure := structure_of_resource(type)) is not None:
        _check_object(value, structure, path or type, scope)


def _check_object(value: Any, structure: Structure, path: str, scope: _Scope) -> None:
    if not isinstance(value, Mapping):
        scope.add("structure", f"`{_last(path)}` must be a JSON object", path)
        return
    if not value:
        scope.add("structure", f"`{_last(path)}` is an empty object; fill it or leave it out", path)
        return
    elements = structure.elements
    for name, item in value.items():
        element = elements.get(name)
        if element is not None:
            _check_element(value, element, item, f"{path}.{name}", scope)
        elif name != "resourceType" or "meta" not in elements:
            _refuse_name(name, structure, path, scope)
    for name in structure.required:
        if name not in value and f"_{name}" not in value:
            scope.add("required", f"`{name}` is missing; R4 requires it", f"{path}.{name}")
    for choice, names, required in structure.choices:
        _check_choice(value, choice, names, required, path, scope)
    for invariant in INVARIANTS.get(structure.name, ()):
        if not invariant.holds(value):
            scope.add("invariant", f"{invariant.text} ({invariant.key})", path, invariant.severity)
    if structure.name == "Reference":
        _check_reference(value, path, scope)


def _check_element(parent: Mapping[str, Any], element: Element, item: Any, path: str, scope: _Scope) -> None:
    if item is None:
        scope.add("structure", f"`{element.name}` is null; leave it out when there is no value", path)
    elif not element.is_list:
        if isinstance(item, list):
            scope.add("structure", f"`{element.name}` must not be an array, it is there once at most", path)
        else:
            _check_item(element, item, path, scope)
    elif not isinstance(item, list):
        scope.add("structure", f"`{element.name}` must be an array, `[...]`, also for one value", path)
    elif not item:
        scope.add("structure", f"`{element.name}` is an empty array; fill it or leave it out", path)
    else:
        for index, one in enumerate(item):
            if one is not None:
                _check_item(element, one, f"{path}[{index}]", scope)
            elif not _has_counterpart(parent, element, index):
                scope.add(
                    "structure",
                    f"`{element.name}` holds a null without counterpart; leave it out",
                    f"{path}[{index}]",
                )


def _has_counterpart(parent: Mapping[str, Any], element: Element, index: int) -> bool:
    """Whether the null of a primitive has an extension at its place, or the other way round."""
    if not element.sibling and element.check is None:
        return False
    other = parent.get(element.name[1:] if element.sibling else f"_{element.name}")
    return isinstance(other, list) and index < len(other) and other[index] is not None


def _check_item(element: Element, item: Any, path: str, scope: _Scope) -> None:
    check = element.check
    if check is not None:
        must_be = check(item)
        if must_be is not None:
            code = "structure" if isinstance(item, dict | list) else "value"
            said = shown(item) if element.type == "code" else ""
            scope.add(code, f"`{element.name}`{said} {must_be}", path)
        elif element.codes is not None and item not in element.codes:
            _refuse_code(element, item, path, scope)
        elif element.type == "xhtml" and (fault := narrative_fault(item)) is not None:
            scope.add("invalid", fault, path)
        elif element.type in _LOCAL and item.startswith("#"):
            scope.referred.add(item[1:])
    elif element.model is not None:
        _check_object(item, structure_of(element.model), path, scope)
        if element.concept is not None:
            _check_concept(element, item, path, scope)
        if element.targets is not None and element.type == "Reference":
            _check_target(element.targets, item, path, scope)
    elif element.name == "contained":
        _check_any(item, path, scope)
    else:
        _check_resource(item, path, scope.issues, scope.in_bundle or "Bundle.entry[" in path)


def _check_choice(
    value: Mapping[str, Any], choice: str, names: tuple[str, ...], required: bool, path: str, scope: _Scope
) -> None:
    there = [name for name in names if name in value or f"_{name}" in value]
    if len(there) > 1:
        listed = ", ".join(f"`{name}`" for name in there)
        scope.add(
            "structure", f"Only one of {listed} may be sent, `{choice}[x]` is there once", f"{path}.{choice}"
        )
    elif required and not there:
        some = ", ".join(f"`{name}`" for name in names[:4]) + (", ..." if len(names) > 4 else "")
        scope.add("required", f"`{choice}[x]` is missing; send one of {some}", f"{path}.{choice}")


def _refuse_name(name: str, structure: Structure, path: str, scope: _Scope) -> None:
    near = difflib.get_close_matches(name[:64], structure.elements, 1, 0.8)
    mend = f"did you mean `{near[0]}`" if near else "remove it, or send it as an extension"
    type = _last(path) if path[-1] != "]" else _last(path).partition("[")[0]
    at = f"{path}.{name}" if _NAME.fullmatch(name) else path
    scope.add("structure", f"{shown(name).strip() or 'A member'} is no element of `{type}`; {mend}", at)


def _refuse_code(element: Element, code: str, path: str, scope: _Scope) -> None:
    codes = sorted(element.codes or ())
    listed = ", ".join(f"`{code}`" for code in codes[:20]) + (", ..." if len(codes) > 20 else "")
    scope.add("code-invalid", f"`{element.name}`{shown(code)} must be one of {listed}", path)


def _check_concept(element: Element, concept: Any, path: str, scope: _Scope) -> None:
    allowed = element.concept or {}
    own = [c for c in _objects(concept.get("coding") if isinstance(concept, Mapping) else None)
           if _text(c, "system") in allowed]  # fmt: skip
    for coding in own:
        code, codes = coding.get("code"), allowed[coding["system"]]
        if isinstance(code, str) and code not in codes:
            listed = ", ".join(f"`{code}`" for code in sorted(codes))
            scope.add("code-invalid", f"`{element.name}`{shown(code)} must be one of {listed}", path)
    if not own:
        systems = " or ".join(f"`{system}`" for system in allowed)
        scope.add("code-invalid", f"`{element.name}` should have a coding of {systems}", path, "warning")


def _check_reference(value: Mapping[str, Any], path: str, scope: _Scope) -> None:
    reference = value.get("reference")
    if not isinstance(reference, str):
        if not any(name in value for name in ("_reference", "identifier", "display", "extension")):
            scope.add("required", "A reference needs a `reference`, an `identifier` or a `display`", path)
        return
    at = f"{path}.reference"
    if reference.startswith("#"):
        scope.referred.add(reference[1:])
        if reference != "#" and reference[1:] not in scope.contained:
            scope.add(
                "invariant", "The reference names no contained resource (ref-1); add it or mend the id", at
            )
        return
    relative = _RELATIVE.fullmatch(reference) or (
        _CONDITIONAL.fullmatch(reference) if scope.in_bundle else None
    )
    if relative is None and (odd := _ODD_ID.fullmatch(reference)) and odd[1] in RESOURCE_TYPE_NAMES:
        scope.add(
            "value",
            "The id in this reference is none of R4: 1 to 64 letters, digits, `-`, `.`",
            at,
            "warning",
        )
        return
    if relative is None and _ABSOLUTE.fullmatch(reference) is None:
        scope.add("value", "A reference must be `Type/id`, an absolute URL, `urn:uuid:...` or `#id`", at)
    elif relative is not None and relative[1] not in RESOURCE_TYPE_NAMES:
        scope.add("value", f"The reference is to{shown(relative[1])}, which is no resource type of R4", at)


def _check_target(targets: frozenset[str], value: Any, path: str, scope: _Scope) -> None:
    reference = value.get("reference") if isinstance(value, Mapping) else None
    relative = _RELATIVE.fullmatch(reference) if isinstance(reference, str) else None
    if relative is None or relative[1] in targets or relative[1] not in RESOURCE_TYPE_NAMES:
        return
    listed = ", ".join(f"`{target}`" for target in sorted(targets))
    scope.add("value", f"`{_last(path)}` refers to a `{relative[1]}`; it may refer to {listed}", path)


def _check_contained(value: Mapping[str, Any], path: str, scope: _Scope) -> None:
    """The rules on contained resources: ids, no nesting, no versions, and each referred to."""
    seen: set[str] = set()
    for index, resource in enumerate(_objects(value["contained"])):
        at = f"{path}.contained[{index}]"
        id = _text(resource, "id")
        if id is None:
            scope.add("required", "A contained resource needs an `id` to be referred to", f"{at}.id")
        elif id in seen:
            scope.add("duplicate", "Two contained resources have this id; give each its own", f"{at}.id")
        elif id not in scope.referred and not _refers_out(resource):
            scope.add(
                "invariant", "Nothing refers to this contained resource (dom-3); refer to it or remove it", at
            )
        seen.add(id or "")
        if "contained" in resource:
            scope.add("invariant", "A contained resource has none within itself (dom-2)", f"{at}.contained")
        meta = resource.get("meta")
        if isinstance(meta, Mapping) and meta.keys() & {"versionId", "lastUpdated", "security"}:
            scope.add(
                "invariant",
                "A contained resource has no version, time or labels (dom-4, dom-5)",
                f"{at}.meta",
            )


def _refers_out(value: Any) -> bool:
    """Whether anything within refers to the resource that contains it, by `#`."""
    if isinstance(value, Mapping):
        return value.get("reference") == "#" or any(_refers_out(item) for item in value.values())
    return isinstance(value, list) and any(_refers_out(item) for item in value)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, Mapping):
            yield item


def _text(value: Mapping[str, Any], name: str) -> str | None:
    text = value.get(name)
    return text if isinstance(text, str) else None


def _last(path: str) -> str:
    return path.rpartition(".")[2]
