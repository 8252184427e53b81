"""Who somebody is here, of whom an identity provider says who they are: one capacity, or none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from resources import (
    CBE,
    CORE,
    NIHDI,
    SSIN,
    Resource,
    bundle,
    cbe,
    concept,
    entity,
    nihdi,
    ours,
    put,
    ref,
    ssin,
)  # fmt: skip
from serving import in_process

from dzop.access.actors import Barred, actor_of
from dzop.access.identified import actor_identified
from dzop.actor import Actor
from dzop.auth.claims import Identity
from dzop.store.database import Database

CD_HCPARTY = f"{CORE}/CodeSystem/cd-hcparty"
BASE = "https://plan.example/fhir"
NOW = datetime.now(UTC)


@dataclass
class World:
    """A directory and persons; `numbers` by a name such as `gp.ssin`, references end in a mark of this run."""

    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    numbers: dict[str, str] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    def ref(self, reference: str) -> str:
        return f"{reference}-{self.mark}"

    def add(self, reference: str, **elements: Any) -> None:
        self.resources.append(entity(self.ref(reference), **elements))

    def numbered(self, name: str, *kinds: str, given: str = "") -> list[Resource]:
        """Identifiers of new numbers, or of those of somebody `given`."""
        makers = {"ssin": (SSIN, ssin), "nihdi": (NIHDI, lambda: nihdi("004")), "cbe": (CBE, cbe)}
        made = []
        for kind in kinds:
            system, make = makers[kind]
            self.numbers[f"{name}.{kind}"] = self.numbers[f"{given}.{kind}"] if given else make()
            made.append({"system": system, "value": self.numbers[f"{name}.{kind}"]})
        return made

    def professional(self, name: str, *kinds: str, given: str = "", active: bool = True) -> None:
        numbers = self.numbered(name, *kinds, given=given)
        self.add(f"Practitioner/{name}", active=active, name=[{"text": name}], identifier=numbers)

    def works(self, role: str, name: str, at: str, *codes: Resource, **elements: Any) -> None:
        employer = ref(self.ref(f"Organization/{at}"))
        who = ref(self.ref(f"Practitioner/{name}"))
        self.add(
            f"PractitionerRole/{role}", practitioner=who, organization=employer, code=list(codes), **elements
        )

    def related(self, id: str, patient: str, numbers: list[Resource], **elements: Any) -> None:
        about = ref(self.ref(f"Patient/{patient}"))
        self.add(f"RelatedPerson/{id}", patient=about, identifier=numbers, **elements)

    def identity(self, **said: str) -> Identity:
        """What a provider says: numbers by the name of whose they are, all else as it is."""
        return Identity(**{name: self.numbers.get(value, value) for name, value in said.items()})


def profession(code: str) -> Resource:
    return concept(CD_HCPARTY, code)


@pytest.fixture(scope="module")
def world(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A directory and persons, stored as the operator does."""
    world = World()
    for name, kind in (("practice", "cbe"), ("hospital", "nihdi")):
        world.add(f"Organization/{name}", active=True, name=name, identifier=world.numbered(name, kind))
    physician, nurse = profession("persphysician"), profession("persnurse")
    world.professional("gp", "ssin", "nihdi")
    world.works("gp", "gp", "practice", physician, ours("role", "general-practitioner"), active=True)
    world.professional("cardiologist", "nihdi")
    world.works("cardiologist", "cardiologist", "hospital", profession("perscardiologist"))
    world.professional("nurse", "ssin")
    world.works("nurse", "nurse", "practice", nurse)
    world.professional("helper", "ssin")
    world.works("helper", "helper", "practice", ours("role", "welfare-professional"))
    world.professional("busy", "ssin", "nihdi")
    world.works("busy-practice", "busy", "practice", physician)
    world.works("busy-hospital", "busy", "hospital", physician)
    world.professional("skilled", "ssin")
    world.works("skilled-physician", "skilled", "practice", physician)
    world.works("skilled-nurse", "skilled", "practice", nurse)
    world.professional("suspended", "ssin", "nihdi", active=False)
    world.works("suspended", "suspended", "practice", physician)
    world.professional("former", "ssin")
    world.works("former", "former", "practice", nurse, period={"end": "2020-12-31"})
    world.works("withdrawn", "former", "practice", nurse, active=False)
    world.professional("idle", "ssin")
    world.professional("entered-twice", "ssin", "nihdi")
    world.professional("entered-again", "ssin", given="entered-twice")
    world.works("entered-twice", "entered-twice", "practice", physician)
    world.professional("colleague", "nihdi")
    world.works("colleague", "colleague", "practice", physician)
    world.professional("ill", "ssin")
    world.works("ill", "ill", "practice", nurse)
    for name in ("person", "neighbour"):
        world.add(f"Patient/{name}", identifier=world.numbered(name, "ssin"), birthDate="1944-03-17")
    world.add("Patient/ill", identifier=world.numbered("ill", "ssin", given="ill"))
    world.related("nurse", "person", world.numbered("nurse", "ssin", given="nurse"))
    world.related("ill", "person", world.numbered("ill", "ssin", given="ill"))
    carer = world.numbered("carer", "ssin")
    world.related("carer", "person", carer, active=True)
    child = world.numbered("child", "ssin")
    world.related("child", "person", child)
    world.related("child-next-door", "neighbour", child)
    world.related("gone", "person", world.numbered("gone", "ssin"), active=False)
    # Newer profiles name the system after the kind of who has the number.
    world.numbers |= {"kind.nihdi": nihdi("004"), "house.nihdi": nihdi()}
    numbers = {"Practitioner/kind": ("professional", "kind"), "Organization/house": ("organization", "house")}
    for reference, (kind, name) in numbers.items():
        value = world.numbers[f"{name}.nihdi"]
        world.add(reference, identifier=[{"system": f"{NIHDI}-{kind}", "value": value}])
    world.works("kind", "kind", "house", physician)
    world.add("Patient/inactive", identifier=world.numbered("inactive", "ssin"), active=False)
    world.numbers["nobody.ssin"], world.numbers["nobody.nihdi"] = ssin(), nihdi("004")
    with in_process(database, tmp_path_factory.mktemp("claims")) as service:
        answer = service.client("system").post(
            "/", json=bundle("transaction", *[put(each) for each in world.resources])
        )
        assert answer.status_code == 200, answer.text
    return world


