"""What of a code system, value set or concept map is held in memory to be searched: all but its long lists of codes.

Of a list stays its first code, so that `:missing` tells whether there are any. Which of the codes that a search asks
for are in it is looked up, and put in (`with_codes`); so one matcher searches what is shipped and what is loaded.
https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

__all__ = ["CODES", "codes", "head", "with_codes"]

Resource = Mapping[str, Any]
# (system, code)
Coding = tuple[str, str]

CODES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"CodeSystem": ("code",), "ConceptMap": ("source-code", "target-code"), "ValueSet": ("code",)}
)
"""By type, the search parameters on codes that are not in a head."""


def head(resource: Resource) -> dict[str, Any]:
    """What of the resource can be searched, its long lists cut; a resource of another type comes back whole."""
    cut = _CUT.get(resource["resourceType"])
    return (
        dict(resource)
        if cut is None
        else {**{n: v for n, v in resource.items() if n != "text"}, **cut(resource)}
    )


def codes(resource: Resource, parameter: str) -> Iterator[Coding]:
    """All codes that a parameter of CODES is about, of a whole resource; a system is empty where there is none."""
    return _LISTED[resource["resourceType"], parameter](resource)


def with_codes(head: Resource, found: Mapping[str, Iterable[Coding]]) -> dict[str, Any]:
    """The head, with the codes that were looked up by search parameter: as R4 has them, without a system, and with that
    of which they are, so that they are found as `system|code` too.
    """
    for parameter, each in found.items():
        element, add = _ADDED[head["resourceType"], parameter]
        told = [{"code": form} for system, code in each for form in (code, {"system": system, "code": code})]
        head = {**head, element: add(head.get(element), told)}
    return dict(head)


# -- cutting -----------------------------------------------------------------------------------------


def _cut_code_system(resource: Resource) -> dict[str, Any]:
    concepts = list(_concepts(resource.get("concept", ())))
    languages = {each.get("language") for concept in concepts for each in concept.get("designation", ())}
    spoken = [{"language": each} for each in sorted(languages - {None})]
    return {"concept": [{"code": concepts[0]["code"], "designation": spoken}]} if concepts else {}


def _cut_value_set(resource: Resource) -> dict[str, Any]:
    included = resource.get("compose", {}).get("include", ())
    systems = dict.fromkeys(each["system"] for each in included if "system" in each)
    first = _first(_listed(resource))
    contains = {"contains": [first]} if first else {}
    name = resource.get("expansion", {}).get("identifier")
    return {
        "compose": {"include": [{"system": each} for each in systems]},
        "expansion": {**contains, **({"identifier": name} if name else {})},
    }


def _cut_concept_map(resource: Resource) -> dict[str, Any]:
    return {"group": [_cut_group(each) for each in resource.get("group", ())]}


def _cut_group(group: Resource) -> dict[str, Any]:
    targets = [target for element in group.get("element", ()) for target in element.get("target", ())]
    named = {
        name: [{"property": each} for each in dict.fromkeys(_properties(targets, name))]
        for name in ("dependsOn", "product")
    }
    element = {
        **_first(_sources({"group": [group]})),
        "target": [{**_first(_targets({"group": [group]})), **named}],
    }
    return {
        **{name: group[name] for name in _KEPT_OF_GROUP if name in group},
        "element": [element],
    }


_KEPT_OF_GROUP: Final = ("source", "sourceVersion", "target", "targetVersion", "unmapped")
_CUT: Final[Mapping[str, Callable[[Resource], dict[str, Any]]]] = {
    "CodeSystem": _cut_code_system,
    "ConceptMap": _cut_concept_map,
    "ValueSet": _cut_value_set,
}


def _first(found: Iterator[Coding]) -> dict[str, str]:
    coding = next(found, None)
    return {} if coding is None else {"code": coding[1]}


def _properties(targets: Iterable[Resource], name: str) -> Iterator[str]:
    return (each["property"] for target in targets for each in target.get(name, ()) if "property" in each)


# -- what is listed ----------------------------------------------------------------------------------


def _concepts(concepts: Sequence[Resource], below: str = "concept") -> Iterator[Resource]:
    """All of a hierarchy, each before what is below it."""
    waiting = list(reversed(concepts))
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.get(below, ())))


def _defined(resource: Resource) -> Iterator[Coding]:
    return ((resource["url"], each["code"]) for each in _concepts(resource.get("concept", ())))


def _listed(resource: Resource) -> Iterator[Coding]:
    for include in resource.get("compose", {}).get("include", ()):
        yield from ((include.get("system", ""), each["code"]) for each in include.get("concept", ()))
    for each in _concepts(resource.get("expansion", {}).get("contains", ()), "contains"):
        if "code" in each:
            yield each.get("system", ""), each["code"]


def _sources(resource: Resource) -> Iterator[Coding]:
    for group in resource.get("group", ()):
        elements = (each for each in group.get("element", ()) if "code" in each)
        yield from ((group.get("source", ""), each["code"]) for each in elements)


def _targets(resource: Resource) -> Iterator[Coding]:
    for group in resource.get("group", ()):
        targets = (each for element in group.get("element", ()) for each in element.get("target", ()))
        yield from ((group.get("target", ""), each["code"]) for each in targets if "code" in each)


_LISTED: Final[Mapping[tuple[str, str], Callable[[Resource], Iterator[Coding]]]] = {
    ("CodeSystem", "code"): _defined,
    ("ConceptMap", "source-code"): _sources,
    ("ConceptMap", "target-code"): _targets,
    ("ValueSet", "code"): _listed,
}

_Codes = list[dict[str, Any]]
# (the element, what it becomes with more codes)
_ADDED: Final[Mapping[tuple[str, str], tuple[str, Callable[[Any, _Codes], Any]]]] = {
    ("CodeSystem", "code"): ("concept", lambda held, more: [*(held or ()), *more]),
    ("ConceptMap", "source-code"): ("group", lambda held, more: [*(held or ()), {"element": more}]),
    ("ConceptMap", "target-code"): (
        "group",
        lambda held, more: [*(held or ()), {"element": [{"target": more}]}],
    ),
    ("ValueSet", "code"): (
        "expansion",
        lambda held, more: {**(held or {}), "contains": [*(held or {}).get("contains", ()), *more]},
    ),
}
