"""The law at the HTTP door: what can be read and found is what the law, asked directly, permits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from persons import FAMILY, MEMBERS, Person, new_person
from resources import (
    DZOP,
    PROVEN,
    SINCE,
    Resource,
    bundle,
    communication,
    consent,
    entity,
    goal,
    participant,
    practitioner,
    provision,
    ref,
)
from serving import Server

from consent.categories import mask
from consent.facts import Party, read_facts
from consent.law import Shape, decide
from consent.matrix import load
from dzop.fhir.audience import audience
from dzop.fhir.categories import categories, category_sources
from dzop.fhir.resource_types import RESOURCE_TYPES

NOBODY_ELSE = {
    "coordinator": "health-professional",
    "sender": "hospital-sender",
    "specialist": "health-professional",
    "manager": "case-manager",
    "landlord": "none",
    "colleague": "health-professional",
}
PROFESSIONS = {**MEMBERS, "stranger": "general-practitioner", **NOBODY_ELSE}
ACTORS = ("person", *FAMILY, "deputy", "cousin", *PROFESSIONS, "software")
UNTIL = {"start": SINCE, "end": "2099-12-31"}
TYPES = tuple(
    name for name, entry in RESOURCE_TYPES.items() if entry.compartment == "person" and name != "AuditEvent"
)
MATRIX = load()


def reference_of(person: Person, actor: str) -> str:
    if actor == "software":
        return person.ref("Organization", "employer-software")
    return person.ref("RelatedPerson", actor) if actor == "deputy" else person.who(actor)


def shape_of(person: Person, actor: str) -> Shape:
    """What a token of this actor brings by itself."""
    reference = reference_of(person, actor)
    if actor == "software":
        return Shape(None, reference, "system-client")
    if actor in PROFESSIONS:
        return Shape(reference, person.ref("Organization", f"employer-{actor}"), PROFESSIONS[actor])
    return Shape(reference, None, "person" if actor == "person" else "related-person")


def keys_of(person: Person, actor: str) -> set[str]:
    """Every reference by which a resource may name the actor."""
    shape, reference = shape_of(person, actor), reference_of(person, actor)
    return {
        key
        for key in (reference, shape.organisation, reference.replace("Practitioner/", "PractitionerRole/"))
        if key
    }


def peopled(person: Person) -> list[Resource]:
    """Somebody in each further role, and entries that concern only some."""
    staff = []
    for name, profession in NOBODY_ELSE.items():
        employer = person.ref("Organization", f"employer-{name}")
        staff += [
            entity(employer, active=True, name="Werkgever"),
            *practitioner(person.who(name), profession, employer),
        ]
    deputy, document = person.ref("RelatedPerson", "deputy"), person.ref("DocumentReference", "report")
    usual = person.team()["participant"]
    further = [
        participant(person.who("coordinator"), "health-professional"),
        participant(person.who("coordinator"), "care-coordinator"),
        participant(person.who("sender"), "hospital-sender"),
        participant(person.ref("Organization", "employer-software"), "health-professional"),
        participant(person.ref("PractitionerRole", "colleague"), "health-professional"),
    ]
    sensitive = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    recipients = [
        reference_of(person, name) for name in ("gp", "neighbour", "manager", "deputy", "specialist")
    ]
    return [
        *staff,
        entity(person.ref("Organization", "employer-software"), active=True, name="Software"),
        entity(deputy, active=True, patient=ref(person.patient), name=[{"text": "deputy"}]),
        person.team(*usual, *further),
        consent(
            person.ref("Consent", "mandate"),
            "mandate",
            person.patient,
            provision("permit", (deputy,), period=UNTIL),
            sourceReference=ref(document),
        ),
        consent(
            person.ref("Consent", "relation"),
            "therapeutic-relation",
            person.patient,
            provision("permit", (person.who("specialist"),), period=UNTIL),
            extension=[PROVEN],
        ),
        consent(
            person.ref("Consent", "management"),
            "case-management",
            person.patient,
            provision("permit", (person.who("manager"),), period=UNTIL),
        ),
        consent(
            person.ref("Consent", "grant"),
            "grant",
            person.patient,
            provision("permit", (person.who("landlord"),), ("appointment", "plan"), period=UNTIL),
        ),
        communication(
            person.ref("Communication", "wide"), person.patient, "message", person.who("helper"), *recipients
        ),
        {**goal(person.ref("Goal", "secret"), person.patient, "support-goal"), "meta": sensitive},
        {
            **communication(
                person.ref("Communication", "secret"), person.patient, "shared-note", person.who("specialist")
            ),
            "meta": sensitive,
        },
    ]


def _closed(person: Person) -> list[Resource]:
    carer_role = {"identifier": {"system": f"{DZOP}/CodeSystem/role", "value": "informal-carer"}}
    by_role = provision("permit", ("x",), ("document",))
    by_role["actor"][0]["reference"] = carer_role
    return [
        person.settings(
            provision("deny", (), ("plan", "shared-note")),
            provision("permit", (person.who("gp"),), ("plan",)),
            provision("deny", (person.ref("Organization", "employer-helper"),)),
            provision("permit", (person.who("nurse"),), ("sensitive", "support-goal")),
            by_role,
        )
    ]


def _excluded(person: Person) -> list[Resource]:
    names = ("nurse", "carer", "specialist", "manager")
    refused = provision(
        "deny", (*[person.who(name) for name in names], person.ref("Organization", "employer-software"))
    )
    return [consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, refused)]


def _burden(person: Person) -> list[Resource]:
    allowed = provision("permit", (person.who("nurse"), person.who("stranger")), ("carer-burden",))
    return [
        consent(
            person.ref("Consent", "burden"),
            "carer-share",
            person.patient,
            allowed,
            performer=[ref(person.who("carer"))],
        )
    ]


def _one_entry(person: Person) -> list[Resource]:
    shared = {"meaning": "instance", "reference": ref(person.ref("Communication", "journal"))}
    allowed = provision(
        "permit",
        (person.who("gp"), person.who("neighbour"), person.who("stranger")),
        ("journal",),
        data=[shared],
        period=UNTIL,
    )
    return [consent(person.ref("Consent", "entry"), "grant", person.patient, allowed)]


SITUATIONS: dict[str, Callable[[Person], list[Resource]]] = {
    "as usual": lambda _: [],
    "without sharing consent": lambda person: [person.sharing("inactive")],
    "with settings": _closed,
    "with exclusions": _excluded,
    "with a carer who shares": _burden,
    "with one entry shared": _one_entry,
}


class World:
    """A person in a situation, and all that is stored of them, as the operator reads it."""

    def __init__(self, server: Server, situation: str) -> None:
        self.person = new_person(server)
        self.person.store(*peopled(self.person))
        extra = SITUATIONS[situation](self.person)
        if extra:
            self.person.store(*extra)
        self.resources = dict(self._all(server))
        self.facts = read_facts(
            self.person.patient, self._of("Patient", "RelatedPerson", "CareTeam", "Consent"), self._party
        )

    def _all(self, server: Server) -> Iterator[tuple[str, Resource]]:
        searches = [f"Patient?_id={self.person.patient.removeprefix('Patient/')}"]
        searches += [
            f"{type}?patient={self.person.patient}&_count=100"
            for type in TYPES
            if type not in ("Patient", "Provenance", "Binary")
        ]
        searches += [f"Provenance?target={self.person.ref('Goal', 'life')}"]
        searches += [f"Binary?security-context={self.person.ref('Communication', 'journal')}"]
        for answer in batch(server.client("system"), searches):
            for found in answer["resource"].get("entry", ()):
                yield f"{found['resource']['resourceType']}/{found['resource']['id']}", found["resource"]

    def _of(self, *types: str) -> list[Resource]:
        return [each for each in self.resources.values() if each["resourceType"] in types]

    def _party(self, element: Mapping[str, Any]) -> Party | None:
        reference = str(element.get("reference", ""))
        if reference.startswith("Organization/"):
            return Party(None, reference)
        if reference.startswith("PractitionerRole/"):
            employer = reference.replace("PractitionerRole/", "Organization/employer-")
            return Party(reference.replace("PractitionerRole/", "Practitioner/"), employer)
        return Party(reference, None) if reference else None

    def categories_of(self, resource: Resource) -> frozenset[str]:
        sources = category_sources(resource, resource["resourceType"])
        labelled = {each["code"] for each in resource["meta"]["security"]} & {"sensitive"}
        known = {
            source: self.categories_of(self.resources[source])
            for source in sources
            if source in self.resources
        }
        return categories(resource, resource["resourceType"], known) | labelled

    def ties(self, actor: str, reference: str) -> frozenset[str]:
        """How a resource concerns the actor."""
        keys, resource = keys_of(self.person, actor), self.resources[reference]
        kinds = {
            kind
            for kind, key in audience(resource, resource["resourceType"], self.person.server.fhir)
            if key in keys
        }
        if reference in self._served_by(keys):
            kinds.add("derived")
        if self._is_shared(actor, reference, resource):
            kinds.add("shared")
        return frozenset(kinds)

    def _served_by(self, keys: set[str]) -> set[str]:
        """The goals that an open task of theirs serves, and the goals above."""
        served = {
            task["focus"]["reference"]
            for task in self._of("Task")
            if "focus" in task and task["owner"]["reference"] in keys
        }
        above = {
            part["valueReference"]["reference"]
            for each in self._of("Goal")
            if f"Goal/{each['id']}" in served
            for link in each.get("extension", ())
            for part in link["extension"]
            if "valueReference" in part
        }
        return served | above

    def _is_shared(self, actor: str, reference: str, resource: Resource) -> bool:
        shape, facts = shape_of(self.person, actor), self.facts
        parties = [each.party for each in facts.shares if each.data["reference"] == reference]
        if "carer-burden" in self.categories_of(resource) and resource["resourceType"] != "Consent":
            kinds = audience(resource, resource["resourceType"], self.person.server.fhir)
            authors = {key for kind, key in kinds if kind == "author"}
            parties += [each.party for each in facts.carer_shares if each.carer in authors]
        return any(each.includes(shape.individual, shape.organisation) for each in parties)

    def permitted(self, actor: str) -> set[str]:
        """What the law lets the actor read."""
        shape, now, facts = shape_of(self.person, actor), datetime.now(UTC), self.facts
        return {
            reference
            for reference, resource in self.resources.items()
            if decide(
                shape,
                facts,
                now,
                "read",
                mask(self.categories_of(resource)),
                self.ties(actor, reference),
                MATRIX,
            ).permit
        }


def batch(client: Any, urls: list[str]) -> list[Resource]:
    """The answers to these GETs, asked as one batch."""
    answer = client.post(
        "/", json=bundle("batch", *[{"request": {"method": "GET", "url": url}} for url in urls])
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entry"])


@pytest.fixture(params=SITUATIONS, scope="module")
def world(request: pytest.FixtureRequest, server: Server) -> World:
    return World(server, request.param)


@pytest.mark.parametrize("actor", ACTORS)
def test_what_can_be_read_is_what_the_law_permits(world: World, actor: str) -> None:
    client = world.person.server.client(reference_of(world.person, actor))
    references = list(world.resources)
    answers = dict(zip(references, batch(client, references), strict=True))
    read = {
        reference for reference, answer in answers.items() if answer["response"]["status"].split()[0] == "200"
    }
    assert sorted(read) == sorted(world.permitted(actor))


@pytest.mark.parametrize("actor", ACTORS)
def test_what_can_be_found_is_what_the_law_permits(world: World, actor: str) -> None:
    client = world.person.server.client(reference_of(world.person, actor))
    found = {
        f"{each['resource']['resourceType']}/{each['resource']['id']}"
        for answer in batch(client, [f"{type}?_count=100" for type in TYPES])
        for each in answer["resource"].get("entry", ())
    }
    assert sorted(found) == sorted(world.permitted(actor))


def test_the_labels_of_a_resource_are_its_categories(world: World) -> None:
    labels = {
        reference: {each["code"] for each in resource["meta"]["security"]}
        for reference, resource in world.resources.items()
    }
    assert labels == {
        reference: set(world.categories_of(resource)) for reference, resource in world.resources.items()
    }


def test_every_type_of_a_plan_is_in_the_world(world: World) -> None:
    assert sorted({each["resourceType"] for each in world.resources.values()}) == sorted(TYPES)
