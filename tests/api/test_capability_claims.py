"""Every claim of the CapabilityStatement is true of the running server, and what it does not claim is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from persons import Person, new_person
from resources import DZOP, Resource, bundle, entity, ref
from serving import Server

from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.compartment import COMPARTMENTS
from dzop.fhir.search.query import sortable

TYPES = tuple(RESOURCE_TYPES)
KEPT = tuple(name for name, entry in RESOURCE_TYPES.items() if "update" in entry.interactions)
OFFERED = pytest.mark.parametrize("type", TYPES)
STORED = pytest.mark.parametrize("type", KEPT)
PATCH = {"Content-Type": "application/json-patch+json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
VALUES = {
    "token": "x",
    "date": "ge2026-01-01",
    "string": "a",
    "uri": "https://care.example/x",
    "number": "gt5",
    "quantity": "le5.4|http://unitsofmeasure.org|kg",
}
MODIFIED = {
    "missing": "true",
    "identifier": "https://care.example/number|1",
    "of-type": "http://terminology.hl7.org/CodeSystem/v2-0203|MR|1",
    "in": f"{DZOP}/ValueSet/role",
    "not-in": f"{DZOP}/ValueSet/role",
    "above": f"{DZOP}/CodeSystem/role|person",
    "below": f"{DZOP}/CodeSystem/role|person",
}


@dataclass(frozen=True)
class World:
    """A person with one resource of every type that is kept, the claims, and the operator."""

    person: Person
    claims: Mapping[str, Any]
    system: httpx.Client
    samples: Mapping[str, Resource]

    def claim(self, type: str) -> Mapping[str, Any]:
        return next(each for each in self.claims["rest"][0]["resource"] if each["type"] == type)

    def interactions(self, type: str) -> set[str]:
        return {each["code"] for each in self.claim(type)["interaction"]}

    def url(self, type: str) -> str:
        """Something of this type that is there."""
        if type in self.samples:
            return f"/{type}/{self.samples[type]['id']}"
        found = self.system.get(f"/{type}?_count=1").json()["entry"][0]["resource"]
        return f"/{type}/{found['id']}"

    def another(self, type: str) -> Resource:
        """A resource like the sample, that is nobody's yet."""
        return {
            **{name: value for name, value in self.samples[type].items() if name != "identifier"},
            "id": fresh(),
        }

    def created(self, type: str) -> str:
        """The id of a new one."""
        answer = self.system.post(f"/{type}", json=self.another(type))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def fresh() -> str:
    return str(uuid4())


@pytest.fixture(scope="module")
def world(server: Server) -> World:
    person = new_person(server)
    others = [
        entity(person.ref("Questionnaire", "form"), status="active", title="Vragen"),
        entity(person.ref("PlanDefinition", "template"), status="active", title="Sjabloon"),
        entity(person.ref("HealthcareService", "service"), active=True, name="Dienst"),
        entity(person.ref("List", "list"), status="current", mode="working", subject=ref(person.patient)),
    ]
    person.store(*others)
    kept = [*person.directory(), *person.family(), person.team(), person.sharing(), *person.plan(), *others]
    claims = httpx.get(f"{server.fhir}/metadata").json()
    return World(person, claims, server.client("system"), {each["resourceType"]: each for each in kept})


def value(world: World, claim: Mapping[str, Any], type: str) -> str:
    """A plausible value of a search parameter."""
    parameter = RESOURCE_TYPES[type].parameter(claim["name"])
    assert parameter is not None
    if claim["type"] == "composite":
        return "$".join(VALUES.get(each.type, "Patient/x") for each in parameter.components)
    if claim["type"] == "reference":
        return f"{(parameter.targets or ('Patient',))[0]}/x"
    return VALUES[claim["type"]]


