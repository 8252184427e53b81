"""What a login is told of the people known here, and whose plan somebody may open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from persons import Person, new_person
from resources import SINCE, SSIN, Resource, concept, consent, entity, ours, provision, ref, ssin
from serving import Service, in_process

from consent.matrix import load
from dzop.access.acquaintance import Acquaintance
from dzop.access.gateway import Gateway
from dzop.auth.claims import Identity
from dzop.auth.people import People
from dzop.store.audit import Writer
from dzop.store.database import Database

NURSE = concept("https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-hcparty", "persnurse")


@pytest.fixture(scope="module")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with in_process(database, tmp_path_factory.mktemp("acquaintance")) as service:
        yield service


@pytest.fixture(scope="module")
def person(service: Service) -> Person:
    """A person whom nobody changes; the carer and the nurse are one, and the nurse works in two places."""
    person = new_person(service)
    number = [{"system": SSIN, "value": ssin()}]
    employer = person.ref("Organization", "employer-gp")
    nurse = entity(person.who("nurse"), active=True, name=[{"text": "Els Maes"}], identifier=number)
    second = entity(
        person.ref("PractitionerRole", "evening"),
        practitioner=ref(person.who("nurse")), organization=ref(employer), code=[NURSE],
    )  # fmt: skip
    carer = {"active": True, "patient": ref(person.patient), "name": [{"text": "Els"}]}
    person.store(nurse, second, entity(person.who("carer"), **carer, identifier=number))
    return person


@pytest_asyncio.fixture
async def people(database: str, service: Service) -> AsyncIterator[Acquaintance]:
    async with Database.opened(database, 2) as pool, Writer.running(pool) as audit:
        yield Acquaintance(Gateway(pool, audit, load(), service.fhir), pool, service.fhir)


def now() -> datetime:
    return datetime.now(UTC)


def number_of(person: Person, name: str) -> str:
    found = person.client("system").get(f"/{person.who(name)}").json()
    return str(found["identifier"][0]["value"])


async def references(people: People, subject: str, text: str = "") -> list[str]:
    return [each.reference for each in await people.plans(subject, now(), text)]


def roles(person: Person) -> tuple[str, str]:
    return person.ref("PractitionerRole", "evening"), person.ref("PractitionerRole", "nurse")


async def test_everything_somebody_may_act_as_is_offered_professions_first(
    people: People, person: Person
) -> None:
    found = await people.capacities(Identity(ssin=number_of(person, "carer")), now())
    assert (*roles(person), person.who("carer")) == found


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ({"discipline": "persnurse"}, 3),
        ({"discipline": "perssocialworker"}, 1),
        ({"nihdi": "19999816004"}, 3),
        ({"fhir_user": "PractitionerRole/evening"}, 1),
        ({"fhir_user": "https://other.example/fhir/Practitioner/x"}, 0),
    ],
)
async def test_what_a_provider_says_beside_the_number_narrows_the_offer(
    people: People, person: Person, said: dict[str, str], offered: int
) -> None:
    marked = {
        name: person.ref(*value.split("/")) if value.count("/") == 1 else value
        for name, value in said.items()
    }
    identity = Identity(ssin=number_of(person, "carer"), **marked)
    assert offered == len(await people.capacities(identity, now()))


async def test_on_behalf_of_somebody_only_that_capacity_is_offered(people: People, person: Person) -> None:
    identity = Identity(ssin=number_of(person, "carer"), mandator=person.ssin)
    assert (person.who("carer"),) == await people.capacities(identity, now())


async def test_nothing_is_offered_to_who_is_suspended(people: People, service: Service) -> None:
    person, number = new_person(service), ssin()
    person.store(entity(person.who("gp"), active=False, identifier=[{"system": SSIN, "value": number}]))
    assert () == await people.capacities(Identity(ssin=number), now())


async def test_nothing_is_offered_to_who_is_not_known(people: People) -> None:
    assert () == await people.capacities(Identity(ssin=ssin()), now())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "zorgverlener bij Werkgever; mantelzorger of vertegenwoordiger van Jet; geboren op 17 maart 1944"),
        ("fr", "professionnel de la santé, Werkgever; aidant proche ou représentant de Jet; "
               "date de naissance : 17 mars 1944"),
        ("de", "Gesundheitsfachkraft, Werkgever; pflegende Angehörige oder Vertretung von Jet; "
               "geboren am 17. März 1944"),
        ("en", "health professional at Werkgever; informal carer or representative of Jet; born on 17 March 1944"),
    ],
)  # fmt: skip
async def test_people_are_described_in_the_language_of_the_page(
    people: People, person: Person, language: str, said: str
) -> None:
    found = await people.described([roles(person)[0], person.who("carer"), person.patient])
    assert said == "; ".join(each.description[language] for each in found)


async def test_people_go_by_the_names_they_have_here(people: People, person: Person) -> None:
    asked = [person.patient, roles(person)[0], person.who("nurse"), person.ref("Organization", "employer-gp")]
    found = await people.described(asked)
    assert [("Jet", asked[0]), ("Els Maes", asked[1]), ("Els Maes", asked[2]), ("Werkgever", asked[3])] == [
        (each.name, each.reference) for each in found
    ]


async def test_who_is_not_there_is_not_described(people: People, person: Person) -> None:
    asked = ["Patient/nobody", person.patient, "nothing", "Unknown/x"]
    assert [person.patient] == [each.reference for each in await people.described(asked)]


@pytest.mark.parametrize("who", ["person", "carer", "gp"])
async def test_the_plans_that_somebody_may_open_are_found(people: People, person: Person, who: str) -> None:
    assert [person.patient] == await references(people, person.who(who))


@pytest.mark.parametrize("who", ["stranger", "cousin"])
async def test_nobody_is_found_without_a_relation(people: People, person: Person, who: str) -> None:
    assert [] == await references(people, person.who(who))


async def test_who_works_in_several_capacities_and_named_none_finds_nobody(
    people: People, person: Person
) -> None:
    assert [] == await references(people, person.who("nurse"))


@pytest.mark.parametrize(
    ("text", "found"),
    [("jet", True), ("  Je ", True), ("Piet", False), ("jet,piet", False), ("je\\", False), ("j\x00et\n", True),
     ("$", False), ("x" * 5000, False)],
)  # fmt: skip
async def test_persons_are_found_by_part_of_their_name(
    people: People, person: Person, text: str, found: bool
) -> None:
    assert ([person.patient] if found else []) == await references(people, person.who("gp"), text)


async def test_at_most_fifty_persons_are_shown_in_order_of_name(people: People, service: Service) -> None:
    person = new_person(service)
    names = [f"Naam {number:02}" for number in range(60)]
    for name in reversed(names):
        person.store(*_cared_for(person, name))
    found = await people.plans(person.who("gp"), now(), "naam")
    assert names[:50] == [each.name for each in found]


def _cared_for(person: Person, name: str) -> list[Resource]:
    """Another person, of whom the general practitioner of this one is a member of the team."""
    mark = name.replace(" ", "-").lower()
    patient = person.ref("Patient", mark)
    member = {"role": [ours("role", "general-practitioner")], "member": ref(person.who("gp"))}
    sharing = provision("permit", period={"start": SINCE})
    return [
        entity(patient, name=[{"text": name}]),
        entity(person.ref("CareTeam", mark), status="active", subject=ref(patient), participant=[member]),
        consent(person.ref("Consent", mark), "sharing", patient, sharing),
    ]


@pytest.mark.parametrize(
    ("who", "may"),
    [("person", True), ("gp", True), ("carer", True), ("stranger", False), ("cousin", False)],
)
async def test_whose_plan_may_be_opened_is_asked_of_the_law(
    people: People, person: Person, who: str, may: bool
) -> None:
    assert may == await people.may_open(person.who(who), person.patient.split("/")[1], now())


@pytest.mark.parametrize("id", ["", "nobody", "../x", "x" * 65])
async def test_no_plan_may_be_opened_that_is_not_there(people: People, person: Person, id: str) -> None:
    assert not await people.may_open(person.who("gp"), id, now())


def _of(person: Person, who: str) -> list[tuple[Any, Any]]:
    log = person.client("person").get("/AuditEvent", params={"patient": person.patient}).json()
    events = [each["resource"] for each in log["entry"]]
    return [
        (event["subtype"][0]["code"], event.get("outcome"))
        for event in events
        if event["agent"][0]["who"].get("reference") == person.who(who)
    ]


async def test_looking_for_a_plan_is_in_the_log_of_the_person(people: People, service: Service) -> None:
    person = new_person(service)
    await people.plans(person.who("gp"), now())
    assert [("search-type", "0")] == _of(person, "gp")


async def test_a_plan_that_may_not_be_opened_is_in_the_log_of_the_person(
    people: People, service: Service
) -> None:
    person = new_person(service)
    await people.may_open(person.who("stranger"), person.patient.split("/")[1], now())
    assert [("read", "4")] == _of(person, "stranger")


@pytest.mark.parametrize(
    ("reference", "may"),
    [
        ("PractitionerRole/evening", True),
        ("RelatedPerson/carer", True),
        ("Patient/person", True),
        ("Organization/employer-gp", True),
        ("PractitionerRole/nobody", False),
        ("RelatedPerson/nobody", False),
        ("Organization/nobody", False),
        ("Goal/life", False),
    ],
)
async def test_only_who_is_known_here_may_act(
    people: People, person: Person, reference: str, may: bool
) -> None:
    assert may == await people.may_act(person.ref(*reference.split("/")), now())


@pytest.mark.parametrize("name", ["gp", "neighbour"])
async def test_who_is_not_active_any_more_may_not_act(people: People, service: Service, name: str) -> None:
    person = new_person(service)
    gone = person.client("system").get(f"/{person.who(name)}").json() | {"active": False}
    person.store(gone)
    assert not await people.may_act(person.who(name), now())