@pytest_asyncio.fixture
async def connection(database: str) -> AsyncIterator[Database]:
    async with Database.opened(database, 1) as connection:
        yield connection


async def acting(connection: Database, world: World, **said: str) -> Actor:
    return await actor_identified(connection, world.identity(**said), Actor("", ""), NOW, BASE)


async def capacity(connection: Database, world: World, **said: str) -> str:
    actor = await acting(connection, world, **said)
    return actor.practitioner_role or actor.individual


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"nihdi": "gp.nihdi"}, "PractitionerRole/gp"),
        ({"ssin": "gp.ssin"}, "PractitionerRole/gp"),
        ({"ssin": "gp.ssin", "nihdi": "gp.nihdi"}, "PractitionerRole/gp"),
        ({"ssin": "gp.ssin", "discipline": "persphysician"}, "PractitionerRole/gp"),
        ({"nihdi": "gp.nihdi", "organization": "practice.cbe"}, "PractitionerRole/gp"),
        ({"nihdi": "cardiologist.nihdi", "discipline": "persphysician"}, "PractitionerRole/cardiologist"),
        ({"nihdi": "cardiologist.nihdi", "discipline": "perscardiologist"}, "PractitionerRole/cardiologist"),
        ({"nihdi": "kind.nihdi", "organization": "house.nihdi"}, "PractitionerRole/kind"),
        ({"organization": "house.nihdi"}, "Organization/house"),
        # The directory need not have every number.
        ({"ssin": "nobody.ssin", "nihdi": "cardiologist.nihdi"}, "PractitionerRole/cardiologist"),
        ({"ssin": "helper.ssin", "nihdi": "nobody.nihdi"}, "PractitionerRole/helper"),
        ({"ssin": "helper.ssin", "discipline": "perssocialworker"}, "PractitionerRole/helper"),
        ({"ssin": "nurse.ssin", "discipline": "persnurse"}, "PractitionerRole/nurse"),
        ({"nihdi": "busy.nihdi", "organization": "practice.cbe"}, "PractitionerRole/busy-practice"),
        ({"nihdi": "busy.nihdi", "organization": "hospital.nihdi"}, "PractitionerRole/busy-hospital"),
        ({"ssin": "skilled.ssin", "discipline": "persphysician"}, "PractitionerRole/skilled-physician"),
        ({"ssin": "skilled.ssin", "discipline": "persnurse"}, "PractitionerRole/skilled-nurse"),
        ({"ssin": "entered-twice.ssin", "nihdi": "entered-twice.nihdi"}, "PractitionerRole/entered-twice"),
        ({"fhir_user": "Practitioner/gp"}, "PractitionerRole/gp"),
        ({"fhir_user": "PractitionerRole/busy-hospital"}, "PractitionerRole/busy-hospital"),
        ({"fhir_user": "PractitionerRole/busy-hospital", "nihdi": "busy.nihdi"}, "PractitionerRole/busy-hospital"),
        ({"ssin": "person.ssin"}, "Patient/person"),
        ({"ssin": "person.ssin", "mandator": "person.ssin"}, "Patient/person"),
        ({"ssin": "inactive.ssin"}, "Patient/inactive"),
        ({"ssin": "ill.ssin"}, "Patient/ill"),
        ({"ssin": "ill.ssin", "discipline": "persnurse"}, "PractitionerRole/ill"),
        ({"ssin": "ill.ssin", "mandator": "person.ssin"}, "RelatedPerson/ill"),
        ({"ssin": "carer.ssin"}, "RelatedPerson/carer"),
        ({"ssin": "nurse.ssin"}, "RelatedPerson/nurse"),
        ({"ssin": "child.ssin", "mandator": "person.ssin"}, "RelatedPerson/child"),
        ({"ssin": "child.ssin", "mandator": "neighbour.ssin"}, "RelatedPerson/child-next-door"),
        ({"ssin": "child.ssin", "fhir_user": "RelatedPerson/child"}, "RelatedPerson/child"),
        ({"fhir_user": "RelatedPerson/child"}, "RelatedPerson/child"),
        ({"fhir_user": "Patient/person"}, "Patient/person"),
        ({"organization": "practice.cbe"}, "Organization/practice"),
        ({"organization": "hospital.nihdi"}, "Organization/hospital"),
    ],
)  # fmt: skip
async def test_somebody_is_found_in_the_one_capacity_that_is_meant(
    connection: Database, world: World, said: dict[str, str], found: str
) -> None:
    marked = {name: world.ref(value) if "/" in value else value for name, value in said.items()}
    assert world.ref(found) == await capacity(connection, world, **marked)


