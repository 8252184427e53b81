"""Attempts to keep the service busy with one small request (attacks 36 to 40): refused, and it goes on answering."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest
from persons import Person
from resources import bundle, goal

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
XML = {"Content-Type": "application/fhir+xml"}
SPACES = b" " * 50_000_000


def entity_bomb(levels: int) -> str:
    """XML whose entities each hold ten of the one before."""
    entities = "".join(
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10 if level else "lol"}">' for level in range(levels)
    )
    return f'<!DOCTYPE Goal [{entities}]><Goal xmlns="http://hl7.org/fhir"><language value="&e{levels - 1};"/></Goal>'


def asked(known: Person, method: str, url: str, **options: Any) -> int:
    with known.client("person") as client:
        return client.request(method, url.format(goal=known.ref("Goal", "care")), **options).status_code


@pytest.mark.parametrize(
    "type", ["application/fhir+json", "application/fhir+xml", "application/json-patch+json"]
)
def test_a_compressed_body_is_expanded_no_further_than_the_limit(known: Person, type: str) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": type}
    method, url = ("PATCH", "/{goal}") if "patch" in type else ("POST", "/Goal")
    assert asked(known, method, url, content=gzip.compress(SPACES), headers=headers) == 413


def test_entities_that_multiply_are_not_expanded(known: Person) -> None:
    assert asked(known, "POST", "/Goal", content=entity_bomb(12), headers=XML) == 400


def test_a_patch_that_doubles_a_resource_again_and_again_ends(known: Person) -> None:
    grows = [{"op": "copy", "from": "/extension", "path": "/extension/0/extension"}] * 60
    body = [
        {
            "op": "add",
            "path": "/extension",
            "value": [{"url": "https://x.example", "valueString": "x" * 1000}],
        }
    ]
    assert asked(known, "PATCH", "/{goal}", json=[*body, *grows], headers=JSON_PATCH) in (400, 413, 422)


@pytest.mark.parametrize("nested", ["[", '{"a":', '{"extension":['])
def test_a_body_that_only_opens_is_refused(known: Person, nested: str) -> None:
    assert asked(known, "POST", "/Goal", content=nested * 100_000) == 400


def test_a_body_of_many_small_elements_is_refused(known: Person) -> None:
    many = goal("Goal/x", known.patient, note=[{"text": 7}] * 200_000)
    assert asked(known, "POST", "/Goal", content=json.dumps(many)) == 422


def test_a_number_of_many_digits_is_taken_or_refused(known: Person) -> None:
    text = json.dumps(goal("Goal/x", "Patient/nobody"))[:-1]
    body = f'{text},"extension":[{{"url":"https://x.example","valueDecimal":{"9" * 200_000}}}]}}'
    assert asked(known, "POST", "/Goal", content=body) in (400, 422)


LONG = (
    "Goal?start-date=" + "2026-01-01," * 300 + "x",
    "Goal?start-date=" + "1" * 4000,
    "Goal?start-date=ge2026-01-01T00:00:00." + "1" * 4000,
    "Observation?value-quantity=" + "9" * 4000,
    "Observation?value-quantity=0." + "0" * 3900 + "1",
    "Goal?_filter=" + "not(" * 900,
    "Goal?_filter=" + "_id eq x and " * 300 + "_id eq y",
    "Goal?_filter=" + '_id eq "' + "\\" * 3900,
    "Questionnaire?url:below=" + "http://x/" + "a/" * 1900,
    "Questionnaire?url:above=" + "http://x/" + "a/" * 1900,
    "Goal?_text=" + "a " * 1900,
    "Goal?_content=" + "((((((((((a" * 300,
    "Patient?name:contains=" + "%25" * 1300,
    "Goal?patient=" + "https://x.example/" * 200,
    "Goal?_has:" * 20 + "=x",
    "Task?" + "focus." * 40 + "_id=x",
    "Goal?" + "&".join("_include:iterate=Task:focus&_revinclude:iterate=Task:focus" for _ in range(20)),
    "Goal?_sort=" + ",".join(["category"] * 1000),
    "Goal?_elements=" + ",".join(["id"] * 1000),
    "Goal?" + "&".join(["patient.general-practitioner.name=x"] * 49),
    "Goal?" + "x" * 60_000 + "=1",
)


@pytest.mark.parametrize("query", LONG, ids=lambda query: query[:40])
def test_a_long_query_is_answered_or_refused(known: Person, query: str) -> None:
    assert asked(known, "GET", f"{known.server.fhir}/{query.replace('{', '')}") in (200, 400, 414)


@pytest.mark.parametrize("path", ["/Goal/" + "a/" * 5000, "/" + "%2e%2e/" * 2000, "/Goal/$" + "x" * 5000])
def test_a_long_path_leads_nowhere(known: Person, path: str) -> None:
    assert asked(known, "GET", path) in (400, 404, 414)


@pytest.mark.parametrize(
    "name", ["If-None-Match", "Accept", "Prefer", "If-Modified-Since", "Accept-Language"]
)
def test_a_long_header_is_answered_or_refused(known: Person, name: str) -> None:
    value = ', W/"1"' * 3000 if name == "If-None-Match" else "a;q=0.1," * 3000 + "a"
    assert asked(known, "GET", "/{goal}", headers={name: value}) in (200, 304, 400, 406, 431)


def test_a_batch_of_searches_that_each_ask_for_much_is_answered(known: Person) -> None:
    everything = "Task?_include=*&_include:iterate=*&_revinclude=*&_revinclude:iterate=*&_count=1000"
    entries = [{"request": {"method": "GET", "url": everything}}] * 5
    with known.client("person") as client:
        answer = client.post("/", json=bundle("batch", *entries), timeout=httpx.Timeout(60))
    assert answer.status_code == 200


def test_the_service_goes_on(known: Person) -> None:
    assert httpx.get(f"{known.server.url}/health/ready").status_code == 200
