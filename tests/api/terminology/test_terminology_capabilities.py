"""`GET /metadata?mode=terminology` says which code systems are held, and what may be asked of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aids import AIDS, value_set_url
from fhir.resources.R4B.terminologycapabilities import TerminologyCapabilities
from serving import Service
from telling import asked, told

from dzop.fhir.operations import OPERATIONS


@pytest.fixture(scope="module")
def statement(terms: Service) -> dict[str, Any]:
    answer = httpx.get(f"{terms.fhir}/metadata?mode=terminology")
    TerminologyCapabilities.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def system(statement: dict[str, Any], url: str) -> dict[str, Any]:
    (found,) = [each for each in statement["codeSystem"] if each["uri"] == url]
    return dict(found)


def test_a_code_system_has_its_versions_of_which_one_counts(statement: dict[str, Any]) -> None:
    versions = [(each["code"], each["isDefault"]) for each in system(statement, AIDS)["version"]]
    assert versions == [("1.10", True), ("1.9", False)]


def test_every_code_system_that_is_named_can_be_asked(
    statement: dict[str, Any], client: httpx.Client
) -> None:
    named = [each["uri"] for each in statement["codeSystem"]]
    answers = {
        each: asked(client, "CodeSystem/$validate-code", url=each, code="no-such-code") for each in named
    }
    assert {each: told(answer)["result"] for each, answer in answers.items()} == dict.fromkeys(named, False)


def test_subsumption_is_claimed_where_there_is_a_hierarchy(statement: dict[str, Any]) -> None:
    flat = "http://hl7.org/fhir/administrative-gender"
    assert [system(statement, each)["subsumption"] for each in (AIDS, flat)] == [True, False]


def test_every_filter_that_is_claimed_can_be_used(statement: dict[str, Any], client: httpx.Client) -> None:
    refused = []
    for claim in system(statement, AIDS)["version"][0]["filter"]:
        for operator in claim["op"]:
            value = "true" if operator == "exists" else "cane"
            filters = [{"property": claim["code"], "op": operator, "value": value}]
            compose = {"include": [{"system": AIDS, "filter": filters}]}
            body = {"resourceType": "ValueSet", "status": "draft", "compose": compose}
            answer = client.post("/ValueSet/$expand", json=body)
            if answer.status_code != 200:
                refused.append((claim["code"], operator, answer.text))
    assert refused == []


def test_every_parameter_of_an_expansion_that_is_claimed_is_known(
    statement: dict[str, Any], client: httpx.Client
) -> None:
    claimed = {each["name"] for each in statement["expansion"]["parameter"]}
    (expand,) = [each for each in OPERATIONS if each.id == "ValueSet-expand-type"]
    assert claimed == set(expand.taken)


def test_whoever_has_the_statement_is_told_so(terms: Service) -> None:
    url = f"{terms.fhir}/metadata?mode=terminology"
    etag = httpx.get(url).headers["ETag"]
    answer = httpx.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_part_of_it_can_be_asked_for(terms: Service) -> None:
    answer = httpx.get(f"{terms.fhir}/metadata?mode=terminology&_elements=expansion")
    assert ("expansion" in answer.json(), "codeSystem" in answer.json()) == (True, False)


def test_it_can_be_had_as_xml(terms: Service) -> None:
    answer = httpx.get(f"{terms.fhir}/metadata?mode=terminology&_format=xml")
    assert (answer.status_code, answer.text.partition("<TerminologyCapabilities")[1]) == (
        200,
        "<TerminologyCapabilities",
    )


def test_an_expansion_can_be_had_as_xml(client: httpx.Client) -> None:
    answer = client.get(f"/ValueSet/$expand?url={value_set_url('walking')}&_format=xml")
    assert (answer.status_code, answer.text.count("<contains>")) == (200, 3)
