"""Compartments."""

import pytest

from dzop.fhir.outcome import NotFound
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AnyOf, Criterion
from dzop.fhir.search.compartment import COMPARTMENTS, SELF, compartment
from dzop.fhir.search.match import matches
from dzop.fhir.search.reference import ReferenceTarget

BASE = "https://dzop.example/fhir"
LINKS = [
    (name, type, parameter)
    for name, types in COMPARTMENTS.items()
    for type, parameters in types.items()
    for parameter in parameters
    if parameter != SELF
]


@pytest.mark.parametrize(("name", "type", "parameter"), LINKS)
def test_each_link_is_a_reference_that_may_lead_there(name, type, parameter):
    found = RESOURCE_TYPES[type].parameter(parameter)

    assert found.type == "reference"
    assert name in (found.targets or (name,))


def test_a_resource_belongs_by_any_of_its_links():
    task = RESOURCE_TYPES["Task"]
    jet = (ReferenceTarget(("Patient",), "jet"),)

    assert AnyOf(
        (Criterion(task.parameter("patient"), None, jet), Criterion(task.parameter("focus"), None, jet))
    ) == compartment("Patient", "jet", "Task")


def _of(type, **members):
    return {"resourceType": type, "id": "x", **members}


@pytest.mark.parametrize(
    ("resource", "name", "id", "expected"),
    [
        (_of("Goal", subject={"reference": "Patient/jet"}), "Patient", "jet", True),
        (_of("Goal", subject={"reference": "Patient/an"}), "Patient", "jet", False),
        (_of("Patient"), "Patient", "x", True),
        (_of("Patient", link=[{"other": {"reference": "Patient/jet"}}]), "Patient", "jet", True),
        (_of("Task", focus={"reference": "Patient/jet"}), "Patient", "jet", True),
        (_of("Observation", performer=[{"reference": "Practitioner/a"}]), "Practitioner", "a", True),
        (_of("Observation", subject={"reference": "Patient/a"}), "Practitioner", "a", False),
        (
            _of("CareTeam", participant=[{"member": {"reference": "RelatedPerson/a"}}]),
            "RelatedPerson",
            "a",
            True,
        ),
        (_of("Condition", encounter={"reference": "Encounter/e"}), "Encounter", "e", True),
        (_of("Encounter"), "Encounter", "x", True),
    ],
)
def test_a_resource_is_in_a_compartment_or_not(resource, name, id, expected):
    assert expected == matches(resource, compartment(name, id, resource["resourceType"]), BASE)


@pytest.mark.parametrize(
    ("name", "type"),
    [("Patient", "Organization"), ("Practitioner", "Goal"), ("Encounter", "Patient"), ("Encounter", "Goal"),
     ("Goal", "Task"), ("Device", "Observation"), ("Patient", "Foo")],
)  # fmt: skip
def test_a_type_that_is_never_in_a_compartment_is_not_to_be_had_through_it(name, type):
    with pytest.raises(NotFound, match="compartment"):
        compartment(name, "x", type)
