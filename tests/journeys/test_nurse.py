"""A nurse in the team: sees the plan, does her tasks, writes what she notices."""

from __future__ import annotations

from persons import Person, ids
from resources import communication, task


def test_a_nurse_finds_her_tasks(person: Person) -> None:
    found = person.client("nurse").get("/Task", params={"owner": person.who("nurse"), "status": "requested"})
    assert ids(found) == [f"weigh-{person.mark}"]


def test_a_nurse_completes_her_task(person: Person) -> None:
    nurse, weigh = person.client("nurse"), person.ref("Task", "weigh")
    done = {**nurse.get(weigh).json(), "status": "completed"}
    answer = nurse.put(weigh, json=done, headers={"If-Match": 'W/"1"'})
    assert (answer.status_code, answer.json()["status"], answer.headers["ETag"]) == (
        200,
        "completed",
        'W/"2"',
    )


def test_the_person_sees_that_the_task_is_completed(person: Person) -> None:
    nurse, weigh = person.client("nurse"), person.ref("Task", "weigh")
    nurse.put(weigh, json={**nurse.get(weigh).json(), "status": "completed"})
    assert person.client("person").get(weigh).json()["status"] == "completed"


def test_a_nurse_may_not_change_the_task_of_another(person: Person) -> None:
    nurse, market = person.client("nurse"), person.ref("Task", "market")
    answer = nurse.put(market, json={**nurse.get(market).json(), "status": "completed"})
    assert answer.status_code == 403


def test_a_note_of_the_nurse_is_read_by_the_carer(person: Person) -> None:
    note = communication(
        person.ref("Communication", "new"), person.patient, "shared-note", person.who("nurse")
    )
    person.client("nurse").put(person.ref("Communication", "new"), json=note)
    assert person.client("carer").get(person.ref("Communication", "new")).status_code == 200


def test_a_nurse_cannot_write_in_the_name_of_the_doctor(person: Person) -> None:
    note = communication(person.ref("Communication", "new"), person.patient, "shared-note", person.who("gp"))
    assert person.client("nurse").put(person.ref("Communication", "new"), json=note).status_code == 403


def test_a_message_to_the_nurse_is_hers_to_read(person: Person) -> None:
    assert person.client("nurse").get(person.ref("Communication", "message")).status_code == 200


def test_a_message_to_the_nurse_is_hidden_from_the_family_helper(person: Person) -> None:
    assert person.client("helper").get(person.ref("Communication", "message")).status_code == 404


def test_a_nurse_cannot_write_about_a_person_without_relation(person: Person, known: Person) -> None:
    answer = person.client("nurse").post("/Task", json=task("Task/x", known.patient))
    assert answer.status_code == 422


def test_a_nurse_never_sees_the_burden_of_the_carer(person: Person) -> None:
    assert person.client("nurse").get(person.ref("Observation", "burden")).status_code == 404
