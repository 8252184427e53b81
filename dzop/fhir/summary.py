"""Parts of resources: `_summary` and `_elements`. https://hl7.org/fhir/R4/search.html#summary

What belongs to a summary, and what a resource cannot do without, is read from the elements of R4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dzop.fhir import verbatim
from dzop.fhir.outcome import Invalid, Issue, operation_outcome
from dzop.fhir.primitives import shown
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.structure import Structure, structure_of, structure_of_resource

__all__ = ["SUBSETTED", "Selection", "is_subsetted", "read_selection", "selected", "subset_issues"]

SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}
"""The tag of a resource of which only a part is shown."""
_SUMMARIES: Final = ("true", "text", "data", "count", "false")
_READ: Final = frozenset(("_summary", "_elements"))
# About the request itself, not about anybody's data: it is shown as it is.
_WHOLE: Final = frozenset(("OperationOutcome", "Parameters"))
_STATEMENTS: Final = frozenset(("CapabilityStatement", "TerminologyCapabilities"))
_ALWAYS: Final = frozenset(("resourceType", "id", "meta", "implicitRules", "modifierExtension", "status"))
_MODIFIERS: Final[Mapping[str, frozenset[str]]] = {
    type: frozenset(names.split())
    for type, names in (
        ("AllergyIntolerance", "clinicalStatus verificationStatus"),
        ("CarePlan", "intent"),
        ("CommunicationRequest", "doNotPerform"),
        ("Condition", "clinicalStatus verificationStatus"),
        ("Consent", "scope"),
        ("Goal", "lifecycleStatus"),
        ("HealthcareService", "active"),
        ("List", "mode"),
        ("Organization", "active"),
        ("Patient", "active deceasedBoolean deceasedDateTime link"),
        ("RelatedPerson", "active"),
        ("ServiceRequest", "doNotPerform intent"),
    )
}
"""Elements that change what the others mean, besides those that do so in every type."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What of each resource is asked for.

    `summary` is one of R4's values, empty for none; `elements` are (type, element), the type empty when
    it is named for all. `ignored` are sentences on what had no effect.
    """

    summary: str = ""
    elements: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


def read_selection(
    parameters: Sequence[tuple[str, str]], types: Collection[str], *, counts: bool, lenient: bool
) -> Selection | None:
    """The selection that the parameters of a request ask for; None when the whole is wanted.

    `types` may occur in the answer; `counts` says whether there is something to count. Raises Invalid; what is
    unknown is left out when lenient.
    """
    if not any(name in _READ for name, _ in parameters):
        return None
    issues: list[Issue] = []
    summary = _summary([text for name, text in parameters if name == "_summary"], counts, issues)
    elements = tuple(_elements([text for name, text in parameters if name == "_elements"], types, issues))
    if issues and not lenient:
        raise Invalid(*issues)
    if summary and elements:
        raise Invalid(
            "`_summary` and `_elements` exclude each other; send one of them", expression="http._elements"
        )
    if summary == "text" and any(name.startswith(("_include", "_revinclude")) for name, _ in parameters):
        raise Invalid(
            "`_summary=text` cannot be sent with `_include` or `_revinclude`", expression="http._summary"
        )
    selection = Selection(summary, elements, tuple(issue.text for issue in issues))
    return None if selection == Selection() else selection


def selected(body: bytes, selection: Selection) -> bytes:
    """The resource, or each resource in the Bundle, with only what the selection asks for."""
    value = verbatim.read(body)
    if value.get("resourceType") != "Bundle":
        return verbatim.written(_part(value, selection))
    if selection.summary == "count":
        return body if value.get("type") == "searchset" else verbatim.written(_counted(value))
    for entry in value.get("entry", ()):
        if "resource" in entry:
            entry["resource"] = _part(entry["resource"], selection)
    if selection.ignored and value.get("type") == "searchset":
        warnings = [Issue("not-supported", text, severity="warning") for text in selection.ignored]
        outcome = {"resource": operation_outcome(warnings), "search": {"mode": "outcome"}}
        value["entry"] = [*value.get("entry", ()), outcome]
    return verbatim.written(value)


def _counted(bundle: dict[str, Any]) -> dict[str, Any]:
    """A history without its entries and without a next page; a search has none of itself."""
    links = [each for each in bundle.get("link", ()) if each["relation"] == "self"]
    return {name: each for name, each in bundle.items() if name not in ("entry", "link")} | {"link": links}


def is_subsetted(resource: Mapping[str, Any]) -> bool:
    """Whether this is a part only, so that storing it would lose the rest."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, Mapping) else None
    return isinstance(tags, list) and any(
        isinstance(tag, Mapping)
        and (tag.get("system"), tag.get("code")) == (SUBSETTED["system"], "SUBSETTED")
        for tag in tags
    )


