"""Four clients that others wrote do their work at the running service, and are all told the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from clients import fhirclient_visit, fhirpy_visit
from clients.visit import Visit, run
from npm import CLIENTS, node
from persons import Person, new_person
from resources import DZOP, Resource, bundle, entity, goal, post, ref, task
from serving import Server

SYSTEM = "https://gp.example/clients"
NUMBER_OF_TASKS = 6
GOAL_URL = "urn:uuid:0c3c0b5e-7a6e-4b0e-9d8f-1d2f3a4b5c6d"


def _in_javascript(script: str) -> Callable[[Visit], dict[str, Any]]:
    def ask(visit: Visit) -> dict[str, Any]:
        return dict(json.loads(line) for line in node(CLIENTS / script, json.dumps(visit)).splitlines())

    return ask


CLIENTS_OF_OTHERS: dict[str, Callable[[Visit], dict[str, Any]]] = {
    "fhirpy": lambda visit: run(fhirpy_visit.STEPS, visit),
    "fhirclient of Python": lambda visit: run(fhirclient_visit.STEPS, visit),
    "fhir-kit-client": _in_javascript("fhir_kit_client.mjs"),
    "fhirclient of npm": _in_javascript("smart_client.mjs"),
}
TOLD: dict[str, Any] = {
    "capability statement": ["4.0.1", True],
    "create": ["1", "requested"],
    "read": [True, "Wegen"],
    "update": ["2", "accepted"],
    "update of a version that is no longer current": 412,
    "vread": ["1", "requested"],
    "JSON patch": ["3", "in-progress"],
    "history of a resource": ["3", "2", "1"],
    "history of a type": ["3", "2", "1"],
    "history of everything": ["3", "2", "1"],
    "delete": 410,
    "read of what is not there": 404,
    "transaction": [["201"] * (NUMBER_OF_TASKS + 1), True],
    "search by GET": [["Task", NUMBER_OF_TASKS]],
    "search by POST": [["Task", NUMBER_OF_TASKS]],
    "search of all pages": [[4, NUMBER_OF_TASKS - 4], NUMBER_OF_TASKS],
    "_include": [["Goal", 1], ["Task", NUMBER_OF_TASKS]],
    "_revinclude": [["Goal", 1], ["Task", NUMBER_OF_TASKS]],
    "a chain": [["Task", NUMBER_OF_TASKS]],
    "_has": [["Goal", 1]],
    "compartment search": [["Goal", 1]],
    "batch": ["200", "404", "200"],
    "conditional create": [True, 1],
    "conditional update": ["2", "Anders"],
    "$everything": [["CarePlan", 1], ["Task", NUMBER_OF_TASKS + 3]],
    "$validate": ["error", ["Goal.lifecycleStatus"]],
    "$lookup": "mantelzorger",
    "$expand": ["huisarts"],
}
# How fhirpy tells a status: it has one error for 404 and 410.
IN_WORDS_OF_FHIRPY = {404: "ResourceNotFound", 410: "ResourceNotFound", 412: "MultipleResourcesFound"}


def _without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def visit_of(person: Person) -> Visit:
    """What a client gets: where to ask, in whose name, and the bodies to send."""
    marked = [{"system": SYSTEM, "value": person.mark}]
    once = [{"system": SYSTEM, "value": f"{person.mark}-once"}]
    proposed = _without_id(goal("Goal/x", person.patient, identifier=marked))
    tasks = [
        post(_without_id(task("Task/x", person.patient, focus=ref(GOAL_URL), identifier=marked)))
        for _ in range(NUMBER_OF_TASKS)
    ]
    asked = (person.ref("Goal", "life"), "Goal/not-there", f"Task?patient={person.patient}")
    return {
        "base": person.server.fhir,
        "token": person.server.token(person.who("gp")),
        "person_token": person.server.token(person.patient),
        "patient": person.patient,
        "diary": person.ref("Communication", "journal"),
        "task": _without_id(task("Task/x", person.patient, owner=ref(person.who("gp")))),
        "patch": [
            {"op": "test", "path": "/status", "value": "accepted"},
            {"op": "replace", "path": "/status", "value": "in-progress"},
        ],
        "transaction": bundle("transaction", post(proposed, GOAL_URL), *tasks),
        "tasks": {"identifier": f"{SYSTEM}|{person.mark}"},
        "goals": {"identifier": f"{SYSTEM}|{person.mark}"},
        "batch": bundle("batch", *[{"request": {"method": "GET", "url": each}} for each in asked]),
        "goal": _without_id(goal("Goal/x", person.patient, identifier=once)),
        "condition": f"{SYSTEM}|{person.mark}-once",
        "meaning": {
            "system": f"{DZOP}/CodeSystem/role",
            "code": "informal-carer",
            "displayLanguage": "nl",
        },
        "list": {"url": f"{DZOP}/ValueSet/role", "filter": "medecin", "displayLanguage": "nl"},
        "wrong": _without_id(entity("Goal/x", **goal("Goal/x", person.patient, lifecycleStatus="blooming"))),
    }


@pytest.fixture(scope="module", params=CLIENTS_OF_OTHERS)
def told(request: pytest.FixtureRequest, server: Server) -> tuple[str, dict[str, Any]]:
    """The name of a client, and by step what it was told about a person of its own."""
    return request.param, CLIENTS_OF_OTHERS[request.param](visit_of(new_person(server)))


@pytest.mark.parametrize("step", TOLD)
def test_a_client_of_others_is_told(told: tuple[str, dict[str, Any]], step: str) -> None:
    client, answers = told
    words = IN_WORDS_OF_FHIRPY if client == "fhirpy" else {}
    expected = TOLD[step]
    assert answers[step] == (words[expected] if expected.__hash__ and expected in words else expected)
