"""`PlanDefinition/$apply`: a template becomes a plan of a person, once somebody sends what it proposes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, entity, ref

from dzop.definitions.plan_templates import plan_templates

TEMPLATES = [each["id"] for each in plan_templates()]


def applied(person: Person, template: str = "diabetes", who: str = "gp", **given: Any) -> httpx.Response:
    url = f"/PlanDefinition/{template}/$apply"
    return person.client(who).get(url, params={"subject": person.patient, "language": "nl", **given})


def proposed(person: Person, type: str, template: str = "diabetes", **given: Any) -> list[Resource]:
    resources = [each["resource"] for each in applied(person, template, **given).json()["entry"]]
    return [each for each in resources if each["resourceType"] == type]


def template(person: Person, **elements: Any) -> str:
    """A template of a test's own."""
    reference = person.ref("PlanDefinition", "own")
    person.store(entity(reference, status="active", title="Eigen", **elements))
    return reference.partition("/")[2]


# -- what is proposed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_a_template_proposes_can_be_sent_as_it_is(person: Person, name: str) -> None:
    bundle = applied(person, name).json()
    answer = person.client("gp").post("/", json=bundle)
    made = Counter(each["response"]["status"][:3] for each in answer.json()["entry"])
    assert (answer.status_code, made) == (200, {"201": len(bundle["entry"])})


def test_nothing_is_stored_by_asking(person: Person) -> None:
    applied(person)
    found = person.client("gp").get("/CarePlan", params={"patient": person.patient}).json()
    assert found["total"] == 1


def test_all_of_it_is_a_draft(person: Person) -> None:
    entries = [each["resource"] for each in applied(person).json()["entry"]]
    states = {(each["resourceType"], each.get("status", each.get("lifecycleStatus"))) for each in entries}
    assert states == {("CarePlan", "draft"), ("Goal", "proposed"), ("Task", "draft")}


@pytest.mark.parametrize(
    ("language", "title"),
    [("nl", "Zorgtraject diabetes"), ("fr", "Trajet de soins diabète"), ("de", "Versorgungspfad Diabetes"),
     ("en", "Care pathway for diabetes")],
)  # fmt: skip
def test_it_is_in_the_language_that_is_asked_for(person: Person, language: str, title: str) -> None:
    assert [each["title"] for each in proposed(person, "CarePlan", language=language)] == [title]


def test_else_it_is_in_a_language_that_is_accepted(person: Person) -> None:
    answer = person.client("gp").get(
        "/PlanDefinition/diabetes/$apply",
        params={"subject": person.patient},
        headers={"Accept-Language": "fr-BE"},
    )
    assert answer.json()["entry"][0]["resource"]["title"] == "Trajet de soins diabète"


def test_the_plan_is_part_of_the_umbrella(person: Person) -> None:
    umbrella = [ref(person.ref("CarePlan", "plan"))]
    assert [each["partOf"] for each in proposed(person, "CarePlan")] == [umbrella]


def test_without_an_umbrella_it_is_part_of_nothing(person: Person) -> None:
    plan = person.server.client("system").get(f"/{person.ref('CarePlan', 'plan')}").json()
    person.store({**plan, "status": "revoked"})
    assert ["partOf" in each for each in proposed(person, "CarePlan")] == [False]


def test_the_plan_says_from_which_template_it_comes(person: Person) -> None:
    canonical = [f"{DZOP}/PlanDefinition/diabetes|1"]
    assert [each["instantiatesCanonical"] for each in proposed(person, "CarePlan")] == [canonical]


def test_the_plan_is_to_be_reviewed(person: Person) -> None:
    (plan,) = proposed(person, "CarePlan")
    urls = [each["url"].rpartition("/")[2] for each in plan["extension"]]
    assert urls == ["review-due", "review-interval"]


def test_the_plan_suggests_who_could_be_in_the_team(person: Person) -> None:
    (plan,) = proposed(person, "CarePlan")
    text = "Wie hierbei kan helpen: huisarts, diabeteseducator, diëtist, podoloog, oogarts."
    assert plan["note"] == [{"text": text}]


def test_goals_contribute_to_the_goals_that_are_named(person: Person) -> None:
    life = person.ref("Goal", "life")
    targets = {
        each["extension"][0]["extension"][1]["valueReference"]["reference"]
        for each in proposed(person, "Goal", goal=life)
    }
    assert targets == {life}


