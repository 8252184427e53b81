"""Software of a general practice, written with the client library `fhirpy` and nothing of ours."""

from __future__ import annotations

from typing import Any

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, ResourceNotFound
from persons import Person
from resources import SSIN, Resource, goal, ref, task

IDENTIFIER = "https://gp.example/goal"
FIRST = {"If-Match": 'W/"1"'}


def software(person: Person, name: str = "gp", **headers: str) -> SyncFHIRClient:
    bearer = f"Bearer {person.server.token(person.who(name))}"
    return SyncFHIRClient(person.server.fhir, authorization=bearer, extra_headers=headers)


def without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def in_library(client: SyncFHIRClient, resource: Resource) -> Any:
    """The resource as an object of the library."""
    elements = {name: value for name, value in resource.items() if name != "resourceType"}
    return client.resource(resource["resourceType"], **elements)


def propose(person: Person) -> tuple[str, bool]:
    """The id of the goal, and whether this call made it."""
    identifier = [{"system": IDENTIFIER, "value": person.mark}]
    proposal = without_id(goal("Goal/", person.patient, identifier=identifier))
    search = software(person).resources("Goal").search(identifier=f"{IDENTIFIER}|{person.mark}")
    found, created = search.get_or_create(in_library(software(person), proposal))
    return str(found["id"]), bool(created)


def own_task(person: Person) -> Resource:
    """A task that the doctor wrote, as stored."""
    mine = task("Task/", person.patient, owner=ref(person.who("gp")))
    created = in_library(software(person), without_id(mine)).create()
    return dict(created.serialize())


def test_a_doctor_finds_a_person_by_national_number(person: Person) -> None:
    found = software(person).resources("Patient").search(identifier=f"{SSIN}|{person.ssin}").fetch_all()
    assert [each["id"] for each in found] == [person.patient.removeprefix("Patient/")]


def test_a_doctor_reads_the_goals_of_the_plan(person: Person) -> None:
    plan = software(person).resources("CarePlan").search(patient=person.patient).get()
    goals = [each.to_resource()["lifecycleStatus"] for each in plan["goal"]]
    assert goals == ["active"]


def test_a_doctor_proposes_a_goal(person: Person) -> None:
    id, created = propose(person)
    assert (software(person).reference("Goal", id).to_resource()["subject"]["reference"], created) == (
        person.patient,
        True,
    )


def test_a_goal_proposed_twice_is_there_once(person: Person) -> None:
    first, second = propose(person), propose(person)
    stored = software(person).resources("Goal").search(identifier=f"{IDENTIFIER}|{person.mark}").fetch_all()
    assert (second, [each["id"] for each in stored]) == ((first[0], False), [first[0]])


def test_a_doctor_updates_a_task_that_nobody_changed_meanwhile(person: Person) -> None:
    body = own_task(person) | {"status": "accepted"}
    answer = in_library(software(person, **FIRST), body).update()
    assert (answer["status"], answer["meta"]["versionId"]) == ("accepted", "2")


def test_a_doctor_cannot_overwrite_a_change_they_did_not_see(person: Person) -> None:
    body = own_task(person) | {"status": "accepted"}
    in_library(software(person), body).update()
    with pytest.raises(MultipleResourcesFound):  # what fhirpy raises for every 412
        in_library(software(person, **FIRST), body).update()


def test_a_refused_change_leaves_the_task_as_it_was(person: Person) -> None:
    body = own_task(person)
    in_library(software(person), body | {"status": "accepted"}).update()
    with pytest.raises(MultipleResourcesFound):
        in_library(software(person, **FIRST), body | {"status": "rejected"}).update()
    assert software(person).reference("Task", str(body["id"])).to_resource()["status"] == "accepted"


def test_a_doctor_without_relation_does_not_find_the_person(person: Person) -> None:
    stranger = software(person, "stranger")
    assert stranger.resources("Patient").search(identifier=f"{SSIN}|{person.ssin}").fetch_all() == []


def test_a_doctor_without_relation_cannot_read_the_plan(person: Person) -> None:
    with pytest.raises(ResourceNotFound):
        software(person, "stranger").reference(*person.ref("CarePlan", "plan").split("/")).to_resource()
