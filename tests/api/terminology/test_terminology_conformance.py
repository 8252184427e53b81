"""What a strict vendor demands of R4's terminology service: shapes, versions, languages, searches, refusals.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from aids import AIDS, ROLE
from serving import Service, ran

DZOP = "https://dzop.example/fhir"
R4 = "http://hl7.org/fhir"
THO = "http://terminology.hl7.org/CodeSystem"
ROLE_CODE = f"{THO}/v3-RoleCode"
ACHIEVEMENT = f"{THO}/goal-achievement"
HCPARTY = "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty"


@pytest.fixture(scope="module")
def newer(terms: Service) -> Iterator[httpx.Client]:
    """What HL7 publishes since R4 of a code system that is shipped: in English, and its versions counted anew."""
    system = {
        "resourceType": "CodeSystem", "id": "achievement", "url": ACHIEVEMENT, "version": "1.0.1", "status": "active",
        "name": "Achievement", "content": "complete",
        "concept": [{"code": "improving", "display": "Improving"}, {"code": "brand-new", "display": "Brand New"}],
    }  # fmt: skip
    file = terms.var.parent / "achievement.json"
    file.write_text(json.dumps(system))
    ran_to_end(terms.var.parent, "load", file.name)
    with terms.client("system") as client:
        yield client
    ran_to_end(terms.var.parent, "remove", ACHIEVEMENT)


def ran_to_end(folder: Path, *words: str) -> None:
    done = ran(folder, "terminology", *words)
    assert done.returncode == 0, done.stdout + done.stderr


def told(client: httpx.Client, path: str, **parameters: str) -> dict[str, Any]:
    """The values of the parameters that come back, each that is there once."""
    answer = client.get(f"/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return {
        each["name"]: value
        for each in answer.json()["parameter"]
        for name, value in each.items()
        if name.startswith("value")
    }


def designations(client: httpx.Client, system: str, code: str) -> list[tuple[str, str]]:
    answer = client.get("/CodeSystem/$lookup", params={"system": system, "code": code}).json()
    parts = [each["part"] for each in answer["parameter"] if each["name"] == "designation"]
    return [(language["valueCode"], value["valueString"]) for language, value in parts]


SHAPES = [
    f"CodeSystem/$lookup?system={ROLE}&code=informal-carer&property=*",
    f"CodeSystem/$lookup?system={ROLE_CODE}&code=PRN&property=*&displayLanguage=fr",
    f"CodeSystem/$validate-code?url={ROLE}&code=x",
    f"CodeSystem/$subsumes?system={ROLE_CODE}&codeA=PRN&codeB=MTH",
    f"ValueSet/$expand?url={R4}/ValueSet/goal-status&includeDesignations=true&includeDefinition=true",
    f"ValueSet/$expand?url={DZOP}/ValueSet/role&count=3&offset=2&filter=a&designation=nl",
    f"ValueSet/$validate-code?url={R4}/ValueSet/goal-status&code=active&inferSystem=true",
    f"ConceptMap/$translate?system={HCPARTY}&code=persnurse",
    f"ConceptMap/$translate?system={HCPARTY}&code=orghospital",
    "metadata?mode=terminology",
    "CodeSystem?_count=5",
    "ValueSet?_count=5&_summary=true",
    "ConceptMap?_count=5&_elements=url",
    f"CodeSystem/$lookup?system={ROLE}&code=nobody",
]


@pytest.mark.parametrize("path", SHAPES)
def test_every_answer_is_valid_r4(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/{path}").json()
    type = answer["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{type.lower()}"), type)
    assert json.loads(model.model_validate(answer).model_dump_json())["resourceType"] == type


# -- what is loaded beside what is shipped -----------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "version"), [({}, "1.0.1"), ({"version": "4.0.1"}, "4.0.1"), ({"version": "1.0.1"}, "1.0.1")]
)
def test_what_is_loaded_counts_before_what_is_shipped_whatever_its_number(
    newer: httpx.Client, asked: dict[str, str], version: str
) -> None:
    found = told(newer, "CodeSystem/$lookup", system=ACHIEVEMENT, code="improving", **asked)
    assert found["version"] == version


def test_a_code_that_only_the_loaded_version_has_is_known(newer: httpx.Client) -> None:
    assert told(newer, "CodeSystem/$validate-code", url=ACHIEVEMENT, code="brand-new")["result"] is True


def test_no_shipped_word_is_lost_when_a_version_in_english_is_loaded(newer: httpx.Client) -> None:
    assert designations(newer, ACHIEVEMENT, "improving") == [
        ("en", "Improving"),
        ("nl", "het gaat beter"),
        ("fr", "cela va mieux"),
        ("de", "es geht besser"),
        ("en", "getting better"),
    ]


# -- languages ---------------------------------------------------------------------------------------

MEANT = {
    "nl": "mantelzorger",
    "nl-BE": "mantelzorger",
    "fr;q=0.8": "aidant proche",
    "fr;q=0.8, nl;q=0.9": "mantelzorger",
    "*": "informal carer",
    "nl;q=0": "informal carer",
    "it, de;q=0.1": "pflegende Angehörige",
}


@pytest.mark.parametrize(("header", "display"), MEANT.items())
def test_accept_language_is_read_as_http_has_it(client: httpx.Client, header: str, display: str) -> None:
    query = f"/CodeSystem/$validate-code?url={ROLE}&code=informal-carer"
    answer = client.get(query, headers={"Accept-Language": header}).json()
    assert {each["name"]: each for each in answer["parameter"]}["display"]["valueString"] == display


@pytest.mark.parametrize(
    ("value_set", "typed", "code"),
    [
        ("relatedperson-relationshiptype", "GROSSMUTTER", "GRMTH"),
        ("relatedperson-relationshiptype", "großmutter", "GRMTH"),
        ("relatedperson-relationshiptype", "soeur", "SIS"),
        ("relatedperson-relationshiptype", "SŒUR", "SIS"),
        ("relatedperson-relationshiptype", "pere", "FTH"),
        ("relatedperson-relationshiptype", "schwagerin", "SISINLAW"),
        ("goal-status", "werken hier", "active"),
    ],
)
def test_a_filter_takes_any_language_whatever_case_and_accents(
    client: httpx.Client, value_set: str, typed: str, code: str
) -> None:
    query = {"url": f"{R4}/ValueSet/{value_set}", "filter": typed, "count": "20"}
    expansion = client.get("/ValueSet/$expand", params=query).json()["expansion"]
    assert code in [each["code"] for each in expansion["contains"]]


# -- searching definitions ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (f"CodeSystem?code={ROLE_CODE}|MTH", ["hl7-v3-RoleCode"]),
        (f"CodeSystem?code={ROLE}|MTH", []),
        ("CodeSystem?code=|MTH", ["hl7-v3-RoleCode"]),
        ("ValueSet?code=http://snomed.info/sct|24484000", ["hl7-condition-severity"]),
        (f"ValueSet?code={ROLE}|24484000", []),
        (f"ConceptMap?source-code={HCPARTY}|persnurse", ["cd-hcparty-to-role"]),
        (f"ConceptMap?source-code={ROLE}|persnurse", []),
        (
            f"ConceptMap?target-code={ROLE}|informal-network",
            ["relationship-to-role", "team-function-to-role"],
        ),
        (f"ConceptMap?target-code={ROLE_CODE}|informal-network", []),
    ],
)
def test_a_code_is_searched_with_the_system_that_it_is_of(
    client: httpx.Client, query: str, ids: list[str]
) -> None:
    found = client.get(f"/{query}&_elements=url").json()
    assert [each["resource"]["id"] for each in found.get("entry", [])] == ids


def test_a_code_that_is_loaded_is_searched_with_its_system_too(client: httpx.Client) -> None:
    query = f"/CodeSystem?_summary=count&version=1.10&code={AIDS}|wheelchair,{ROLE}|wheelchair"
    assert client.get(query).json()["total"] == 1


# -- concept maps ------------------------------------------------------------------------------------


def every_concept(concepts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in concepts:
        yield each
        yield from every_concept(each.get("concept", []))


@pytest.mark.parametrize(
    ("concept_map", "code_system"),
    [
        ("cd-hcparty-to-role", "be-cd-hcparty"),
        ("role-to-cd-hcparty", "role"),
        ("data-access-roles-to-role", "be-data-access-roles"),
        ("data-category-to-data-access", "data-category"),
        ("data-access-to-data-category", "be-data-access-categories"),
        ("cd-contact-person-to-relationship", "be-cd-contact-person"),
        ("cd-civilstate-to-marital-status", "be-cd-civilstate"),
        ("team-function-to-role", "team-function"),
        ("document-kind-to-loinc", "document-kind"),
    ],
)
def test_a_map_says_of_every_code_what_it_is_or_that_it_is_nothing(
    client: httpx.Client, concept_map: str, code_system: str
) -> None:
    (group,) = client.get(f"/ConceptMap/{concept_map}").json()["group"]
    concepts = client.get(f"/CodeSystem/{code_system}").json()["concept"]
    mapped = {each["code"] for each in group["element"] if each["target"]}
    assert mapped == {each["code"] for each in every_concept(concepts)}


@pytest.mark.parametrize(
    ("system", "code", "equivalence"),
    [
        (HCPARTY, "persnurse", "wider"),
        (HCPARTY, "perscaregiver", "equivalent"),
        (HCPARTY, "orghospital", "unmatched"),
        (f"{DZOP}/CodeSystem/data-category", "about-me", "narrower"),
    ],
)
def test_an_equivalence_says_how_the_target_stands_to_the_source(
    client: httpx.Client, system: str, code: str, equivalence: str
) -> None:
    answer = client.get("/ConceptMap/$translate", params={"system": system, "code": code}).json()
    matches = [each["part"][0]["valueCode"] for each in answer["parameter"] if each["name"] == "match"]
    assert equivalence in matches


# -- refusals ----------------------------------------------------------------------------------------

REFUSED = {
    f"CodeSystem/$lookup?system={ROLE}&code=x": (404, "not-found", "code"),
    "CodeSystem/$lookup?system=http://none.example&code=x": (404, "not-found", "system"),
    f"CodeSystem/$lookup?system={ROLE}|9&code=person": (404, "not-found", "system"),
    f"CodeSystem/$lookup?system={ROLE}&code=person&date=2001-01-01": (400, "not-supported", "date"),
    "CodeSystem/$lookup?code=x": (400, "invalid", "system"),
    f"CodeSystem/$lookup?system={ROLE}&code=person&colour=red": (400, "invalid", "colour"),
    f"CodeSystem/$subsumes?system={ROLE_CODE}&codeA=MTH&codeB=x": (404, "not-found", "codeB"),
    "CodeSystem/$validate-code?url=http://none.example&code=x": (404, "not-found", "url"),
    "ValueSet/$expand": (400, "invalid", "url"),
    "ValueSet/$expand?url=http://none.example": (404, "not-found", "url"),
    f"ValueSet/$expand?url={R4}/ValueSet/goal-status|9": (404, "not-found", "url"),
    f"ValueSet/$expand?url={DZOP}/ValueSet/role&count=-1": (400, "invalid", "count"),
    f"ValueSet/$expand?url={R4}/ValueSet/all-types": (422, "too-costly", "url"),
    "ValueSet/$validate-code?url=http://none.example&code=x": (404, "not-found", "url"),
    f"ValueSet/$validate-code?url={DZOP}/ValueSet/role": (400, "invalid", "code"),
    f"ConceptMap/$translate?url=http://none.example&system={ROLE}&code=x": (404, "not-found", "url"),
    "ConceptMap/$translate?code=x": (400, "invalid", "system"),
}


@pytest.mark.parametrize(("path", "refusal"), REFUSED.items())
def test_what_cannot_be_answered_is_refused_by_the_parameter_that_is_wrong(
    client: httpx.Client, path: str, refusal: tuple[int, str, str]
) -> None:
    answer = client.get(f"/{path}")
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["code"], issue["expression"][0]) == refusal