def subset_issues(resource: Mapping[str, Any]) -> list[Issue]:
    """Why a resource that is a part only cannot be stored; empty when it is not."""
    if not is_subsetted(resource):
        return []
    text = (
        "this is a part of a resource, tagged `SUBSETTED`, and storing it would lose the rest; read the whole, "
        "without `_summary` and `_elements`, change that and send it back"
    )
    return [Issue("business-rule", text, f"{resource.get('resourceType')}.meta.tag")]


def _summary(given: Sequence[str], counts: bool, issues: list[Issue]) -> str:
    possible = [each for each in _SUMMARIES if counts or each != "count"]
    if len(given) > 1:
        issues.append(Issue("invalid", "`_summary` is given more than once", "http._summary"))
    elif given and given[0] not in possible:
        listed = ", ".join(f"`{each}`" for each in possible)
        issues.append(
            Issue(
                "value",
                f"`_summary` is{shown(given[0]) or ' not understood'}; possible are {listed}",
                "http._summary",
            )
        )
    elif given and given[0] != "false":
        return given[0]
    return ""


def _elements(given: Sequence[str], types: Collection[str], issues: list[Issue]) -> Iterator[tuple[str, str]]:
    """(type, element) of each that is known; an issue for each that is not."""
    for name in dict.fromkeys(each.strip() for text in given for each in text.split(",")):
        type, _, element = name.rpartition(".")
        asked = types if not type else (type,) if type in RESOURCE_TYPES else ()
        if any(element in _names(each) for each in asked):
            yield type, element
        else:
            where = f"of `{next(iter(types))}`" if len(types) == 1 else "of any type here"
            text = f"`_elements` names{shown(name) or ' something'}, which is no element {where}"
            issues.append(
                Issue("value", f"{text}; send names such as `status` or `Goal.status`", "http._elements")
            )


@cache
def _names(type: str) -> frozenset[str]:
    """The names by which the elements of a type may be asked for, a choice by its own name too."""
    structure = structure_of_resource(type)
    if structure is None:
        return frozenset()
    choices = (each for choice, _, _ in structure.choices for each in (choice, f"{choice}[x]"))
    return frozenset((*(each for each in structure.elements if each[0] != "_"), *choices))


def _part(resource: dict[str, Any], selection: Selection) -> dict[str, Any]:
    type = str(resource.get("resourceType"))
    known = type in RESOURCE_TYPES or type in _STATEMENTS
    structure = structure_of_resource(type) if known else None
    if structure is None or type in _WHOLE:
        return resource
    if selection.summary == "true":
        return _tagged(_summarised(resource, structure, _ALWAYS | _MODIFIERS.get(type, frozenset())))
    kept = _kept(selection, type, structure)
    return (
        resource
        if kept is None
        else _tagged({n: v for n, v in resource.items() if kept(n.removeprefix("_"))})
    )


def _kept(selection: Selection, type: str, structure: Structure) -> Callable[[str], bool] | None:
    """Whether an element at the top is shown; None when all are."""
    if selection.summary == "data":
        return lambda name: name != "text"
    always = _ALWAYS | _MODIFIERS.get(type, frozenset()) | _mandatory(structure)
    if selection.summary == "text":
        return lambda name: name == "text" or name in always
    named = {element.removesuffix("[x]") for of, element in selection.elements if of in ("", type)}
    if not named:
        return None
    choices = {each for choice, names, _ in structure.choices if choice in named for each in names}
    return lambda name: name in named or name in choices or name in always


def _summarised(
    value: Mapping[str, Any], structure: Structure, always: Collection[str] = ()
) -> dict[str, Any]:
    """The elements of a summary, and within them those that belong to it in turn."""
    mandatory = _mandatory(structure)
    found: dict[str, Any] = {}
    for name, item in value.items():
        element = structure.elements.get(name.removeprefix("_"))
        if name in always or (element is not None and element.name in always):
            found[name] = item
        elif element is not None and (element.summary or element.name in mandatory):
            found[name] = item if name[0] == "_" else _inner(item, element.model)
    return found


def _inner(item: Any, model: str | None) -> Any:
    if model is None:
        return item
    if isinstance(item, list):
        return [_inner(each, model) for each in item]
    # An object may not be empty: what has nothing of a summary in it is shown as it is.
    return _summarised(item, structure_of(model)) or item


def _mandatory(structure: Structure) -> frozenset[str]:
    """What R4 requires; of a required choice, each alternative."""
    choices = (each for _, names, needed in structure.choices if needed for each in names)
    return frozenset((*structure.required, *choices))


def _tagged(resource: dict[str, Any]) -> dict[str, Any]:
    meta = dict(resource.get("meta", {}))
    if not is_subsetted(resource):
        meta["tag"] = [*meta.get("tag", ()), SUBSETTED]
    head: dict[str, Any] = {name: resource[name] for name in ("resourceType", "id") if name in resource}
    return {
        **head,
        "meta": meta,
        **{name: each for name, each in resource.items() if name not in (*head, "meta")},
    }
