"""An operation is told exactly what is wrong with its parameters."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.fhir.operations import Operation, Parameter
from dzop.fhir.outcome import Invalid, Unprocessable
from dzop.fhir.parameters import parameters, read_parameters, read_query
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
