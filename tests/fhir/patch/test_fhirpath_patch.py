"""FHIRPath Patch: places named by FHIRPath, values of every type. https://hl7.org/fhir/R4/fhirpatch.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from dzop.fhir.json import parse
from dzop.fhir.outcome import Invalid, TooLarge, Unprocessable
from dzop.fhir.patch.fhirpath_patch import read_fhirpath_patch
from dzop.fhir.patch.patch import MAX_OPERATIONS

Json = dict[str, Any]
LIMIT = 100_000
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "1",
    "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:b", "value": "2"}],
    "name": [{"use": "official", "family": "Peeters", "given": ["An", "Maria"]}],
    "gender": "male",
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "urn:time", "valueString": "14:35"}]},
    "deceasedBoolean": False,
    "contact": [{"name": {"text": "Jo"}, "gender": "female"}],
}


def patched(before: Json, *operations: Json) -> Json:
    """What these operations make of a resource."""
    return dict(parse(text(json.dumps(before), *operations).encode()).value)


def text(before: str, *operations: Json) -> str:
    body = {"resourceType": "Parameters", **({"parameter": list(operations)} if operations else {})}
    return read_fhirpath_patch(parse(json.dumps(body).encode())).apply(parse(before.encode()), LIMIT).text


def operation(type: str, path: str, *parts: Json, **given: Any) -> Json:
    """One operation; `given` are parts by name, each `{"value[x]": ...}`, a text, or a number."""
    plain = {str: "valueString", int: "valueInteger"}
    more = [
        {"name": name, **(value if isinstance(value, dict) else {plain[type_of(value)]: value})}
        for name, value in given.items()
    ]
    fixed = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    return {"name": "operation", "part": [*fixed, *more, *parts]}


def type_of(value: object) -> type:
    return type(value)


def refusal(*operations: Json, before: Json = PATIENT) -> tuple[str, str | None]:
    """(text, expression) of the refusal to apply these operations."""
    with pytest.raises(Unprocessable) as caught:
        patched(before, *operations)
    return caught.value.issues[0].text, caught.value.issues[0].expression


def invalid(*operations: Json) -> str | None:
    """The place named in the refusal to read these operations."""
    with pytest.raises(Invalid) as caught:
        patched(PATIENT, *operations)
    return caught.value.issues[0].expression


def test_a_primitive_is_added() -> None:
    asked = operation("add", "Patient", name="active", value={"valueBoolean": True})
    assert patched(PATIENT, asked)["active"] is True


def test_a_value_is_added_behind_those_of_its_list() -> None:
    asked = operation("add", "Patient", name="identifier", value={"valueIdentifier": {"value": "3"}})
    assert [each["value"] for each in patched(PATIENT, asked)["identifier"]] == ["1", "2", "3"]


def test_a_list_that_is_not_there_is_made() -> None:
    asked = operation("add", "Patient", name="telecom", value={"valueContactPoint": {"use": "home"}})
    assert patched(PATIENT, asked)["telecom"] == [{"use": "home"}]


def test_the_type_of_the_value_chooses_among_a_choice() -> None:
    asked = operation("add", "Patient", name="multipleBirth", value={"valueInteger": 2})
    assert patched(PATIENT, asked)["multipleBirthInteger"] == 2


def test_an_element_without_a_type_of_its_own_is_made_of_parts() -> None:
    parts = [
        {"name": "name", "valueHumanName": {"text": "Els"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "zus"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "buur"}},
        {"name": "gender", "valueCode": "female"},
        {"name": "period", "part": [{"name": "start", "valueDateTime": "2020"}]},
    ]
    asked = operation("add", "Patient", name="contact", value={"part": parts})
    assert patched(PATIENT, asked)["contact"][1] == {
        "name": {"text": "Els"},
        "relationship": [{"text": "zus"}, {"text": "buur"}],
        "gender": "female",
        "period": {"start": "2020"},
    }


def test_a_primitive_may_bring_an_extension() -> None:
    value = {"valueDate": "1975", "_valueDate": {"extension": [{"url": "urn:x", "valueCode": "guessed"}]}}
    after = patched(PATIENT, operation("replace", "Patient.birthDate", value=value))
    assert (after["birthDate"], after["_birthDate"]) == ("1975", value["_valueDate"])


def test_an_extension_is_added_to_a_primitive() -> None:
    parts = [{"name": "url", "valueUri": "urn:x"}, {"name": "value", "valueString": "y"}]
    asked = operation("add", "Patient.gender", name="extension", value={"part": parts})
    assert patched(PATIENT, asked)["_gender"] == {"extension": [{"url": "urn:x", "valueString": "y"}]}


def test_an_extension_of_one_primitive_in_a_list_keeps_its_place() -> None:
    parts = [{"name": "url", "valueUri": "urn:x"}, {"name": "value", "valueString": "y"}]
    asked = operation("add", "Patient.name.given[1]", name="extension", value={"part": parts})
    name = patched(PATIENT, asked)["name"][0]
    assert (name["given"], name["_given"]) == (
        ["An", "Maria"],
        [None, {"extension": [{"url": "urn:x", "valueString": "y"}]}],
    )


@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_element_is_inserted_where_it_is_wanted(index: int) -> None:
    asked = operation("insert", "Patient.identifier", index=index, value={"valueIdentifier": {"value": "x"}})
    expected = ["1", "2"]
    expected.insert(index, "x")
    assert [each["value"] for each in patched(PATIENT, asked)["identifier"]] == expected


def test_the_extensions_of_a_list_stay_with_their_values_when_one_is_inserted() -> None:
    before = {"resourceType": "Patient", "name": [{"given": ["An"], "_given": [{"id": "a"}]}]}
    asked = operation("insert", "Patient.name.given", index=0, value={"valueString": "Jo"})
    assert patched(before, asked)["name"] == [{"given": ["Jo", "An"], "_given": [None, {"id": "a"}]}]


def test_an_element_is_inserted_into_a_list_that_is_not_there() -> None:
    asked = operation("insert", "Patient.telecom", index=0, value={"valueContactPoint": {"use": "home"}})
    assert patched(PATIENT, asked)["telecom"] == [{"use": "home"}]


def test_a_primitive_is_deleted_with_its_extensions() -> None:
    after = patched(PATIENT, operation("delete", "Patient.birthDate"))
    assert (after.get("birthDate"), after.get("_birthDate")) == (None, None)


def test_an_element_of_a_list_is_deleted() -> None:
    after = patched(PATIENT, operation("delete", "Patient.identifier.where(system = 'urn:a')"))
    assert after["identifier"] == [{"system": "urn:b", "value": "2"}]


def test_what_becomes_empty_is_deleted_as_well() -> None:
    after = patched(PATIENT, operation("delete", "Patient.contact[0].name.text"))
    assert after["contact"] == [{"gender": "female"}]


def test_a_list_that_becomes_empty_is_deleted_as_well() -> None:
    assert "contact" not in patched(PATIENT, operation("delete", "Patient.contact[0]"))


def test_an_extension_that_was_the_last_beside_a_primitive_takes_nothing_else_along() -> None:
    after = patched(PATIENT, operation("delete", "Patient.birthDate.extension('urn:time')"))
    assert (after["birthDate"], "_birthDate" in after) == ("1974-12-25", False)


def test_deleting_what_is_not_there_is_no_error() -> None:
    assert patched(PATIENT, operation("delete", "Patient.photo")) == PATIENT


def test_a_primitive_is_replaced_in_its_place() -> None:
    before = json.dumps(PATIENT, indent=2)
    after = text(before, operation("replace", "Patient.gender", value={"valueCode": "other"}))
    assert after == before.replace('"male"', '"other"')


def test_one_element_of_a_list_is_replaced() -> None:
    after = patched(PATIENT, operation("replace", "Patient.name.given[0]", value={"valueString": "Els"}))
    assert after["name"][0]["given"] == ["Els", "Maria"]


def test_a_choice_is_replaced_by_another_type() -> None:
    after = patched(PATIENT, operation("replace", "Patient.deceased", value={"valueDateTime": "2026"}))
    assert ("deceasedBoolean" in after, after["deceasedDateTime"]) == (False, "2026")


def test_a_decimal_is_stored_as_it_was_written() -> None:
    value = b'{"name":"value","valueQuantity":{"value":2.50}}'
    body = (
        b'{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},'
        b'{"name":"path","valueString":"Observation"},{"name":"name","valueString":"value"},'
        + value
        + b"]}]}"
    )
    source = parse(b'{"resourceType":"Observation","status":"final"}')
    assert '"valueQuantity":{"value":2.50}' in read_fhirpath_patch(parse(body)).apply(source, LIMIT).text


@pytest.mark.parametrize(
    ("source", "destination", "expected"), [(0, 2, "bca"), (2, 0, "cab"), (1, 1, "abc"), (0, 1, "bac")]
)
def test_an_element_is_moved_within_its_list(source: int, destination: int, expected: str) -> None:
    before = {"resourceType": "Patient", "name": [{"given": ["a", "b", "c"]}]}
    asked = operation("move", "Patient.name.given", source=source, destination=destination)
    assert "".join(patched(before, asked)["name"][0]["given"]) == expected


def test_a_value_that_is_moved_takes_its_extension_along() -> None:
    before = {"resourceType": "Patient", "name": [{"given": ["a", "b"], "_given": [{"id": "x"}]}]}
    after = patched(before, operation("move", "Patient.name.given", source=0, destination=1))
    assert after["name"] == [{"given": ["b", "a"], "_given": [None, {"id": "x"}]}]


def test_operations_see_what_those_before_them_did() -> None:
    first = operation("delete", "Patient.identifier[0]")
    second = operation("replace", "Patient.identifier[0].value", value={"valueString": "9"})
    assert patched(PATIENT, first, second)["identifier"] == [{"system": "urn:b", "value": "9"}]


def test_a_patch_without_operations_changes_nothing() -> None:
    assert text(json.dumps(PATIENT)) == json.dumps(PATIENT)


@pytest.mark.parametrize(
    "path",
    [
        "Patient.identifier[1].value",
        "identifier[1].value",
        "Patient.identifier.value[1]",
        "Patient.identifier.where(system = 'urn:b').value",
        "Patient.identifier.where(system != 'urn:a').value",
        "Patient.identifier.where(system = 'urn:b' and value = '2').value",
        "Patient.identifier.where(system = 'urn:x' or value = '2').value",
        "Patient.identifier.where((system = 'urn:b' or system = 'urn:a') and value = '2').value",
        "Patient.identifier.where(value.startsWith('2')).value",
        "Patient.identifier.where(value.startsWith('1').not()).value",
        "Patient.identifier.where(period.exists().not() and value = '2').value",
        "Patient.identifier.where(period.empty()).last().value",
        "Patient.identifier.value.where($this = '2')",
        "Patient.identifier.skip(1).value",
        "Patient.identifier.tail().first().value",
        "Patient.identifier.take(2).last().value",
        "Patient.identifier.where(system.endsWith(':b')).single().value",
        "Patient.identifier.where(system.contains('n:b')).value",
        "Patient.identifier.value.where($this = '\\u0032')",
        "Patient.`identifier`[1].value",
        " Patient . identifier [ 1 ] . value ",
    ],
)
def test_a_path_leads_to_its_element(path: str) -> None:
    after = patched(PATIENT, operation("replace", path, value={"valueString": "new"}))
    assert [each["value"] for each in after["identifier"]] == ["1", "new"]


@pytest.mark.parametrize(
    "path",
    [
        "Observation.value",
        "Observation.value.ofType(Quantity)",
        "Observation.value.ofType(FHIR.Quantity)",
        "Observation.value.as(Quantity)",
        "Observation.valueQuantity",
        "Observation.value.where(value = 1)",
        "Observation.value.where(value = 1.00 and unit.exists().not())",
    ],
)
def test_a_choice_is_named_with_and_without_its_type(path: str) -> None:
    before = {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": 1}}
    assert "valueQuantity" not in patched(before, operation("delete", path))


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (operation("add", "Patient.photo[0]", name="title", value="x"), "Patient.photo[0]"),
        (operation("add", "Patient.identifier", name="value", value="x"), "Patient.identifier"),
        (operation("add", "Patient", name="gender", value={"valueCode": "other"}), "Patient"),
        (operation("add", "Patient", name="deceased", value={"valueDateTime": "2026"}), "Patient"),
        (operation("add", "Patient", name="nonsense", value="x"), "Patient"),
        (operation("add", "Patient", name="deceased", value="x"), "Patient"),
        (operation("add", "Patient", name="maritalStatus", value={"valueCoding": {"code": "M"}}), "Patient"),
        (
            operation("add", "Patient", name="gender", value={"part": [{"name": "x", "valueCode": "y"}]}),
            "Patient",
        ),
        (operation("add", "Patient", name="contact", value="x"), "Patient"),
        (operation("insert", "Patient.name.given", index=3, value="x"), "Patient.name.given"),
        (operation("insert", "Patient.identifier[0]", index=0, value="x"), "Patient.identifier[0]"),
        (operation("insert", "Patient.gender", index=0, value="x"), "Patient.gender"),
        (operation("insert", "Patient", index=0, value="x"), "Patient"),
        (operation("delete", "Patient.identifier"), "Patient.identifier"),
        (operation("delete", "Patient"), "Patient"),
        (operation("delete", "Patient.nonsense"), "Patient.nonsense"),
        (operation("delete", "Goal.note"), "Goal.note"),
        (operation("delete", "name.where(given = 'x' or given)"), "Patient.name.where(given = 'x' or given)"),
        (operation("delete", "name.given.single()"), "Patient.name.given.single()"),
        (operation("replace", "Patient.photo", value="x"), "Patient.photo"),
        (operation("replace", "Patient.identifier", value="x"), "Patient.identifier"),
        (operation("replace", "Patient", value="x"), "Patient"),
        (operation("move", "Patient.identifier", source=2, destination=0), "Patient.identifier"),
        (operation("move", "Patient.identifier", source=0, destination=2), "Patient.identifier"),
        (operation("move", "Patient.photo", source=0, destination=0), "Patient.photo"),
    ],
)
def test_what_the_resource_does_not_have_is_refused_with_its_path(asked: Json, where: str) -> None:
    assert refusal(asked)[1] == where


@pytest.mark.parametrize("element", ["identifier", "contact"])
def test_an_empty_value_is_no_value(element: str) -> None:
    with pytest.raises((Invalid, Unprocessable)):
        patched(PATIENT, operation("add", "Patient", name=element, value={"valueIdentifier": {}}))


@pytest.mark.parametrize(
    "path",
    [
        "Patient.descendants()",
        "Patient.children()",
        "Patient.repeat(contact)",
        "Patient.resolve()",
        "Patient.name.iif(true, given, family)",
        "%resource.name",
        "Patient.name | Patient.contact",
        "Patient.birthDate + 1 'day'",
        "Patient.identifier.where(value > '1')",
        "Patient.identifier.where(value ~ '1')",
        "Patient.identifier.where()",
        "Patient.identifier.where(value = )",
        "Patient.identifier.first(1)",
        "Patient.identifier[-1]",
        "Patient.identifier[x]",
        "Patient.identifier[1.5]",
        "Patient.identifier[0",
        "Patient..name",
        "Patient.",
        ".name",
        "Patient.name.where(given = 'unterminated)",
        "Patient.name.where(given = '\\q')",
        "@2020",
        "Patient.name.where(" + "(" * 20 + "given" + ")" * 20 + ")",
        "Patient." + "name." * 300,
    ],
)
def test_what_is_no_path_here_is_refused_with_its_place(path: str) -> None:
    where = invalid(operation("delete", "Patient.photo"), operation("delete", path))
    assert where == "Parameters.parameter[1].part.where(name = 'path')"


def test_a_function_that_a_patch_cannot_use_is_named() -> None:
    with pytest.raises(Invalid, match=r"`descendants\(\)`"):
        patched(PATIENT, operation("delete", "Patient.descendants()"))


def test_a_long_walk_over_a_large_resource_ends() -> None:
    many = {"resourceType": "Patient", "name": [{"given": ["a"]}] * 3_000}
    path = (
        "name.where(given.where($this = 'a').exists() and family.exists().not() and given.count() = 1)[9999]"
    )
    with pytest.raises(TooLarge):
        patched(many, *[operation("delete", path)] * 100)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"name": "nonsense", "part": [{"name": "type", "valueCode": "delete"}]}, ".name"),
        (operation("spam", "Patient"), ".part.where(name = 'type')"),
        ({"name": "operation", "part": [{"name": "type", "valueCode": "delete"}]}, ""),
        (operation("delete", "Patient", value="x"), ".part.where(name = 'value')"),
        (operation("delete", "Patient", {"name": "path", "valueString": "Patient.name"}), ""),
        (operation("add", "Patient", value="x"), ""),
        (operation("add", "Patient", name="gender"), ""),
        (operation("add", "Patient", name={"valueInteger": 1}, value="x"), ".part.where(name = 'name')"),
        (operation("insert", "Patient.name", value="x"), ""),
        (operation("insert", "Patient.name", index="0", value="x"), ".part.where(name = 'index')"),
        (operation("move", "Patient.name", source=-1, destination=0), ".part.where(name = 'source')"),
        (operation("move", "Patient.name", source=0), ""),
    ],
)
def test_what_is_no_operation_is_refused_with_its_place(asked: Json, part: str) -> None:
    assert invalid(asked) == f"Parameters.parameter[0]{part}"


def test_a_body_that_is_no_parameters_is_refused() -> None:
    with pytest.raises(Invalid):
        read_fhirpath_patch(parse(json.dumps(PATIENT).encode()))


def test_parameters_that_are_not_r4_are_refused() -> None:
    with pytest.raises(Unprocessable):
        read_fhirpath_patch(parse(b'{"resourceType":"Parameters","parameter":[{"valueString":"x"}]}'))


def test_a_patch_has_a_limited_number_of_operations() -> None:
    with pytest.raises(TooLarge):
        patched(PATIENT, *[operation("delete", "Patient.photo")] * (MAX_OPERATIONS + 1))
