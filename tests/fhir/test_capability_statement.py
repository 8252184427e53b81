"""The CapabilityStatement follows from the table."""

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from dzop.fhir.capability_statement import capability_statement
from dzop.fhir.resource_types import RESOURCE_TYPES

BASE = "https://dzop.example/fhir"
STATEMENT = capability_statement(
    version="1.2.3",
    base=BASE,
    date="2026-01-01",
    oauth={"authorize": "https://dzop.example/auth/authorize", "token": "https://dzop.example/auth/token"},
)
(REST,) = STATEMENT["rest"]
RESOURCES = {resource["type"]: resource for resource in REST["resource"]}


def test_it_is_a_valid_capability_statement():
    CapabilityStatement.model_validate(STATEMENT)


def test_it_tells_version_place_and_format():
    assert ("4.0.1", "1.2.3", BASE, "2026-01-01", "json") == (
        STATEMENT["fhirVersion"],
        STATEMENT["software"]["version"],
        STATEMENT["implementation"]["url"],
        STATEMENT["date"],
        STATEMENT["format"][0],
    )


def test_it_tells_where_tokens_come_from():
    (extension,) = REST["security"]["extension"]

    assert {
        "authorize": "https://dzop.example/auth/authorize",
        "token": "https://dzop.example/auth/token",
    } == {uri["url"]: uri["valueUri"] for uri in extension["extension"]}


def test_without_an_authorization_server_no_empty_extension_is_given():
    (rest,) = capability_statement(version="1", base=BASE, date="2026")["rest"]

    assert "extension" not in rest["security"]


def test_it_holds_the_types_of_the_table():
    assert list(RESOURCE_TYPES) == list(RESOURCES)


@pytest.mark.parametrize("entry", RESOURCE_TYPES.values(), ids=lambda entry: entry.name)
def test_a_type_has_the_interactions_and_parameters_of_its_entry(entry):
    resource = RESOURCES[entry.name]

    assert (list(entry.interactions), [(each.name, each.type) for each in entry.search]) == (
        [each["code"] for each in resource["interaction"]],
        [(each["name"], each["type"]) for each in resource["searchParam"]],
    )


def test_what_is_read_only_has_no_versions():
    resource = RESOURCES["AuditEvent"]

    assert ("no-version", False, False) == (
        resource["versioning"],
        resource["readHistory"],
        resource["updateCreate"],
    )


def test_includes_are_the_reference_parameters():
    assert ["RelatedPerson:patient"] == RESOURCES["RelatedPerson"]["searchInclude"]
