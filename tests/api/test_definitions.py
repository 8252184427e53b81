"""What dzop itself publishes, over HTTP: the same for everybody, and of the law in force."""

from __future__ import annotations

import httpx
import pytest
from persons import Person, ids, new_person, refused
from resources import DZOP, bundle
from serving import Server

from consent.matrix import load
from dzop.fhir.resource_types import RESOURCE_TYPES

TYPES = [name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "definition"]
ACTORS = ("person", "carer", "neighbour", "cousin", "gp", "stranger", "system")


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("type", TYPES)
def test_everybody_with_a_token_finds_and_reads_every_definition(
    known: Person, type: str, actor: str
) -> None:
    client = known.client(actor)
    found = ids(client.get(f"/{type}"))
    assert {client.get(f"/{type}/{id}").status_code for id in found} == {200}


@pytest.mark.parametrize("type", TYPES)
def test_without_a_token_there_are_none(server: Server, type: str) -> None:
    assert httpx.get(f"{server.fhir}/{type}").status_code == 401


@pytest.mark.parametrize("type", TYPES)
def test_whose_scopes_do_not_reach_them_reads_none(known: Person, type: str) -> None:
    assert refused(known.client("gp", scope="user/Goal.cruds").get(f"/{type}")) == (403, "forbidden")


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("type", TYPES)
def test_nobody_changes_a_definition(known: Person, type: str, actor: str) -> None:
    client = known.client(actor)
    (id, *_) = ids(client.get(f"/{type}"))
    url = f"/{type}/{id}"
    body = client.get(url).json()
    statuses = [
        client.put(url, json=body).status_code, client.post(f"/{type}", json=body).status_code,
        client.delete(url).status_code, client.get(f"{url}/_history").status_code,
    ]  # fmt: skip
    assert statuses == [405] * 4


def test_what_is_not_published_is_not_known(known: Person) -> None:
    assert refused(known.client("gp").get("/CodeSystem/nothing")) == (404, "not-found")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_id=role", ["role"]),
        ("_id=role,proof", ["proof", "role"]),
        (f"url={DZOP}/CodeSystem/data-category", ["data-category"]),
        (f"system={DZOP}/CodeSystem/data-category", ["data-category"]),
        ("name=accessm", ["access-matrix"]),
        ("name:exact=accessm", []),
        ("name:contains=matrix", ["access-matrix"]),
        ("code=parenthood", ["mandate-ground"]),
        ("code=parenthood,gmd", ["mandate-ground", "proof"]),
        ("status:not=active&url:below=https://dzop.example", []),
        ("name:missing=true", []),
        (f"version={load().version}", ["access-matrix"]),
    ],
)
def test_code_systems_are_found_by_what_they_say(known: Person, query: str, found: list[str]) -> None:
    assert ids(known.client("gp").get(f"/CodeSystem?{query}")) == found


@pytest.mark.parametrize(
    "query", ["OperationDefinition?system=false", "ValueSet?code=tutor", "ConceptMap?target-code=person"]
)
def test_other_definitions_are_found_by_what_they_say(known: Person, query: str) -> None:
    assert known.client("gp").get(f"/{query}").json()["total"] > 0


def test_a_form_asks_the_same(known: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ids(known.client("gp").post("/CodeSystem/_search", content="_id=role", headers=form)) == ["role"]


def test_pages_follow_each_other(known: Person) -> None:
    client, url, found, total = known.client("gp"), "/CodeSystem?_count=5", list[str](), 0
    while url:
        answer = client.get(url)
        total = answer.json()["total"]
        found += ids(answer)
        links = {each["relation"]: each["url"] for each in answer.json()["link"]}
        url = links.get("next", "")
    assert (found, total) == (ids(client.get("/CodeSystem?_count=1000")), len(found))


def test_only_the_number_of_them_can_be_asked(known: Person) -> None:
    answer = known.client("gp").get("/ValueSet?_summary=count").json()
    assert (answer["total"] > 0, "entry" in answer) == (True, False)


@pytest.mark.parametrize("query", ["_sort=name", "colour=red", "name:above=x", "_include=CodeSystem:x"])
def test_what_cannot_be_asked_is_refused(known: Person, query: str) -> None:
    assert known.client("gp").get(f"/CodeSystem?{query}").status_code == 400


def test_a_batch_reads_them_too(known: Person) -> None:
    asked = [{"request": {"method": "GET", "url": url}} for url in ("CodeSystem/role", "ValueSet?_id=role")]
    entries = known.client("gp").post("/", json=bundle("batch", *asked)).json()["entry"]
    assert [each["resource"]["resourceType"] for each in entries] == ["CodeSystem", "Bundle"]


def test_reading_them_is_in_nobodys_log(server: Server) -> None:
    person = new_person(server)
    log = f"/AuditEvent?patient={person.patient}&_count=1000"
    before = len(ids(person.client("person").get(log)))
    person.client("person").get("/CodeSystem")
    person.client("person").get("/CodeSystem/role")
    # The first look at the log is itself in the log by now.
    assert len(ids(person.client("person").get(log))) == before + 1
