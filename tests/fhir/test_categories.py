"""The data categories of a resource."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.categories import categories, category_sources
from dzop.fhir.resource_types import RESOURCE_TYPES

DZOP = "https://dzop.example/fhir/CodeSystem"
WILL = "https://www.ehealth.fgov.be/standards/fhir/patientwill/CodeSystem/be-cs-patientwill-category"


def _coded(code, system=f"{DZOP}/data-category"):
    return {"coding": [{"system": system, "code": code}]}


def _goal(*codes, system=f"{DZOP}/goal-category"):
    return {"category": [_coded(code, system) for code in codes]}


def _consent(code, system=f"{DZOP}/consent-kind"):
    return {"category": [_coded(code, system)]}


def _to(reference):
    return {"reference": reference}


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("Patient", {}, {"about-me"}),
        ("RelatedPerson", {}, {"about-me"}),
        ("Composition", {}, {"document"}),
        ("Composition", {"type": _coded("shared-note")}, {"shared-note"}),
        ("Composition", {"category": [_coded("shared-note")]}, {"shared-note"}),
        ("Composition", {"category": [_coded("hobby")]}, {"document"}),
        ("Goal", {}, {"care-goal"}),
        ("Goal", _goal("life-goal"), {"life-goal"}),
        ("Goal", _goal("care-goal", "support-goal"), {"care-goal", "support-goal"}),
        ("Goal", _goal("hobby"), {"life-goal"}),
        (
            "Goal",
            _goal("dietary", system="http://terminology.hl7.org/CodeSystem/goal-category"),
            {"care-goal"},
        ),
        ("Goal", {"category": [{"coding": [{"code": "life-goal"}]}]}, {"life-goal"}),
        ("CarePlan", {"activity": [{"reference": _to("Task/t")}]}, {"plan"}),
        ("CarePlan", {"activity": [{"detail": {"status": "scheduled"}}]}, {"plan", "task"}),
        ("Task", {}, {"task"}),
        ("ServiceRequest", {}, {"task"}),
        ("CommunicationRequest", {}, {"task"}),
        ("Appointment", {}, {"appointment"}),
        ("Encounter", {}, {"appointment"}),
        ("CareTeam", {}, {"care-team"}),
        ("Consent", {}, {"consent"}),
        ("Consent", _consent("settings"), {"consent"}),
        ("Consent", _consent("carer-share"), {"carer-burden"}),
        ("Consent", _consent("dnr", WILL), {"document", "sensitive"}),
        ("Consent", _consent("research", "https://other.example"), {"consent"}),
        ("Communication", {}, {"message"}),
        ("Communication", {"category": [_coded("shared-note")]}, {"shared-note"}),
        ("Communication", {"category": [_coded("gossip")]}, {"journal"}),
        ("DocumentReference", {"type": _coded("shared-note")}, {"shared-note"}),
        ("DocumentReference", {"type": _coded("11488-4", "http://loinc.org")}, {"document"}),
        ("Condition", {}, {"document"}),
        ("Observation", {}, {"needs-assessment"}),
        ("Observation", {"category": [_coded("prem")]}, {"prem"}),
        ("Observation", {"category": [_coded("unheard-of")]}, {"carer-burden"}),
        ("Observation", {"category": [_coded("sensitive")]}, {"needs-assessment", "sensitive"}),
        ("Observation", {"performer": [_to("Patient/p")]}, {"prom"}),
        ("Observation", {"category": [_coded("survey", "https://x.example")]}, {"needs-assessment"}),
        (
            "Observation",
            {
                "category": [_coded("prom")],
                "subject": _to("Patient/p"),
                "focus": [_to("RelatedPerson/r")],
                "performer": [_to("https://dzop.example/fhir/RelatedPerson/r")],
            },
            {"carer-burden"},
        ),
        (
            "Observation",
            {"subject": _to("Patient/p"), "performer": [_to("RelatedPerson/r")]},
            {"needs-assessment"},
        ),
        ("QuestionnaireResponse", {}, {"needs-assessment"}),
        ("QuestionnaireResponse", {"source": _to("Patient/p"), "author": _to("Practitioner/x")}, {"prom"}),
        ("QuestionnaireResponse", {"author": _to("Patient/p")}, {"prom"}),
        (
            "QuestionnaireResponse",
            {"subject": _to("RelatedPerson/r"), "source": _to("RelatedPerson/r")},
            {"carer-burden"},
        ),
        ("QuestionnaireResponse", {"subject": _to("RelatedPerson/r")}, {"carer-burden"}),
        (
            "QuestionnaireResponse",
            {"subject": _to("RelatedPerson/r"), "source": _to("Practitioner/x")},
            {"needs-assessment"},
        ),
        ("QuestionnaireResponse", {"questionnaire": "https://x.example/q"}, {"needs-assessment"}),
        ("AuditEvent", {}, {"access-log"}),
        ("Provenance", {}, {"access-log"}),
        ("Provenance", {"target": [_to("Goal/unknown")]}, {"access-log"}),
        ("Questionnaire", {}, set()),
        ("Questionnaire", {"code": [{"system": f"{DZOP}/data-category", "code": "prem"}]}, {"prem"}),
        ("Questionnaire", {"code": [{"system": "http://loinc.org", "code": "1"}]}, set()),
        ("Practitioner", {}, set()),
    ],
)
def test_the_categories_follow_from_type_and_codes(type, value, expected):
    assert expected == categories(value, type, {})


@pytest.mark.parametrize(
    ("type", "value", "related", "expected"),
    [
        (
            "Provenance",
            {"target": [_to("Goal/g"), _to("Task/t")]},
            {"Goal/g": frozenset({"life-goal"}), "Task/t": frozenset({"task", "sensitive"})},
            {"life-goal", "task", "sensitive"},
        ),
        (
            "Provenance",
            {"target": [_to("Goal/g"), {"identifier": {"value": "1"}}]},
            {"Goal/g": frozenset({"life-goal"})},
            {"life-goal", "access-log"},
        ),
        (
            "Provenance",
            {"target": [_to("Organization/o")]},
            {"Organization/o": frozenset()},
            {"access-log"},
        ),
        (
            "Provenance",
            {"target": [_to("Goal/g"), _to("Organization/o")]},
            {"Goal/g": frozenset({"life-goal"}), "Organization/o": frozenset()},
            {"life-goal"},
        ),
        (
            "Binary",
            {"securityContext": _to("Communication/c")},
            {"Communication/c": frozenset({"journal"})},
            {"journal"},
        ),
        ("Binary", {"securityContext": _to("Communication/c")}, {}, {"document"}),
        (
            "AuditEvent",
            {"entity": [{"what": _to("Observation/o")}, {"name": "query"}]},
            {"Observation/o": frozenset({"carer-burden"})},
            {"access-log", "carer-burden"},
        ),
        (
            "QuestionnaireResponse",
            {"questionnaire": "https://x.example/q|2", "source": _to("Patient/p")},
            {"https://x.example/q|2": frozenset({"prem"})},
            {"prem"},
        ),
        (
            "QuestionnaireResponse",
            {"questionnaire": "https://x.example/q", "source": _to("Patient/p")},
            {"https://x.example/q": frozenset()},
            {"prom"},
        ),
    ],
)
def test_categories_are_taken_over_from_what_a_resource_is_about(type, value, related, expected):
    assert expected == categories(value, type, related)


def test_the_sources_of_categories_are_named_as_written():
    provenance = {"target": [_to("Goal/g"), _to("Goal/g"), {"display": "x"}, _to("Task/t/_history/2")]}

    assert ("Goal/g", "Task/t/_history/2") == category_sources(provenance, "Provenance")


@given(
    st.sampled_from([entry.name for entry in RESOURCE_TYPES.values() if entry.compartment == "person"]),
    st.lists(st.text(max_size=12)),
    st.sampled_from([f"{DZOP}/data-category", f"{DZOP}/goal-category", f"{DZOP}/consent-kind", "x"]),
)
def test_whatever_the_codes_a_resource_of_a_person_is_never_without_category(type, codes, system):
    coded = [_coded(code, system) for code in codes]

    assert categories({"category": coded, "type": {"coding": []}}, type, {}) - {"sensitive"}
