"""Our tables against what HL7 Belgium publishes: every constraint is there, every example conforms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.definition import Profile, Rule
from dzop.fhir.profiles.registry import PROFILES, profile_of
from terminology import shipped

BELGIUM = "https://www.ehealth.fgov.be/"
NAMES = [name for name, profile in PROFILES.items() if profile.url.startswith(BELGIUM)]
Data = Callable[[str], Path]

# (element, what) that is published and not in our tables, and why.
SLICED_BY_NATURE = "an extension is always told apart by its url, in R4 already"
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("Patient.extension", "slicing"): SLICED_BY_NATURE,
    ("Patient.birthDate.extension", "slicing"): SLICED_BY_NATURE,
    ("Task.extension", "slicing"): SLICED_BY_NATURE,
    ("Consent.extension", "slicing"): SLICED_BY_NATURE,
    ("Address.line.extension", "slicing"): SLICED_BY_NATURE,
    ("Extension.url", "fixed"): "the url of an extension is that of its profile",
}


def resources(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every resource in the files of a folder, with its file."""
    for path in sorted(folder.rglob("*.json")):
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
        if isinstance(value, dict):
            yield path.name, value


@pytest.fixture(scope="module")
def published(shared_data: Data) -> Mapping[str, Mapping[str, Any]]:
    """The StructureDefinitions of the guides, by canonical."""
    return {
        each["url"]: each
        for _, each in resources(shared_data("be/json"))
        if each.get("resourceType") == "StructureDefinition"
    }


def said(element: Mapping[str, Any]) -> dict[str, Any]:
    """What an ElementDefinition of a differential asks, in the words of a rule."""
    types = element.get("type", [])
    fixed = [value for name, value in element.items() if name.startswith("fixed")]
    targets = [url for type in types for url in type.get("targetProfile", ())]
    profiles = [url for type in types for url in type.get("profile", ())]
    plain = [type["code"] for type in types] if not targets and not profiles else []
    found = {
        "min": element.get("min"),
        "max": element.get("max"),
        "must_support": element.get("mustSupport"),
        "fixed": fixed[0] if fixed else None,
        "targets": tuple(targets),
        "profile": profiles[0] if profiles else "",
        "types": tuple(plain),
        "binding": (element["binding"]["strength"], element["binding"]["valueSet"])
        if "binding" in element
        else None,
        "slicing": element["slicing"]["discriminator"][0]["path"] if "slicing" in element else "",
        "invariants": tuple(each["key"] for each in element.get("constraint", ())),
    }
    return {
        name: value
        for name, value in found.items()
        if value not in (None, "", ()) and (element["id"], name) not in EXCEPTIONS
    }


def asked(rule: Rule) -> dict[str, Any]:
    """The same of a rule of ours."""
    found = {
        "min": rule.min,
        "max": rule.max,
        "must_support": rule.must_support or None,
        "fixed": rule.fixed,
        "targets": rule.targets,
        "profile": rule.profile,
        "types": rule.types,
        "binding": (rule.strength, rule.value_set) if rule.value_set else None,
        "slicing": rule.sliced,
        "invariants": rule.invariants,
    }
    return {name: value for name, value in found.items() if value not in (None, "", ())}


def differential(structure: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By element id, what is asked of each; elements of which nothing is asked are left out."""
    elements = {each["id"]: said(each) for each in structure["differential"].get("element", ())}
    return {id: each for id, each in elements.items() if each}


def rules(profile: Profile) -> dict[str, dict[str, Any]]:
    return {f"{profile.type}.{rule.at}": asked(rule) for rule in profile.rules}


@pytest.mark.parametrize("name", NAMES)
def test_a_table_asks_what_the_published_profile_asks_and_nothing_else(
    published: Mapping[str, Mapping[str, Any]], name: str
) -> None:
    profile = PROFILES[name]
    assert rules(profile) == differential(published[profile.url])


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_the_type_base_and_version_of_the_published_profile(
    published: Mapping[str, Mapping[str, Any]], name: str
) -> None:
    profile = PROFILES[name]
    structure = published[profile.url]
    base = f"http://hl7.org/fhir/StructureDefinition/{profile.type}"
    assert (structure["type"], structure["baseDefinition"], structure.get("version", "")) == (
        profile.type, profile.base or base, profile.version,
    )  # fmt: skip


def test_every_exception_is_of_something_published(published: Mapping[str, Mapping[str, Any]]) -> None:
    there = {
        (each["id"], what)
        for structure in published.values()
        for each in structure.get("differential", {}).get("element", ())
        for what in ("slicing" if "slicing" in each else "", "fixed" if "fixedUri" in each else "")
    }
    assert set(EXCEPTIONS) - there == set()


@pytest.mark.parametrize("folder", ["be/json", "be/examples", "eu"])
def test_every_published_example_conforms_to_what_it_claims(shared_data: Data, folder: str) -> None:
    """None is excepted: what belgium's guides get wrong (ppc-1, check digits) is not in their profiles."""
    found = [
        (file, issue.expression, issue.text)
        for file, value in resources(shared_data(folder))
        for canonical in value.get("meta", {}).get("profile", ())
        if (profile := profile_of(canonical)) is not None
        for issue in conformance(value, profile)
        if issue.severity == "error"
    ]
    assert found == []


def test_most_published_examples_are_checked_at_all(shared_data: Data) -> None:
    claims = [
        profile_of(canonical)
        for folder in ("be/json", "be/examples")
        for _, value in resources(shared_data(folder))
        for canonical in value.get("meta", {}).get("profile", ())
    ]
    assert len([each for each in claims if each is not None]) >= 35


def codes(value_set: Mapping[str, Any], systems: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """The codes of a published ValueSet, as far as it or a published CodeSystem lists them."""
    return {
        include["system"]: {each["code"] for each in include.get("concept", ())}
        or set(nested(systems.get(include["system"], {}).get("concept", ())))
        for include in value_set["compose"]["include"]
    }


def nested(concepts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Their codes, and those below them."""
    for each in concepts:
        yield each["code"]
        yield from nested(each.get("concept", ()))


def test_the_codes_of_a_value_set_are_those_published(shared_data: Data) -> None:
    every = [each for _, each in resources(shared_data("be/json"))]
    systems = {each["url"]: each for each in every if each.get("resourceType") == "CodeSystem"}
    differing = {
        each["url"]: (found, ours)
        for each in every
        if each.get("resourceType") == "ValueSet" and (ours := shipped.codes(each["url"])) is not None
        for found in [codes(each, systems)]
        if any(listed != ours.get(system) for system, listed in found.items() if listed)
        or set(found) != set(ours)
    }
    assert differing == {}
