"""With the person's death, or the end of a plan, ends what was still to be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, consent, entity, goal, ours, provision, ref, task

ACTION_CORRECT = [
    {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "correct"}]}
]
AFTERCARE = ours("task-kind", "aftercare")
End = Callable[[Person, str], httpx.Response]
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


def plan_becomes(
    person: Person, status: str, name: str = "plan", by: str = "person", **elements: Any
) -> httpx.Response:
    plan = {**stored(person, person.ref("CarePlan", name)), "status": status, **elements}
    return person.client(by).put(f"/{person.ref('CarePlan', name)}", json=plan)


def represented(person: Person, name: str) -> None:
    """Somebody acts in the name of the person from now on."""
    mandated = provision("permit", (person.who(name),))
    document = {"sourceReference": ref(person.ref("DocumentReference", "mandate"))}
    person.store(consent(person.ref("Consent", "mandate"), "mandate", person.patient, mandated, **document))


def work(person: Person) -> tuple[str, ...]:
    """A task, an appointment, two requests and a plan, all of which go on."""
    return (
        person.ref("Task", "weigh"),
        person.ref("Appointment", "visit"),
        person.ref("ServiceRequest", "physio"),
        person.ref("CommunicationRequest", "call"),
        person.ref("CarePlan", "plan"),
    )


def messages(person: Person, name: str, topic: str) -> list[Resource]:
    """The messages of this topic that somebody reads."""
    asked = {"patient": person.patient, "topic": topic}
    found = person.client(name).get("/Communication", params=asked).json()
    return [each["resource"] for each in found.get("entry", ())]


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


def test_nor_by_an_entry_of_the_operator(person: Person) -> None:
    patient = {**stored(person, person.patient), "deceasedDateTime": "2099-01-01"}
    answer = person.server.client("system").put(f"/{person.patient}", json=patient)
    assert (answer.status_code, status(person, person.ref("Task", "weigh"))) == (422, ["requested"])


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
    assert len(messages(person, name, "plan-ended")) == 1


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


def test_what_ended_today_is_closed_at_once(person: Person) -> None:
    plan_becomes(person, "completed", period={"start": "2026-01-05", "end": TODAY})
    answer = person.client("nurse").post("/Goal", json=goal("Goal/x", person.patient))
    assert answer.status_code == 403


def test_an_end_that_the_operator_enters_for_later_cancels_no_appointment(person: Person) -> None:
    period = {"start": "2026-01-05", "end": "2099-01-01"}
    person.store({**stored(person, person.ref("CarePlan", "plan")), "status": "completed", "period": period})
    assert status(person, person.ref("Appointment", "visit")) == ["booked"]


@pytest.mark.parametrize(
    ("end", "said"),
    [(plan_becomes, "the plan is completed"), (lambda person, _: death(person), "the person has died")],
    ids=["plan", "death"],
)
@pytest.mark.parametrize("name", ["person", "nurse"])
def test_who_would_write_is_told_that_the_plan_has_ended(
    person: Person, name: str, end: End, said: str
) -> None:
    end(person, "completed")
    answer = person.client(name).post("/Goal", json=goal("Goal/x", person.patient))
    assert (answer.status_code, said in answer.json()["issue"][0]["diagnostics"]) == (403, True)


def test_who_does_not_read_the_completed_plan_is_not_told_of_its_end(person: Person) -> None:
    closed = provision("deny", (person.who("nurse"),), ("plan",))
    person.store(
        consent(
            person.ref("Consent", "kept"),
            "settings",
            person.patient,
            {"type": "permit", "provision": [closed]},
        )
    )
    plan_becomes(person, "completed")
    answer = person.client("nurse").post("/Goal", json=goal("Goal/x", person.patient))
    said = "what you may do with this plan does not include `create` of this `Goal`"
    assert (answer.status_code, answer.json()["issue"][0]["diagnostics"]) == (403, said)


# -- taken up again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["person", "carer"])
def test_who_decides_takes_up_the_plan_that_somebody_else_completed(person: Person, name: str) -> None:
    represented(person, "carer")
    plan_becomes(person, "completed", by="gp")
    answer = plan_becomes(person, "active", by=name)
    added = person.client("nurse").post("/Task", json=task("Task/x", person.patient))
    assert (answer.status_code, added.status_code) == (200, 201)


def test_it_is_taken_up_by_a_patch_of_its_status_and_the_end_of_its_period(person: Person) -> None:
    plan_becomes(person, "completed", by="gp", period={"start": "2026-01-05", "end": TODAY})
    operations = [
        {"op": "replace", "path": "/status", "value": "active"},
        {"op": "remove", "path": "/period/end"},
    ]
    answer = person.client("person").patch(
        f"/{person.ref('CarePlan', 'plan')}",
        json=operations,
        headers={"Content-Type": "application/json-patch+json"},
    )
    assert (answer.status_code, answer.json()["period"]) == (200, {"start": "2026-01-05"})


@pytest.mark.parametrize("name", ["gp", "nurse", "carer"])
def test_nobody_else_takes_it_up(person: Person, name: str) -> None:
    plan_becomes(person, "completed")
    answer = plan_becomes(person, "active", by=name)
    assert (answer.status_code, status(person, person.ref("CarePlan", "plan"))) == (403, ["completed"])


def test_a_representative_from_whom_the_person_keeps_the_plan_does_not_take_it_up(person: Person) -> None:
    represented(person, "carer")
    kept = provision("deny", (person.who("carer"),), ("plan",), action=ACTION_CORRECT)
    settings = {"type": "permit", "provision": [kept]}
    person.store(consent(person.ref("Consent", "kept"), "settings", person.patient, settings))
    plan_becomes(person, "completed")
    assert plan_becomes(person, "active", by="carer").status_code == 403


@pytest.mark.parametrize(
    "more",
    [{"title": "Een ander plan"}, {"status": "on-hold"}, {"activity": [{"detail": {"status": "scheduled"}}]}],
    ids=["title", "another status", "activity"],
)
def test_nothing_else_changes_while_it_is_taken_up(person: Person, more: Resource) -> None:
    plan_becomes(person, "completed")
    assert plan_becomes(person, **{"status": "active", **more}).status_code == 403


def test_a_plan_is_not_taken_up_after_a_death(person: Person) -> None:
    plan_becomes(person, "completed")
    death = {**stored(person, person.patient), "deceasedDateTime": "2026-11-20"}
    person.store(death)
    assert plan_becomes(person, "active").status_code == 403


def test_while_another_goes_on_it_is_taken_up_by_who_decides_alone(person: Person) -> None:
    other = {**stored(person, person.ref("CarePlan", "plan")), "id": f"next-{person.mark}"}
    person.store(other)
    plan_becomes(person, "completed")
    answers = [plan_becomes(person, "active", by=name).status_code for name in ("gp", "person")]
    assert answers == [409, 200]


def test_what_was_cancelled_stays_so_when_it_is_taken_up(person: Person) -> None:
    done = pathway(person)
    plan_becomes(person, "completed")
    plan_becomes(person, "active")
    found = status(person, person.ref("Task", "weigh"), done, person.ref("CarePlan", "pathway"))
    assert found == ["cancelled", "cancelled", "completed"]


@pytest.mark.parametrize(
    ("by", "told"),
    [("gp", {"person", "carer"}), ("carer", {"person"}), ("person", {"carer"})],
)
def test_who_decides_is_told_that_somebody_else_completed_the_plan(
    person: Person, by: str, told: set[str]
) -> None:
    represented(person, "carer")
    plan_becomes(person, "completed", by=by)
    (message,) = messages(person, "person", "plan-completed")
    assert {each["reference"] for each in message["recipient"]} == {person.who(name) for name in told}


@pytest.mark.parametrize("name", ["gp", "nurse", "carer"])
def test_nobody_else_hears_who_may_take_it_up(person: Person, name: str) -> None:
    plan_becomes(person, "completed", by="gp")
    assert messages(person, name, "plan-completed") == []


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
