"""When a person died or the plan is completed, nothing is written any more but aftercare; reading goes on."""

from __future__ import annotations

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, ref, task

AFTERCARE = {"coding": [{"system": f"{DZOP}/CodeSystem/task-kind", "code": "aftercare"}]}


def stored(person: Person, reference: str) -> Resource:
    return dict(person.server.client("system").get(f"/{reference}").json())


@pytest.fixture(params=["died", "completed"])
def closed(person: Person, request: pytest.FixtureRequest) -> Person:
    """A person whose nurse wrote a task, before nothing was written any more."""
    written = person.client("nurse").post("/Task", json=task("Task/x", person.patient))
    assert 201 == written.status_code, written.text
    if request.param == "died":
        person.store({**stored(person, person.patient), "deceasedBoolean": True})
    else:
        person.store({**stored(person, person.ref("CarePlan", "plan")), "status": "completed"})
    return person


def asked(person: Person, **elements: object) -> httpx.Response:
    return person.client("nurse").post("/Task", json=task("Task/x", person.patient, **elements))


def test_no_task_is_added(closed: Person) -> None:
    assert 403 == asked(closed).status_code


def test_a_task_of_aftercare_is(closed: Person) -> None:
    assert 201 == asked(closed, code=AFTERCARE).status_code


def test_a_task_of_aftercare_is_corrected_and_stays_one(closed: Person) -> None:
    made = asked(closed, code=AFTERCARE, owner=ref(closed.who("nurse"))).json()
    address = f"/Task/{made['id']}"
    answers = [
        closed.client("nurse").put(address, json=body).status_code
        for body in ({**made, "status": "accepted"}, {key: made[key] for key in made if key != "code"})
    ]
    assert [200, 403] == answers


def test_another_task_does_not_become_one(closed: Person) -> None:
    found = closed.client("nurse").get("/Task", params={"patient": closed.patient}).json()
    tasks = [each["resource"] for each in found["entry"]]
    answers = {
        closed.client("nurse").put(f"/Task/{each['id']}", json={**each, "code": AFTERCARE}).status_code
        for each in tasks
    }
    assert {403} == answers


def test_everyone_reads_on(closed: Person) -> None:
    assert 200 == closed.client("nurse").get(closed.ref("CarePlan", "plan")).status_code
