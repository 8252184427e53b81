"""In which order the portal shows goals, by what they say of each other: its own script, asked in a browser."""

from typing import Any

import pytest
from e2e.portal_pages import Visit
from resources import entity

RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
TREE = """async goals => {
    const { Plan } = await import("/portal/plan.js");
    const others = { tasks: [], messages: [], appointments: [], consents: [], teams: [], plans: [], others: [] };
    const told = ({ goal, children }) => [goal.id, ...children.map(told)];
    const { life, loose } = new Plan({ ...others, id: "x", goals }).goalTree;
    return [...life, ...loose].map(told);
}"""


def goal(id: str, *types: str) -> dict[str, Any]:
    """A goal that names the goal `named` in a relationship of these types, if any."""
    parts = [
        {"url": "type", "valueCodeableConcept": {"coding": [{"code": each} for each in types]}},
        {"url": "target", "valueReference": {"reference": "Goal/named"}},
    ]
    said = {"extension": [{"url": RELATIONSHIP, "extension": parts}]} if types else {}
    return entity(f"Goal/{id}", lifecycleStatus="active", **said)


@pytest.mark.parametrize(
    ("type", "tree"),
    [
        ("other", [["named", ["naming"]]]),
        ("milestone", [["naming", ["named"]]]),
        ("predecessor", [["naming"], ["named"]]),
    ],
)
def test_a_goal_stands_under_the_one_that_it_serves_or_is_a_step_towards(
    visit: Visit, type: str, tree: list[Any]
) -> None:
    assert tree == visit().evaluate(TREE, [goal("naming", type), goal("named")])
