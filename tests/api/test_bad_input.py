"""Limits, and odd but well-formed input: refused or taken, never an error of ours.

What is malformed is in the tables of test_bad_input_table.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, ids, refused
from resources import bundle, goal, post, put
from serving import in_process


def goal_text(person: Person, **elements: Any) -> str:
    return json.dumps(goal("Goal/x", person.patient, **elements))


def test_a_body_without_length_beyond_the_limit_is_too_large(known: Person) -> None:
    def endless() -> Any:
        yield from [b" " * 1_000_000] * 6

    assert known.client("gp").post("/Goal", content=endless()).status_code == 413


def test_a_search_by_post_beyond_the_limit_is_too_large(known: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (
        known.client("gp").post("/Goal/_search", content=b"_id=" + b"x" * 5_000_001, headers=form).status_code
        == 413
    )


def test_the_limit_is_a_setting(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path, max_body=2000) as server:
        answers = [
            server.client("system").post(
                "/Organization", json={"resourceType": "Organization", "name": "x" * size}
            )
            for size in (1000, 2000)
        ]
    assert [each.status_code for each in answers] == [201, 413]


def test_a_contained_plan_resource_is_refused_in_a_transaction_too(known: Person) -> None:
    hidden = {**goal("Goal/g", known.patient), "id": "g"}
    body = bundle("transaction", post(goal("Goal/x", known.patient, contained=[hidden])))
    assert refused(known.client("gp").post("/", json=body))[0] == 422


def test_errors_carry_a_request_id_and_no_body_does(known: Person) -> None:
    answer = known.client("gp").get("/Goal/none")
    assert (bool(answer.headers["X-Request-Id"]), answer.headers["X-Request-Id"] in answer.text) == (
        True,
        False,
    )


def test_metadata_is_open(known: Person) -> None:
    assert httpx.get(f"{known.server.fhir}/metadata").json()["resourceType"] == "CapabilityStatement"


def test_what_was_refused_is_not_found(person: Person) -> None:
    gp = person.client("gp")
    gp.post(
        "/",
        json=bundle(
            "transaction",
            put(goal("Goal/good-" + person.mark, person.patient)),
            put(goal("Goal/bad", person.patient, lifecycleStatus="blooming")),
        ),
    )
    assert ids(gp.get("/Goal", params={"_id": f"good-{person.mark}"})) == []


@pytest.mark.parametrize(
    "header",
    [
        {"If-None-Exist": "identifier=%00"},
        {"If-None-Exist": "identifier=%FF"},
        {"If-None-Exist": "_id=x&_id=y"},
        {"If-None-Exist": "?"},
        {"Prefer": "return=nonsense, handling=strange"},
        {"Accept": ";;;,"},
        {"Content-Type": "application/fhir+json; charset=latin-9"},
        {"If-Match": 'W/"99999999999"'},
        {"If-None-Match": "nonsense"},
        {"X-Request-Id": "x" * 5_000},
    ],
)
def test_odd_headers_never_break_a_write(known: Person, header: dict[str, str]) -> None:
    body = goal_text(known, subject={"reference": "Patient/nobody-at-all"})
    assert known.client("gp").post("/Goal", content=body, headers=header).status_code in (
        400,
        406,
        412,
        415,
        422,
    )


@pytest.mark.parametrize(
    "elements",
    [
        {"startDate": "0001"},
        {"startDate": "9999-12-31"},
        {"startDate": "0000"},
        {"identifier": [{"value": "x" * 100_000}]},
        {"identifier": [{"system": "https://x.example", "value": ""}]},
        {"subject": {"reference": "x" * 10_000}},
        {"description": {"text": "\u2028 \U0001f98a"}},
        {"extension": [{"url": "https://x.example", "valueDecimal": 10**400}]},
        {"extension": [{"url": "https://x.example", "valueInteger": 2**40}]},
        {"target": [{"dueDate": "9999-12"}]},
        {"note": [{"time": "0001-01-01T00:00:00-14:00", "text": "x"}]},
        {"contained": 7},
        {"contained": [7]},
        {"contained": [{}]},
        {"meta": 7},
        {"meta": {"security": 7}},
        {"meta": {"security": [7]}},
        {"id": 7},
        {"subject": [{}]},
        {"subject": None},
        {"addresses": [{"identifier": {"value": 7}}]},
        {"extension": [{"extension": [{"url": 7}]}]},
        {"resourceType": 7},
        {"text": 7},
    ],
)
def test_odd_elements_never_break_a_write(person: Person, elements: dict[str, Any]) -> None:
    answer = person.client("gp").post("/Goal", content=json.dumps(goal("Goal/x", person.patient, **elements)))
    assert answer.status_code in (201, 400, 422), answer.text
