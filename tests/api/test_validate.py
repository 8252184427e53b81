"""$validate: always 200 with what there is to say, of a type and of an instance, and it tells nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import CORE, DZOP, SSIN, Resource, bundle, goal, ref
from serving import in_process

from dzop.fhir.profiles.registry import PROFILES

LIFE_GOAL, BE_TASK = PROFILES["life-goal"].url, PROFILES["be-task"].url
WRONG_NUMBER = "46010599818"


def parameters(resource: Resource | None = None, **given: str) -> Resource:
    listed: list[Resource] = [
        {"name": name, {"mode": "valueCode", "profile": "valueCanonical"}[name]: value}
        for name, value in given.items()
    ]
    if resource is not None:
        listed.append({"name": "resource", "resource": resource})
    return {"resourceType": "Parameters", **({"parameter": listed} if listed else {})}


def said(answer: httpx.Response) -> list[tuple[str, str, str | None]]:
    """(severity, code, expression) of the issues; the answer is always a success."""
    body = answer.json()
    assert (answer.status_code, body["resourceType"]) == (200, "OperationOutcome"), answer.text
    return [(each["severity"], each["code"], each.get("expression", [None])[0]) for each in body["issue"]]


WELL = [("information", "informational", None)]


def life(person: Person, **elements: Any) -> Resource:
    return goal(person.ref("Goal", "life"), person.patient, "life-goal", **elements)


def test_what_is_well_is_said_to_be(known: Person) -> None:
    assert said(known.client("gp").post("/Goal/$validate", json=parameters(life(known)))) == WELL


def test_a_resource_by_itself_may_be_the_body(known: Person) -> None:
    assert said(known.client("gp").post("/Goal/$validate", json=life(known))) == WELL


def test_a_resource_by_itself_may_have_the_other_parameters_in_the_url(known: Person) -> None:
    url = f"/Goal/$validate?mode=create&profile={LIFE_GOAL}"
    care = goal(known.ref("Goal", "life"), known.patient, "care-goal")
    assert said(known.client("gp").post(url, json=care)) == [
        ("error", "value", "Goal.category[0].coding[0].code")
    ]


def test_parameters_may_have_the_others_in_the_url(known: Person) -> None:
    answer = known.client("gp").post("/Goal/$validate?profile=urn:x", json=parameters(life(known)))
    assert said(answer) == [("error", "not-found", "profile")]


def test_what_is_not_r4_is_told_where_and_profiles_are_left_for_later(known: Person) -> None:
    broken = life(known, lifecycleStatus="someday", target=[{"dueDate": "soon"}])
    assert said(known.client("gp").post("/Goal/$validate", json=parameters(broken, profile=LIFE_GOAL))) == [
        ("error", "code-invalid", "Goal.lifecycleStatus"),
        ("error", "value", "Goal.target[0].dueDate"),
        ("information", "informational", None),
    ]


def test_an_unsafe_narrative_is_told(known: Person) -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>'}
    answer = known.client("gp").post("/Goal/$validate", json=life(known, text=text))
    assert ("error", "invalid", "Goal.text.div") in said(answer)


def test_a_reference_to_another_type_is_told(known: Person) -> None:
    answer = known.client("gp").post("/Goal/$validate", json=life(known, subject=ref("Device/x")))
    assert said(answer)[0] == ("error", "value", "Goal.subject")


def test_a_profile_that_is_claimed_is_checked(known: Person) -> None:
    claiming = {
        "resourceType": "Task", "meta": {"profile": [BE_TASK]}, "status": "requested", "intent": "plan",
    }  # fmt: skip
    assert said(known.client("gp").post("/Task/$validate", json=claiming)) == [
        ("error", "required", "Task.extension"),
        ("error", "required", "Task.extension"),
    ]


def test_a_profile_claimed_and_asked_says_things_once(known: Person) -> None:
    claiming = {
        "resourceType": "Task", "meta": {"profile": [BE_TASK]}, "status": "requested", "intent": "plan",
    }  # fmt: skip
    answer = known.client("gp").post("/Task/$validate", json=parameters(claiming, profile=BE_TASK))
    assert len(said(answer)) == 2


def test_a_profile_claimed_that_nobody_knows_is_information(known: Person) -> None:
    claiming = life(known, meta={"profile": ["https://elsewhere.example/StructureDefinition/x"]})
    assert said(known.client("gp").post("/Goal/$validate", json=claiming)) == [
        ("information", "informational", "Goal.meta.profile[0]")
    ]


def test_a_profile_asked_for_that_nobody_knows_is_an_error_in_the_answer(known: Person) -> None:
    answer = known.client("gp").post("/Goal/$validate", json=parameters(life(known), profile="urn:x"))
    assert said(answer) == [("error", "not-found", "profile")]


def test_a_profile_of_another_type_is_an_error(known: Person) -> None:
    answer = known.client("gp").post("/Goal/$validate", json=parameters(life(known), profile=BE_TASK))
    assert said(answer) == [("error", "invalid", "Goal.meta.profile")]


def test_a_wrong_number_is_told_wherever_it_stands(known: Person) -> None:
    named = {"identifier": {"system": SSIN, "value": WRONG_NUMBER}}
    answer = known.client("gp").post("/Goal/$validate", json=life(known, expressedBy=named))
    assert said(answer) == [("warning", "value", "Goal.expressedBy.identifier.value")]


def test_the_wrong_number_is_not_repeated(known: Person) -> None:
    named = {"identifier": {"system": SSIN, "value": WRONG_NUMBER}}
    assert (
        WRONG_NUMBER
        not in known.client("gp").post("/Goal/$validate", json=life(known, expressedBy=named)).text
    )


def test_a_plan_resource_within_another_is_told(known: Person) -> None:
    inner = {"resourceType": "Goal", "id": "x", "lifecycleStatus": "active", "description": {"text": "x"},
             "subject": ref(known.patient)}  # fmt: skip
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": ref(known.patient),
            "goal": [ref("#x")], "contained": [inner]}  # fmt: skip
    assert said(known.client("gp").post("/CarePlan/$validate", json=plan)) == [
        ("error", "business-rule", "CarePlan.contained[0]")
    ]


def test_a_resource_of_another_type_is_an_error(known: Person) -> None:
    assert said(known.client("gp").post("/Task/$validate", json=life(known))) == [
        ("error", "invalid", "resourceType")
    ]


def test_an_update_needs_an_id(known: Person) -> None:
    nameless = {name: value for name, value in life(known).items() if name != "id"}
    found = {
        mode: said(known.client("gp").post("/Goal/$validate", json=parameters(nameless, mode=mode)))[0][2]
        for mode in ("create", "update", "profile")
    }
    assert found == {"create": None, "update": "Goal.id", "profile": None}


# -- of an instance ----------------------------------------------------------------------------------------


def url(person: Person) -> str:
    return f"/{person.ref('Goal', 'life')}/$validate"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_stored_is_validated(known: Person, method: str) -> None:
    assert said(known.client("gp").request(method, url(known))) == WELL


def test_what_is_stored_is_held_against_a_profile_in_the_url(known: Person) -> None:
    url_ = f"{url(known)}?profile={PROFILES['care-goal'].url}"
    assert said(known.client("gp").get(url_)) == [("error", "value", "Goal.category[0].coding[0].code")]


def test_new_content_must_have_the_id_of_the_url(known: Person) -> None:
    other = {**life(known), "id": "another"}
    assert said(known.client("gp").post(url(known), json=other)) == [("error", "value", "Goal.id")]


@pytest.mark.parametrize("mode", ["create", "update", "delete", "profile"])
def test_whether_one_may_write_is_not_told(known: Person, mode: str) -> None:
    offered = parameters(life(known), mode=mode)
    may, may_not = (known.client(name).post(url(known), json=offered).text for name in ("person", "nurse"))
    assert may == may_not


def test_what_is_hidden_is_validated_like_what_is_not_there(known: Person) -> None:
    client = known.client("stranger")
    hidden, free = (
        client.post(url(known), json=life(known)),
        client.post("/Goal/nothing/$validate", json=life(known)),
    )
    assert (refused(hidden), refused(free)) == ((404, "not-found"),) * 2


def test_a_reference_to_what_is_hidden_says_what_one_to_nothing_says(known: Person) -> None:
    client = known.client("stranger")
    answers = [
        client.post("/Goal/$validate", json=life(known, addresses=[ref(target)])).text
        for target in (known.ref("Condition", "diabetes"), "Condition/nothing")
    ]
    assert answers[0] == answers[1]


def test_nothing_is_stored(known: Person) -> None:
    client = known.client("person")
    before = client.get(f"/{known.ref('Goal', 'life')}").content
    client.post(url(known), json=life(known, description={"text": "Iets anders"}))
    assert client.get(f"/{known.ref('Goal', 'life')}").content == before


def test_a_batch_validates_too(known: Person) -> None:
    entry = {"resource": life(known), "request": {"method": "POST", "url": "Goal/$validate"}}
    (found,) = known.client("gp").post("/", json=bundle("batch", entry)).json()["entry"]
    assert found["resource"]["issue"][0]["severity"] == "information"


# -- what cannot be asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        ("/Goal/$validate", parameters(), 400, "Parameters.parameter"),
        ("/Goal/$validate", parameters(goal("Goal/x", "Patient/x"), mode="sometime"), 400, "mode"),
        ("/Goal/$validate?colour=red", goal("Goal/x", "Patient/x"), 400, "colour"),
        ("/Goal/$validate", {"resourceType": "Parameters", "parameter": {}}, 422, "Parameters.parameter"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    known: Person, path: str, body: Resource, status: int, where: str
) -> None:
    answer = known.client("gp").post(path, json=body)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (status, [where])


def test_a_body_that_is_no_json_is_refused(known: Person) -> None:
    assert refused(known.client("gp").post("/Goal/$validate", content=b"{")) == (400, "structure")


@pytest.mark.parametrize(
    ("xml", "status"),
    [('<Goal xmlns="http://hl7.org/fhir"><lifecycleStatus value="active"/></Goal>', 200), ("<G", 400)],
)
def test_xml_is_validated_like_json(known: Person, xml: str, status: int) -> None:
    headers = {"Content-Type": "application/fhir+xml"}
    answer = known.client("gp").post("/Goal/$validate", content=xml, headers=headers)
    severities = [each["severity"] for each in answer.json()["issue"]]
    assert (answer.status_code, severities[0]) == (status, "error")


def test_a_type_without_anything_to_validate_is_refused(known: Person) -> None:
    assert known.client("gp").get("/Goal/$validate").status_code == 400


def test_definitions_are_not_validated(known: Person) -> None:
    assert (
        known.client("gp").post("/CodeSystem/$validate", json={"resourceType": "CodeSystem"}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("checks", "severity"), [("error", "error"), ("warning", "warning"), ("off", "information")]
)
def test_a_wrong_number_is_what_the_setting_makes_of_it(
    database: str, tmp_path: Path, checks: str, severity: str
) -> None:
    person = {"resourceType": "Patient", "identifier": [{"system": SSIN, "value": WRONG_NUMBER}]}
    with in_process(database, tmp_path, identifier_checks=checks) as service:
        assert said(service.client("system").post("/Patient/$validate", json=person))[0][0] == severity


def test_our_canonicals_are_those_of_the_definitions() -> None:
    assert {LIFE_GOAL, PROFILES["be-patient"].url} == {
        f"{DZOP}/StructureDefinition/life-goal",
        f"{CORE}/StructureDefinition/be-patient",
    }
