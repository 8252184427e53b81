"""Profiles on a write: what is claimed is kept to, or refused; the operator's data are remarked on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, new_person
from resources import CORE, DZOP, SSIN, Resource, bundle, concept, goal, post, put, ref, task
from serving import Service, in_process, ran

from dzop.fhir.profiles.registry import PROFILES

WRONG_NUMBER = {"system": SSIN, "value": "46010599818"}
OUTCOME = {"Prefer": "return=OperationOutcome"}


def claiming(name: str) -> Resource:
    return {"meta": {"profile": [PROFILES[name].url]}}


def be_task(person: Person, **elements: Any) -> Resource:
    return task(person.ref("Task", "be"), person.patient, **claiming("be-task"), **elements)


def candidates(*references: str) -> list[Resource]:
    url = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
    return [{"url": url, "valueReference": ref(each)} for each in references]


def issues(answer: httpx.Response) -> list[tuple[str, str]]:
    """(severity, expression) of the issues that have a place."""
    return [
        (each["severity"], each["expression"][0]) for each in answer.json()["issue"] if "expression" in each
    ]


def created(person: Person, name: str, resource: Resource) -> httpx.Response:
    body = {member: value for member, value in resource.items() if member != "id"}
    return person.client(name).post(f"/{resource['resourceType']}", json=body, headers=OUTCOME)


def test_what_breaks_the_profile_it_claims_is_refused_and_says_where(known: Person) -> None:
    answer = created(known, "gp", be_task(known))
    assert (answer.status_code, set(issues(answer))) == (422, {("error", "Task.extension")})


def test_the_refusal_names_the_profile(known: Person) -> None:
    assert (
        PROFILES["be-task"].url in created(known, "gp", be_task(known)).json()["issue"][0]["details"]["text"]
    )


def test_what_keeps_to_the_profile_it_claims_is_stored(person: Person) -> None:
    answer = created(person, "gp", be_task(person, extension=candidates(person.who("nurse"))))
    assert (answer.status_code, issues(answer)) == (201, [])


def test_a_resource_that_claims_nothing_is_not_held_to_a_profile(person: Person) -> None:
    assert created(person, "gp", task(person.ref("Task", "plain"), person.patient)).status_code == 201


def test_a_profile_that_is_not_known_is_kept_and_not_checked(person: Person) -> None:
    url = "https://elsewhere.example/StructureDefinition/x"
    body = task("Task/x", person.patient, meta={"profile": [url]})
    del body["id"]
    assert person.client("gp").post("/Task", json=body).json()["meta"]["profile"] == [url]


def test_a_version_that_is_not_known_is_not_checked(person: Person) -> None:
    body = task("Task/x", person.patient, meta={"profile": [f"{PROFILES['be-task'].url}|99"]})
    assert created(person, "gp", body).status_code == 201


def test_an_update_is_held_to_the_profile_too(person: Person) -> None:
    life = person.ref("Goal", "life")
    body = goal(life, person.patient, "care-goal", **claiming("life-goal"))
    answer = person.client("person").put(f"/{life}", json=body)
    assert (answer.status_code, issues(answer)) == (422, [("error", "Goal.category[0].coding[0].code")])


def test_a_refused_update_changes_nothing(person: Person) -> None:
    life = person.ref("Goal", "life")
    before = person.client("person").get(f"/{life}").content
    body = goal(life, person.patient, "care-goal", **claiming("life-goal"))
    person.client("person").put(f"/{life}", json=body)
    assert person.client("person").get(f"/{life}").content == before


def claimed_later(person: Person, profile: str) -> httpx.Response:
    meta = {"name": "meta", "valueMeta": {"profile": [PROFILES[profile].url]}}
    body = {"resourceType": "Parameters", "parameter": [meta]}
    return person.client("person").post(f"/{person.ref('Goal', 'life')}/$meta-add", json=body)


def test_a_profile_is_claimed_later_only_by_what_keeps_to_it(person: Person) -> None:
    assert [claimed_later(person, name).status_code for name in ("care-goal", "life-goal")] == [422, 200]


def test_a_patch_is_held_to_the_profile_too(person: Person) -> None:
    life = person.ref("Goal", "life")
    person.store(goal(life, person.patient, "life-goal", **claiming("life-goal")))
    patch = [{"op": "remove", "path": "/category"}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = person.client("person").patch(f"/{life}", content=json.dumps(patch), headers=headers)
    assert (answer.status_code, set(issues(answer))) == (422, {("error", "Goal.category")})


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_an_entry_of_a_bundle_is_held_to_the_profile_too(known: Person, kind: str) -> None:
    answer = known.client("gp").post("/", json=bundle(kind, post(be_task(known))))
    status = answer.json()["entry"][0]["response"]["status"] if kind == "batch" else str(answer.status_code)
    assert status[:3] == "422"


def test_a_code_outside_an_extensible_value_set_is_stored_and_remarked_on(person: Person) -> None:
    will = {
        "resourceType": "Consent",
        **claiming("be-patientwill"),
        "extension": [
            {"url": f"{CORE}/StructureDefinition/be-ext-recorder", "valueReference": ref(person.who("gp"))}
        ],
        "status": "active",
        "scope": concept("urn:x", "y"),
        "category": [
            concept(
                f"{CORE.replace('core', 'patientwill')}/CodeSystem/be-cs-patientwill-category", "euthanasia"
            )
        ],
        "patient": ref(person.patient),
        "dateTime": "2026-01-01",
        "policyRule": concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "provision": {
            "period": {"start": "2026-01-01"},
            "code": [
                concept(f"{CORE.replace('core', 'patientwill')}/CodeSystem/be-cs-patientwill-code", "other")
            ],
        },
    }
    answer = created(person, "gp", will)
    assert (answer.status_code, issues(answer)) == (201, [("warning", "Consent.scope")])


def test_what_the_operator_enters_is_stored_with_a_warning(person: Person) -> None:
    body = be_task(person)
    answer = person.server.client("system").put(f"/Task/{body['id']}", json=body, headers=OUTCOME)
    assert (answer.status_code, set(issues(answer))) == (201, {("warning", "Task.extension")})


def test_what_is_loaded_is_stored_with_a_warning(database: str, tmp_path: Path) -> None:
    body = {"resourceType": "Practitioner", "id": "nameless", **claiming("be-practitioner")}
    (tmp_path / "one.json").write_text(json.dumps(body))
    report = ran(tmp_path, "load", "one.json", "--as-system", "--database", database, DZOP_SANDBOX="1")
    assert (report.returncode, "warning: one.json: `name` is missing" in report.stdout) == (0, True)


# -- national numbers ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["error", "warning", "off"])
def checking(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Service]]:
    """A service with each value of the setting."""
    folder = tmp_path_factory.mktemp("checking")
    with in_process(database, folder, identifier_checks=request.param) as service:
        yield request.param, service


SAID = {"error": (422, ["error"]), "warning": (201, ["warning"]), "off": (201, [])}


def test_a_wrong_number_in_a_reference_is_what_the_setting_makes_of_it(checking: tuple[str, Service]) -> None:
    setting, service = checking
    person = new_person(service)  # type: ignore[arg-type]
    body = task("Task/x", person.patient, owner={"identifier": WRONG_NUMBER})
    answer = created(person, "gp", body)
    assert (answer.status_code, [severity for severity, _ in issues(answer)]) == SAID[setting]


def test_a_wrong_number_that_the_operator_enters_is_a_warning_at_most(checking: tuple[str, Service]) -> None:
    setting, service = checking
    body = {"resourceType": "Patient", "identifier": [WRONG_NUMBER]}
    answer = service.client("system").post("/Patient", json=body, headers=OUTCOME)
    assert (answer.status_code, [severity for severity, _ in issues(answer)]) == (
        201, [] if setting == "off" else ["warning"],
    )  # fmt: skip


def test_the_demo_warns(person: Person) -> None:
    body = task("Task/x", person.patient, owner={"identifier": WRONG_NUMBER})
    answer = created(person, "gp", body)
    assert (answer.status_code, issues(answer)) == (201, [("warning", "Task.owner.identifier.value")])


def test_an_entry_of_a_transaction_says_what_there_is_to_say(person: Person) -> None:
    body = task(person.ref("Task", "odd"), person.patient, owner={"identifier": WRONG_NUMBER})
    answer = person.client("gp").post("/", json=bundle("transaction", put(body)))
    outcome = answer.json()["entry"][0]["response"]["outcome"]
    assert [each["severity"] for each in outcome["issue"]] == ["warning"]


# -- what is published -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", [each.name for each in PROFILES.values() if each.url.startswith(f"{DZOP}/")])
def test_our_profiles_and_extensions_are_read_at_the_server(known: Person, id: str) -> None:
    found = known.client("gp").get(f"/StructureDefinition/{id}").json()
    assert (found["url"], found["type"]) == (PROFILES[id].url, PROFILES[id].type)
