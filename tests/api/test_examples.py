"""The examples in docs/examples are accepted from whoever may write them, and do what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from persons import Person
from resources import Resource, entity, practitioner

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


class Case(NamedTuple):
    """An example: who writes it, and what it opens (404 to 200) or closes for whom. `OWN` is the example itself."""

    name: str
    writer: str
    reader: str
    about: str
    before: int
    after: int


OWN = "itself"
CASES = (
    Case("team-membership", "person", "stranger", "CarePlan/plan", 404, 200),
    Case("care-coordinator", "person", "helper", "DocumentReference/report", 404, 200),
    Case("sharing", "person", "nurse", "CarePlan/plan", 404, 200),
    Case("settings", "person", "nurse", "Goal/care", 200, 404),
    Case("settings-for-a-role", "person", "neighbour", "Goal/life", 404, 200),
    Case("exclusion", "person", "nurse", "CarePlan/plan", 200, 404),
    Case("grant", "person", "stranger", "Goal/care", 404, 200),
    Case("entry-share", "person", "cousin", "Goal/life", 404, 200),
    Case("case-management", "person", "stranger", "CarePlan/plan", 404, 200),
    Case("mandate", "person", "cousin", "CarePlan/plan", 404, 200),
    Case("therapeutic-relation", "system", "stranger", "CarePlan/plan", 404, 200),
    Case("carer-share", "carer", "nurse", "Observation/burden", 404, 200),
    Case("patient-will", "gp", "person", OWN, 404, 200),
)
BOUNDS = (
    Case("settings", "person", "nurse", "Goal/life", 200, 200),
    Case("settings-for-a-role", "person", "neighbour", "Goal/care", 404, 404),
    Case("grant", "person", "stranger", "CarePlan/plan", 404, 404),
    Case("entry-share", "person", "cousin", "Goal/care", 404, 404),
    Case("carer-share", "carer", "gp", "Observation/burden", 404, 404),
    Case("carer-share", "carer", "person", "Observation/burden", 404, 404),
    Case("case-management", "person", "stranger", "Communication/journal", 404, 404),
    Case("patient-will", "gp", "helper", OWN, 404, 404),
)


def example(person: Person, name: str) -> Resource:
    """The example about this person, with the people around them."""
    names = {
        "Patient/jet-peeters": person.patient,
        "Practitioner/dr-van-acker": person.who("gp"),
        "Practitioner/nurse-katrien-baert": person.who("nurse"),
        "Practitioner/social-worker-els-maes": person.who("helper"),
        "Practitioner/dr-verweg": person.who("stranger"),
        "RelatedPerson/an-peeters": person.who("carer"),
        "RelatedPerson/cousin-bea": person.who("cousin"),
        "Goal/jet-goal-home": person.ref("Goal", "life"),
        "DocumentReference/jet-mandate": person.ref("DocumentReference", "report"),
    }
    text = (EXAMPLES / f"{name}.json").read_text()
    for there, here in names.items():
        text = text.replace(f'"{there}"', f'"{here}"')
    found: dict[str, Any] = json.loads(text)
    return {**found, "id": f"example-{found['id']}-{person.mark}"}


def written(person: Person, case: Case) -> tuple[str, list[int]]:
    """The status of writing the example, and of reading what the case is about before and after."""
    if case.name == "sharing":
        person.store(person.sharing("inactive"))
    body = example(person, case.name)
    own = f"{body['resourceType']}/{body['id']}"
    about = own if case.about == OWN else person.ref(*case.about.split("/"))
    reader = person.client(case.reader)
    before = reader.get(about).status_code
    answer = person.client(case.writer).put(own, json=body)
    return f"{answer.status_code} {answer.text}"[:3], [before, reader.get(about).status_code]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_example_is_accepted_and_does_what_it_says(person: Person, case: Case) -> None:
    assert written(person, case) == ("201", [case.before, case.after])


@pytest.mark.parametrize("case", BOUNDS, ids=lambda case: f"{case.name}-{case.reader}")
def test_an_example_does_no_more_than_it_says(person: Person, case: Case) -> None:
    assert written(person, case) == ("201", [case.before, case.after])


def test_every_example_has_a_case() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.json")) == sorted(case.name for case in CASES)


def test_the_person_cannot_write_the_document_that_a_physician_writes_down(person: Person) -> None:
    body = example(person, "patient-will")
    assert person.client("person").put(f"Consent/{body['id']}", json=body).status_code == 403


def test_a_grant_to_an_organisation_opens_for_who_works_there(person: Person) -> None:
    office, clerk = person.ref("Organization", "office"), person.ref("Practitioner", "clerk")
    person.store(
        entity(office, active=True, name="Woonloket"), *practitioner(clerk, "welfare-professional", office)
    )
    body = example(person, "grant")
    body["provision"]["actor"][0]["reference"] = {"reference": office}
    goal = person.ref("Goal", "care")
    before = person.server.client(clerk).get(goal).status_code
    person.client("person").put(f"Consent/{body['id']}", json=body)
    assert (before, person.server.client(clerk).get(goal).status_code) == (404, 200)
