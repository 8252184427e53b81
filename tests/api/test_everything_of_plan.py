"""A plan with all that belongs to it, now, as it was, and in the European shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import DZOP, Resource, communication, goal, ref

from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.registry import profile_of
from dzop.fhir.xshare import CARE_PLAN, GOAL


def asked(person: Person, name: str, **query: str) -> httpx.Response:
    answer = person.client(name).get(f"/{person.ref('CarePlan', 'plan')}/$everything", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def entries(answer: httpx.Response, mode: str = "match") -> list[Resource]:
    return [each["resource"] for each in answer.json()["entry"] if each["search"]["mode"] == mode]


def keys(answer: httpx.Response, mode: str = "match") -> list[str]:
    return [f"{each['resourceType']}/{each.get('id')}" for each in entries(answer, mode)]


def plan(person: Person, **elements: Any) -> Resource:
    """The plan of the person, with other elements."""
    (found,) = [each for each in person.plan() if each["resourceType"] == "CarePlan"]
    return {**found, **elements}


WHOLE = ("CarePlan/plan", "Goal/care", "Goal/life", "Task/weigh")


def test_the_plan_comes_first_and_then_what_belongs_to_it(known: Person) -> None:
    assert keys(asked(known, "gp")) == [known.ref(*key.split("/")) for key in WHOLE]


def test_whom_it_names_comes_with_it(known: Person) -> None:
    assert keys(asked(known, "gp"), "include") == [
        known.patient,
        *sorted([known.who("gp"), known.who("nurse")]),
    ]


def test_the_total_is_of_what_belongs_to_it(known: Person) -> None:
    assert asked(known, "gp").json()["total"] == len(WHOLE)


def test_each_entry_is_as_it_is_read(known: Person) -> None:
    client = known.client("gp")
    found = asked(known, "gp").json()["entry"]
    assert [client.get(each["fullUrl"]).json() for each in found] == [each["resource"] for each in found]


def test_what_is_hidden_changes_nothing_of_the_answer_and_leads_nowhere(person: Person) -> None:
    def plain(answer: httpx.Response) -> str:
        return re.sub(r'"(id|lastUpdated)":"[^"]*"', "", answer.text, count=2)

    before = plain(asked(person, "helper"))
    about = communication(
        person.ref("Communication", "aside"), person.patient, "message", person.who("gp"), person.who("nurse")
    )
    person.store({**about, "about": [ref(person.ref("CarePlan", "plan"))]})
    assert plain(asked(person, "helper")) == before


def test_whoever_sees_a_task_but_not_the_plan_is_told_nothing(known: Person) -> None:
    answer = known.client("neighbour").get(f"/{known.ref('CarePlan', 'plan')}/$everything")
    assert refused(answer) == (404, "not-found")


def test_a_plan_as_it_was_has_what_it_had(person: Person) -> None:
    instant = entries(asked(person, "gp"))[0]["meta"]["lastUpdated"]
    later = person.ref("Goal", "later")
    changed = plan(person, goal=[ref(later)], title="Anders")
    person.store(goal(later, person.patient, "care-goal"), changed)
    assert (
        keys(asked(person, "gp", _at=instant)),
        entries(asked(person, "gp", _at=instant))[0]["title"],
    ) == (
        [person.ref(*key.split("/")) for key in WHOLE],
        "Plan",
    )


def test_what_was_deleted_since_is_in_the_plan_as_it_was(person: Person) -> None:
    instant = entries(asked(person, "gp"))[0]["meta"]["lastUpdated"]
    weigh = person.ref("Task", "weigh")
    person.server.client("system").delete(f"/{weigh}").raise_for_status()
    assert (weigh in keys(asked(person, "gp")), weigh in keys(asked(person, "gp", _at=instant))) == (
        False,
        True,
    )


def test_a_plan_as_it_was_is_for_who_may_see_it_today(person: Person) -> None:
    instant = entries(asked(person, "gp"))[0]["meta"]["lastUpdated"]
    person.store(person.sharing("inactive"))
    url = f"/{person.ref('CarePlan', 'plan')}/$everything"
    assert refused(person.client("gp").get(url, params={"_at": instant}))[0] == 404


SENSITIVE = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}


def labelled(person: Person, key: str, operation: str) -> str:
    """Puts the label `sensitive` on or takes it off; when that was."""
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "meta", "valueMeta": {"security": [SENSITIVE]}}],
    }
    answer = person.client("person").post(f"/{key}/${operation}", json=body)
    return str(answer.json()["parameter"][0]["valueMeta"]["lastUpdated"])


def test_what_was_sensitive_then_stays_hidden_as_it_was(person: Person) -> None:
    life = person.ref("Goal", "life")
    then = labelled(person, life, "meta-add")
    labelled(person, life, "meta-delete")
    seen = [
        life in keys(asked(person, name, **query))
        for name in ("person", "helper")
        for query in ({}, {"_at": then})
    ]
    assert seen == [True, True, True, False]


def test_what_is_sensitive_now_is_hidden_as_it_was_too(person: Person) -> None:
    life = person.ref("Goal", "life")
    then = entries(asked(person, "person"))[0]["meta"]["lastUpdated"]
    labelled(person, life, "meta-add")
    seen = [life in keys(asked(person, name, _at=then)) for name in ("person", "helper")]
    assert seen == [True, False]


def test_before_it_was_there_there_is_no_plan(known: Person) -> None:
    answer = known.client("gp").get(f"/{known.ref('CarePlan', 'plan')}/$everything?_at=2020-01-01")
    assert (refused(answer), "was not here at that moment" in answer.text) == ((404, "not-found"), True)


def test_who_does_not_see_the_plan_is_not_told_when_it_was_there(known: Person) -> None:
    there, nowhere = known.ref("CarePlan", "plan"), known.ref("CarePlan", "none")
    client = known.client("stranger")
    texts = [client.get(f"/{each}/$everything?_at=2020-01-01").text for each in (there, nowhere)]
    assert texts[0].replace(there, nowhere) == texts[1]


@pytest.mark.parametrize("query", ["_at=yesterday", "_at=2026-13-01", "_profile=x", "_type=Goal", "_at="])
def test_what_cannot_be_asked_is_refused(known: Person, query: str) -> None:
    url = f"/{known.ref('CarePlan', 'plan')}/$everything?{query}"
    assert refused(known.client("gp").get(url))[0] == 400


def test_in_the_european_shape_each_planned_activity_is_a_task(person: Person) -> None:
    detail = {"status": "scheduled", "code": {"text": "Wandelen"}, "performer": [ref(person.who("carer"))]}
    person.store(plan(person, activity=[{"detail": detail}]))
    answer = asked(person, "gp", _profile=CARE_PLAN)
    reference = entries(answer)[0]["activity"][0]["reference"]["reference"]
    (made,) = [each["resource"] for each in answer.json()["entry"] if each["fullUrl"] == reference]
    assert (made["code"], made["owner"], made["basedOn"]) == (
        detail["code"],
        ref(person.who("carer")),
        [ref(person.ref("CarePlan", "plan"))],
    )


def test_in_the_european_shape_plan_and_goals_claim_it(known: Person) -> None:
    found = entries(asked(known, "gp", _profile=CARE_PLAN))
    claimed = {each["resourceType"]: each["meta"].get("profile") for each in found}
    assert claimed == {"CarePlan": [CARE_PLAN], "Goal": [GOAL], "Task": None}


def test_in_the_european_shape_the_plan_keeps_its_labels(known: Person) -> None:
    shaped, plain = (
        entries(asked(known, "gp", **query))[0]["meta"] for query in ({"_profile": CARE_PLAN}, {})
    )
    assert (shaped["security"], shaped["versionId"]) == (plain["security"], plain["versionId"])


def test_the_european_example_can_be_read_in_that_shape(
    person: Person, shared_data: Callable[[str], Path]
) -> None:
    example = json.loads((shared_data("eu") / "kroniq-careplan-english.json").read_text())
    mine = json.loads(
        json.dumps([each["resource"] for each in example["entry"]])
        .replace(_patient(example), person.patient.removeprefix("Patient/"))
        .replace('"CarePlan/', f'"CarePlan/{person.mark}-')
    )
    kept = [
        each for each in mine if each["resourceType"] in ("CarePlan", "Goal", "ServiceRequest", "Condition")
    ]
    for each in kept:
        each["id"] = each["id"] if each["resourceType"] != "CarePlan" else f"{person.mark}-{each['id']}"
    for each in kept:
        stored = person.server.client("system").put(f"/{each['resourceType']}/{each['id']}", json=each)
        assert stored.status_code in (200, 201), stored.text
    (read,) = [each for each in kept if each["resourceType"] == "CarePlan"]
    answer = person.client("system").get(
        f"/CarePlan/{read['id']}/$everything", params={"_profile": CARE_PLAN}
    )
    found = entries(answer)
    assert {each["resourceType"] for each in found} == {"CarePlan", "Condition", "Goal", "ServiceRequest"}
    assert [each for each in found if _breaches(each)] == []


def _breaches(resource: Resource) -> list[str]:
    """What keeps a plan or a goal from conforming to the European profile."""
    known = profile_of({"CarePlan": CARE_PLAN, "Goal": GOAL}.get(resource["resourceType"], ""))
    return (
        []
        if known is None
        else [each.text for each in conformance(resource, known) if each.severity == "error"]
    )


def _patient(bundle: Resource) -> str:
    return next(
        str(e["resource"]["id"]) for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"
    )
