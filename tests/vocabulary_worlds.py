"""Code systems, value sets over them, and concept maps, as resources."""

from __future__ import annotations

from typing import Any, Final

FRUIT, CARE, PARTS, SNOMED = (
    "http://fruit.example", "http://care.example", "http://parts.example", "http://snomed.info/sct",
)  # fmt: skip
FROM, TO, OTHER = "http://from.example", "http://to.example", "http://other.example"


def code_system(url: str, *concepts: dict[str, Any], **given: Any) -> dict[str, Any]:
    shell = {"resourceType": "CodeSystem", "url": url, "version": "1", "content": "complete"}
    return {**shell, "concept": list(concepts), **given}


def value_set(name: str, *include: dict[str, Any], **given: Any) -> dict[str, Any]:
    exclude = {"exclude": given.pop("exclude")} if "exclude" in given else {}
    shell = {"resourceType": "ValueSet", "url": f"http://vs.example/{name}", "id": name, "version": "1"}
    return {**shell, **given, "compose": {"include": list(include), **exclude}}


def listing(system: str, *codes: str, **given: Any) -> dict[str, Any]:
    return {"system": system, **given, "concept": [{"code": code} for code in codes]}


def importing(*names: str) -> dict[str, Any]:
    return {"valueSet": [f"http://vs.example/{name}" for name in names]}


def names(*texts: str) -> list[dict[str, str]]:
    return [
        {"language": language, "value": text} for language, text in zip(("nl", "fr"), texts, strict=False)
    ]


APPLE = {
    "code": "apple",
    "display": "Apple",
    "designation": names("appel", "pomme"),
    "concept": [{"code": "elstar"}],
}
OLD_PEAR = {"code": "pear", "property": [{"code": "inactive", "valueBoolean": True}]}
OWN = {"code": "unknown", "display": "Own"}
PRUNE = {"code": "plum", "display": "Prune", "designation": names("pruim")}
IS_DIABETES = {"property": "concept", "op": "is-a", "value": "73211009"}
EXPANDED = {
    "resourceType": "ValueSet",
    "id": "expanded",
    "url": "http://vs.example/expanded",
    "expansion": {"contains": [{"system": FRUIT, "code": "plum"}]},
}
FRUITS: Final = (
    code_system(FRUIT, APPLE, OLD_PEAR, {"code": "plum"}, valueSet="http://vs.example/all-fruit"),
    code_system(FRUIT, {"code": "quince"}, version="0.9"),
    code_system(CARE, {"code": "Wash"}, {"code": "dress"}, caseSensitive=False),
    code_system(PARTS, {"code": "known", "display": "Known"}, content="fragment"),
    value_set("fruit", {"system": FRUIT}),
    value_set("old-fruit", {"system": FRUIT, "version": "0.9"}),
    value_set("both", {"system": FRUIT}, listing(CARE, "dress", "WASH")),
    value_set("active", {"system": FRUIT}) | {
        "compose": {"inactive": False, "include": [{"system": FRUIT}]}
    },
    value_set("less", importing("both"), exclude=[listing(FRUIT, "pear", "elstar")]),
    value_set("parts", {"system": PARTS, "concept": [OWN, {"code": "known"}]}),
    value_set("snomed", {"system": SNOMED, "concept": [{"code": "73211009", "display": "Diabetes"}]}),
    value_set("below", {"system": SNOMED, "filter": [IS_DIABETES]}),
    value_set("ring-a", importing("ring-b")),
    value_set("ring-b", importing("ring-a")),
    value_set("diamond", importing("both"), importing("less"), importing("both", "less")),
    value_set("missing", importing("nowhere")),
    value_set("named", {"system": FRUIT, "concept": [PRUNE]}),
    value_set("fruit", listing(FRUIT, "plum"), version="0.1", id="small"),
    EXPANDED,
)  # fmt: skip


def concept_map(name: str, *groups: dict[str, Any], **given: Any) -> dict[str, Any]:
    shell = {"resourceType": "ConceptMap", "url": f"http://map.example/{name}", "id": name, "version": "1"}
    return {**shell, "group": list(groups), **given}


def group(
    source: str, target: str, /, unmapped: dict[str, str] | None = None, **codes: str
) -> dict[str, Any]:
    """Each code with its targets: `"A wider B narrower"`."""
    elements = []
    for code, targets in codes.items():
        words = targets.split()
        pairs = zip(words[::2], words[1::2], strict=True)
        elements.append({"code": code, "target": [{"code": to, "equivalence": how} for to, how in pairs]})
    return {"source": source, "target": target, "element": elements} | (
        {"unmapped": unmapped} if unmapped else {}
    )


VERSIONS = {"sourceVersion": "3", "targetVersion": "2"}
MAPS: Final = (
    concept_map(
        "main",
        group(FROM, TO, a="A wider B narrower", c="C equal", d="D disjoint", e=""),
        group(FROM, OTHER, a="x equivalent"),
        sourceCanonical="http://vs.example/from",
        targetCanonical="http://vs.example/to",
    ),
    concept_map("main", group(FROM, TO, a="OLD equal"), version="0.9", id="older"),
    concept_map("second", group(FROM, TO, a="A wider Z relatedto")),
    concept_map("fixed", group(FROM, OTHER, {"mode": "fixed", "code": "none", "display": "None"}, b="y equal")),
    concept_map("versions", group(FROM, "http://v.example", v="V wider") | VERSIONS),
    concept_map("provided", group(OTHER, TO, {"mode": "provided"})),
    concept_map("leads", group(FROM, TO, {"mode": "other-map", "url": "http://map.example/main|1"})),
    concept_map("ring-a", group(FROM, "http://r.example", {"mode": "other-map", "url": "http://map.example/ring-b"})),
    concept_map("ring-b", group(FROM, "http://r.example", {"mode": "other-map", "url": "http://map.example/ring-a"})),
)  # fmt: skip
