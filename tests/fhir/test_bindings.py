"""Codes outside required bindings are refused, those of media types and currencies by their form."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.fhir.bindings import BINDINGS, Binding, form, required
from dzop.fhir.validation import validate

R4 = "http://hl7.org/fhir/ValueSet"


def attached(content_type: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "photo": [{"contentType": content_type}]}


@pytest.mark.parametrize(
    "content_type",
    ["image/png", "text/plain; charset=utf-8", "text/plain;charset=utf-8", "application/vnd.oasis.opendocument.text",
     "application/fhir+json; fhirVersion=4.0"],
)  # fmt: skip
def test_a_media_type_is_taken(content_type: str) -> None:
    assert validate(attached(content_type)) == []


@pytest.mark.parametrize("content_type", ["pdf", "image/", "/png", "image/png/x", "image/p ng"])
def test_what_has_not_the_form_of_a_media_type_is_refused(content_type: str) -> None:
    (issue,) = validate(attached(content_type))
    assert issue.text == (
        f"`contentType` `{content_type}` must be a media type such as `text/plain; charset=utf-8`."
    )


def test_what_has_not_the_form_of_a_currency_is_refused() -> None:
    money = {"url": "urn:x", "valueMoney": {"value": 1, "currency": "euro"}}
    (issue,) = validate({"resourceType": "Patient", "extension": [money]})
    assert issue.text == "`currency` `euro` must be a currency of ISO 4217 such as `EUR`."


def test_a_code_of_a_contained_resource_of_a_type_that_is_not_held_is_checked() -> None:
    device = {"resourceType": "Device", "id": "d", "status": "broken"}
    value = {
        "resourceType": "Observation", "status": "final", "code": {"text": "x"}, "contained": [device],
        "device": {"reference": "#d"},
    }  # fmt: skip
    assert [(each.code, each.expression) for each in validate(value)] == [
        ("code-invalid", "Observation.contained[0].status")
    ]


def test_every_code_of_a_required_binding_is_taken() -> None:
    codes = (required(BINDINGS["Task", "status"]) or {})["http://hl7.org/fhir/task-status"]
    tasks = [{"resourceType": "Task", "status": code, "intent": "plan"} for code in codes]
    assert [each for task in tasks for each in validate(task)] == []


def test_a_binding_that_is_not_required_has_no_codes_that_must_be_kept_to() -> None:
    loose = BINDINGS["Patient", "language"]
    assert (Binding(f"{R4}/languages", "preferred"), None, None) == (loose, required(loose), form(loose))
