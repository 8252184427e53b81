"""What an operator loaded is read and searched beside what dzop itself publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from persons import ids, refused
from resources import DZOP, Resource, bundle
from serving import Service, in_process

from dzop.store.database import Database, Transaction
from dzop.store.terminology_writing import (
    Definition,
    remove,
    write_code_system,
    write_concept_map,
    write_value_set,
)
from terminology.concept import Concept
from terminology.concept_map import rows

X = "https://published.example"
GOALS = "http://hl7.org/fhir/ValueSet/goal-status"
ANIMALS = {
    "resourceType": "CodeSystem",
    "url": f"{X}/animals",
    "status": "draft",
    "content": "complete",
    "caseSensitive": True,
}
LISTED = [
    {"code": "mammal", "concept": [{"code": "cat", "designation": [{"language": "nl", "value": "kat"}]}]}
]
BODIES: dict[str, Resource] = {
    "animals-1": {**ANIMALS, "version": "1", "name": "Animals", "concept": LISTED},
    "animals-2": {**ANIMALS, "version": "2", "name": "AnimalsAgain", "concept": [{"code": "bird"}]},
    "states": {**ANIMALS, "url": f"{X}/states", "caseSensitive": False, "concept": [{"code": "Asleep"}]},
    "pets": {
        "resourceType": "ValueSet",
        "url": f"{X}/pets",
        "status": "active",
        "title": "Huisdieren",
        "compose": {"include": [{"system": f"{X}/animals", "concept": [{"code": "cat"}, {"code": "dog"}]}]},
    },
    "all": {
        "resourceType": "ValueSet",
        "url": f"{X}/all",
        "status": "active",
        "compose": {"include": [{"system": f"{X}/animals"}]},
    },
    "another-goal-status": {
        "resourceType": "ValueSet",
        "url": GOALS,
        "version": "4.0.1",
        "status": "draft",
        "compose": {"include": [{"system": "http://hl7.org/fhir/goal-status"}]},
    },
    "sounds": {
        "resourceType": "ConceptMap",
        "url": f"{X}/sounds",
        "status": "active",
        "sourceCanonical": f"{X}/pets",
        "group": [
            {
                "source": f"{X}/animals",
                "target": f"{X}/noises",
                "element": [{"code": "cat", "target": [{"code": "purr", "equivalence": "equivalent"}]}],
            }
        ],
    },
}
LONG = {"status": "generated", "div": f"<div>{'x' * 7_000_000}</div>"}
LARGE: dict[str, Resource] = {
    f"large-{number}": {
        "resourceType": "ValueSet",
        "url": f"{X}/large/{number}",
        "status": "active",
        "text": LONG,
    }
    for number in range(4)
}


def _bytes(id: str) -> bytes:
    return orjson.dumps({"resourceType": "", "id": id} | (BODIES | LARGE)[id])


def _concepts(listed: Sequence[dict[str, Any]], *above: str) -> Iterator[Concept]:
    for each in listed:
        yield Concept(each["code"], parents=above)
        yield from _concepts(each.get("concept", ()), each["code"])


async def _write(transaction: Transaction, id: str, resource: Resource) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    definition = Definition(resource, id, _bytes(id), "tests", now)
    match resource["resourceType"]:
        case "CodeSystem":
            await write_code_system(transaction, definition, _concepts(resource["concept"]))
        case "ConceptMap":
            await write_concept_map(transaction, definition, rows(resource))
        case _:
            await write_value_set(transaction, definition)


async def _load(database: str) -> None:
    async with Database.opened(database, 1) as opened, opened.transaction() as transaction:
        for id, resource in (BODIES | LARGE).items():
            await _write(transaction, id, resource)


async def _unload(database: str) -> None:
    async with Database.opened(database, 1) as opened, opened.transaction() as transaction:
        for url in {each["url"] for each in (BODIES | LARGE).values()}:
            await remove(transaction, url)


@pytest.fixture(scope="module")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a database in which these definitions are loaded."""
    asyncio.run(_load(database))
    with in_process(database, Path(tmp_path_factory.mktemp("published"))) as service:
        yield service
    asyncio.run(_unload(database))


@pytest.fixture
def client(service: Service) -> httpx.Client:
    return service.client("Practitioner/reader")


