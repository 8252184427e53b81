"""Validation: R4 passes, everything else is named by its FHIRPath in FHIR's words."""

import copy
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dzop.fhir.json import parse
from dzop.fhir.outcome import Issue
from dzop.fhir.validation import validate

SHARED = Path(__file__).parents[3] / "shared" / "data"
PATIENT = {"reference": "Patient/p"}
CONCEPT = {"coding": [{"system": "http://loinc.org", "code": "1-8"}], "text": "Something"}
PERIOD = {"start": "2026-01-01", "end": "2026-02-01T10:00:00+01:00"}

VALID: dict[str, dict[str, Any]] = {
    "Appointment": {
        "status": "booked",
        "start": "2026-01-01T10:00:00Z",
        "end": "2026-01-01T10:30:00Z",
        "participant": [{"actor": PATIENT, "status": "accepted"}],
    },
    "AuditEvent": {
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110110"},
        "action": "R",
        "outcome": "0",
        "recorded": "2026-01-01T10:00:00.123Z",
        "agent": [{"who": {"display": "Someone"}, "requestor": True, "network": {"type": "2"}}],
        "source": {"observer": {"display": "Here"}},
    },
    "Bundle": {
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                "request": {"method": "POST", "url": "Patient"},
                "resource": {"resourceType": "Patient", "active": True},
            }
        ],
    },
    "CarePlan": {
        "status": "active",
        "intent": "plan",
        "subject": PATIENT,
        "period": PERIOD,
        "activity": [
            {"detail": {"status": "not-started", "scheduledTiming": {"repeat": {"when": ["MORN"]}}}}
        ],
    },
    "CareTeam": {"subject": PATIENT, "participant": [{"member": {"reference": "Practitioner/x"}}]},
    "Communication": {"status": "completed", "payload": [{"contentString": "Hello"}]},
    "CommunicationRequest": {"status": "active", "occurrencePeriod": PERIOD},
    "Condition": {
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}
            ]
        },
        "subject": PATIENT,
        "abatementString": "gone",
    },
    "Consent": {
        "status": "active",
        "scope": CONCEPT,
        "category": [CONCEPT],
        "policy": [{"uri": "https://example.org/policy"}],
        "provision": {"type": "permit", "period": PERIOD, "provision": [{"type": "deny"}]},
    },
    "DocumentReference": {
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}],
    },
    "Encounter": {"status": "unknown", "class": {"code": "AMB"}, "subject": PATIENT},
    "Goal": {
        "lifecycleStatus": "active",
        "description": {"text": "Walk to the market"},
        "subject": PATIENT,
        "startDate": "2026-01",
        "target": [
            {"measure": CONCEPT, "detailQuantity": {"value": 1.5, "unit": "km"}, "dueDate": "2026-06-30"}
        ],
    },
    "Observation": {
        "status": "final",
        "code": CONCEPT,
        "subject": PATIENT,
        "effectiveInstant": "2026-01-01T10:00:00Z",
        "component": [{"code": {"text": "part"}, "valueInteger": 3}],
    },
    "Organization": {"name": "Ward", "telecom": [{"system": "phone", "value": "1", "rank": 1}]},
    "Parameters": {"parameter": [{"name": "a", "valueBoolean": False}, {"name": "b", "resource": {}}]},
    "Patient": {
        "name": [{"family": "Doe", "given": ["A", None], "_given": [None, {"id": "g"}]}],
        "birthDate": "1950-02-28",
        "_gender": {"extension": [{"url": "https://example.org/why", "valueCode": "unknown"}]},
        "multipleBirthInteger": 2,
    },
    "Practitioner": {"identifier": [{"use": "official", "system": "urn:oid:1.2.3", "value": "1"}]},
    "PractitionerRole": {"availableTime": [{"daysOfWeek": ["mon"], "availableStartTime": "08:00:00"}]},
    "Provenance": {
        "target": [{"reference": "Goal/g/_history/2"}],
        "recorded": "2026-01-01T10:00:00+01:00",
        "agent": [{"who": {"identifier": {"value": "1"}}}],
    },
    "Questionnaire": {
        "status": "active",
        "subjectType": ["Patient"],
        "contained": [{"resourceType": "ValueSet", "id": "v", "status": "active"}],
        "item": [
            {
                "linkId": "1",
                "type": "group",
                "item": [{"linkId": "1.1", "type": "choice", "answerValueSet": "#v"}],
            }
        ],
    },
    "QuestionnaireResponse": {
        "status": "completed",
        "item": [{"linkId": "1", "answer": [{"valueDecimal": 1.1, "item": [{"linkId": "1.1"}]}]}],
    },
    "RelatedPerson": {"patient": PATIENT, "photo": [{"url": "https://example.org/a.png"}]},
    "ServiceRequest": {
        "status": "active",
        "intent": "order",
        "subject": PATIENT,
        "quantityQuantity": {"value": 2},
    },
    "Task": {
        "status": "in-progress",
        "intent": "order",
        "authoredOn": "2026-01-01",
        "lastModified": "2026-01-02T00:00:00Z",
        "input": [{"type": CONCEPT, "valueUuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}],
    },
}
VALID["Parameters"]["parameter"][1]["resource"] = {"resourceType": "Patient", "id": "p"}


def valid(type: str) -> dict[str, Any]:
    return {"resourceType": type, "id": "x", **copy.deepcopy(VALID[type])}


def errors(value: Any) -> list[Issue]:
    return [issue for issue in validate(value) if issue.severity == "error"]


def changed(type: str, **elements: Any) -> list[tuple[str, str | None]]:
    """Code and expression of the issues of a valid resource with some elements replaced."""
    return [(issue.code, issue.expression) for issue in validate({**valid(type), **elements})]


@pytest.mark.parametrize("type", VALID)
def test_a_valid_resource_has_no_issues(type: str) -> None:
    assert [] == validate(valid(type))


def test_an_issue_says_what_is_wrong_in_the_words_of_fhir() -> None:
    allowed = "`accepted`, `active`, `cancelled`, `completed`, `entered-in-error`, `on-hold`, `planned`, "
    text = f"`lifecycleStatus` `bogus` must be one of {allowed}`proposed`, `rejected`."
    expected = [Issue("code-invalid", text, "Goal.lifecycleStatus")]
    assert expected == validate({**valid("Goal"), "lifecycleStatus": "bogus"})


def test_a_misspelt_element_gets_a_hint() -> None:
    text = "`lifecyclestatus` is no element of `Goal`; did you mean `lifecycleStatus`."
    assert [Issue("structure", text, "Goal.lifecyclestatus")] == validate(
        {**valid("Goal"), "lifecyclestatus": "active"}
    )


def test_free_text_is_never_echoed() -> None:
    secret = "Jan Peeters " * 10
    value = {
        **valid("Goal"),
        "lifecycleStatus": secret,
        "startDate": secret,
        "subject": {"reference": secret},
    }
    assert not any("Peeters" in issue.text for issue in validate(value))


@pytest.mark.parametrize(
    ("type", "elements", "expected"),
    [
        ("Goal", {"subject": {}}, ("structure", "Goal.subject")),
        ("Goal", {"subject": None}, ("structure", "Goal.subject")),
        ("Goal", {"subject": "Patient/p"}, ("structure", "Goal.subject")),
        ("Goal", {"subject": [PATIENT]}, ("structure", "Goal.subject")),
        ("Goal", {"subject": {"type": "Patient"}}, ("required", "Goal.subject")),
        ("Goal", {"subject": {"reference": "Patient/"}}, ("value", "Goal.subject.reference")),
        ("Goal", {"subject": {"reference": "Nobody/1"}}, ("value", "Goal.subject.reference")),
        ("Goal", {"subject": {"reference": "Patient?identifier=1"}}, ("value", "Goal.subject.reference")),
        ("Goal", {"subject": {"reference": "#p"}}, ("invariant", "Goal.subject.reference")),
        ("Goal", {"subject": {"reference": {}}}, ("structure", "Goal.subject.reference")),
        ("Goal", {"subject": {"reference": "Task/1"}}, ("value", "Goal.subject")),
        ("Goal", {"description": {"text": " "}}, ("value", "Goal.description.text")),
        ("Goal", {"description": {"text": ""}}, ("value", "Goal.description.text")),
        ("Goal", {"note": []}, ("structure", "Goal.note")),
        ("Goal", {"note": [None]}, ("structure", "Goal.note[0]")),
        ("Goal", {"note": {"text": "a"}}, ("structure", "Goal.note")),
        ("Goal", {"target": [{"dueDate": "2026-02-30"}]}, ("value", "Goal.target[0].dueDate")),
        ("Goal", {"target": [{"dueDate": "01/02/2026"}]}, ("value", "Goal.target[0].dueDate")),
        ("Goal", {"target": [{"detailString": "x"}]}, ("invariant", "Goal.target[0]")),
        ("Goal", {"startCodeableConcept": CONCEPT}, ("structure", "Goal.start")),
        ("Goal", {"status__ext": {"id": "a"}}, ("structure", "Goal.status__ext")),
        ("Goal", {"resource_type": "Goal"}, ("structure", "Goal.resource_type")),
        ("Goal", {"fhir_comments": "a"}, ("structure", "Goal.fhir_comments")),
        ("Goal", {"id": "under_score"}, ("value", "Goal.id")),
        ("Goal", {"id": "x" * 65}, ("value", "Goal.id")),
        ("Goal", {"language": "nl "}, ("value", "Goal.language")),
        ("Goal", {"extension": [{"url": "u"}]}, ("invariant", "Goal.extension[0]")),
        ("Goal", {"extension": [{"valueCode": "u"}]}, ("required", "Goal.extension[0].url")),
        ("Goal", {"contained": [{"resourceType": "Patient", "id": "a"}]}, ("invariant", "Goal.contained[0]")),
        ("Patient", {"active": "true"}, ("value", "Patient.active")),
        ("Patient", {"multipleBirthInteger": 1.5}, ("value", "Patient.multipleBirthInteger")),
        ("Patient", {"multipleBirthInteger": True}, ("value", "Patient.multipleBirthInteger")),
        ("Patient", {"multipleBirthInteger": 2**31}, ("value", "Patient.multipleBirthInteger")),
        ("Patient", {"contact": [{"gender": "male"}]}, ("invariant", "Patient.contact[0]")),
        ("Patient", {"link": [{"other": PATIENT}]}, ("required", "Patient.link[0].type")),
        ("Patient", {"photo": [{"data": "?", "contentType": "a/b"}]}, ("value", "Patient.photo[0].data")),
        ("Task", {"status": "bogus"}, ("code-invalid", "Task.status")),
        ("Task", {"lastModified": "2025-12-31"}, ("invariant", "Task")),
        ("Task", {"input": [{"type": CONCEPT}]}, ("required", "Task.input[0].value")),
        ("Observation", {"status": "+"}, ("code-invalid", "Observation.status")),
        ("Observation", {"subject": {"reference": "Organization/o"}}, ("value", "Observation.subject")),
        ("Observation", {"effectiveInstant": "2026-01-01"}, ("value", "Observation.effectiveInstant")),
        ("Observation", {"valueInteger": 1, "dataAbsentReason": CONCEPT}, ("invariant", "Observation")),
        ("Observation", {"component": [{"code": CONCEPT}], "valueInteger": 1}, ("invariant", "Observation")),
        ("Observation", {"valueQuantity": {"comparator": "~"}},
         ("code-invalid", "Observation.valueQuantity.comparator")),
        ("Appointment", {"end": "2026-01-01T09:00:00"}, ("value", "Appointment.end")),
        ("Appointment", {"cancelationReason": CONCEPT}, ("invariant", "Appointment")),
        ("Appointment", {"participant": [{"status": "tentative"}]},
         ("invariant", "Appointment.participant[0]")),
        ("CarePlan", {"period": {"start": "2026-02", "end": "2026-01-31"}}, ("invariant", "CarePlan.period")),
        ("Condition", {"abatementString": "x", "clinicalStatus": {"coding": [{"code": "active",
          "system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}]}},
         ("invariant", "Condition")),
        ("Encounter", {"class": "AMB"}, ("structure", "Encounter.class")),
        ("AuditEvent", {"action": "CR"}, ("code-invalid", "AuditEvent.action")),
        ("Questionnaire", {"item": [{"linkId": "1", "type": "question"}]},
         ("code-invalid", "Questionnaire.item[0].type")),
        ("QuestionnaireResponse", {"item": [{"linkId": "1", "answer": [{"valueDate": "2026"}],
          "item": [{"linkId": "2"}]}]},
         ("invariant", "QuestionnaireResponse.item[0]")),
        ("Bundle", {"entry": [{"fullUrl": "urn:uuid:1"}]}, ("invariant", "Bundle.entry[0]")),
        ("Parameters", {"parameter": [{"name": "a"}]}, ("invariant", "Parameters.parameter[0]")),
        ("Parameters", {"parameter": [{"name": "a", "resource": {"id": "x"}}]},
         ("required", "Parameters.parameter[0].resource.resourceType")),
    ],
)  # fmt: skip
def test_what_r4_forbids_is_an_issue_at_its_place(
    type: str, elements: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in changed(type, **elements)


@pytest.mark.parametrize("element", ["lifecycleStatus", "description", "subject"])
def test_a_required_element_is_missed(element: str) -> None:
    value = valid("Goal")
    del value[element]
    expected = [Issue("required", f"`{element}` is missing; R4 requires it.", f"Goal.{element}")]
    assert expected == validate(value)


@pytest.mark.parametrize("type", [None, "goal", "Resource", "DomainResource", 7, ["Goal"]])
def test_an_unknown_resource_type_is_refused(type: object) -> None:
    assert ["resourceType"] == [issue.expression for issue in validate({"resourceType": type, "id": "x"})]


def test_script_in_a_narrative_is_refused() -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>'}
    assert [("invalid", "Goal.text.div")] == changed("Goal", text=text)


def test_a_contained_resource_that_is_referred_to_passes() -> None:
    contained = [{"resourceType": "Patient", "id": "a"}]
    assert [] == changed("Goal", contained=contained, subject={"reference": "#a"})


def test_a_contained_resource_that_refers_to_its_container_passes() -> None:
    contained = [
        {"resourceType": "Provenance", "id": "a", **VALID["Provenance"], "target": [{"reference": "#"}]}
    ]
    assert [] == changed("Goal", contained=contained)


def test_a_conditional_reference_passes_in_a_transaction() -> None:
    entry = {
        "request": {"method": "POST", "url": "Goal"},
        "resource": {**valid("Goal"), "subject": {"reference": "Patient?identifier=a|1"}},
    }
    assert [] == changed("Bundle", entry=[entry])


def test_an_extension_may_hold_meta_as_in_r4() -> None:
    assert [] == changed("Goal", extension=[{"url": "u:u", "valueMeta": {"versionId": "1"}}])


def test_an_extension_may_not_hold_what_came_after_r4() -> None:
    extension = [{"url": "u:u", "valueCodeableReference": {"concept": CONCEPT}}]
    assert ("structure", "Goal.extension[0].valueCodeableReference") in changed("Goal", extension=extension)


def test_a_consent_without_policy_is_a_warning() -> None:
    value = valid("Consent")
    del value["policy"]
    assert ["warning"] == [issue.severity for issue in validate(value)]


def test_issues_are_limited_in_number() -> None:
    assert 50 == len(validate({**valid("Goal"), **{f"element{n}": n for n in range(10_000)}}))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each (container, key) within."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


MUTANTS: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", "bogus", "a  b", "2026-13-01", "Patient/p", 0, -1, 1.5, 2**40, True, {}, [], ["x"], [{}],
     {"text": "x"}, {"id": "a"}, {"value": 1}, [[1]], [None]]
).map(copy.deepcopy)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    value = valid(draw(st.sampled_from(sorted(VALID))))
    for _ in range(draw(st.integers(1, 2))):
        container, key = draw(st.sampled_from(list(places(value))))
        action = draw(st.sampled_from(("replace", "remove", "add")))
        if action == "remove":
            del container[key]
        elif action == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(("extra", "status", "_id", "extension", "id", "value")))] = draw(
                MUTANTS
            )
        else:
            container[key] = draw(MUTANTS)
    return value


@given(mutated())
def test_any_value_gets_issues_and_never_an_exception(value: dict[str, Any]) -> None:
    assert all(issue.text.endswith(".") and issue.expression for issue in validate(value))


@given(mutated())
def test_what_the_models_of_fhir_resources_refuse_is_refused(value: dict[str, Any]) -> None:
    assert errors(value) or not is_refused_by_model(value)


def is_refused_by_model(value: dict[str, Any]) -> bool:
    type = value["resourceType"]
    model = getattr(importlib.import_module(f"fhir.resources.R4B.{type.lower()}"), type)
    try:
        model.model_validate(value)
    except ValidationError:
        return True
    except (TypeError, AttributeError, KeyError):  # defects of the library on odd values
        return False
    return False


def published() -> Iterator[Any]:
    for path in sorted((SHARED / "be" / "examples").glob("*/*.json")):
        if path.parent.name in VALID:
            yield pytest.param(path.read_bytes(), id=path.name)
    bundle = SHARED / "eu" / "kroniq-careplan-english.json"
    if bundle.exists():
        for entry in json.loads(bundle.read_bytes())["entry"]:
            resource = entry["resource"]
            yield pytest.param(
                json.dumps(resource).encode(), id=f"{resource['resourceType']}/{resource['id']}"
            )


@pytest.mark.skipif(not SHARED.exists(), reason="shared data is absent: published examples of guides")
@pytest.mark.parametrize("data", list(published()))
def test_a_published_example_has_no_errors(data: bytes) -> None:
    assert [] == errors(parse(data).value)
