"""The CapabilityStatement follows from the tables."""

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from dzop.definitions.published import ALWAYS
from dzop.fhir.capability_statement import NORMATIVE, Offer, capability_statement
from dzop.fhir.operations import OPERATIONS
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.query import modifiers

BASE = "https://dzop.example/fhir"
ENDPOINTS = (
    ("authorize", "https://dzop.example/auth/authorize"),
    ("token", "https://dzop.example/auth/token"),
)
OFFER = Offer("1.2.3", BASE, "2026-01-01", ENDPOINTS)
STATEMENT = capability_statement(OFFER)
(REST,) = STATEMENT["rest"]
RESOURCES = {resource["type"]: resource for resource in REST["resource"]}
ENTRIES = pytest.mark.parametrize("entry", RESOURCE_TYPES.values(), ids=lambda entry: entry.name)
OURS, R4 = "https://dzop.example/fhir/", "http://hl7.org/fhir/"


def without(**changed):
    """The resources of a statement of another offer, by type."""
    (rest,) = capability_statement(Offer("1", BASE, "2026", **changed))["rest"]
    return {each["type"]: each for each in rest["resource"]}


def test_it_is_a_valid_capability_statement():
    CapabilityStatement.model_validate(STATEMENT)


def test_it_tells_version_place_and_format():
    assert ("4.0.1", "1.2.3", BASE, "2026-01-01") == (
        STATEMENT["fhirVersion"],
        STATEMENT["software"]["version"],
        STATEMENT["implementation"]["url"],
        STATEMENT["date"],
    )


def test_it_tells_where_tokens_come_from():
    (extension,) = REST["security"]["extension"]

    assert dict(ENDPOINTS) == {uri["url"]: uri["valueUri"] for uri in extension["extension"]}


def test_without_an_authorization_server_no_empty_extension_is_given():
    (rest,) = capability_statement(Offer("1", BASE, "2026"))["rest"]

    assert "extension" not in rest["security"]


def test_it_holds_the_types_of_the_table():
    assert list(RESOURCE_TYPES) == list(RESOURCES)


def test_the_normative_part_holds_the_normative_types():
    (rest,) = capability_statement(OFFER, sorted(NORMATIVE))["rest"]

    assert sorted(NORMATIVE) == [each["type"] for each in rest["resource"]]


@ENTRIES
def test_a_type_has_the_interactions_and_parameters_of_its_entry(entry):
    resource = RESOURCES[entry.name]

    assert (list(entry.interactions), [(each.name, each.type) for each in entry.search]) == (
        [each["code"] for each in resource["interaction"]],
        [(each["name"], each["type"]) for each in resource["searchParam"]],
    )


@ENTRIES
def test_a_parameter_tells_its_modifiers(entry):
    told = {each["name"]: each["documentation"] for each in RESOURCES[entry.name]["searchParam"]}

    assert [] == [
        (each.name, modifier)
        for each in entry.search
        for modifier in modifiers(each)
        if f"`:{modifier}`" not in told[each.name]
    ]


@ENTRIES
def test_a_definition_is_r4_s_or_one_that_is_published(entry):
    found = [each["definition"] for each in RESOURCES[entry.name]["searchParam"]]
    found += [each["definition"] for each in RESOURCES[entry.name].get("operation", ())]
    ours = {each.removeprefix(OURS) for each in found if not each.startswith(R4)}
    published = {f"{type}/{id}" for type, by_id in ALWAYS.items() for id in by_id}

    assert set() == ours - published


@ENTRIES
def test_an_operation_of_the_type_is_there_once(entry):
    codes = {each.code for each in OPERATIONS if entry.name in each.types}
    found = [each["name"] for each in RESOURCES[entry.name].get("operation", ())]

    assert sorted(codes) == sorted(found)


@ENTRIES
def test_there_are_no_empty_lists(entry):
    assert [] == [name for name, value in RESOURCES[entry.name].items() if value == []]


def test_a_parameter_that_r4_defines_for_several_types_has_that_definition():
    definitions = {each["name"]: each["definition"] for each in RESOURCES["Goal"]["searchParam"]}

    assert ("clinical-patient", "Resource-id", "Goal-target-date") == tuple(
        definitions[name].removeprefix(f"{R4}SearchParameter/") for name in ("patient", "_id", "target-date")
    )


def test_what_is_read_only_has_no_versions():
    resource = RESOURCES["AuditEvent"]

    assert ("no-version", False, False, False, "not-supported") == (
        resource["versioning"],
        resource["readHistory"],
        resource["updateCreate"],
        resource["conditionalCreate"],
        resource["conditionalDelete"],
    )


def test_where_clients_choose_no_ids_an_update_makes_nothing():
    assert {False} == {each["updateCreate"] for each in without(client_ids="none").values()}


def test_where_clients_choose_ids_an_update_may_make_what_is_not_there():
    assert without(client_ids="uuid")["Goal"]["updateCreate"]


def test_includes_are_the_reference_parameters():
    assert ["RelatedPerson:patient"] == RESOURCES["RelatedPerson"]["searchInclude"]


def test_includes_in_reverse_are_the_parameters_that_lead_here():
    assert "CarePlan:goal" in RESOURCES["Goal"]["searchRevInclude"]


def test_limits_are_told():
    (rest,) = capability_statement(Offer("1", BASE, "2026", page_size=17, bundle_entries=23))["rest"]

    assert ("17 matches" in rest["documentation"], "23 entries" in rest["documentation"]) == (True, True)
