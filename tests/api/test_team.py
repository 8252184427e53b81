"""A team admits nobody whom the person did not agree with."""

from __future__ import annotations

import pytest
from persons import FAMILY, MEMBERS, Person
from resources import Resource, consent, entity, ours, participant, provision, ref

AGREED = {"url": "https://dzop.example/fhir/StructureDefinition/member-agreement", "valueCode": "agreed"}
OTHERS = (*MEMBERS, "carer", "neighbour", "stranger", "cousin")


def joined_by_stranger(person: Person, **elements: object) -> Resource:
    team = person.team()
    return {
        **team,
        "participant": [
            *team["participant"],
            participant(person.who("stranger"), "general-practitioner", **elements),
        ],
    }


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("extension", [[], [AGREED]])
def test_nobody_but_the_person_brings_somebody_into_the_team(
    person: Person, name: str, extension: list[Resource]
) -> None:
    team = joined_by_stranger(person, **({"extension": extension} if extension else {}))
    person.client(name).put(person.ref("CareTeam", "team"), json=team)
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_but_the_person_makes_a_team_that_admits(person: Person, name: str) -> None:
    team = {**joined_by_stranger(person, extension=[AGREED]), "id": f"second-{person.mark}"}
    person.client(name).put(f"/CareTeam/second-{person.mark}", json=team)
    person.client(name).post("/CareTeam", json=team)
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_but_the_person_writes_a_consent(person: Person, name: str) -> None:
    grant = consent(
        f"Consent/own-{person.mark}",
        "grant",
        person.patient,
        provision(
            "permit",
            (person.who("stranger"),),
            ("plan",),
            period={"start": "2020-01-01", "end": "2099-01-01"},
        ),
    )
    relation = consent(
        f"Consent/own-{person.mark}",
        "therapeutic-relation",
        person.patient,
        provision("permit", (person.who("stranger"),)),
    )
    for each in (grant, relation):
        person.client(name).put(f"/Consent/own-{person.mark}", json=each)
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


def test_whom_the_person_brings_into_the_team_is_in(person: Person) -> None:
    person.client("person").put(person.ref("CareTeam", "team"), json=joined_by_stranger(person))
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 200


@pytest.mark.parametrize("state", ["proposed", "declined"])
def test_a_member_who_is_not_agreed_is_out(person: Person, state: str) -> None:
    person.store(joined_by_stranger(person, extension=[{**AGREED, "valueCode": state}]))
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 404


def test_a_member_without_words_of_the_operator_is_agreed(person: Person) -> None:
    first = person.client("person").get(person.ref("CareTeam", "team")).json()["participant"][0]
    assert first["extension"] == [AGREED]


@pytest.mark.parametrize(
    "member",
    [
        {"display": "Dr. Niemand"},
        {"identifier": {"system": "https://other.example", "value": "1"}},
        {"reference": "https://other.example/fhir/Practitioner/x"},
    ],
)
def test_a_member_whom_nobody_can_recognise_breaks_nothing(person: Person, member: Resource) -> None:
    person.store(person.team({"member": member, "role": [ours("role", "general-practitioner")]}))
    assert [
        person.client(name).get(person.ref("CarePlan", "plan")).status_code for name in ("person", "stranger")
    ] == [200, 404]


@pytest.mark.parametrize(
    "role", [[{"text": "arts"}], [{"coding": [{"system": "https://other.example", "code": "x"}]}], None]
)
def test_a_professional_without_a_profession_and_a_role_we_know_has_no_access(
    person: Person, role: list[Resource] | None
) -> None:
    unknown = f"Practitioner/unknown-{person.mark}"
    person.store(
        entity(unknown, active=True, name=[{"family": "Zonder"}]),
        person.team({"member": ref(unknown), **({"role": role} if role else {})}),
    )
    assert person.server.client(unknown).get(person.ref("CarePlan", "plan")).status_code == 404


def test_an_organisation_in_the_team_admits_who_works_there(person: Person) -> None:
    person.store(
        person.team(participant(person.ref("Organization", "employer-stranger"), "general-practitioner"))
    )
    assert [
        person.client(name).get(person.ref("CarePlan", "plan")).status_code for name in ("stranger", "nurse")
    ] == [200, 404]


def test_a_practitioner_role_in_the_team_admits_its_practitioner(person: Person) -> None:
    person.store(person.team(participant(f"PractitionerRole/stranger-{person.mark}", "general-practitioner")))
    assert person.client("stranger").get(person.ref("CarePlan", "plan")).status_code == 200


def test_the_directory_is_written_by_its_registry_only(person: Person) -> None:
    answers = [
        person.client(name).put(
            person.who("nurse"), json=entity(person.who("nurse"), active=True, name=[{"family": "Anders"}])
        )
        for name in ("person", "gp", "nurse", *FAMILY)
    ]
    assert [each.status_code for each in answers] == [403] * 5


def test_everybody_reads_the_directory(known: Person) -> None:
    assert [known.client(name).get(known.who("gp")).status_code for name in (*OTHERS, "person")] == [200] * 8


@pytest.mark.parametrize("name", ["person", *OTHERS])
def test_nobody_but_the_operator_enters_a_patient(person: Person, name: str) -> None:
    answers = [
        person.client(name).put(
            f"/Patient/new-{person.mark}", json=entity(f"Patient/new-{person.mark}", name=[{"text": "Nieuw"}])
        ),
        person.client(name).post("/Patient", json=entity("Patient/x", name=[{"text": "Nieuw"}])),
    ]
    assert [each.status_code in (403, 409, 422) for each in answers] == [True, True]