async def test_a_record_of_this_server_may_be_named_by_its_address(
    connection: Database, world: World
) -> None:
    user = world.ref(f"{BASE}/Practitioner/gp")
    assert world.ref("PractitionerRole/gp") == await capacity(connection, world, fhir_user=user)


@pytest.mark.parametrize(
    ("said", "token_for"),
    [
        ({"nihdi": "gp.nihdi"}, "PractitionerRole/gp"),
        ({"nihdi": "busy.nihdi", "organization": "hospital.nihdi"}, "PractitionerRole/busy-hospital"),
        ({"ssin": "helper.ssin"}, "PractitionerRole/helper"),
        ({"ssin": "carer.ssin"}, "RelatedPerson/carer"),
        ({"ssin": "person.ssin"}, "Patient/person"),
        ({"organization": "practice.cbe"}, "Organization/practice"),
    ],
)
async def test_it_is_the_same_actor_as_of_a_token_of_ours(
    connection: Database, world: World, said: dict[str, str], token_for: str
) -> None:
    theirs = await acting(connection, world, **said)
    ours = await actor_of(connection, world.ref(token_for), None, Actor("", ""), NOW, sandbox=False)
    assert replace(ours, keys=tuple(sorted(ours.keys))) == replace(theirs, keys=tuple(sorted(theirs.keys)))


