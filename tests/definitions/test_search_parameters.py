"""Our own search parameters as SearchParameter resources."""

import pytest
from fhir.resources.R4B.searchparameter import SearchParameter

from dzop.definitions.search_parameters import SAID, search_parameters
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search_definitions import expression

PUBLISHED = {each["id"]: each for each in search_parameters()}


@pytest.mark.parametrize("id", PUBLISHED)
def test_each_is_a_valid_search_parameter(id):
    SearchParameter.model_validate(PUBLISHED[id])


def test_each_says_what_it_is_for_and_nothing_is_said_of_none():
    assert set(SAID) == set(PUBLISHED)


def test_every_parameter_of_our_own_is_published():
    own = {
        f"{type}-{each.name}" for type, entry in RESOURCE_TYPES.items() for each in entry.search if each.own
    }

    assert set() == own - set(PUBLISHED)


@pytest.mark.parametrize("id", [id for id, each in PUBLISHED.items() if each["type"] == "composite"])
def test_the_components_of_a_composite_are_defined_by_r4_or_here(id):
    ours = "https://dzop.example/fhir/SearchParameter/"
    defined = [each["definition"] for each in PUBLISHED[id]["component"]]

    assert [] == [
        url
        for url in defined
        if url.removeprefix(ours) not in PUBLISHED and not url.startswith("http://hl7.org/fhir/")
    ]


@pytest.mark.parametrize(
    ("type", "path", "expected"),
    [
        ("Goal", "expressedBy", "Goal.expressedBy"),
        ("Task", "restriction.period", "Task.restriction.period"),
        ("Observation", "valueInteger", "Observation.value.ofType(integer)"),
        (
            "Goal",
            "extension(http://x/y).valueReference",
            "Goal.extension('http://x/y').value.ofType(Reference)",
        ),
        ("Condition", "onset[x]", "Condition.onset"),
        ("Patient", "telecom[system=email]", "Patient.telecom.where(system='email')"),
        ("", "code", "code"),
        ("Observation", "", "Observation"),
        ("", "", "$this"),
    ],
)
def test_a_path_is_said_in_fhirpath(type, path, expected):
    assert expected == expression(type, path)
