"""The demo data are valid R4, stand alone, look like nobody real, and tell what each scenario needs."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from consent.categories import CATEGORIES
from dzop.definitions.questionnaires import questionnaires
from dzop.demo import documents
from dzop.fhir.validation import validate

Resource = Mapping[str, Any]

DZOP = "https://dzop.example/fhir"
CORE = "https://www.ehealth.fgov.be/standards/fhir/core"
CD_HCPARTY = Path(__file__).parents[3] / "shared" / "data" / "be" / "cd-hcparty.tsv"
PROFESSIONAL = {"general-practitioner", "health-professional", "welfare-professional", "hospital-sender"}
ROLES = PROFESSIONAL | {"person", "informal-carer", "informal-network", "care-coordinator", "system-client"}

BUNDLES = {PurePath(file.name).stem: json.loads(file.read_bytes()) for file in documents()}
RESOURCES = [entry["resource"] for bundle in BUNDLES.values() for entry in bundle["entry"]]


@dataclass(frozen=True)
class Scenario:
    """The document of one demo person."""

    name: str

    @property
    def resources(self) -> list[Resource]:
        return [entry["resource"] for entry in BUNDLES[self.name]["entry"]]

    @property
    def person(self) -> str:
        (patient,) = self.of("Patient")
        return reference(patient)

    @property
    def participants(self) -> list[Resource]:
        return [participant for team in self.of("CareTeam") for participant in team["participant"]]

    def of(self, type: str) -> list[Resource]:
        return [resource for resource in self.resources if resource["resourceType"] == type]

    def goals(self, *categories: str) -> list[Resource]:
        return [goal for goal in self.of("Goal") if not set(categories).isdisjoint(codes(goal["category"]))]

    def consents(self, kind: str) -> list[Resource]:
        return [consent for consent in self.of("Consent") if kind in codes(consent["category"])]

    def tasks(self, *, by_server: bool) -> list[Resource]:
        """The tasks of the plan, or those that the server asks for behind a grant."""
        return [task for task in self.of("Task") if ("closing-report" in codes([task["code"]])) == by_server]


def codes(concepts: list[Resource]) -> list[str]:
    return [coding["code"] for concept in concepts for coding in concept.get("coding", ())]


def reference(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def within(value: Any, key: str) -> Iterator[Any]:
    """Every value of this key, at any depth."""
    if isinstance(value, dict):
        for name, child in value.items():
            if name == key:
                yield child
            yield from within(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from within(child, key)


def identifiers(system: str) -> list[str]:
    """All numbers of a Belgian naming system, wherever they are."""
    uri = f"{CORE}/NamingSystem/{system}"
    found = [identifier for identifier in within(RESOURCES, "identifier") if isinstance(identifier, list)]
    return [item["value"] for items in found for item in items if item["system"] == uri]


def check(first: int, modulus: int = 97) -> str:
    return f"{modulus - first % modulus:02d}"


def served_goals(goal: Resource) -> list[str]:
    return [target["reference"] for target in within(goal.get("extension"), "valueReference")]


JET, RAYMOND, NINA, YASSINE, MARC, IRMA = SCENARIOS = tuple(
    Scenario(name) for name in BUNDLES if name[:2] != "00"
)
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=reference)


@every_resource
def test_is_valid_r4(resource: Resource) -> None:
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@every_resource
def test_passes_our_own_validation(resource: Resource) -> None:
    assert validate(resource) == []


@every_resource
def test_has_a_readable_id(resource: Resource) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,64}", resource["id"])


def test_ids_are_unique_over_types_and_persons() -> None:
    times = Counter(resource["id"] for resource in RESOURCES)
    assert [id for id, count in times.items() if count > 1] == []


def test_every_reference_resolves() -> None:
    known = {reference(resource) for resource in RESOURCES}
    mentioned = {text for text in within(RESOURCES, "reference") if isinstance(text, str)}
    assert mentioned - known == set()


def test_every_logical_reference_resolves() -> None:
    known = {(item["system"], item["value"]) for r in RESOURCES for item in r.get("identifier", ())}
    logical = {(i["system"], i["value"]) for i in within(RESOURCES, "identifier") if isinstance(i, dict)}
    of_roles = {(system, value) for system, value in logical if system == f"{DZOP}/CodeSystem/role"}
    assert logical - known - of_roles == set()


@every_scenario
def test_a_document_is_about_one_person_only(scenario: Scenario) -> None:
    patients = {text for text in within(scenario.resources, "reference") if str(text).startswith("Patient/")}
    assert patients == {scenario.person}


def test_codes_of_our_data_categories_exist() -> None:
    system = f"{DZOP}/CodeSystem/data-category"
    used = {c["code"] for key in ("coding", "class", "security", "code") for cs in within(RESOURCES, key)
            if isinstance(cs, list) for c in cs if c.get("system") == system}  # fmt: skip
    assert used - set(CATEGORIES) == set()


def test_meta_holds_only_profiles_and_the_sensitive_label() -> None:
    label = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}
    profiles = [
        {"profile": [f"{CORE}/StructureDefinition/be-{name}"]} for name in ("patient", "practitioner")
    ]
    assert [
        meta for meta in within(RESOURCES, "meta") if meta not in [*profiles, {"security": [label]}]
    ] == []


@pytest.mark.skipif(
    not CD_HCPARTY.exists(), reason="the published CD-HCPARTY table is not beside the project"
)
def test_cd_hcparty_codes_are_published_ones() -> None:
    with CD_HCPARTY.open(encoding="utf-8") as table:
        published = {row["code"] for row in csv.DictReader(table, delimiter="\t")}
    codings = [coding for codings in within(RESOURCES, "coding") for coding in codings]
    used = {coding["code"] for coding in codings if coding["system"] == f"{CORE}/CodeSystem/cd-hcparty"}
    assert used - published == set()


def test_ssins_have_valid_check_digits_and_agree_with_birth_date_and_gender() -> None:
    people = [resource for resource in RESOURCES if "birthDate" in resource]
    for person in people:
        (ssin,) = [i["value"] for i in person["identifier"] if i["system"].endswith("/ssin")]
        year, month, day = person["birthDate"].split("-")
        first = f"{year[2:]}{month}{day}{'998' if person['gender'] == 'female' else '997'}"
        assert ssin == first + check(int(first) + (2_000_000_000 if int(year) >= 2000 else 0))


def test_ssins_are_unique() -> None:
    assert len(set(identifiers("ssin"))) == len(identifiers("ssin"))


def test_nihdi_numbers_are_of_an_improbable_range_with_valid_check_digits() -> None:
    numbers = identifiers("nihdi")
    expected = [(re.fullmatch(r"\d9999\d\d\d(\d{3})?", n) is not None, n[6:8]) for n in numbers]
    checks = [{check(int(n[:6])), check(int(n[:6]), 89)} for n in numbers]
    assert [
        n
        for n, (shape, digits), ok in zip(numbers, expected, checks, strict=True)
        if not shape or digits not in ok
    ] == []


def test_nihdi_numbers_are_unique_in_their_first_eight_digits() -> None:
    numbers = [number[:8] for number in identifiers("nihdi")]
    assert len(set(numbers)) == len(numbers)


def test_enterprise_numbers_are_of_an_improbable_range_with_valid_check_digits() -> None:
    wrong = [n for n in identifiers("cbe") if not n.startswith("09999") or n[8:] != check(int(n[:8]))]
    assert wrong == []


def test_addresses_are_visibly_invented() -> None:
    lines = [line for address in within(RESOURCES, "address") for item in address for line in item["line"]]
    assert [line for line in lines if not re.search("Voorbeeld|Exemple", line)] == []


def test_nobody_has_a_telephone_number_or_an_e_mail_address() -> None:
    assert list(within(RESOURCES, "telecom")) == []


@every_scenario
def test_there_is_one_active_umbrella_plan(scenario: Scenario) -> None:
    (plan,) = scenario.of("CarePlan")
    assert (plan["status"], codes(plan["category"])) == ("active", ["plan"])


@every_scenario
def test_the_plan_holds_every_goal_and_task(scenario: Scenario) -> None:
    (plan,) = scenario.of("CarePlan")
    held = {item["reference"] for item in plan["goal"]}
    held |= {activity["reference"]["reference"] for activity in plan["activity"]}
    assert held == {
        reference(resource) for resource in (*scenario.of("Goal"), *scenario.tasks(by_server=False))
    }


@every_scenario
def test_there_is_a_life_goal_in_the_words_of_the_person(scenario: Scenario) -> None:
    own = [
        goal for goal in scenario.goals("life-goal") if goal["expressedBy"]["reference"] == scenario.person
    ]
    assert own != []


@every_scenario
def test_every_care_and_support_goal_serves_a_life_goal(scenario: Scenario) -> None:
    life_goals = {reference(goal) for goal in scenario.goals("life-goal")}
    adrift = [
        g["id"] for g in scenario.goals("care-goal", "support-goal") if life_goals.isdisjoint(served_goals(g))
    ]
    assert adrift == []


@every_scenario
def test_every_goal_has_one_category_of_ours(scenario: Scenario) -> None:
    assert len(scenario.goals("life-goal", "care-goal", "support-goal")) == len(scenario.of("Goal"))


@every_scenario
def test_every_task_has_an_owner_and_is_about_the_plan_or_a_goal(scenario: Scenario) -> None:
    about = {reference(each) for type in ("Goal", "CarePlan") for each in scenario.of(type)}
    assert [
        task["id"]
        for task in scenario.tasks(by_server=False)
        if "owner" not in task or task["focus"]["reference"] not in about
    ] == []


@every_scenario
def test_every_case_manager_is_asked_for_a_closing_report(scenario: Scenario) -> None:
    managers = {
        (reference(consent), actor["reference"]["reference"])
        for consent in scenario.consents("case-management")
        for actor in consent["provision"]["actor"]
    }
    asked = scenario.tasks(by_server=True)
    assert {(each["focus"]["reference"], each["owner"]["reference"]) for each in asked} == managers


@every_scenario
def test_every_member_is_agreed_in_a_role_of_ours(scenario: Scenario) -> None:
    agreed = {"url": f"{DZOP}/StructureDefinition/member-agreement", "valueCode": "agreed"}
    wrong = [
        p
        for p in scenario.participants
        if p["extension"] != [agreed] or not ROLES.issuperset(codes(p["role"]))
    ]
    assert wrong == []


@every_scenario
def test_the_person_is_in_the_team(scenario: Scenario) -> None:
    roles = [
        codes(p["role"]) for p in scenario.participants if p["member"].get("reference") == scenario.person
    ]
    assert ["person"] in roles


@every_scenario
def test_one_member_coordinates_beside_a_role_of_their_own(scenario: Scenario) -> None:
    roles = [(p["member"].get("reference"), codes(p["role"])[0]) for p in scenario.participants]
    ((coordinator, _),) = [entry for entry in roles if entry[1] == "care-coordinator"]
    assert [role for member, role in roles if member == coordinator and role != "care-coordinator"] != []


@every_scenario
def test_the_person_shares(scenario: Scenario) -> None:
    (sharing,) = scenario.consents("sharing")
    assert (sharing["status"], sharing["provision"]["type"]) == ("active", "permit")


@every_scenario
def test_there_are_messages_shared_notes_and_appointments(scenario: Scenario) -> None:
    kinds = {code for item in scenario.of("Communication") for code in codes(item["category"])}
    assert ("message" in kinds, "shared-note" in kinds, scenario.of("Appointment") != []) == (
        True,
        True,
        True,
    )


@every_scenario
def test_there_is_an_assessment_of_needs(scenario: Scenario) -> None:
    found = [code for observation in scenario.of("Observation") for code in codes(observation["category"])]
    asked = [
        response["questionnaire"].rpartition("/")[2] for response in scenario.of("QuestionnaireResponse")
    ]
    assert "needs-assessment" in [*found, *asked]


@pytest.mark.parametrize("scenario", [JET, RAYMOND, IRMA], ids=lambda scenario: scenario.name)
def test_a_carer_tells_of_their_own_burden(scenario: Scenario) -> None:
    (burden,) = [
        r for r in scenario.of("QuestionnaireResponse") if r["questionnaire"].endswith("/carer-burden")
    ]
    carers = {reference(carer) for carer in scenario.of("RelatedPerson")}
    assert (burden["subject"]["reference"], burden["author"] == burden["source"]) == (scenario.person, True)
    assert burden["author"]["reference"] in carers


def test_answers_fit_their_questionnaire() -> None:
    asked = {
        q["url"]: {item["linkId"] for item in q["item"]}
        for q in (*RESOURCES, *questionnaires())
        if q["resourceType"] == "Questionnaire"
    }
    given = {
        r["id"]: (r["questionnaire"].partition("|")[0], {item["linkId"] for item in r["item"]})
        for r in RESOURCES
        if r["resourceType"] == "QuestionnaireResponse"
    }
    assert [id for id, (url, items) in given.items() if not items <= asked[url]] == []


KINDS = (
    "sharing",
    "settings",
    "exclusion",
    "grant",
    "case-management",
    "mandate",
    "therapeutic-relation",
    "carer-share",
)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_an_example_of_this_kind_of_consent(kind: str) -> None:
    found = [consent for scenario in SCENARIOS for consent in scenario.consents(kind)]
    assert [
        c["id"] for c in found if codes([c["scope"]]) != ["patient-privacy"] or "policyRule" not in c
    ] == []
    assert found != []


@pytest.mark.parametrize("kind", ["grant", "case-management", "therapeutic-relation"])
def test_consents_of_this_kind_name_an_actor_and_an_end(kind: str) -> None:
    found = [consent["provision"] for scenario in SCENARIOS for consent in scenario.consents(kind)]
    assert [
        provision for provision in found if not ("actor" in provision and "end" in provision["period"])
    ] == []


def test_nina_excludes_her_sister() -> None:
    (exclusion,) = NINA.consents("exclusion")
    assert exclusion["provision"]["actor"][0]["reference"]["reference"] == "RelatedPerson/lies-wouters"


def test_nina_keeps_what_is_sensitive_from_the_welfare_worker() -> None:
    (settings,) = NINA.consents("settings")
    deny = settings["provision"]["provision"][0]
    named = (
        deny["type"],
        deny["actor"][0]["reference"]["reference"],
        "sensitive" in {c["code"] for c in deny["class"]},
    )
    assert named == ("deny", "Practitioner/caw-worker-joke-segers", True)


def test_the_case_manager_is_outside_the_team() -> None:
    (grant,) = NINA.consents("case-management")
    manager = grant["provision"]["actor"][0]["reference"]["reference"]
    assert manager not in [p["member"].get("reference") for p in NINA.participants]


@pytest.mark.parametrize(
    ("scenario", "representative"),
    [(IRMA, "RelatedPerson/tom-goeminne"), (RAYMOND, "RelatedPerson/mia-vandamme")],
    ids=["irma", "raymond"],
)
def test_a_mandate_names_a_representative_who_did_not_register_it(
    scenario: Scenario, representative: str
) -> None:
    (mandate,) = scenario.consents("mandate")
    assert mandate["provision"]["actor"][0]["reference"]["reference"] == representative
    assert representative not in [performer["reference"] for performer in mandate["performer"]]


def test_the_mandate_of_a_parent_ended_on_the_last_day_before_eighteen() -> None:
    (mandate,) = YASSINE.consents("mandate")
    assert mandate["provision"]["period"]["end"] == "2025-05-13"


@pytest.mark.parametrize(
    "id",
    [
        "nina-note-psychiatrist",
        "nina-note-psychologist",
        "raymond-doc-acp",
        "raymond-will",
        "irma-note-restriction",
    ],
)
def test_what_is_sensitive_is_labelled(id: str) -> None:
    (resource,) = [resource for resource in RESOURCES if resource["id"] == id]
    assert [label["code"] for label in resource["meta"]["security"]] == ["sensitive"]


def test_marc_brings_a_letter_from_the_hospital() -> None:
    letters = [
        document for document in MARC.of("DocumentReference") if codes([document["type"]]) == ["18842-5"]
    ]
    assert [letter["author"][0]["reference"] for letter in letters] == ["Practitioner/nurse-sophie-lambert"]


def test_every_professional_has_one_role_with_an_organisation_and_words_for_it() -> None:
    roles = [resource for resource in RESOURCES if resource["resourceType"] == "PractitionerRole"]
    professionals = {reference(r) for r in RESOURCES if r["resourceType"] == "Practitioner"}
    described = [
        role["practitioner"]["reference"] for role in roles if any("text" in code for code in role["code"])
    ]
    assert sorted(described) == sorted(professionals)