def refused(client: httpx.Client, type: str, queries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is not answered with 200, with the reason."""
    answers = {name: client.get(f"/{type}?{urlencode({name: value})}") for name, value in queries}
    return {name: answer.text for name, answer in answers.items() if answer.status_code != 200}


def searches(world: World, type: str) -> Iterator[tuple[str, str]]:
    for claim in world.claim(type)["searchParam"]:
        yield claim["name"], value(world, claim, type)


def modified(world: World, type: str) -> Iterator[tuple[str, str]]:
    """Each parameter with each modifier that its documentation names."""
    for claim in world.claim(type)["searchParam"]:
        _, _, told = claim["documentation"].partition("Modifiers:")
        for modifier in told.replace("`", "").replace(":", "").strip(" .").split():
            if modifier in ("above", "below") and claim["type"] != "token":
                yield f"{claim['name']}:{modifier}", VALUES["uri"]
            else:
                yield f"{claim['name']}:{modifier}", MODIFIED.get(modifier, value(world, claim, type))


@OFFERED
def test_every_search_parameter_can_be_used(world: World, type: str) -> None:
    assert refused(world.person.client("person"), type, searches(world, type)) == {}


@OFFERED
def test_every_modifier_can_be_used(world: World, type: str) -> None:
    assert refused(world.person.client("person"), type, modified(world, type)) == {}


@OFFERED
def test_every_include_can_be_used(world: World, type: str) -> None:
    claim, client = world.claim(type), world.person.client("person")
    for name, claimed in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
        assert refused(client, type, [(name, each) for each in claim.get(claimed, ())]) == {}


@STORED
def test_every_sort_key_can_be_used(world: World, type: str) -> None:
    keys = sortable(RESOURCE_TYPES[type])
    answers = {key: world.person.client("person").get(f"/{type}?_sort=-{key}").status_code for key in keys}
    assert {key: status for key, status in answers.items() if status != 200} == {}


@STORED
def test_what_every_search_may_have_can_be_used(world: World, type: str) -> None:
    examples = {
        "_filter": "_id eq x",
        "_has": "",
        "_list": world.person.ref("List", "list").removeprefix("List/"),
    }
    claimed = [each["name"] for each in world.claims["rest"][0]["searchParam"]]
    queries = [(name, examples[name]) for name in claimed if examples[name]]
    reverse = world.claim(type).get("searchRevInclude", ())
    queries += [(f"_has:{each}:_id", "x") for each in reverse[:3]]
    assert refused(world.person.client("person"), type, queries) == {}


@OFFERED
def test_read_and_search_are_offered_as_claimed(world: World, type: str) -> None:
    client = world.system
    assert [client.get(world.url(type)).status_code, client.get(f"/{type}?_count=1").status_code] == [
        200,
        200,
    ]
    assert client.post(f"/{type}/_search", content="_count=1", headers=FORM).status_code == 200


@STORED
def test_versions_and_histories_are_offered_as_claimed(world: World, type: str) -> None:
    url, interactions = world.url(type), world.interactions(type)
    asked = {
        "vread": f"{url}/_history/1",
        "history-instance": f"{url}/_history",
        "history-type": f"/{type}/_history?_count=1",
    }
    assert set(asked) <= interactions
    assert {name: world.system.get(url).status_code for name, url in asked.items()} == dict.fromkeys(
        asked, 200
    )


@STORED
def test_creating_and_changing_are_offered_as_claimed(world: World, type: str) -> None:
    assert {"create", "update", "patch"} <= world.interactions(type)
    url = f"/{type}/{world.created(type)}"
    body = world.system.get(url).json()
    patch = [{"op": "test", "path": "/id", "value": body["id"]}]
    assert [
        world.system.put(url, json=body).status_code,
        world.system.patch(url, json=patch, headers=PATCH).status_code,
    ] == [200, 200]


@STORED
def test_an_update_makes_what_is_not_there_as_claimed(world: World, type: str) -> None:
    assert world.claim(type)["updateCreate"] is True
    another = world.another(type)
    assert world.system.put(f"/{type}/{another['id']}", json=another).status_code == 201


@STORED
def test_conditions_are_offered_as_claimed(world: World, type: str) -> None:
    claim, id = world.claim(type), world.created(type)
    query, body = f"_id={id}", world.system.get(f"/{type}/{id}").json()
    patch = [{"op": "test", "path": "/id", "value": id}]
    answers = (
        world.system.post(f"/{type}", json=body, headers={"If-None-Exist": query}),
        world.system.put(f"/{type}?{query}", json=body),
        world.system.patch(f"/{type}?{query}", json=patch, headers=PATCH),
    )
    assert (claim["conditionalCreate"], claim["conditionalUpdate"]) == (True, True)
    assert [each.status_code for each in answers] == [200, 200, 200]


@STORED
def test_deletion_is_offered_as_claimed(world: World, type: str) -> None:
    claimed = "delete" in world.interactions(type)
    id, conditional = world.created(type), world.created(type)
    statuses = {
        world.system.delete(f"/{type}/{id}").status_code,
        world.system.delete(f"/{type}?_id={conditional}").status_code,
    }
    expected = "single" if claimed else "not-supported"
    assert (
        statuses <= {200, 204} if claimed else statuses == {405},
        world.claim(type)["conditionalDelete"],
    ) == (
        True,
        expected,
    )


@STORED
def test_reading_on_a_condition_is_offered_as_claimed(world: World, type: str) -> None:
    assert world.claim(type)["conditionalRead"] == "full-support"
    first = world.system.get(world.url(type))
    conditions = (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    )
    assert [world.system.get(world.url(type), headers=each).status_code for each in conditions] == [304, 304]


@OFFERED
def test_every_operation_leads_somewhere(world: World, type: str) -> None:
    nothing = {"resourceType": "Parameters"}
    lost = []
    for operation in world.claim(type).get("operation", ()):
        name = operation["name"]
        answers = [world.system.post(f"{url}/${name}", json=nothing) for url in (world.url(type), f"/{type}")]
        if not any(each.status_code in (200, 201, 400, 403, 409, 422) for each in answers):
            lost.append((name, [each.text for each in answers]))
    assert lost == []


@STORED
def test_every_profile_can_be_asked_for(world: World, type: str) -> None:
    unknown = []
    for profile in world.claim(type).get("supportedProfile", ()):
        answer = world.system.post(
            f"/{type}/$validate?{urlencode({'profile': profile})}", json=world.samples[type]
        )
        if answer.status_code != 200 or "not-found" in {each["code"] for each in answer.json()["issue"]}:
            unknown.append((profile, answer.text))
    assert unknown == []


@OFFERED
def test_every_definition_of_our_own_can_be_read(world: World, type: str) -> None:
    claim = world.claim(type)
    claimed = [each["definition"] for name in ("searchParam", "operation") for each in claim.get(name, ())]
    ours = [each.removeprefix(DZOP) for each in claimed if each.startswith(DZOP)]
    assert {url: world.system.get(url).status_code for url in ours} == dict.fromkeys(ours, 200)


@OFFERED
def test_what_is_not_claimed_is_refused(world: World, type: str) -> None:
    url, body = world.url(type), {"resourceType": type}
    asked: dict[str, Callable[[], httpx.Response]] = {
        "vread": lambda: world.system.get(f"{url}/_history/1"),
        "history-instance": lambda: world.system.get(f"{url}/_history"),
        "history-type": lambda: world.system.get(f"/{type}/_history"),
        "create": lambda: world.system.post(f"/{type}", json=body),
        "update": lambda: world.system.put(url, json=body),
        "patch": lambda: world.system.patch(url, json=[], headers=PATCH),
        "delete": lambda: world.system.delete(url),
    }
    unclaimed = set(asked) - world.interactions(type)
    assert {name: asked[name]().status_code for name in unclaimed} == dict.fromkeys(unclaimed, 405)


@OFFERED
def test_a_parameter_that_is_not_claimed_is_refused(world: World, type: str) -> None:
    assert world.system.get(f"/{type}?colour=red").status_code == 400


def test_whole_server_interactions_are_offered_as_claimed(world: World) -> None:
    claimed = {each["code"] for each in world.claims["rest"][0]["interaction"]}
    answers = {
        "batch": world.system.post("/", json=bundle("batch")),
        "transaction": world.system.post("/", json=bundle("transaction")),
        "history-system": world.system.get("/_history?_count=1"),
    }
    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(claimed, 200)


@pytest.mark.parametrize("type", ["Goal", "Patient", "CodeSystem"])
def test_every_format_can_be_had(world: World, type: str) -> None:
    answers = {
        format: world.system.get(world.url(type), params={"_format": format})
        for format in world.claims["format"]
    }
    found = {format: (each.status_code, format.rpartition("+")[2] in each.headers["Content-Type"])
             for format, each in answers.items()}  # fmt: skip
    assert found == dict.fromkeys(world.claims["format"], (200, True))


def test_every_patch_format_is_taken(world: World) -> None:
    url = f"/Goal/{world.created('Goal')}"
    operation = [("type", "replace"), ("path", "Goal.lifecycleStatus"), ("value", "completed")]
    kinds = {"type": "valueCode", "path": "valueString", "value": "valueCode"}
    part = [{"name": name, kinds[name]: given} for name, given in operation]
    in_xml = "".join(
        f'<part><name value="{name}"/><{kinds[name]} value="{given}"/></part>' for name, given in operation
    )
    bodies = {
        "application/json-patch+json": json.dumps(
            [{"op": "replace", "path": "/lifecycleStatus", "value": "completed"}]
        ),
        "application/fhir+json": json.dumps(
            {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
        ),
        "application/fhir+xml": '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>'
        f"{in_xml}</parameter></Parameters>",
    }
    statuses = {
        kind: world.system.patch(url, content=bodies[kind], headers={"Content-Type": kind}).status_code
        for kind in world.claims["patchFormat"]
    }
    assert statuses == dict.fromkeys(bodies, 200)


@pytest.mark.parametrize("name", COMPARTMENTS)
def test_every_compartment_is_searched_as_claimed(world: World, name: str) -> None:
    client, url = world.person.client("person"), world.url(name)
    answers = {type: client.get(f"{url}/{type}?_count=1").status_code for type in COMPARTMENTS[name]}
    claim = f"http://hl7.org/fhir/CompartmentDefinition/{name[0].lower()}{name[1:]}"
    assert claim in world.claims["rest"][0]["compartment"]
    assert answers == dict.fromkeys(COMPARTMENTS[name], 200)


def test_whoever_has_the_statement_is_told_so(world: World) -> None:
    url = f"{world.person.server.fhir}/metadata"
    etag = httpx.get(url).headers["ETag"]
    answer = httpx.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize(("mode", "types"), [("full", len(TYPES)), ("normative", 6)])
def test_the_statement_comes_in_the_mode_that_is_asked_for(world: World, mode: str, types: int) -> None:
    (rest,) = httpx.get(f"{world.person.server.fhir}/metadata?mode={mode}").json()["rest"]
    assert len(rest["resource"]) == types


def test_a_mode_that_is_not_offered_is_refused(world: World) -> None:
    assert httpx.get(f"{world.person.server.fhir}/metadata?mode=x").status_code == 400
