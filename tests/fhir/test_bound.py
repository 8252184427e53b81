"""Which coded elements of a resource R4 binds otherwise than required, and what codes they have."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.fhir.bindings import Binding
from dzop.fhir.bound import Bound, codings_of, loosely_bound

R4 = "http://hl7.org/fhir/ValueSet"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0131"


def found(**elements: Any) -> list[Bound]:
    return list(loosely_bound({"resourceType": "Patient", **elements}))


def test_an_element_that_is_bound_as_required_is_left_out() -> None:
    assert found(gender="female") == []


def test_a_code_is_found_without_a_system() -> None:
    assert found(language="nl") == [
        Bound("Patient.language", Binding(f"{R4}/languages", "preferred"), ((None, "nl"),))
    ]


def test_the_codings_of_a_concept_are_found_in_lists_and_below() -> None:
    contact = {"relationship": [{"text": "sister"}, {"coding": [{"system": V2, "code": "N"}, {"code": "x"}]}]}
    assert found(contact=[contact]) == [
        Bound(
            "Patient.contact[0].relationship[1]",
            Binding(f"{R4}/patient-contactrelationship", "extensible"),
            ((V2, "N"), (None, "x")),
        )
    ]


def test_a_duration_is_bound_by_its_type() -> None:
    value = {"system": "http://unitsofmeasure.org", "code": "kg"}
    assert found(extension=[{"url": "urn:x", "valueDuration": value}]) == [
        Bound(
            "Patient.extension[0].valueDuration",
            Binding(f"{R4}/duration-units", "extensible"),
            (("http://unitsofmeasure.org", "kg"),),
        )
    ]


def test_contained_resources_are_looked_into() -> None:
    assert [each.path for each in found(contained=[{"resourceType": "Patient", "language": "nl"}])] == [
        "Patient.contained[0].language"
    ]


@pytest.mark.parametrize(("type", "expected"), [("Organization", 1), ("https://example.org/logical", 0)])
def test_a_uri_is_a_code_unless_it_is_absolute(type: str, expected: int) -> None:
    assert len(found(managingOrganization={"type": type, "display": "x"})) == expected


def test_an_element_is_called_by_its_name() -> None:
    assert Bound("Patient.contact[0].relationship[1]", Binding("v", "preferred"), ()).name == "relationship"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nl", ((None, "nl"),)),
        ({"system": "s", "code": "c"}, (("s", "c"),)),
        ({"coding": [{"system": "s", "code": "c"}]}, (("s", "c"),)),
        ({"text": "words"}, ()),
        (True, ()),
    ],
    ids=["code", "Coding", "CodeableConcept", "words", "no code"],
)
def test_codes_are_read_from_what_can_have_them(value: Any, expected: tuple[Any, ...]) -> None:
    assert codings_of(value) == expected
