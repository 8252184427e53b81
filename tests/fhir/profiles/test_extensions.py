"""Extensions of ours are held against their definitions: their values, how many there are, and where."""

from __future__ import annotations

from typing import Any

import pytest
from resources import DZOP, Resource

from dzop.fhir.profiles.extensions import extension_issues

SCALE = [
    {
        "url": "level",
        "extension": [{"url": "score", "valueString": "0"}, {"url": "description", "valueString": "goed"}],
    }
]


def ours(name: str, **value: Any) -> Resource:
    return {"url": f"{DZOP}/StructureDefinition/{name}", **value}


def said(resource: Resource) -> list[tuple[str, str | None]]:
    return [(each.severity, each.expression) for each in extension_issues(resource)]


AN = {"reference": "RelatedPerson/an"}


@pytest.mark.parametrize(
    ("extensions", "places"),
    [
        ([ours("review-due", valueDate="2026-01-05")], []),
        ([ours("review-due", valueString="soon")], [0]),
        ([ours("review-due", extension=[{"url": "x", "valueDate": "2026-01-05"}])], [0]),
        ([ours("review-due", valueDate="2026-01-05"), ours("review-due", valueDate="2026-01-06")], [1]),
        ([ours("goal-for", valueReference=AN), ours("goal-for", valueReference={"display": "Louis"})], []),
        ([ours("source-instrument", valueString="COPM")], [0]),
        ([ours("source-instrument", valueCodeableConcept={"text": "COPM"})], []),
        ([ours("team-contact", valueReference=AN)], [0]),
        ([ours("goal-attainment-scale", valueInteger=2)], [0]),
        ([{"url": "https://elsewhere.example/goal-for", "valueString": "An"}], []),
    ],
)
def test_an_extension_of_a_goal_is_as_it_is_defined(extensions: list[Resource], places: list[int]) -> None:
    expected = [("error", f"Goal.extension[{place}]") for place in places]
    assert said({"resourceType": "Goal", "extension": extensions}) == expected


def test_a_value_further_within_is_held_against_the_definition_too() -> None:
    goal = {"resourceType": "Goal", "extension": [ours("goal-attainment-scale", extension=SCALE)]}
    assert said(goal) == [("error", "Goal.extension[0].extension[0].extension[0]")]


def test_an_extension_of_ours_that_does_not_exist_is_a_warning() -> None:
    goal = {"resourceType": "Goal", "extension": [ours("goalfor", valueReference=AN)]}
    assert said(goal) == [("warning", "Goal.extension[0]")]


def test_an_extension_belongs_to_its_element_and_to_no_other() -> None:
    need = ours("communication-need", valueString="large type")
    person = {"resourceType": "Patient", "extension": [need], "communication": [{"extension": [need]}]}
    places = [expression for _, expression in said(person)]
    assert places == ["Patient.extension[0]", "Patient.extension[0]", "Patient.communication[0].extension[0]"]


def test_what_stands_beside_a_primitive_is_looked_at_too() -> None:
    decider = ours("member-decider", valueString="Jet")
    agreement = ours("member-agreement", valueCode="agreed", _valueCode={"extension": [decider]})
    team = {"resourceType": "CareTeam", "participant": [{"extension": [agreement]}]}
    place = "CareTeam.participant[0].extension[0]._valueCode.extension[0]"
    assert said(team) == [("error", place)]
