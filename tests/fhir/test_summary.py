"""Parts of resources: what belongs to a summary, what always stays, how a part is told from the whole."""

from __future__ import annotations

from typing import Any

import pytest

from dzop.fhir import json, verbatim
from dzop.fhir.outcome import Invalid
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.structure import structure_of_resource
from dzop.fhir.summary import SUBSETTED, Selection, is_subsetted, read_selection, selected

TRUE = Selection("true")


def shown(selection: Selection, **resource: Any) -> dict[str, Any]:
    return json.parse(selected(verbatim.written(resource), selection)).value


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in resource.items() if name != "meta"}


def elements(*named: str) -> Selection:
    return Selection(elements=tuple(("", each) for each in named))


# R4's own marks, read by hand: name of the type, what stays in its summary, what goes.
SUMMARIES = (
    (
        "Patient",
        {"active": True, "birthDate": "1950"},
        {"maritalStatus": {"text": "x"}, "photo": [{"title": "x"}]},
    ),
    (
        "Task",
        {"status": "ready", "focus": {"display": "x"}},
        {"note": [{"text": "x"}], "input": [{"valueCode": "x"}]},
    ),
    (
        "CarePlan",
        {"intent": "plan", "period": {"start": "2026"}},
        {"activity": [{"progress": [{"text": "x"}]}]},
    ),
    (
        "Observation",
        {"valueInteger": 1, "code": {"text": "x"}},
        {"note": [{"text": "x"}], "method": {"text": "x"}},
    ),
    (
        "Communication",
        {"subject": {"display": "x"}, "partOf": [{"display": "y"}]},
        {"payload": [{"contentString": "x"}]},
    ),
)


@pytest.mark.parametrize(("type", "kept", "gone"), SUMMARIES, ids=[each[0] for each in SUMMARIES])
def test_a_summary_has_the_elements_that_r4_marks(
    type: str, kept: dict[str, Any], gone: dict[str, Any]
) -> None:
    resource = {
        "resourceType": type,
        "id": "x",
        **kept,
        **gone,
        "language": "nl",
        "text": {"status": "empty"},
    }
    assert without_meta(shown(TRUE, **resource)) == {"resourceType": type, "id": "x", **kept}


def test_a_summary_is_one_of_summaries() -> None:
    """Of an attachment all but its data, of a type nothing that R4 does not mark."""
    attachment = {"contentType": "text/plain", "data": "R29lZA==", "url": "u:u"}
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": attachment}],
    }
    assert shown(TRUE, **resource)["content"] == [{"attachment": {"contentType": "text/plain", "url": "u:u"}}]


def test_an_object_with_nothing_of_a_summary_is_not_left_empty() -> None:
    code = {"extension": [{"url": "u:u", "valueCode": "x"}]}
    assert shown(TRUE, resourceType="Observation", code=code)["code"] == code


def test_what_carries_the_extensions_of_a_value_goes_with_it() -> None:
    sibling = {"extension": [{"url": "u:u", "valueCode": "x"}]}
    resource = {"resourceType": "Patient", "_birthDate": sibling, "_language": sibling}
    assert without_meta(shown(TRUE, **resource)) == {"resourceType": "Patient", "_birthDate": sibling}


@pytest.mark.parametrize("type", [each for each in RESOURCE_TYPES if structure_of_resource(each)])
@pytest.mark.parametrize("selection", [TRUE, Selection("text"), elements("id")], ids=["true", "text", "id"])
def test_what_r4_requires_always_stays(type: str, selection: Selection) -> None:
    structure = structure_of_resource(type)
    assert structure is not None
    required = {name: "x" for name in structure.required if not structure.elements[name].model}
    assert required.keys() <= shown(selection, resourceType=type, **required).keys()


@pytest.mark.parametrize(
    ("type", "name", "value"),
    [
        ("Patient", "active", False),
        ("Patient", "deceasedDateTime", "2026"),
        ("Condition", "verificationStatus", {"text": "refuted"}),
        ("ServiceRequest", "doNotPerform", True),
        ("Task", "modifierExtension", [{"url": "u:u", "valueCode": "x"}]),
        ("Goal", "implicitRules", "u:u"),
    ],
)
def test_what_changes_the_meaning_of_others_always_stays(type: str, name: str, value: Any) -> None:
    assert shown(elements("id"), resourceType=type, **{name: value})[name] == value


@pytest.mark.parametrize("type", ["OperationOutcome", "Parameters"])
def test_what_is_said_about_the_request_is_never_cut(type: str) -> None:
    resource = {"resourceType": type, "text": {"status": "empty"}, "x": 1}
    assert shown(TRUE, **resource) == resource


def test_numbers_keep_their_digits() -> None:
    text = b'{"resourceType":"Observation","valueQuantity":{"value":1.10,"unit":"x"}}'
    assert b'"value":1.10' in selected(text, TRUE)


def test_a_part_is_tagged_once_besides_other_tags() -> None:
    tags = [{"code": "own"}, SUBSETTED]
    assert shown(TRUE, resourceType="Patient", meta={"tag": tags, "versionId": "1"})["meta"] == {
        "tag": tags,
        "versionId": "1",
    }


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"tag": [SUBSETTED]}, True),
        ({"tag": [{"code": "x"}, {"system": SUBSETTED["system"], "code": "SUBSETTED"}]}, True),
        ({"tag": [{"code": "SUBSETTED"}]}, False),
        ({"tag": []}, False),
        ({"tag": {"code": "SUBSETTED"}}, False),
        ({"security": [SUBSETTED]}, False),
        ("SUBSETTED", False),
        (None, False),
    ],
)
def test_a_part_is_told_by_its_tag(meta: Any, expected: bool) -> None:
    assert is_subsetted({"resourceType": "Patient", "meta": meta}) == expected


def test_nothing_asked_is_no_selection() -> None:
    parameters = [("_format", "json"), ("status", "active"), ("_summary", "false")]
    assert read_selection(parameters, ("Goal",), counts=True, lenient=False) is None


@pytest.mark.parametrize(
    "parameters", [[("_elements", "colour")], [("_summary", "some")], [("_summary", "count")]]
)
def test_the_unknown_is_invalid_or_left_aside(parameters: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid):
        read_selection(parameters, ("Goal",), counts=False, lenient=False)
    lenient = read_selection(parameters, ("Goal",), counts=False, lenient=True)
    assert lenient is not None
    assert (lenient.summary, lenient.elements, len(lenient.ignored)) == ("", (), 1)


def test_free_text_is_never_echoed() -> None:
    with pytest.raises(Invalid) as caught:
        read_selection([("_elements", "Jan Peeters " * 10)], ("Goal",), counts=False, lenient=False)
    assert "Peeters" not in str(caught.value)
