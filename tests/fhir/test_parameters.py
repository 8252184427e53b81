"""An operation is told exactly what is wrong with its parameters."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.fhir.operations import Operation, Parameter
from dzop.fhir.outcome import Invalid, Unprocessable
from dzop.fhir.parameters import (
    parameters,
    read_parameters,
    read_query,
    read_resource,
    standing_alone,
)
from dzop.fhir.validation import validate

ASK = Operation(
    "ask",
    ("Patient",),
    "instance",
    "r",
    False,
    "Asks.",
    (
        Parameter("actor", "Reference", "in", 1),
        Parameter("action", "code", "in"),
        Parameter("role", "CodeableConcept", "in", 0, "*"),
        Parameter("consent", "Resource", "in"),
        Parameter("answer", "code", "out", 1),
    ),
)
NURSE = {"reference": "Practitioner/nurse"}


def asked(*given: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(given)}


ACTOR = {"name": "actor", "valueReference": NURSE}


def test_parameters_are_found_by_name() -> None:
    roles = [{"text": "arts"}, {"text": "verpleegkundige"}]
    given = read_parameters(
        ASK, asked(ACTOR, *[{"name": "role", "valueCodeableConcept": role} for role in roles])
    )
    assert (given.get("actor"), list(given.all("role")), given.get("action", "read")) == (
        NURSE,
        roles,
        "read",
    )


@pytest.mark.parametrize(
    "value", [{"valueCode": "read"}, {"valueString": "read"}, {"valueCoding": {"code": "read"}}]
)
def test_a_code_may_come_as_text_or_as_a_coding(value: dict[str, Any]) -> None:
    assert read_parameters(ASK, asked(ACTOR, {"name": "action", **value})).get("action") == "read"


def test_plain_parameters_may_stand_in_the_url() -> None:
    given = read_query(ASK, [("actor", "Practitioner/nurse"), ("action", "update"), ("_format", "json")])
    assert (given.get("actor"), given.get("action")) == (NURSE, "update")


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ({"resourceType": "Patient"}, "resourceType"),
        (asked({"name": "actr", "valueReference": NURSE}), "Parameters.parameter[0].name"),
        (asked(ACTOR, {"name": "answer", "valueCode": "x"}), "Parameters.parameter[1].name"),
        (asked(ACTOR, {"name": "action", "valueBoolean": True}), "Parameters.parameter[1]"),
        (asked(ACTOR, ACTOR), "Parameters.parameter.where(name = 'actor')"),
        (asked({"name": "action", "valueCode": "read"}), "Parameters.parameter.where(name = 'actor')"),
        (None, "Parameters.parameter.where(name = 'actor')"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(value: dict[str, Any] | None, expression: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_parameters(ASK, value)
    assert [issue.expression for issue in refused.value.issues] == [expression]


def test_what_is_not_r4_is_refused_where_it_is() -> None:
    wrong = {"name": "consent", "resource": {"resourceType": "Consent", "status": "on"}}
    with pytest.raises(Unprocessable) as refused:
        read_parameters(ASK, asked(ACTOR, wrong))
    assert "Parameters.parameter[1].resource.status" in [issue.expression for issue in refused.value.issues]


@pytest.mark.parametrize("name", ["role", "consent"])
def test_what_has_parts_cannot_stand_in_the_url(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_query(ASK, [("actor", "Practitioner/nurse"), (name, "x")])
    assert [issue.expression for issue in refused.value.issues] == [name]


def test_an_answer_is_a_parameters_resource() -> None:
    answer = parameters(
        ("decision", "code", "permit"),
        ("nothing", "string", None),
        ("reason", "part", [("text", "string", "Omdat."), ("source", "Reference", NURSE)]),
    )
    assert (validate(answer), answer["parameter"]) == (
        [],
        [
            {"name": "decision", "valueCode": "permit"},
            {
                "name": "reason",
                "part": [
                    {"name": "text", "valueString": "Omdat."},
                    {"name": "source", "valueReference": NURSE},
                ],
            },
        ],
    )


SORT = Operation(
    "sort",
    ("ValueSet",),
    "type",
    "r",
    False,
    "Sorts.",
    (
        Parameter("valueSet", "ValueSet", "in"),
        Parameter("backwards", "boolean", "in"),
        Parameter("count", "integer", "in"),
    ),
    omitted=(("context", "name the value set"),),
)
VALUE_SET = {"resourceType": "ValueSet", "status": "draft"}


def test_truth_and_numbers_in_a_url_are_read_as_such() -> None:
    given = read_query(SORT, [("backwards", "true"), ("count", "20")])
    assert (given.get("backwards"), given.get("count")) == (True, 20)


@pytest.mark.parametrize(
    ("name", "text"), [("backwards", "yes"), ("count", "x"), ("count", "1.5"), ("count", "")]
)
def test_what_is_neither_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_query(SORT, [(name, text)])
    assert refused.value.issues[0].expression == name


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (VALUE_SET, "valueSet"),
        ({"resourceType": "Parameters"}, None),
        ({"resourceType": "Goal"}, None),
        ({}, None),
    ],
)
def test_a_resource_of_the_type_of_a_parameter_may_be_the_body(
    body: dict[str, Any], name: str | None
) -> None:
    assert standing_alone(SORT, body) == name


def test_beside_a_resource_the_url_has_the_other_parameters() -> None:
    given = read_resource(SORT, "valueSet", VALUE_SET, [("count", "2")])
    assert (given.get("valueSet"), given.get("count")) == (VALUE_SET, 2)


def test_a_resource_that_is_the_body_must_be_r4() -> None:
    with pytest.raises(Unprocessable):
        read_resource(SORT, "valueSet", {"resourceType": "ValueSet"}, [])


def test_a_resource_must_be_of_the_type_of_its_parameter() -> None:
    patient = {"name": "valueSet", "resource": {"resourceType": "Patient"}}
    with pytest.raises(Invalid) as refused:
        read_parameters(SORT, asked(patient))
    assert refused.value.issues[0].expression == "Parameters.parameter[0].resource"


def test_a_resource_cannot_be_in_a_url() -> None:
    with pytest.raises(Invalid):
        read_query(SORT, [("valueSet", "ValueSet/x")])


def test_a_parameter_that_is_not_offered_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid) as refused:
        read_query(SORT, [("context", "x")])
    (issue,) = refused.value.issues
    assert (issue.code, issue.text) == (
        "not-supported",
        "`context` is not offered by `$sort` here: name the value set",
    )
