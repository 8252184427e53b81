"""Our own profiles: what we publish of them is R4 and complete, and our own data conform to them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dzop.definitions.conformance import asked_issues, claimed_issues
from dzop.definitions.profile_page import profile_page
from dzop.definitions.structure_definitions import structure_definitions
from dzop.fhir.profiles.registry import PROFILES
from dzop.fhir.structure import structure_of, structure_of_resource
from dzop.plan.goal_attainment import is_rating

ROOT = Path(__file__).parents[2]
OURS = [each for each in PROFILES.values() if each.url.startswith("https://dzop.example/")]
PUBLISHED = {each["id"]: each for each in structure_definitions()}
KINDS = {
    "sharing": "sharing-consent", "settings": "sharing-settings", "grant": "access-grant", "journal": "journal-entry",
}  # fmt: skip
BY_TYPE = {"CarePlan": "care-plan", "CareTeam": "care-team", "Task": "task"}
BY_CATEGORY = ("Goal", "Communication", "Consent")


def own_data() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The demo persons, and the examples of the documentation."""
    for path in sorted((ROOT / "dzop" / "demo" / "data").glob("*.json")):
        for entry in json.loads(path.read_text())["entry"]:
            yield f"{path.stem} {entry['resource']['id']}", entry["resource"]
    for path in sorted((ROOT / "docs" / "examples").glob("*.json")):
        yield path.stem, json.loads(path.read_text())


def profile_for(value: Mapping[str, Any]) -> str | None:
    """The name of the profile of ours that a resource of ours is meant to conform to."""
    type = value["resourceType"]
    if type == "Observation" and is_rating(value):
        return "goal-rating"
    if type not in BY_CATEGORY:
        return BY_TYPE.get(type)
    codes = [
        coding["code"]
        for concept in value.get("category", ())
        for coding in concept.get("coding", ())
        if coding["system"].startswith("https://dzop.example/")
    ]
    return KINDS.get(codes[0], codes[0]) if codes else None


MEANT = [(name, value, profile) for name, value in own_data() if (profile := profile_for(value))]


def test_nearly_every_profile_of_ours_is_seen_in_our_data() -> None:
    seen = {profile for *_, profile in MEANT}
    unseen = {each.name for each in OURS if each.type != "Extension"} - seen
    assert unseen == {"access-consent", "aftercare-task", "closing-report-task", "coordinated-care-team"}


@pytest.mark.parametrize(
    ("name", "value", "profile"), MEANT, ids=lambda each: each if isinstance(each, str) else ""
)
def test_our_data_conform_to_our_profiles(name: str, value: Mapping[str, Any], profile: str) -> None:
    found = asked_issues(value, PROFILES[profile].url)
    assert [each for each in found if each.severity != "information"] == []


def test_our_data_conform_to_what_they_claim() -> None:
    assert [issue for _, value in own_data() for issue in claimed_issues(value)] == []


def test_a_plan_of_ours_is_a_plan_of_europe() -> None:
    plans = [value for _, value in own_data() if value["resourceType"] == "CarePlan"]
    assert [asked_issues(each, PROFILES["xshare-careplan"].url) for each in plans] == [[]] * len(plans)


def test_the_coordinator_of_the_example_coordinates() -> None:
    (team,) = [value for name, value in own_data() if name == "care-coordinator"]
    assert asked_issues(team, PROFILES["coordinated-care-team"].url) == []


def test_a_profile_nobody_knows_is_an_error_when_asked_and_information_when_claimed() -> None:
    value = {"resourceType": "Goal", "meta": {"profile": ["urn:x"]}}
    (asked,), (claimed,) = asked_issues(value, "urn:x"), claimed_issues(value)
    assert [(each.severity, each.code, each.expression) for each in (asked, claimed)] == [
        ("error", "not-found", "profile"),
        ("information", "informational", "Goal.meta.profile[0]"),
    ]


def order(type: str, path: str) -> list[int]:
    """Where each step of a path stands among the elements of R4."""
    structure, places = structure_of_resource(type), []
    model = f"fhir.resources.R4B.{type.lower()}.{type}"
    for step in path.split(".")[1:]:
        module, _, name = model.rpartition(".")
        names = getattr(importlib.import_module(module), name).elements_sequence()
        stem = step.removesuffix("[x]")
        is_choice = step != stem
        found = (n for n, each in enumerate(names) if each == stem or (is_choice and each.startswith(stem)))
        places.append(next(found))
        element = structure.elements.get(step) if structure else None
        model = element.model if element and element.model else model
        structure = structure_of(model)
    return places


@pytest.mark.parametrize("id", PUBLISHED)
def test_a_differential_follows_the_order_of_the_elements(id: str) -> None:
    elements = PUBLISHED[id]["differential"]["element"]
    places = [order(PUBLISHED[id]["type"], each["path"]) for each in elements]
    # What is said of a slice goes on from the element itself.
    assert [
        (one["id"], other["id"])
        for (one, before), (other, after) in pairwise(zip(elements, places, strict=True))
        if before > after and ":" not in one["id"]
    ] == []


@pytest.mark.parametrize("id", PUBLISHED)
def test_a_slice_is_published_with_what_tells_it_apart(id: str) -> None:
    elements = {each["id"]: each for each in PUBLISHED[id]["differential"]["element"]}
    sliced = {id.rpartition(":")[0] for id, each in elements.items() if "sliceName" in each}
    told_apart = {id for id, each in elements.items() if "slicing" in each}
    assert {each for each in sliced - told_apart if not each.endswith("extension")} == set()


def test_what_a_profile_of_ours_narrows_is_known() -> None:
    known = {each.url for each in PROFILES.values()}
    assert [each.name for each in OURS if each.base and each.base not in known] == []


def test_the_page_of_the_profiles_is_up_to_date() -> None:
    assert (ROOT / "docs" / "profiles.md").read_text() == profile_page()
