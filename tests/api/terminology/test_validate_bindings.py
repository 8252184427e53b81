"""$validate tells of codes outside extensible and preferred value sets, also of those that are only loaded."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from serving import Service, ran

Resource = dict[str, Any]

PRACTICES = "http://hl7.org/fhir/ValueSet/c80-practice-codes"
SPECIALTIES = "https://terms.example/CodeSystem/specialties"
V3 = "http://terminology.hl7.org/CodeSystem"
R4 = "http://hl7.org/fhir/ValueSet"
GOALS = "https://dzop.example/fhir/CodeSystem/goal-category"


def issues(client: httpx.Client, resource: Resource) -> list[tuple[str, str]]:
    """(severity, text) of what is said, without that nothing is wrong."""
    answer = client.post(f"/{resource['resourceType']}/$validate", json=resource)
    assert answer.status_code == 200, answer.text
    said = [(each["severity"], each["details"]["text"]) for each in answer.json()["issue"]]
    return [each for each in said if each[1] != "Nothing is wrong with this."]


def patient(**elements: Any) -> Resource:
    return {"resourceType": "Patient", **elements}


def married(code: str) -> Resource:
    return {"coding": [{"system": f"{V3}/v3-MaritalStatus", "code": code}]}


def test_a_code_in_an_extensible_value_set_is_well(client: httpx.Client) -> None:
    assert issues(client, patient(maritalStatus=married("M"))) == []


def test_a_code_outside_an_extensible_value_set_is_a_warning(client: httpx.Client) -> None:
    assert issues(client, patient(maritalStatus=married("X"))) == [
        (
            "warning",
            f"`maritalStatus` has no code of `{R4}/marital-status`, which R4 asks for where one fits.",
        ),
        ("warning", f"`X` is no code of `{V3}/v3-MaritalStatus` in version `2018-08-12`."),
    ]


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ({"code": "life-goal", "display": "Levensdoel"}, []),
        ({"code": "dream"}, [("warning", f"`dream` is no code of `{GOALS}` in version `0.1.0`.")]),
        (
            {"code": "life-goal", "display": "care goal"},
            [("information", f"`care goal` is not what `life-goal` is called in `{GOALS}`; see `$lookup`.")],
        ),
        ({"code": "dream", "version": "99"}, []),
        ({"code": "dream", "system": "https://else.example/goals"}, []),
    ],
    ids=["a name in any language", "no such code", "another name", "a version not held", "not held"],
)
def test_a_code_of_a_code_system_is_one_and_is_called_so(
    client: httpx.Client, coding: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "to dance"},
        "subject": {"reference": "Patient/x"},
        "category": [{"coding": [{"system": GOALS, **coding}]}],
    }
    assert issues(client, goal) == expected


def test_words_without_a_code_are_well(client: httpx.Client) -> None:
    assert issues(client, patient(maritalStatus={"text": "it is complicated"})) == []


def test_a_code_outside_a_preferred_value_set_is_information(client: httpx.Client) -> None:
    assert issues(client, patient(language="eo")) == [
        ("information", f"`language` has no code of `{R4}/languages`, which R4 prefers.")
    ]


def test_a_code_that_a_part_of_a_system_does_not_tell_of_is_let_be(client: httpx.Client) -> None:
    encounter = {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"system": f"{V3}/v3-ActCode", "code": "NEWER"},
    }
    assert issues(client, encounter) == []


@pytest.fixture(scope="module")
def specialties(terms: Service) -> None:
    """A value set that R4 binds to and dzop does not ship, loaded with its code system."""
    head = {"version": "1", "name": "Specialties", "status": "active"}
    system = {
        "resourceType": "CodeSystem", "id": "specialties", "url": SPECIALTIES, **head, "content": "complete",
        "concept": [{"code": "geriatrics"}],
    }  # fmt: skip
    value_set = {
        "resourceType": "ValueSet", "id": "practices", "url": PRACTICES, **head,
        "compose": {"include": [{"system": SPECIALTIES}]},
    }  # fmt: skip
    folder = terms.var.parent / "practices"
    folder.mkdir()
    for each in (system, value_set):
        (folder / f"{each['id']}.json").write_text(json.dumps(each))
    loaded = ran(terms.var.parent, "terminology", "load", "practices")
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr


def specialist(code: str) -> Resource:
    return {
        "resourceType": "PractitionerRole",
        "specialty": [{"coding": [{"system": SPECIALTIES, "code": code}]}],
    }


@pytest.mark.usefixtures("specialties")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("geriatrics", []),
        (
            "astrology",
            [
                ("information", f"`specialty` has no code of `{PRACTICES}`, which R4 prefers."),
                ("warning", f"`astrology` is no code of `{SPECIALTIES}` in version `1`."),
            ],
        ),
    ],
)
def test_codes_are_held_against_a_value_set_that_is_loaded(
    client: httpx.Client, code: str, expected: list[tuple[str, str]]
) -> None:
    assert issues(client, specialist(code)) == expected
