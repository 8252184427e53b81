"""What changed in a plan between two moments, told in plain words and only as far as the asker may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import DZOP, Resource, communication, goal, ref, task

from dzop.explanation.dates import BRUSSELS

MARKET = {"text": "Naar de markt"}


def asked(person: Person, name: str, language: str = "en", **query: str) -> httpx.Response:
    url = f"/{person.ref('CarePlan', 'plan')}/$diff"
    return person.client(name).get(url, params={"language": language, **query})


def told(answer: httpx.Response) -> list[dict[str, Any]]:
    """Each change as a flat object."""
    assert answer.status_code == 200, answer.text
    changes = [each["part"] for each in answer.json()["parameter"] if each["name"] == "change"]
    return [
        {part["name"]: next(value for key, value in part.items() if key != "name") for part in each}
        for each in changes
    ]


def texts(answer: httpx.Response) -> list[str]:
    return [each["text"] for each in told(answer)]


def plan(person: Person, **elements: Any) -> Resource:
    """The plan of the person, with other elements."""
    (found,) = [each for each in person.plan() if each["resourceType"] == "CarePlan"]
    return {**found, **elements}


def version(person: Person, **elements: Any) -> None:
    """A new version of the plan, by the person."""
    answer = person.client("person").put(f"/{person.ref('CarePlan', 'plan')}", json=plan(person, **elements))
    assert answer.status_code == 200, answer.text


def test_a_change_between_two_versions_has_its_place_and_what_was_and_is(person: Person) -> None:
    version(person, title="Thuis wonen")
    assert told(asked(person, "person", **{"from": "1", "to": "2"})) == [
        {
            "what": "changed",
            "resource": ref(person.ref("CarePlan", "plan")),
            "path": "CarePlan.title",
            "from": "Plan",
            "to": "Thuis wonen",
            "text": "Plan ‘Thuis wonen’, title: was ‘Plan’, is now ‘Thuis wonen’.",
        }
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", "Plan ‘Plan’, toestand: eerst ‘actief’, nu ‘even gestopt’."),
        ("fr", "Plan « Plan », état : avant « actif », maintenant « en pause »."),
        ("de", "Plan „Plan“, Stand: vorher „aktiv“, jetzt „Pause“."),
        ("en", "Plan ‘Plan’, state: was ‘Active’, is now ‘On Hold’."),
    ],
)
def test_it_is_told_in_the_language_that_is_asked(person: Person, language: str, expected: str) -> None:
    version(person, status="on-hold")
    assert texts(asked(person, "person", language, **{"from": "1"})) == [expected]


def test_what_belongs_to_the_plan_is_compared_too(person: Person) -> None:
    care, weigh = person.ref("Goal", "care"), person.ref("Task", "weigh")
    person.store(
        {**_stored(person, care), "lifecycleStatus": "completed"},
        task(person.ref("Task", "walk"), person.patient, focus=ref(care), description="Samen wandelen"),
    )
    person.server.client("system").delete(f"/{weigh}").raise_for_status()
    found = [
        (each["what"], each["resource"]["reference"], each["path"])
        for each in told(asked(person, "person", **{"from": "1"}))
    ]
    assert found == [
        ("changed", care, "Goal.lifecycleStatus"),
        ("added", person.ref("Task", "walk"), "Task"),
        ("removed", weigh, "Task"),
    ]


def _stored(person: Person, key: str) -> Resource:
    found: Resource = person.client("person").get(f"/{key}").json()
    return found


def test_somebody_who_is_named_is_told_by_name(person: Person) -> None:
    later = person.ref("Goal", "later")
    person.store(
        goal(later, person.patient, "care-goal", description=MARKET), plan(person, goal=[ref(later)])
    )
    found = texts(asked(person, "person", **{"from": "1"}))
    assert "Plan ‘Plan’, goal: added: ‘Naar de markt’." in found
    assert "New in the plan: goal ‘Naar de markt’." in found


def test_nothing_has_changed_between_a_version_and_itself(known: Person) -> None:
    assert told(asked(known, "gp", **{"from": "1", "to": "1"})) == []


def test_of_a_day_all_is_told_that_changed_on_it(person: Person) -> None:
    written = _stored(person, person.ref("CarePlan", "plan"))["meta"]["lastUpdated"]
    today = datetime.fromisoformat(written).astimezone(BRUSSELS).date().isoformat()
    found = [each["what"] for each in told(asked(person, "person", **{"from": "2020-01-01", "to": today}))]
    assert found == ["added"] * 4


def test_an_instant_is_a_moment_too(person: Person) -> None:
    instant = _stored(person, person.ref("CarePlan", "plan"))["meta"]["lastUpdated"]
    version(person, title="Thuis wonen")
    assert [each["path"] for each in told(asked(person, "person", **{"from": instant}))] == ["CarePlan.title"]


def test_what_is_hidden_from_somebody_changes_nothing_of_the_answer(person: Person) -> None:
    before = told(asked(person, "helper", **{"from": "1"}))
    about = communication(
        person.ref("Communication", "aside"), person.patient, "message", person.who("gp"), person.who("nurse")
    )
    person.store({**about, "about": [ref(person.ref("CarePlan", "plan"))]})
    assert (before, told(asked(person, "helper", **{"from": "1"}))) == ([], [])


SENSITIVE = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}


def test_a_version_that_was_closed_to_somebody_is_no_moment_for_them(person: Person) -> None:
    version(person, title="Geheim", meta={"security": [SENSITIVE]})
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"security": [SENSITIVE]}}],
    }
    url = f"/{person.ref('CarePlan', 'plan')}"
    person.client("person").post(f"{url}/$meta-delete", json=body).raise_for_status()
    version(person, title="Open")
    closed = asked(person, "helper", **{"from": "2"})
    free = asked(person, "helper", **{"from": "9"})
    assert (refused(closed)[0], closed.text.replace("`2`", "`9`")) == (404, free.text)


def test_whoever_does_not_see_the_plan_is_told_nothing(known: Person) -> None:
    assert refused(asked(known, "neighbour", **{"from": "1"})) == (404, "not-found")


@pytest.mark.parametrize("moment", ["0", "gisteren", "2027-13-01", "-1", "1.5"])
def test_a_moment_that_is_none_is_refused(known: Person, moment: str) -> None:
    assert refused(asked(known, "gp", **{"from": moment})) == (400, "invalid")


@pytest.mark.parametrize("moment", ["2099-01-01", "2099-01-01T10:00:00Z"])
def test_what_will_change_nobody_knows(known: Person, moment: str) -> None:
    assert refused(asked(known, "gp", **{"from": moment})) == (400, "invalid")


def test_of_moments_before_the_plan_was_there_it_is_said_that_it_was_not(known: Person) -> None:
    answer = asked(known, "gp", **{"from": "2020-01-01", "to": "2020-02-01"})
    assert (refused(answer), "was not here at that moment" in answer.text) == ((404, "not-found"), True)


def test_without_a_first_moment_there_is_nothing_to_compare(known: Person) -> None:
    assert refused(asked(known, "gp")) == (400, "required")


def test_a_language_that_is_not_spoken_here_is_refused(known: Person) -> None:
    assert refused(asked(known, "gp", "it", **{"from": "1"})) == (400, "invalid")


def test_the_log_says_who_looked_at_what_changed(person: Person) -> None:
    asked(person, "gp", **{"from": "1"}).raise_for_status()
    log = person.client("person").get(f"/{person.patient}/$access-log?agent={person.who('gp')}").json()
    codes = [
        part["valueString"]
        for each in log["parameter"]
        for part in each.get("part", ())
        if part["name"] == "interaction"
    ]
    assert "$diff" in codes