UNKNOWN = "nobody is known here"
DIFFERENT = "different records"
NOT_IN_FORCE = "no capacity here that is in force"
NO_SUCH = "no capacity here with the discipline"
SEVERAL = "several capacities"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, UNKNOWN),
        ({"ssin": "nobody.ssin"}, UNKNOWN),
        ({"nihdi": "nobody.nihdi"}, UNKNOWN),
        ({"discipline": "persnurse"}, UNKNOWN),
        ({"ssin": "nobody.ssin", "discipline": "persnurse"}, UNKNOWN),
        ({"organization": "gp.nihdi"}, UNKNOWN),
        ({"ssin": "gone.ssin"}, UNKNOWN),
        ({"ssin": "person.ssin", "discipline": "persnurse"}, UNKNOWN),
        ({"ssin": "carer.ssin", "mandator": "neighbour.ssin"}, UNKNOWN),
        ({"ssin": "carer.ssin", "mandator": "nobody.ssin"}, UNKNOWN),
        ({"ssin": "nurse.ssin", "mandator": "neighbour.ssin"}, UNKNOWN),
        ({"mandator": "person.ssin"}, UNKNOWN),
        ({"ssin": "carer.ssin", "fhir_user": "RelatedPerson/child"}, UNKNOWN),
        ({"fhir_user": "RelatedPerson/nobody"}, UNKNOWN),
        ({"fhir_user": "Practitioner/nobody"}, UNKNOWN),
        ({"fhir_user": "https://other.example/fhir/Practitioner/gp"}, UNKNOWN),
        ({"ssin": "gp.ssin", "fhir_user": "https://other.example/fhir/Practitioner/gp"}, UNKNOWN),
        ({"ssin": "helper.ssin", "nihdi": "colleague.nihdi"}, DIFFERENT),
        ({"ssin": "nobody.ssin", "nihdi": "gp.nihdi"}, DIFFERENT),
        ({"ssin": "gp.ssin", "nihdi": "nobody.nihdi"}, DIFFERENT),
        ({"ssin": "gp.ssin", "nihdi": "busy.nihdi"}, DIFFERENT),
        ({"ssin": "entered-twice.ssin"}, DIFFERENT),
        ({"ssin": "nurse.ssin", "fhir_user": "Practitioner/gp"}, DIFFERENT),
        ({"ssin": "former.ssin"}, NOT_IN_FORCE),
        ({"ssin": "former.ssin", "discipline": "persnurse"}, NOT_IN_FORCE),
        ({"fhir_user": "PractitionerRole/former"}, NOT_IN_FORCE),
        ({"ssin": "idle.ssin"}, NOT_IN_FORCE),
        ({"ssin": "suspended.ssin"}, "suspended"),
        ({"nihdi": "suspended.nihdi", "discipline": "persphysician"}, "suspended"),
        ({"fhir_user": "Practitioner/suspended"}, "suspended"),
        ({"ssin": "gp.ssin", "discipline": "persnurse"}, NO_SUCH),
        ({"ssin": "nurse.ssin", "discipline": "persphysician"}, NO_SUCH),
        ({"ssin": "nurse.ssin", "discipline": "perscaregiver"}, NO_SUCH),
        ({"ssin": "helper.ssin", "discipline": "persnurse"}, NO_SUCH),
        ({"nihdi": "cardiologist.nihdi", "discipline": "perssurger"}, NO_SUCH),
        ({"nihdi": "gp.nihdi", "organization": "hospital.nihdi"}, NO_SUCH),
        ({"nihdi": "busy.nihdi", "organization": "nobody.nihdi"}, NO_SUCH),
        ({"fhir_user": "PractitionerRole/gp", "organization": "hospital.nihdi"}, NO_SUCH),
        ({"nihdi": "busy.nihdi"}, SEVERAL),
        ({"nihdi": "busy.nihdi", "discipline": "persphysician"}, SEVERAL),
        ({"ssin": "skilled.ssin"}, SEVERAL),
        ({"ssin": "skilled.ssin", "organization": "practice.cbe"}, SEVERAL),
        ({"ssin": "child.ssin"}, "several persons"),
        ({"ssin": "nurse.ssin", "discipline": "persnurse", "mandator": "person.ssin"}, "one capacity"),
    ],
)  # fmt: skip
async def test_who_is_nobody_here_or_not_clearly_one_is_barred(
    connection: Database, world: World, said: dict[str, str], told: str
) -> None:
    marked = {name: world.ref(value) if "/" in value else value for name, value in said.items()}
    with pytest.raises(Barred, match=told):
        await capacity(connection, world, **marked)