def test_who_applies_it_is_the_author_when_named(person: Person) -> None:
    gp = person.who("gp")
    (plan,) = proposed(person, "CarePlan", practitioner=gp)
    requesters = {each["requester"]["reference"] for each in proposed(person, "Task", practitioner=gp)}
    assert (plan["author"], requesters) == (ref(gp), {gp})


def test_an_organisation_contributes(person: Person) -> None:
    employer = person.ref("Organization", "employer-gp")
    (plan,) = proposed(person, "CarePlan", organization=employer)
    assert plan["contributor"] == [ref(employer)]


# -- tasks -------------------------------------------------------------------------------------------------


def test_a_task_serves_its_goal_and_belongs_to_the_plan(person: Person) -> None:
    bundle = applied(person).json()["entry"]
    urns = {each["fullUrl"]: each["resource"]["resourceType"] for each in bundle}
    tasks = [each["resource"] for each in bundle if each["resource"]["resourceType"] == "Task"]
    named = {(urns[each["focus"]["reference"]], urns[each["basedOn"][0]["reference"]]) for each in tasks}
    assert named == {("Goal", "CarePlan")}


def test_what_the_person_does_is_the_persons(person: Person) -> None:
    owners = [each["owner"] for each in proposed(person, "Task") if "owner" in each]
    assert owners == [ref(person.patient)]


def test_what_comes_back_comes_back(person: Person) -> None:
    timings = [
        each["extension"][0]["valueTiming"]["repeat"]
        for each in proposed(person, "Task")
        if "extension" in each
    ]
    assert timings == [{"frequency": 1, "period": 3, "periodUnit": "mo"}]


def test_an_action_within_another_is_a_part_of_it(person: Person) -> None:
    own = template(person, action=[{"title": "Thuis", "action": [{"title": "Trap"}]}])
    entries = applied(person, own).json()["entry"][1:]
    (whole, part) = entries
    assert part["resource"]["partOf"] == [ref(whole["fullUrl"])]


def test_a_condition_is_told_and_left_to_people(person: Person) -> None:
    expression = {"language": "text/fhirpath", "expression": "false", "description": "Als er pijn is"}
    own = template(person, action=[{"condition": [{"kind": "applicability", "expression": expression}]}])
    assert [each["note"] for each in proposed(person, "Task", own)] == [[{"text": "Als er pijn is"}]]


def test_a_measure_keeps_its_digits(person: Person) -> None:
    target = [{"detailQuantity": {"value": 7, "unit": "%"}, "due": {"value": 2, "code": "mo"}}]
    own = template(person, goal=[{"description": {"text": "Suiker"}, "target": target}])
    client = person.server.client("system")
    written = client.get(f"/PlanDefinition/{own}").text.replace('"value":7,', '"value":7.50,')
    client.put(f"/PlanDefinition/{own}", content=written, headers={"Content-Type": "application/fhir+json"})
    assert '"value":7.50,' in applied(person, own).text


def test_a_template_with_nothing_in_it_proposes_a_plan(person: Person) -> None:
    answer = applied(person, template(person))
    assert [each["resource"]["resourceType"] for each in answer.json()["entry"]] == ["CarePlan"]


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "where"),
    [({"subject": "Group/x"}, "subject"), ({"subject": "x"}, "subject"),
     ({"practitioner": "Patient/x"}, "practitioner"), ({"organization": "x"}, "organization"),
     ({"language": "it"}, "language")],
    ids=["a group", "no reference", "no practitioner", "no organisation", "no language of ours"],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(person: Person, given: dict[str, str], where: str) -> None:
    answer = applied(person, **given)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, [where])


@pytest.mark.parametrize("who", ["stranger", "cousin"])
def test_somebody_unknown_is_not_there(person: Person, who: str) -> None:
    assert applied(person, who=who).status_code == 404


def test_a_template_that_is_not_there_is_not_applied(person: Person) -> None:
    assert applied(person, "nothing").status_code == 404


def test_the_umbrella_is_one_that_the_asker_sees(person: Person) -> None:
    plan = person.server.client("system").get(f"/{person.ref('CarePlan', 'plan')}").json()
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    person.store({**plan, "meta": sensitive})
    assert ["partOf" in each for each in proposed(person, "CarePlan", who="carer")] == [False]
