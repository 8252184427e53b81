"""THE table is sound: every path exists in R4, every rule names what there is."""

import re

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir_core.fhirabstractmodel import FHIRAbstractModel

from consent.categories import CATEGORIES
from dzop.fhir.paths import steps
from dzop.fhir.resource_types import RESOURCE_TYPES

TYPES = list(RESOURCE_TYPES.values())
PARAMETERS = [(entry, parameter) for entry in TYPES for parameter in entry.search]


def _model(annotation) -> str | None:
    found = re.search(r"abc\.([A-Za-z]+)Type\b", str(annotation))
    return found[1] if found else None


def _is_path_of(model: type[FHIRAbstractModel], path: str) -> bool:
    for name, choice, _ in steps(path):
        fields = {field.alias or key: field.annotation for key, field in model.model_fields.items()}
        found = [
            member for member in fields
            if (member.startswith(name) and member[len(name) :][:1].isupper() if choice else member == name)
        ]  # fmt: skip
        if not found:
            return False
        next_model = _model(fields[found[0]])
        model = get_fhir_model_class(next_model) if next_model and next_model != "Resource" else model
    return True


@pytest.mark.parametrize(
    ("entry", "parameter"),
    PARAMETERS,
    ids=[f"{entry.name}-{parameter.name}" for entry, parameter in PARAMETERS],
)
def test_every_path_of_a_search_parameter_is_an_element_of_its_type(entry, parameter):
    model = get_fhir_model_class(entry.name)
    paths = [
        ".".join(filter(None, (path, part)))
        for path in parameter.paths
        for each in parameter.components or (None,)
        for part in (each.paths if each else ("",))
    ]

    assert [] == [path for path in paths if not _is_path_of(model, path)]


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.name)
def test_every_other_path_is_an_element_of_its_type(entry):
    model = get_fhir_model_class(entry.name)
    audience = entry.audience
    paths = (*entry.person_paths, *entry.goal_paths, *entry.categories.paths, *entry.categories.sources)

    assert [] == [
        path
        for path in (*paths, *audience.author, *audience.acting, *audience.addressed)
        if not _is_path_of(model, path)
    ]


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.name)
def test_a_search_parameter_has_one_definition_per_type(entry):
    names = [parameter.name for parameter in entry.search]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.name)
def test_every_type_is_searched_by_id(entry):
    assert "_id" == entry.search[0].name


@pytest.mark.parametrize(
    "entry", [entry for entry in TYPES if "vread" in entry.interactions], ids=lambda entry: entry.name
)
def test_every_type_that_has_versions_is_searched_by_their_time(entry):
    assert entry.parameter("_lastUpdated") is not None


@pytest.mark.parametrize("entry", TYPES, ids=lambda entry: entry.name)
def test_every_category_a_rule_gives_is_one_of_the_matrix(entry):
    rule = entry.categories
    given = {*rule.always, *rule.codes, rule.default, rule.unknown} - {None}

    assert set() == given - set(CATEGORIES)


def test_each_type_of_a_person_but_the_person_has_a_way_to_the_person():
    without = [entry.name for entry in TYPES if entry.compartment == "person" and not entry.person_paths]

    assert ["Patient"] == without


def test_the_directory_belongs_to_nobody():
    directory = [entry for entry in TYPES if entry.compartment == "directory"]

    assert [
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "HealthcareService",
        "Questionnaire",
        "PlanDefinition",
    ] == [entry.name for entry in directory]
    assert () == sum((entry.person_paths for entry in directory), ())


def test_audit_events_can_only_be_read():
    assert ("read", "search-type") == RESOURCE_TYPES["AuditEvent"].interactions


def test_only_what_a_cell_of_the_matrix_or_the_operator_may_delete_can_be_deleted():
    assert {
        "Appointment", "CareTeam", "Communication", "Consent", "HealthcareService", "Observation", "Organization",
        "PlanDefinition", "Practitioner", "PractitionerRole", "Questionnaire", "QuestionnaireResponse", "Task",
    } == {entry.name for entry in TYPES if "delete" in entry.interactions}  # fmt: skip


def test_the_law_reads_the_person_their_relations_teams_and_consents_and_whether_the_plan_is_completed():
    assert {"Patient", "RelatedPerson", "CareTeam", "Consent", "CarePlan"} == {
        entry.name for entry in TYPES if entry.is_fact
    }
