"""Who can log in to the sandbox follows from the demo data."""

from __future__ import annotations

import json

import pytest

from dzop.demo import documents
from dzop.demo.people import PEOPLE, DemoPerson

BY_REFERENCE = {person.reference: person for person in PEOPLE}


@pytest.mark.parametrize("type", ["Patient", "RelatedPerson", "Practitioner"])
def test_everybody_of_this_type_can_log_in(type: str) -> None:
    entries = [entry["resource"] for file in documents() for entry in json.loads(file.read_bytes())["entry"]]
    known = [f"{type}/{resource['id']}" for resource in entries if resource["resourceType"] == type]
    assert [reference for reference in BY_REFERENCE if reference.startswith(f"{type}/")] == known


def test_nobody_is_named_twice() -> None:
    assert len(BY_REFERENCE) == len(PEOPLE)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.reference)
def test_a_role_is_told_in_three_languages(person: DemoPerson) -> None:
    assert [language for language in ("nl", "fr", "en") if person.role[language]] == ["nl", "fr", "en"]


def test_the_usual_name_is_shown() -> None:
    assert BY_REFERENCE["Patient/jet-peeters"].name == "Jet Peeters"


def test_a_carer_belongs_to_the_person_cared_for() -> None:
    an = BY_REFERENCE["RelatedPerson/an-peeters"]
    assert (an.patient, an.scenario, an.role["en"]) == (
        "jet-peeters",
        "01-jet-peeters",
        "daughter and informal carer",
    )


def test_a_professional_known_by_nihdi_number_only_is_of_that_scenario() -> None:
    assert BY_REFERENCE["Practitioner/nurse-wouter-goossens"].scenario == "05-marc-dubois"


def test_a_professional_of_an_organisation_in_the_team_is_of_that_scenario() -> None:
    assert BY_REFERENCE["Practitioner/pharmacist-joris-van-hecke"].scenario == "01-jet-peeters"


def test_strangers_are_of_no_scenario() -> None:
    strangers = [person.reference for person in PEOPLE if person.scenario is None]
    assert strangers == ["Practitioner/nurse-dirk-sabbe", "Practitioner/dr-stranger"]


def test_a_person_speaks_their_own_language() -> None:
    assert BY_REFERENCE["Patient/marc-dubois"].language == "fr"


def test_organisations_log_in_with_their_software() -> None:
    clients = {
        person.reference: person.scenario for person in PEOPLE if person.reference.startswith("Organization/")
    }
    assert clients == {
        "Organization/practice-de-linde": "01-jet-peeters",
        "Organization/home-nursing-zenne": "05-marc-dubois",
        "Organization/hospital-saint-exemple": "05-marc-dubois",
        "Organization/housing-office-ghent": "04-yassine-el-amrani",
    }
