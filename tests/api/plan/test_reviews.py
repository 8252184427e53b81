"""Plans and goals are looked at again: by when, who did, and when the next time is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from goals import broken
from persons import Person, ids
from resources import DZOP, Resource, entity, ours, participant, ref

DUE, INTERVAL = (f"{DZOP}/StructureDefinition/review-{each}" for each in ("due", "interval"))
MONTHS = {"value": 6, "unit": "maanden", "system": "http://unitsofmeasure.org", "code": "mo"}


def stored(person: Person, reference: str) -> Resource:
    return dict(person.server.client("system").get(f"/{reference}").json())


def reviewed(day: str | None = None, interval: Resource | None = None) -> list[Resource]:
    due = [{"url": DUE, "valueDate": day}] if day else []
    return [*due, *([{"url": INTERVAL, "valueDuration": interval}] if interval else [])]


def plan_reviewed(person: Person, *args: Any, who: str = "person", **elements: Any) -> httpx.Response:
    """The umbrella plan, sent with these words on its review."""
    plan = stored(person, person.ref("CarePlan", "plan"))
    sent = {**plan, "extension": reviewed(*args), **elements}
    if not sent["extension"]:
        del sent["extension"]
    return person.client(who).put(f"/{person.ref('CarePlan', 'plan')}", json=sent)


def asked(person: Person, **parameters: str) -> list[Resource]:
    """The Tasks of review, as the nurse sees them, the first asked for first."""
    query = {"patient": person.patient, "code": "review", "_sort": "due", **parameters}
    found = person.client("nurse").get("/Task", params=query).json()
    return [each["resource"] for each in found.get("entry", ())]


def completed(person: Person, who: str = "person") -> httpx.Response:
    (waiting,) = asked(person, status="requested")
    done = {**waiting, "status": "completed", "owner": ref(person.who(who))}
    return person.client(who).put(f"/Task/{waiting['id']}", json=done)


def due(person: Person, reference: str) -> list[str]:
    return [
        each["valueDate"] for each in stored(person, reference).get("extension", ()) if each["url"] == DUE
    ]


# -- asked for ---------------------------------------------------------------------------------------------


def test_a_plan_with_a_day_of_review_is_given_a_task(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    said = [(each["status"], each["focus"], each["restriction"]["period"]["end"]) for each in asked(person)]
    assert said == [("requested", ref(person.ref("CarePlan", "plan")), "2027-03-01")]


def coordinated(person: Person, who: str) -> None:
    named = person.who(who)
    entries = [participant(named, role) for role in ("health-professional", "care-coordinator")]
    person.store(person.team(*entries, participant(person.who("nurse"), "health-professional")))


def test_the_coordinator_is_asked(person: Person) -> None:
    coordinated(person, "gp")
    plan_reviewed(person, "2027-03-01")
    assert [each["owner"] for each in asked(person)] == [ref(person.who("gp"))]


def test_without_a_coordinator_a_professional_of_the_team_takes_it_up(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    (waiting,) = asked(person)
    candidates = {each["valueReference"]["reference"] for each in waiting["extension"]}
    assert ("owner" in waiting, candidates) == (
        False,
        {person.who(each) for each in ("gp", "nurse", "helper")},
    )


def test_a_draft_asks_for_nothing_yet(person: Person) -> None:
    person.store({**stored(person, person.ref("CarePlan", "plan")), "status": "draft"})
    plan_reviewed(person, "2027-03-01")
    before = len(asked(person))
    plan_reviewed(person, "2027-03-01", status="active")
    assert (before, len(asked(person))) == (0, 1)


def test_another_day_moves_the_task(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    plan_reviewed(person, "2027-04-01")
    assert [each["restriction"]["period"]["end"] for each in asked(person)] == ["2027-04-01"]


def test_a_plan_sent_again_asks_for_nothing_more(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    plan_reviewed(person, "2027-03-01", title="Mijn plan")
    assert [each["meta"]["versionId"] for each in asked(person)] == ["1"]


def test_without_a_day_the_task_is_cancelled(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    plan_reviewed(person)
    assert [each["status"] for each in asked(person)] == ["cancelled"]


def test_the_task_ends_with_the_plan(person: Person) -> None:
    plan_reviewed(person, "2027-03-01")
    plan_reviewed(person, "2027-03-01", status="completed")
    assert [each["status"] for each in asked(person)] == ["cancelled"]


def test_what_the_operator_enters_asks_for_nothing(person: Person) -> None:
    plan = stored(person, person.ref("CarePlan", "plan"))
    person.store({**plan, "extension": reviewed("2027-03-01")})
    assert asked(person) == []


@pytest.mark.parametrize("type", ["CarePlan", "Goal"])
def test_what_is_overdue_is_found(person: Person, type: str) -> None:
    name = {"CarePlan": "plan", "Goal": "life"}[type]
    past = {**stored(person, person.ref(type, name)), "extension": reviewed("2026-01-31")}
    person.store(past)
    found = person.client("nurse").get(
        f"/{type}", params={"patient": person.patient, "review-due": "lt2026-11-22"}
    )
    assert ids(found) == [past["id"]]


@pytest.mark.parametrize("type", ["CarePlan", "Goal"])
@pytest.mark.parametrize(
    "interval",
    [{**MONTHS, "value": 0}, {**MONTHS, "value": 1.5}, {**MONTHS, "value": 1000}, {**MONTHS, "code": "h"},
     {"value": 6, "unit": "maanden"}],
    ids=["none", "not whole", "too long", "hours", "no code"],
)  # fmt: skip
def test_an_interval_that_no_day_follows_from_is_refused(
    person: Person, type: str, interval: Resource
) -> None:
    name = {"CarePlan": "plan", "Goal": "life"}[type]
    sent = {**stored(person, person.ref(type, name)), "extension": reviewed(None, interval)}
    answer = person.client("person").put(f"/{person.ref(type, name)}", json=sent)
    issue = answer.json()["issue"][0]
    said = issue["details"]["coding"][0]["code"], issue["expression"]
    assert (answer.status_code, *said) == (422, "review-interval", [f"{type}.extension"])


# -- done --------------------------------------------------------------------------------------------------


def test_a_completed_review_asks_for_the_next(person: Person) -> None:
    plan_reviewed(person, "2026-11-01", MONTHS)
    assert completed(person).status_code == 200
    (day,) = due(person, person.ref("CarePlan", "plan"))
    waiting = [each["restriction"]["period"]["end"] for each in asked(person, status="requested")]
    assert ([day], day > "2027-04-01") == (waiting, True)


def test_a_review_that_was_asked_for_once_leaves_no_day(person: Person) -> None:
    plan_reviewed(person, "2026-11-01")
    completed(person)
    assert due(person, person.ref("CarePlan", "plan")) == []


def test_all_else_of_the_plan_is_as_it_was_sent(person: Person) -> None:
    plan_reviewed(person, "2026-11-01", MONTHS)
    before = stored(person, person.ref("CarePlan", "plan"))
    completed(person)
    after = stored(person, person.ref("CarePlan", "plan"))
    assert {name for name in before if before[name] != after[name]} == {"meta", "extension"}


def test_it_is_known_who_reviewed_the_plan(person: Person) -> None:
    coordinated(person, "gp")
    plan_reviewed(person, "2026-11-01", MONTHS)
    completed(person, "gp")
    about = {"patient": person.patient, "agent": person.who("gp")}
    found = person.client("person").get("/Provenance", params=about).json()["entry"]
    said = [
        (each["resource"]["target"][0]["reference"], each["resource"]["agent"][0]["who"]["reference"])
        for each in found
        if each["resource"]["activity"]["coding"][0]["code"] == "review"
    ]
    assert said == [(f"{person.ref('CarePlan', 'plan')}/_history/3", person.who("gp"))]


def test_a_review_of_a_goal_moves_its_day(person: Person) -> None:
    goal = person.ref("Goal", "care")
    links = stored(person, goal)["extension"]
    person.store({**stored(person, goal), "extension": [*links, *reviewed("2026-11-01", MONTHS)]})
    review = entity(
        person.ref("Task", "review"),
        status="requested",
        intent="order",
        code=ours("task-kind", "review"),
        focus=ref(goal),
        **{"for": ref(person.patient)},
    )
    person.store(review)
    completed(person)
    kept = [each for each in stored(person, goal)["extension"] if each["url"] not in (DUE, INTERVAL)]
    assert (kept, due(person, goal)[0] > "2027-04-01") == (links, True)


@pytest.mark.parametrize("element", ["focus", "code", "basedOn"])
def test_a_review_that_was_asked_for_stays_about_what_it_is_about(person: Person, element: str) -> None:
    other = person.ref("CarePlan", "other")
    person.store({**stored(person, person.ref("CarePlan", "plan")), "id": other.partition("/")[2]})
    plan_reviewed(person, "2027-03-01", MONTHS)
    (waiting,) = asked(person)
    changed = {"focus": ref(other), "code": ours("task-kind", "care-task"), "basedOn": [ref(other)]}[element]
    done = {**waiting, "status": "completed", "owner": ref(person.patient), element: changed}
    answer = person.client("person").put(f"/Task/{waiting['id']}", json=done)
    assert broken(answer) == (422, "task-asked", f"Task.{element}")


def test_a_review_of_what_one_does_not_see_moves_nothing(person: Person) -> None:
    goal = person.ref("Goal", "life")
    person.store({**stored(person, goal), "extension": reviewed("2026-11-01", MONTHS)})
    review = entity(
        person.ref("Task", "review"),
        status="accepted",
        intent="order",
        code=ours("task-kind", "review"),
        owner=ref(person.who("neighbour")),
        **{"for": ref(person.patient)},
    )
    assert person.client("gp").put(f"/{person.ref('Task', 'review')}", json=review).status_code == 201
    done = {**review, "status": "completed", "focus": ref(goal)}
    answer = person.client("neighbour").put(f"/{person.ref('Task', 'review')}", json=done)
    assert (answer.status_code, due(person, goal)) == (200, ["2026-11-01"])
