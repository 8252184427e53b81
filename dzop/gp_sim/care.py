"""What the practice's software does with a plan: plain FHIR R4 with one token. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from dzop.gp_sim.answers import Failed, entries, expect, json_of, member

__all__ = ["Care"]

SSIN = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin"
_OURS = "https://gp-sim.example/records"
_CATEGORY = "https://dzop.example/fhir/CodeSystem/goal-category"
_TEXTS = ("Measure the blood pressure weekly", "Measure the blood pressure every two weeks")

Resource = dict[str, Any]


class Care:
    """The FHIR base with the practice's token; `practice` is its Organization, by reference."""

    def __init__(self, http: httpx.Client, fhir: str, practice: str) -> None:
        self._http, self._fhir, self._practice = http, fhir, practice

    def person(self, ssin: str) -> str | None:
        """The person with this number, by reference; None while there is no relation of care."""
        found = entries(self._read("Patient", identifier=f"{SSIN}|{ssin}"), ["Patient"])
        return f"Patient/{found[0]['id']}" if found else None

    def declared(self, ssin: str) -> str:
        """The person, after the practice has declared that they are in its care."""
        told = expect(self._declaring(ssin), 200)
        for each in json_of(told).get("parameter", ()):
            if each.get("name") == "patient":
                return member(each.get("valueReference", {}), "reference", "the declared patient")
        raise Failed("the answer to $declare-relation names no patient")

    def goals(self, person: str) -> list[Resource]:
        """The goals that come with the plan."""
        return entries(self._read("CarePlan", patient=person, _include="CarePlan:goal"), ["Goal"])

    def goal(self, person: str) -> tuple[int, Resource]:
        """Creates the practice's goal for this person, if it is not there yet: 201, or 200; and the goal."""
        resource = {
            "resourceType": "Goal",
            "identifier": [_numbered("goal", person)],
            "lifecycleStatus": "active",
            "category": [{"coding": [{"system": _CATEGORY, "code": "care-goal"}]}],
            "description": {"text": "Blood pressure below 140/90 by spring"},
            "subject": {"reference": person},
        }
        return self._made_once(resource)

    def task(self, person: str, goal: str) -> Resource:
        """The practice's task for this goal, made if it is not there yet."""
        resource = {
            "resourceType": "Task",
            "identifier": [_numbered("task", person)],
            "status": "requested",
            "intent": "order",
            "description": _TEXTS[0],
            "for": {"reference": person},
            "focus": {"reference": goal},
            "requester": {"reference": self._practice},
            "owner": {"reference": self._practice},
        }
        return self._made_once(resource)[1]

    def changed(self, task: Mapping[str, Any]) -> tuple[Resource, httpx.Response]:
        """The task with its other text, and the answer to the same change sent a second time.

        Both are made on the version that was read: the second one comes too late.
        """
        other = _TEXTS[task.get("description") == _TEXTS[0]]
        body, headers = {**task, "description": other}, {"If-Match": _etag(task)}
        first, again = (
            self._http.put(f"{self._fhir}/Task/{task['id']}", json=body, headers=headers) for _ in range(2)
        )
        return json_of(expect(first, 200)), again

    def with_its_goal(self, task: Mapping[str, Any]) -> list[Resource]:
        """The goal that a search for the task brings along."""
        return entries(self._read("Task", _id=task["id"], _include="Task:focus"), ["Goal"])

    def versions(self, task: Mapping[str, Any]) -> list[str]:
        """The versions of the task, newest first."""
        told = json_of(expect(self._http.get(f"{self._fhir}/Task/{task['id']}/_history"), 200))
        return [each["meta"]["versionId"] for each in entries(told, ["Task"])]

    def asked(self, path: str) -> httpx.Response:
        """The answer to a read of something."""
        return self._http.get(f"{self._fhir}/{path}")

    def about_nobody(self) -> httpx.Response:
        """The answer to a goal for a person who does not exist."""
        body = {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "A goal for nobody"},
            "subject": {"reference": "Patient/nobody-at-all"},
        }
        return self._http.post(f"{self._fhir}/Goal", json=body)

    def _declaring(self, ssin: str) -> httpx.Response:
        """Only a sandbox believes who shows no evidence; the number travels in the body, never in an address."""
        body = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "identifier", "valueIdentifier": {"system": SSIN, "value": ssin}},
                {"name": "proof", "valueCode": "eid-reading"},
            ],
        }
        return self._http.post(f"{self._fhir}/Patient/$declare-relation", json=body)

    def _made_once(self, resource: Resource) -> tuple[int, Resource]:
        number = resource["identifier"][0]
        condition = {"If-None-Exist": f"identifier={number['system']}|{number['value']}"}
        url = f"{self._fhir}/{resource['resourceType']}"
        answer = expect(self._http.post(url, json=resource, headers=condition), 200, 201)
        return answer.status_code, json_of(answer)

    def _read(self, type: str, **query: str) -> Resource:
        # By POST: what is searched for does not end up in the logs of what stands between.
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return json_of(
            expect(self._http.post(f"{self._fhir}/{type}/_search", data=query, headers=headers), 200)
        )


def _numbered(kind: str, person: str) -> dict[str, str]:
    """The number by which the practice knows what it made for somebody: the same each time."""
    return {"system": _OURS, "value": f"{kind}-{person.partition('/')[2]}"}


def _etag(resource: Mapping[str, Any]) -> str:
    return f'W/"{resource["meta"]["versionId"]}"'
