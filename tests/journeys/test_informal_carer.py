"""A daughter who cares, and a neighbour who helps with one thing."""

from __future__ import annotations

import pytest
from persons import Person, ids
from resources import communication, consent, entity, ours, provision, ref


def burden(person: Person, author: str) -> dict[str, object]:
    return entity(
        person.ref("Observation", "new"),
        status="final",
        category=[ours("data-category", "carer-burden")],
        code={"text": "Belasting"},
        subject=ref(person.patient),
        performer=[ref(person.who(author))],
    )


@pytest.mark.parametrize("type", ["CarePlan", "Goal", "Task", "Appointment", "CareTeam"])
def test_a_carer_reads_the_plan(known: Person, type: str) -> None:
    found = known.client("carer").get(f"/{type}", params={"patient": known.patient})
    assert ids(found) != []


@pytest.mark.parametrize("name", ["DocumentReference/report", "Condition/diabetes", "Consent/sharing"])
def test_a_carer_does_not_read_documents(known: Person, name: str) -> None:
    assert known.client("carer").get(known.ref(*name.split("/"))).status_code == 404


def test_a_neighbour_sees_the_task_he_does_and_no_other(known: Person) -> None:
    assert ids(known.client("neighbour").get("/Task")) == [f"market-{known.mark}"]


def test_a_neighbour_does_not_see_the_plan(known: Person) -> None:
    assert ids(known.client("neighbour").get("/CarePlan")) == []


def test_a_neighbour_completes_his_task(person: Person) -> None:
    neighbour, market = person.client("neighbour"), person.ref("Task", "market")
    answer = neighbour.put(market, json={**neighbour.get(market).json(), "status": "completed"})
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


def test_a_carer_writes_to_the_nurse(person: Person) -> None:
    reference = person.ref("Communication", "new")
    carer, nurse = person.client("carer"), person.client("nurse")
    carer.put(
        reference,
        json=communication(reference, person.patient, "message", person.who("carer"), person.who("nurse")),
    )
    assert nurse.get(reference).json()["sender"]["reference"] == person.who("carer")


def test_how_heavy_it_is_stays_with_the_carer(person: Person) -> None:
    person.client("carer").put(person.ref("Observation", "new"), json=burden(person, "carer"))
    seen = {
        name: person.client(name).get(person.ref("Observation", "new")).status_code
        for name in ("carer", "person", "gp")
    }
    assert seen == {"carer": 200, "person": 404, "gp": 404}


def test_a_carer_shares_how_heavy_it_is_with_one_professional(person: Person) -> None:
    share = consent(
        person.ref("Consent", "share"),
        "carer-share",
        person.patient,
        provision("permit", (person.who("nurse"),), ("carer-burden",)),
        performer=[ref(person.who("carer"))],
    )
    person.store(share)
    seen = {
        name: person.client(name).get(person.ref("Observation", "burden")).status_code
        for name in ("nurse", "gp", "person")
    }
    assert seen == {"nurse": 200, "gp": 404, "person": 404}


def test_a_related_person_outside_the_team_sees_nothing(known: Person) -> None:
    assert [
        known.client("cousin").get(each).status_code for each in (known.patient, known.ref("Goal", "life"))
    ] == [404, 404]
