"""A plan takes in as much of the medical record as it needs, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person
from resources import DZOP, Resource, bundle, concept, post, ref

from dzop.plan.minimal_data import ELSEWHERE, LIMITS

PAGE = (Path(__file__).parents[3] / "docs" / "minimal-data.md").read_text()


def condition(person: Person, **elements: Any) -> Resource:
    coded = {"code": concept("http://snomed.info/sct", "44054006"), "subject": ref(person.patient)}
    return {"resourceType": "Condition", **coded, **elements}


def rules(answer: httpx.Response) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, and where."""
    return [
        (each["details"]["coding"][0]["code"], each["expression"])
        for each in answer.json()["issue"]
        if "coding" in each["details"]
    ]


@pytest.mark.parametrize("type", ["MedicationStatement", "Procedure", "DiagnosticReport"])
def test_what_belongs_to_the_medical_record_is_not_kept(person: Person, type: str) -> None:
    answer = person.client("gp").post(f"/{type}", json={"resourceType": type, "subject": ref(person.patient)})
    assert (answer.status_code, rules(answer)) == (422, [("minimal-data-type", [type])])


def test_what_is_not_kept_is_not_found(person: Person) -> None:
    assert person.client("gp").get("/MedicationStatement?patient=x").status_code == 404


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_brings_no_medical_record(person: Person, kind: str) -> None:
    most = LIMITS["Condition"].together
    sent = bundle(kind, *[post(condition(person)) for _ in range(most + 1)])
    answer = person.client("gp").post("/", json=sent)
    there = person.client("gp").get("/Condition", params={"patient": person.patient}).json()["total"]
    assert (answer.status_code, rules(answer), there) == (
        422, [("minimal-data-together", [f"Bundle.entry[{most}]"])], 1,
    )  # fmt: skip


def test_the_operator_moves_whole_plans(person: Person) -> None:
    sent = bundle("transaction", *[post(condition(person)) for _ in range(LIMITS["Condition"].together + 1)])
    assert person.server.client("system").post("/", json=sent).status_code == 200


def test_there_are_no_more_diagnoses_than_a_plan_needs(person: Person) -> None:
    most = LIMITS["Condition"].around
    sent = bundle("transaction", *[post(condition(person)) for _ in range(most - 1)])
    assert person.server.client("system").post("/", json=sent).status_code == 200
    gp, closed = person.client("gp"), {
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")
    }  # fmt: skip
    refused = gp.post("/Condition", json=condition(person))
    first = gp.get("/Condition", params={"patient": person.patient, "_count": 1}).json()["entry"][0][
        "resource"
    ]
    person.store({**condition(person, **closed), "id": first["id"]})
    accepted = gp.post("/Condition", json=condition(person))
    assert (refused.status_code, rules(refused), accepted.status_code) == (
        422, [("minimal-data-around", ["Condition"])], 201,
    )  # fmt: skip


def test_only_what_the_writer_sees_is_counted(person: Person) -> None:
    label = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}
    hidden = condition(person, meta={"security": [label]})
    sent = bundle("transaction", *[post(hidden) for _ in range(LIMITS["Condition"].around)])
    assert person.server.client("system").post("/", json=sent).status_code == 200
    assert person.client("nurse").post("/Condition", json=condition(person)).status_code == 201


def test_the_page_names_every_type_and_limit() -> None:
    told = [f"| `{type}` | {each.together} | {each.around}" for type, each in LIMITS.items()]
    told += [f"`{type}`" for type in ELSEWHERE]
    assert [each for each in told if each not in PAGE] == []
