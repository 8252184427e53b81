"""A made-up code system of aids, value sets and maps over it: what the tests of terminology ask about."""

from __future__ import annotations

from typing import Any, Final

from resources import DZOP, Resource

AIDS: Final = "https://terms.example/CodeSystem/aids"
OLD_AIDS: Final = "https://terms.example/CodeSystem/old-aids"
UNHELD: Final = "https://elsewhere.example/CodeSystem/unheld"
ROLE: Final = f"{DZOP}/CodeSystem/role"


def value_set_url(name: str) -> str:
    return f"https://terms.example/ValueSet/{name}"


def _defined(type: str, id: str, **elements: Any) -> Resource:
    name = "".join(part.capitalize() for part in id.split("-"))
    return {
        "resourceType": type,
        "id": id,
        "url": f"https://terms.example/{type}/{id}",
        "version": "1.0",
        "name": name,
        "title": id.replace("-", " ").capitalize(),
        "status": "active",
        **elements,
    }


def _concept(code: str, display: str, nl: str, fr: str, *below: Resource, **elements: Any) -> Resource:
    names = [{"language": "nl", "value": nl}, {"language": "fr", "value": fr}]
    return {
        "code": code,
        "display": display,
        **elements,
        "designation": [*names, *elements.pop("designation", [])],
        **({"concept": list(below)} if below else {}),
    }


def _is(code: str, value: bool) -> Resource:
    return {"code": code, "valueBoolean": value}


_WHEELS: Final = {"code": "wheels", "valueInteger": 4}
_SHORT: Final = {
    "language": "nl-BE",
    "use": {"system": "https://terms.example/use", "code": "short", "display": "short name"},
    "value": "rolst.",
}


def aids(version: str, *more: Resource, **elements: Any) -> Resource:
    """The code system in a version, with concepts at the end of it."""
    walking = _concept(
        "walking-aid",
        "walking aid",
        "loophulpmiddel",
        "aide à la marche",
        _concept("cane", "cane", "wandelstok", "canne", property=[_is("reimbursed", False)]),
        _concept(
            "rollator", "rollator", "rollator", "déambulateur", property=[_is("reimbursed", True), _WHEELS]
        ),
        definition="What helps to walk.",
    )
    wheelchair = _concept(
        "wheelchair",
        "wheelchair",
        "rolstoel",
        "fauteuil roulant",
        _concept("electric-wheelchair", "electric wheelchair", "elektrische rolstoel", "fauteuil électrique"),
        designation=[_SHORT],
        property=[_is("reimbursed", True), _WHEELS],
    )
    old = _concept(
        "ear-trumpet", "ear trumpet", "oorhoorn", "cornet acoustique", property=[_is("inactive", True)]
    )
    group = _concept(
        "aid",
        "aid",
        "hulpmiddel",
        "aide technique",
        walking,
        wheelchair,
        old,
        property=[_is("notSelectable", True)],
    )
    return _defined(
        "CodeSystem",
        f"aids-{version.replace('.', '-')}",
        **{
            "url": AIDS,
            "version": version,
            "name": "Aids",
            "title": "Aids",
            "language": "en",
            "caseSensitive": True,
            "valueSet": value_set_url("all-aids"),
            "hierarchyMeaning": "is-a",
            "content": "complete",
            "property": [
                {"code": "reimbursed", "type": "boolean"},
                {"code": "wheels", "type": "integer"},
                {
                    "code": "inactive",
                    "type": "boolean",
                    "uri": "http://hl7.org/fhir/concept-properties#inactive",
                },
                {
                    "code": "notSelectable",
                    "type": "boolean",
                    "uri": "http://hl7.org/fhir/concept-properties#notSelectable",
                },
            ],
            "concept": [group, *more],
            **elements,
        },
    )


def value_set(id: str, *include: Resource, exclude: tuple[Resource, ...] = (), **elements: Any) -> Resource:
    compose = {"include": list(include), **({"exclude": list(exclude)} if exclude else {})}
    return _defined("ValueSet", id, **{"compose": compose, **elements})


def filtered(property: str, op: str, value: str) -> Resource:
    """The aids that this filter keeps."""
    return {"system": AIDS, "filter": [{"property": property, "op": op, "value": value}]}


def listed(system: str, *codes: str) -> Resource:
    return {"system": system, "concept": [{"code": code} for code in codes]}


def imported(*names: str) -> Resource:
    return {"valueSet": [value_set_url(name) for name in names]}


_STICK: Final = {
    "code": "cane",
    "display": "walking stick",
    "designation": [{"language": "nl", "value": "stok"}],
}

DEFINED: Final[tuple[Resource, ...]] = (
    aids("1.9"),
    aids("1.10", _concept("hoist", "hoist", "tillift", "lève-personne")),
    _defined(
        "CodeSystem",
        "old-aids",
        caseSensitive=False,
        content="fragment",
        concept=[{"code": "cane", "display": "Cane"}, {"code": "ROLL", "display": "Rollator"}],
    ),
    value_set("walking", filtered("concept", "is-a", "walking-aid")),
    value_set("reimbursed", filtered("reimbursed", "=", "true")),
    value_set("named", {"system": AIDS, "concept": [{"code": "rollator"}, _STICK]}),
    value_set("nested", imported("walking"), listed(AIDS, "wheelchair")),
    value_set("both", imported("walking", "reimbursed")),
    value_set("without-canes", imported("nested"), exclude=(listed(AIDS, "cane"),)),
    value_set("egg", imported("hen")),
    value_set("hen", imported("egg")),
    value_set("mixed", listed(AIDS, "cane", "hoist"), listed(OLD_AIDS, "cane", "ROLL"), {"system": ROLE}),
    value_set("old-version", {"system": AIDS, "version": "1.9"}),
    value_set("unheld", listed(UNHELD, "x"), version="2"),
    value_set("all-unheld", {"system": UNHELD}),
    value_set("odd-expression", filtered("code", "regex", "(")),
    _defined(
        "ConceptMap",
        "aids-to-old",
        sourceCanonical=value_set_url("all-aids"),
        targetCanonical=value_set_url("old-aids"),
        group=[
            {
                "source": AIDS,
                "target": OLD_AIDS,
                "element": [
                    {"code": "cane", "target": [{"code": "cane", "equivalence": "equivalent"}]},
                    {"code": "rollator", "target": [{"code": "ROLL", "equivalence": "wider"}]},
                    {"code": "hoist", "target": [{"equivalence": "unmatched"}]},
                ],
            }
        ],
    ),
)
"""What is loaded."""