@pytest.mark.parametrize("id", BODIES)
def test_a_loaded_definition_is_served_as_it_was_loaded(client: httpx.Client, id: str) -> None:
    assert client.get(f"/{BODIES[id]['resourceType']}/{id}").content == _bytes(id)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"CodeSystem?url={X}/animals", ["animals-1", "animals-2"]),
        (f"CodeSystem?system={X}/animals&version=2", ["animals-2"]),
        (f"CodeSystem?url={X}/animals,{DZOP}/CodeSystem/role", ["animals-1", "animals-2", "role"]),
        (f"CodeSystem?url:below={X}", ["animals-1", "animals-2", "states"]),
        ("CodeSystem?_id=animals-1,role", ["animals-1", "role"]),
        ("CodeSystem?name:contains=again", ["animals-2"]),
        (f"CodeSystem?url={X}/animals&code=cat", ["animals-1"]),
        (f"CodeSystem?url={X}/animals&code:not=cat", ["animals-2"]),
        (f"CodeSystem?url={X}/animals&code=cat,bird", ["animals-1", "animals-2"]),
        (f"CodeSystem?url={X}/animals&code:missing=true", []),
        (f"CodeSystem?url={X}/animals&code:missing=false", ["animals-1", "animals-2"]),
        (f"CodeSystem?url={X}/animals&_filter=code eq cat or code eq fish", ["animals-1"]),
        (f"CodeSystem?url={X}/animals&_filter=not (code eq cat)", ["animals-2"]),
        (f"CodeSystem?url={X}/animals&language=nl", ["animals-1"]),
        (f"CodeSystem?url={X}/states&code=Asleep", ["states"]),
        ("CodeSystem?code=mammal", ["animals-1"]),
        ("CodeSystem?code=parenthood,cat", ["animals-1", "mandate-ground"]),
        ("ValueSet?title=huisdieren", ["pets"]),
        (f"ValueSet?reference={X}/animals", ["all", "pets"]),
        ("ValueSet?code=dog", ["pets"]),
        # Of one version the one that is loaded counts.
        (f"ValueSet?url={GOALS}", ["another-goal-status"]),
        (f"ValueSet?reference={X}/animals&code:missing=true", ["all"]),
        ("ConceptMap?source-code=cat", ["sounds"]),
        ("ConceptMap?target-code=purr", ["sounds"]),
        ("ConceptMap?source-code=purr", []),
        (f"ConceptMap?source={X}/pets", ["sounds"]),
        (f"ConceptMap?source-system={X}/animals&target-system={X}/noises", ["sounds"]),
    ],
)
def test_it_is_found_by_what_it_says(client: httpx.Client, query: str, found: list[str]) -> None:
    assert ids(client.get(f"/{query}")) == found


def test_the_whole_resource_is_in_the_answer(client: httpx.Client) -> None:
    (entry,) = client.get(f"/ValueSet?url={X}/pets").json()["entry"]
    assert entry["resource"] == {**BODIES["pets"], "id": "pets"}


def test_pages_hold_what_is_shipped_and_what_is_loaded_in_one_order(client: httpx.Client) -> None:
    url, found = "/CodeSystem?_count=7", list[str]()
    while url:
        answer = client.get(url)
        found += ids(answer)
        url = {each["relation"]: each["url"] for each in answer.json()["link"]}.get("next", "")
    assert (found, {"animals-1", "role"} <= set(found)) == (ids(client.get("/CodeSystem?_count=1000")), True)


def test_a_page_ends_where_there_is_no_more_room(client: httpx.Client) -> None:
    first = client.get(f"/ValueSet?url:below={X}/large").json()
    (following,) = [each["url"] for each in first["link"] if each["relation"] == "next"]
    assert ([len(first["entry"]), first["total"]], ids(client.get(following))) == ([3, 4], ["large-3"])


def test_a_summary_leaves_the_concepts_out(client: httpx.Client) -> None:
    resource = client.get("/CodeSystem/animals-1?_summary=true").json()
    assert ("url" in resource, "concept" in resource) == (True, False)


def test_it_is_written_as_xml_too(client: httpx.Client) -> None:
    answer = client.get("/ConceptMap/sounds", headers={"Accept": "application/fhir+xml"})
    assert f'<sourceCanonical value="{X}/pets"/>' in answer.text


def test_a_batch_reads_and_finds_it(client: httpx.Client) -> None:
    asked = [{"request": {"method": "GET", "url": url}} for url in ("ValueSet/pets", "ConceptMap?_id=sounds")]
    entries = client.post("/", json=bundle("batch", *asked)).json()["entry"]
    assert [entries[0]["resource"]["id"], entries[1]["resource"]["total"]] == ["pets", 1]


def test_what_is_loaded_cannot_be_written_over_http(client: httpx.Client) -> None:
    url = "/ValueSet/pets"
    statuses = [client.put(url, json=BODIES["pets"]).status_code, client.delete(url).status_code]
    assert statuses == [405, 405]


def test_whose_scopes_do_not_reach_it_does_not_find_it(service: Service) -> None:
    client = service.client("Practitioner/reader", scope="user/CodeSystem.rs")
    assert refused(client.get("/ConceptMap?source-code=cat")) == (403, "forbidden")
