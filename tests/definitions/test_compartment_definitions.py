"""The compartments that can be searched, as CompartmentDefinition resources."""

import pytest
from fhir.resources.R4B.compartmentdefinition import CompartmentDefinition

from dzop.definitions.compartment_definitions import compartment_definition
from dzop.fhir.search.compartment import COMPARTMENTS

CODES = pytest.mark.parametrize("code", COMPARTMENTS)


@CODES
def test_each_is_a_valid_compartment_definition(code):
    CompartmentDefinition.model_validate(compartment_definition(code))


@CODES
def test_each_tells_by_what_the_resources_of_a_type_are_found(code):
    found = {each["code"]: tuple(each["param"]) for each in compartment_definition(code)["resource"]}

    assert COMPARTMENTS[code] == found
