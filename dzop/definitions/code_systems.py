"""The code systems that are shipped, as FHIR.

https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from dzop import __version__
from terminology.concept import Concept, Designation
from terminology.content import BASE, CodeSystem, ConceptMap, ValueSet

__all__ = ["code_system", "concept", "designations", "head", "shipped_head"]

Resource = Mapping[str, Any]
_PROPERTIES: Final = {
    "inactive": "Whether the code is no longer to be used",
    "notSelectable": "Whether the code only groups others",
}
"""What is said of concepts by R4's own properties. https://hl7.org/fhir/R4/codesystem-concept-properties.html"""


def code_system(system: CodeSystem) -> Resource:
    """All codes, displayed in English, with designations in other languages; below each the codes under it."""
    below: dict[str, list[Concept]] = {}
    for each in system.concepts.values():
        below.setdefault(next(iter(each.parents), ""), []).append(each)
    stated = {
        **shipped_head("CodeSystem", system),
        "caseSensitive": system.case_sensitive,
        "valueSet": system.value_set,
        "hierarchyMeaning": system.hierarchy_meaning,
        "content": system.content,
        "count": len(system.concepts),
        "property": list(_properties(system.concepts.values())),
        "concept": _tree(below, ""),
    }
    return {name: value for name, value in stated.items() if value not in ("", [])}


def concept(each: Concept) -> dict[str, Any]:
    """A concept without those below it."""
    said = [(one.code, one.type, one.value) for one in each.properties]
    said += [("inactive", "boolean", True)] * each.inactive + [
        ("notSelectable", "boolean", True)
    ] * each.abstract
    stated = {
        "code": each.code,
        "display": each.display,
        "definition": each.definition,
        "designation": designations(each.designations),
        "property": [
            {"code": code, f"value{type[0].upper()}{type[1:]}": value} for code, type, value in said
        ],
    }
    return {name: value for name, value in stated.items() if value}


def designations(called: Iterable[Designation]) -> list[dict[str, Any]]:
    """What something is called in each language."""
    return [{"language": each.language, "value": each.value} for each in called]


def shipped_head(type: str, shipped: CodeSystem | ValueSet | ConceptMap) -> dict[str, Any]:
    """What a resource of shipped content begins with; of what is not ours, we are not the publisher."""
    stated = head(type, shipped.id, shipped.name, shipped.title, shipped.description)
    stated |= {"url": shipped.url, "version": shipped.version, "status": shipped.status}
    if not shipped.url.startswith(f"{BASE}/"):
        del stated["publisher"]
    return stated


def head(type: str, id: str, name: str, title: str, description: str) -> dict[str, Any]:
    """What every conformance resource of ours begins with."""
    return {
        "resourceType": type,
        "id": id,
        "language": "en",
        "url": f"{BASE}/{type}/{id}",
        "version": __version__,
        "name": name,
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": "dzop",
        "description": description,
    }


def _properties(concepts: Collection[Concept]) -> Iterable[Resource]:
    """What is said of any concept, as it is declared."""
    declared = {one.code: one.type for each in concepts for one in each.properties}
    yield from ({"code": code, "type": type} for code, type in declared.items())
    for code, is_said in (
        ("inactive", any(each.inactive for each in concepts)),
        ("notSelectable", any(each.abstract for each in concepts)),
    ):
        if is_said:
            uri = f"http://hl7.org/fhir/concept-properties#{code}"
            yield {"code": code, "uri": uri, "description": _PROPERTIES[code], "type": "boolean"}


def _tree(below: Mapping[str, list[Concept]], above: str) -> list[dict[str, Any]]:
    return [
        concept(each) | ({"concept": _tree(below, each.code)} if each.code in below else {})
        for each in below.get(above, ())
    ]
