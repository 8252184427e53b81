"""With the person's death, or the end of a plan, ends what was still to be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, entity, ours, ref, task

AFTERCARE = ours("task-kind", "aftercare")
TODAY = datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat()


def stored(person: Person, reference: str) -> Resource:
    return dict(person.server.client("system").get(f"/{reference}").json())


def status(person: Person, *references: str) -> list[str]:
    return [stored(person, each)["status"] for each in references]


def reason(resource: Resource, element: str) -> list[tuple[str, str]]:
    return [(each["system"], each["code"]) for each in resource[element]["coding"]]


def death(person: Person, **elements: Any) -> httpx.Response:
    patient = {**stored(person, person.patient), **(elements or {"deceasedDateTime": "2026-11-20"})}
    return person.client("gp").put(f"/{person.patient}", json=patient)


def plan_becomes(person: Person, status: str, name: str = "plan", **elements: Any) -> httpx.Response:
    plan = {**stored(person, person.ref("CarePlan", name)), "status": status, **elements}
    return person.client("person").put(f"/{person.ref('CarePlan', name)}", json=plan)


def work(person: Person) -> tuple[str, ...]:
    """A task, an appointment, two requests and a plan, all of which go on."""
    return (
        person.ref("Task", "weigh"),
        person.ref("Appointment", "visit"),
        person.ref("ServiceRequest", "physio"),
        person.ref("CommunicationRequest", "call"),
        person.ref("CarePlan", "plan"),
    )


def pathway(person: Person, name: str = "pathway", **elements: Any) -> str:
    """A plan that is part of the umbrella, and a task that is done for it."""
    plan = entity(
        person.ref("CarePlan", name),
        **{
            "status": "active",
            "intent": "plan",
            "subject": ref(person.patient),
            "partOf": [ref(person.ref("CarePlan", "plan"))],
            **elements,
        },
    )
    done = task(
        person.ref("Task", f"for-{name}"), person.patient, basedOn=[ref(person.ref("CarePlan", name))]
    )
    person.store(plan, done)
    return person.ref("Task", f"for-{name}")


# -- death -------------------------------------------------------------------------------------------------


def test_with_the_person_ends_what_is_still_to_be_done(person: Person) -> None:
    answer = death(person)
    ended = ["cancelled", "cancelled", "revoked", "revoked", "completed"]
    assert (answer.status_code, status(person, *work(person))) == (200, ended)


@pytest.mark.parametrize(
    ("type", "name", "element"),
    [("Task", "weigh", "statusReason"), ("Appointment", "visit", "cancelationReason")],
)
def test_what_is_cancelled_says_why(person: Person, type: str, name: str, element: str) -> None:
    death(person)
    cancelled = stored(person, person.ref(type, name))
    assert reason(cancelled, element) == [(f"{DZOP}/CodeSystem/end-reason", "person-died")]


def test_it_ends_when_the_registry_reports_the_death_too(person: Person) -> None:
    person.store({**stored(person, person.patient), "deceasedBoolean": True})
    assert status(person, person.ref("Task", "weigh")) == ["cancelled"]


def test_aftercare_goes_on(person: Person) -> None:
    person.store(task(person.ref("Task", "after"), person.patient, code=AFTERCARE))
    death(person)
    assert status(person, person.ref("Task", "after")) == ["requested"]


def test_an_appointment_that_was_is_left_as_it_was(person: Person) -> None:
    visit = stored(person, person.ref("Appointment", "visit"))
    was = {
        **visit,
        "id": f"was-{person.mark}",
        "start": "2026-01-11T10:00:00Z",
        "end": "2026-01-11T10:30:00Z",
    }
    person.store(was)
    death(person)
    assert status(person, person.ref("Appointment", "was")) == ["booked"]


def test_a_task_that_was_done_stays_done(person: Person) -> None:
    done = {**stored(person, person.ref("Task", "weigh")), "status": "completed"}
    person.store(done)
    death(person)
    assert status(person, person.ref("Task", "weigh")) == ["completed"]


def test_a_plan_that_never_began_is_revoked(person: Person) -> None:
    pathway(person, "drafted", status="draft")
    death(person)
    assert status(person, person.ref("CarePlan", "drafted")) == ["revoked"]


def test_a_corrected_death_ends_nothing_again(person: Person) -> None:
    death(person)
    person.store(task(person.ref("Task", "later"), person.patient))
    patient = {**stored(person, person.patient), "deceasedDateTime": "2026-11-21"}
    person.store(patient)
    assert status(person, person.ref("Task", "later")) == ["requested"]


def test_nobody_dies_in_the_future(person: Person) -> None:
    answer = death(person, deceasedDateTime="2099-01-01")
    issue = answer.json()["issue"][0]
    said = issue["details"]["coding"][0]["code"], issue["expression"]
    assert (answer.status_code, *said) == (422, "end-lies-ahead", ["Patient.deceasedDateTime"])


def test_the_rest_of_a_cancelled_task_is_as_it_was_sent(person: Person) -> None:
    tagged = {"tag": [{"system": "https://gp.example/tag", "code": "x"}]}
    before = stored(person, person.ref("Task", "weigh"))
    person.store({**before, "meta": tagged})
    death(person)
    after = stored(person, person.ref("Task", "weigh"))
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {"meta"}
    assert (changed, after["meta"]["tag"]) == ({"status", "statusReason", "lastModified"}, tagged["tag"])


def test_the_writer_is_told_nothing_of_what_he_does_not_see(person: Person) -> None:
    answer = death(person)
    assert "Task" not in answer.text


@pytest.mark.parametrize("name", ["person", "gp", "carer"])
def test_the_team_is_told_that_the_plan_ended(person: Person, name: str) -> None:
    death(person)
    found = person.client(name).get("/Communication", params={"patient": person.patient}).json()
    topics = [each["resource"].get("topic", {}).get("coding", [{}])[0].get("code") for each in found["entry"]]
    assert topics.count("plan-ended") == 1


# -- the umbrella plan -------------------------------------------------------------------------------------


def test_with_the_umbrella_ends_what_is_still_to_be_done(person: Person) -> None:
    answer = plan_becomes(person, "completed")
    ended = ["cancelled", "cancelled", "revoked", "revoked", "completed"]
    assert (answer.status_code, status(person, *work(person))) == (200, ended)


def test_it_ends_on_the_day_on_which_the_plan_ends(person: Person) -> None:
    plan_becomes(person, "completed", period={"start": "2026-01-05", "end": TODAY})
    cancelled = stored(person, person.ref("Task", "weigh"))
    assert reason(cancelled, "statusReason") == [(f"{DZOP}/CodeSystem/end-reason", "plan-completed")]


def test_its_parts_end_with_it(person: Person) -> None:
    pathway(person)
    plan_becomes(person, "completed")
    assert status(person, person.ref("CarePlan", "pathway")) == ["completed"]


def test_nothing_ends_while_another_umbrella_goes_on(person: Person) -> None:
    other = {**stored(person, person.ref("CarePlan", "plan")), "id": f"next-{person.mark}"}
    person.store(other)
    plan_becomes(person, "completed")
    assert status(person, person.ref("Task", "weigh")) == ["requested"]


def test_a_completed_plan_does_not_end_in_the_future(person: Person) -> None:
    answer = plan_becomes(person, "completed", period={"start": "2026-01-05", "end": "2099-01-01"})
    issue = answer.json()["issue"][0]
    said = issue["details"]["coding"][0]["code"], issue["expression"]
    assert (answer.status_code, *said) == (422, "end-lies-ahead", ["CarePlan.period.end"])


# -- other plans -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("becomes", "why"),
    [
        ("completed", "plan-completed"),
        ("revoked", "plan-revoked"),
        ("entered-in-error", "plan-in-error"),
    ],
)
def test_what_is_done_for_a_part_ends_with_it(person: Person, becomes: str, why: str) -> None:
    done = pathway(person)
    plan_becomes(person, becomes, "pathway")
    ended = stored(person, done)
    assert (ended["status"], reason(ended, "statusReason")) == (
        "cancelled",
        [(f"{DZOP}/CodeSystem/end-reason", why)],
    )


def test_what_is_done_for_other_plans_goes_on(person: Person) -> None:
    pathway(person)
    plan_becomes(person, "revoked", "pathway")
    assert status(person, person.ref("Task", "weigh"), person.ref("CarePlan", "plan")) == [
        "requested",
        "active",
    ]


def test_what_is_done_for_two_plans_goes_on_for_the_other(person: Person) -> None:
    shared = pathway(person)
    both = [ref(person.ref("CarePlan", each)) for each in ("pathway", "plan")]
    person.store({**stored(person, shared), "basedOn": both})
    plan_becomes(person, "completed", "pathway")
    assert status(person, shared) == ["requested"]


def test_with_a_revoked_umbrella_its_parts_are_revoked_and_writing_goes_on(person: Person) -> None:
    done = pathway(person)
    plan_becomes(person, "revoked")
    added = person.client("nurse").post("/Task", json=task("Task/x", person.patient))
    found = status(person, person.ref("CarePlan", "pathway"), done)
    assert (found, added.status_code) == (["revoked", "cancelled"], 201)


def test_what_a_plan_lists_as_its_activity_ends_with_it(person: Person) -> None:
    pathway(person)
    listed = {**stored(person, person.ref("CarePlan", "pathway"))}
    person.store({**listed, "activity": [{"reference": ref(person.ref("Task", "weigh"))}]})
    plan_becomes(person, "revoked", "pathway")
    assert status(person, person.ref("Task", "weigh")) == ["cancelled"]
