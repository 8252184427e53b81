"""The search parameters of each type are those of R4, but for those listed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from oracles import r4

from dzop.fhir.resource_types import RESOURCE_TYPES, SearchParameter
from dzop.fhir.search.compartment import COMPARTMENTS, SELF
from dzop.fhir.search.omitted import OMITTED

_SAMPLED = "a SampledData has no one value; R4's expression names it all the same"
_SAME = "the same, in the words of our paths"
DIFFERENT = {
    **{f"{type}.{name}: telecom.where(system='{name}') in R4, telecom[system={name}] here": _SAME
       for type in ("Patient", "RelatedPerson", "Practitioner", "PractitionerRole") for name in ("email", "phone")},
    **{f"PlanDefinition.{name}: relatedArtifact.where(type='{name}').resource in R4, "
       f"relatedArtifact[type={name}].resource here": _SAME
       for name in ("composed-of", "derived-from", "predecessor", "successor")},
    "PlanDefinition.depends-on: library | relatedArtifact.where(type='depends-on').resource in R4, "
    "library | relatedArtifact[type=depends-on].resource here": _SAME,
    "Patient.deceased: deceased.exists() and Patient.deceased != false in R4, deceased[x] here":
        "the same: `SearchParameter.exists`",
    "Consent.source-reference: source[x] in R4, sourceReference here": "the one of both that is a reference",
    "ServiceRequest.order-detail: orderDetail.text in R4, orderDetail here":
        "the package's expression; R4's own is `ServiceRequest.orderDetail`",
    "Observation.value-quantity: valueQuantity | valueSampledData in R4, valueQuantity here": _SAMPLED,
    "Observation.component-value-quantity: "
    "component.valueQuantity | component.valueSampledData in R4, component.valueQuantity here": _SAMPLED,
    "Observation.combo-value-quantity: component.valueQuantity | component.valueSampledData | valueQuantity | "
    "valueSampledData in R4, valueQuantity | component.valueQuantity here": _SAMPLED,
    "AuditEvent.patient: agent.who | entity.what in R4, entity.what here":
        "whose data were looked at; who looked is `agent`, and a person who looks at another's is not meant",
    "Composition.subject: targets differ": "R4 says anything; a report here is about a person, or who cares for one",
    "AuditEvent.agent: targets differ": "no device acts here",
}  # fmt: skip

# (compartment, type, parameter): in it here, not in R4's.
WIDER = {
    ("Patient", "Patient", SELF): "R4 says so of the other compartments, and of this one in its text",
    ("Patient", "Task", "patient"): "R4 forgot the Task; R5 has it with both parameters",
    ("Patient", "Task", "focus"): "as above",
}

_AS = re.compile(r"\.as\((\w+)\)")
_CAST = re.compile(r"\(?([\w.]+) as (\w+)\)?")
_RESOLVED = re.compile(r"\.where\(resolve\(\) is \w+\)")
_UNION = re.compile(r"\|(?![^(]*\))")
_ANY = 100  # R4 spells `any type` out


def of_r4(type: str) -> dict[str, dict[str, Any]]:
    """R4's SearchParameters of this type by name, those of every resource included."""
    bases = {type, "Resource", "DomainResource"}
    return {
        each["code"]: each
        for each in r4.definitions("search-parameters")
        if bases & set(each.get("base", ()))
    }


def paths(type: str, expression: str) -> set[str]:
    """The paths of an expression of R4 that begin at this type, written as ours are."""
    choices = {
        f"{parent}.{each.choice}"
        for parent, elements in r4.elements(type).items()
        for each in elements.values()
        if each.choice
    }
    parts = (each.strip() for each in _UNION.split(expression))
    return {_path(each, choices) for each in parts if re.match(rf"\(?({type}|Resource)\b", each)}


def _path(part: str, choices: set[str]) -> str:
    plain = _AS.sub(lambda cast: _capital(cast[1]), _RESOLVED.sub("", part))
    plain = _CAST.sub(lambda cast: cast[1] + _capital(cast[2]), plain)
    return (f"{plain}[x]" if plain in choices else plain).partition(".")[2]


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]


def differences(type: str, own: SearchParameter, theirs: dict[str, Any]) -> Iterator[str]:
    """What R4 and we say differently of one parameter, one sentence each."""
    at = f"{type}.{own.name}"
    if own.type != theirs["type"]:
        yield f"{at}: {theirs['type']} in R4, {own.type} here"
    targets = set(theirs.get("target", ()))
    if set(own.targets) != (set() if len(targets) > _ANY else targets):
        yield f"{at}: targets differ"
    if "expression" in theirs and own.type != "composite":
        there = paths(type, theirs["expression"])
        if there != set(own.paths):
            yield f"{at}: {' | '.join(sorted(there))} in R4, {' | '.join(own.paths)} here"
    if own.type == "composite":
        named = [each["definition"].rpartition("/")[2] for each in theirs["component"]]
        if len(named) != len(own.components):
            yield f"{at}: components differ"


@pytest.mark.parametrize("type", RESOURCE_TYPES)
def test_a_search_parameter_says_what_r4_says(type: str) -> None:
    theirs = of_r4(type)
    found = {
        each
        for own in RESOURCE_TYPES[type].search
        if own.name in theirs
        for each in differences(type, own, theirs[own.name])
    }
    assert found == {each for each in DIFFERENT if each.partition(".")[0] == type}


@pytest.mark.parametrize("type", RESOURCE_TYPES)
def test_every_search_parameter_of_r4_is_there_or_left_out_for_a_reason(type: str) -> None:
    own = {each.name for each in RESOURCE_TYPES[type].search}
    reasons = {name for where, name in OMITTED if where in (type, "*")}
    assert of_r4(type).keys() - own - reasons == set()


@pytest.mark.parametrize("type", RESOURCE_TYPES)
def test_a_search_parameter_that_r4_has_not_is_marked_as_ours(type: str) -> None:
    parameters = RESOURCE_TYPES[type].search
    assert {each.name for each in parameters} - of_r4(type).keys() == {
        each.name for each in parameters if each.own
    }


def test_nothing_is_listed_as_left_out_that_is_there() -> None:
    there = {(type, each.name) for type, entry in RESOURCE_TYPES.items() for each in entry.search}
    assert there & OMITTED.keys() == set()


@pytest.mark.parametrize("name", COMPARTMENTS)
def test_a_compartment_is_that_of_r4(name: str) -> None:
    theirs = next(
        each
        for each in r4.definitions("profiles-resources")
        if each["resourceType"] == "CompartmentDefinition" and each["code"] == name
    )
    in_r4 = {
        (each["code"], parameter)
        for each in theirs["resource"]
        if each["code"] in RESOURCE_TYPES
        for parameter in each.get("param", ())
    }
    here = {(type, each) for type, parameters in COMPARTMENTS[name].items() for each in parameters}
    assert here ^ in_r4 == {each[1:] for each in WIDER if each[0] == name}
