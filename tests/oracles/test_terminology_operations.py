"""The operations on terminology take and give what R4 defines, but for what is listed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from oracles import r4

from dzop.fhir.operation import Operation, Parameter
from dzop.fhir.terminology_operations import TERMINOLOGY_OPERATIONS

LEFT_OUT = {
    "CodeSystem-lookup: property.subproperty (out)": "no code system that is held has any",
    "CodeSystem-lookup: property.subproperty.code (out)": "as above",
    "CodeSystem-lookup: property.subproperty.value (out)": "as above",
    "CodeSystem-lookup: property.subproperty.description (out)": "as above",
    "ValueSet-expand: context (in)": "no profile is looked up for the value set it binds to",
    "ValueSet-expand: contextDirection (in)": "as above",
    "ValueSet-validate-code: context (in)": "as above",
    "ConceptMap-translate: dependency (in)": "maps are read by the code alone",
    "ConceptMap-translate: dependency.element (in)": "as above",
    "ConceptMap-translate: dependency.concept (in)": "as above",
    "ConceptMap-translate: match.product (out)": "as above",
    "ConceptMap-translate: match.product.element (out)": "as above",
    "ConceptMap-translate: match.product.concept (out)": "as above",
}
ADDED = {"ValueSet-validate-code: inferSystem (in)": "R5 has it; here it is always so"}

STANDARDS = sorted({each.standard for each in TERMINOLOGY_OPERATIONS})
Shape = tuple[str, int, str]


def of_r4(standard: str) -> Mapping[str, Any]:
    (found,) = [
        each
        for each in r4.definitions("profiles-resources")
        if each["resourceType"] == "OperationDefinition" and each["id"] == standard
    ]
    return found


def shapes_in_r4(parameters: Sequence[Mapping[str, Any]], above: str = "") -> Iterator[tuple[str, Shape]]:
    for each in parameters:
        name = f"{above}{each['name']}"
        yield f"{name} ({each['use']})", (each.get("type", ""), each["min"], each["max"])
        yield from shapes_in_r4(each.get("part", ()), f"{name}.")


def shapes(parameters: Sequence[Parameter], above: str = "") -> Iterator[tuple[str, Shape]]:
    for each in parameters:
        name = f"{above}{each.name}"
        yield f"{name} ({each.use})", (each.type, each.min, each.max)
        yield from shapes(each.parts, f"{name}.")


@pytest.mark.parametrize("standard", STANDARDS)
def test_an_operation_is_on_the_levels_of_r4(standard: str) -> None:
    found = {each.level for each in TERMINOLOGY_OPERATIONS if each.standard == standard}
    assert found == {level for level in ("type", "instance") if of_r4(standard)[level]}


@pytest.mark.parametrize("operation", TERMINOLOGY_OPERATIONS, ids=lambda each: each.id)
def test_an_operation_has_the_parameters_of_r4(operation: Operation) -> None:
    standard = operation.standard
    expected = dict(shapes_in_r4(of_r4(standard)["parameter"]))
    expected = {name: each for name, each in expected.items() if f"{standard}: {name}" not in LEFT_OUT}
    found = dict(shapes(operation.parameters))
    assert {name: each for name, each in found.items() if f"{standard}: {name}" not in ADDED} == expected


@pytest.mark.parametrize("operation", TERMINOLOGY_OPERATIONS, ids=lambda each: each.id)
def test_what_is_left_out_of_r4_is_refused_by_name(operation: Operation) -> None:
    left_out = {
        each.partition(": ")[2].removesuffix(" (in)")
        for each in LEFT_OUT
        if each.startswith(f"{operation.standard}: ") and each.endswith("(in)") and "." not in each
    }
    assert left_out <= set(dict(operation.omitted))
