"""What a profile asks is checked, row by row; the texts say what is wrong, where, by which profile."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from resources import CORE, DZOP, SSIN, concept, ours, ref

from dzop.fhir.profiles.conformance import conformance
from dzop.fhir.profiles.definition import read_profiles
from dzop.fhir.profiles.registry import PROFILES, profile_of, profiles_of

Resource = dict[str, Any]

CANDIDATE = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
PSEUDONYM = "https://www.ehealth.fgov.be/standards/fhir/infsec/StructureDefinition/be-ext-pseudonymization"
PATIENT_WILL = "https://www.ehealth.fgov.be/standards/fhir/patientwill"


def found(name: str, value: Resource) -> list[tuple[str, str | None]]:
    """(severity, expression) of the issues."""
    return [(each.severity, each.expression) for each in conformance(value, PROFILES[name])]


def candidate(reference: str) -> Resource:
    return {"url": CANDIDATE, "valueReference": ref(reference)}


def be_task(**elements: Any) -> Resource:
    return {
        "resourceType": "Task",
        "extension": [candidate("Practitioner/x")],
        "status": "requested",
        "intent": "plan",
        **elements,
    }


def patient_will(**elements: Any) -> Resource:
    recorder = {"url": f"{CORE}/StructureDefinition/be-ext-recorder", "valueReference": ref("Practitioner/x")}
    return {
        "resourceType": "Consent",
        "extension": [recorder],
        "category": [concept(f"{PATIENT_WILL}/CodeSystem/be-cs-patientwill-category", "euthanasia")],
        "patient": ref("Patient/x"),
        "dateTime": "2026-01-01",
        "provision": {
            "period": {"start": "2026-01-01"},
            "code": [concept(f"{PATIENT_WILL}/CodeSystem/be-cs-patientwill-code", "euthanasiarequest")],
        },
        **elements,
    }


def goal(**elements: Any) -> Resource:
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "category": [ours("goal-category", "life-goal")],
        "description": {"text": "Naar de markt"},
        "subject": ref("Patient/x"),
        **elements,
    }


def team(*roles: Resource, **elements: Any) -> Resource:
    entry = {"role": list(roles), "member": ref("Practitioner/x"), **elements}
    return {"resourceType": "CareTeam", "subject": ref("Patient/x"), "participant": [entry]}


def patient(**elements: Any) -> Resource:
    return {"resourceType": "Patient", **elements}


def number(value: str, system: str = SSIN) -> list[Resource]:
    return [{"system": system, "value": value}]


def score(**elements: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "category": [
            concept(
                "https://www.ehealth.fgov.be/standards/fhir/core-clinical/CodeSystem/be-cs-score-category",
                "pain",
            )
        ],
        "code": concept("http://snomed.info/sct", "273531005"),
        "subject": ref("Patient/x"),
        "effectivePeriod": {"start": "2026-01-01"},
        "issued": "2026-01-01T10:00:00Z",
        "valueInteger": 3,
        **elements,
    }


CONFORMING = [
    ("be-task", be_task()),
    ("be-task", be_task(owner={"identifier": {"value": "1"}})),
    ("be-patientwill", patient_will()),
    ("be-patient", patient()),
    ("be-patient", patient(identifier=number("46010599819"))),
    ("be-patient", patient(identifier=number("12.3", "urn:other"))),
    (
        "be-patient",
        patient(
            identifier=[{"system": SSIN, "value": "urn:x", "_value": {"extension": [{"url": PSEUDONYM}]}}]
        ),
    ),
    ("be-scoreresult", score()),
    ("life-goal", goal()),
    ("life-goal", goal(category=[concept("urn:x", "y"), ours("goal-category", "life-goal")])),
    ("care-team", team(ours("role", "person"))),
    ("goal-xshare", goal(subject=ref("Organization/x"))),
    ("goal-xshare", goal(subject=ref("https://elsewhere.example/fhir/Patient/x"))),
    ("goal-xshare", goal(subject={"display": "Jet"})),
    ("be-practitioner", {"resourceType": "Practitioner", "_name": [{"id": "x"}]}),
]


@pytest.mark.parametrize(("name", "value"), CONFORMING)
def test_what_conforms_has_no_issue(name: str, value: Resource) -> None:
    assert found(name, value) == []


BROKEN = [
    # how often
    ("be-practitioner", {"resourceType": "Practitioner"}, "Practitioner.name"),
    ("be-patientwill", patient_will(dateTime=None), "Consent.dateTime"),
    (
        "care-plan",
        {
            "resourceType": "CarePlan",
            "title": "x",
            "period": {"start": "2026"},
            "activity": [{"detail": {"status": "unknown"}}],
        },
        "CarePlan.activity[0].detail",
    ),
    ("xshare-careplan", {"resourceType": "CarePlan", "subject": ref("Patient/x"), "period": {"end": "2026"}},
     "CarePlan.period.start"),
    # slices
    ("be-task", be_task(extension=[{"url": "urn:x", "valueString": "y"}]), "Task.extension"),
    ("life-goal", goal(category=[concept("urn:x", "y")]), "Goal.category"),
    ("be-scoreresult", {**score(effectiveDateTime="2026-01-01"), "effectivePeriod": None}, "Observation.effective"),
    (
        "be-practitionerrole",
        {"resourceType": "PractitionerRole", "code": [{"coding": [{"system": f"{CORE}/CodeSystem/cd-hcparty"}]}]},
        "PractitionerRole.code[0].coding[0].code",
    ),
    ("be-organization", {"resourceType": "Organization", "identifier": [{"system": f"{CORE}/NamingSystem/ehp"}]},
     "Organization.identifier[0].value"),
    ("coordinated-care-team", team(ours("role", "person")), "CareTeam.participant"),
    # values
    ("life-goal", goal(category=[ours("goal-category", "care-goal")]), "Goal.category[0].coding[0].code"),
    # references
    ("be-goal", goal(subject=ref("Organization/x")), "Goal.subject"),
    ("be-goal", goal(subject=ref("https://elsewhere.example/fhir/Organization/x")), "Goal.subject"),
    ("be-goal", goal(subject={"type": "Organization", "display": "x"}), "Goal.subject"),
    ("be-task", be_task(extension=[candidate("PractitionerRole/x")]), "Task.extension[0].valueReference"),
    # types
    (
        "care-team",
        team(
            ours("role", "person"),
            extension=[{"url": f"{DZOP}/StructureDefinition/member-agreement", "valueString": "agreed"}],
        ),
        "CareTeam.participant[0].extension[0].valueString",
    ),
    # codes
    ("be-patient", patient(maritalStatus=concept(f"{CORE}/CodeSystem/cd-civilstate", "20")), "Patient.maritalStatus"),
    ("be-patient", patient(maritalStatus={"text": "gehuwd"}), "Patient.maritalStatus"),
    # invariants
    ("be-patient", patient(identifier=number("46.01.05-998.19")), "Patient.identifier[0]"),
    (
        "be-practitioner",
        {"resourceType": "Practitioner", "name": [{"family": "x"}],
         "identifier": number("123", f"{CORE}/NamingSystem/nihdi-professional")},
        "Practitioner.identifier[0]",
    ),
    (
        "be-organization",
        {"resourceType": "Organization", "identifier": number("2425222333", f"{CORE}/NamingSystem/cbe")},
        "Organization.identifier[0]",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "at"), BROKEN)
def test_what_a_profile_asks_and_is_not_there_is_an_error_at_its_place(
    name: str, value: Resource, at: str
) -> None:
    value = {member: each for member, each in value.items() if each is not None}
    assert ("error", at) in found(name, value)


def test_an_issue_says_what_is_wrong_how_to_mend_it_and_which_profile_asks() -> None:
    (issue,) = conformance({"resourceType": "Practitioner"}, PROFILES["be-practitioner"])
    assert (issue.code, issue.text) == (
        "required",
        f"`name` is missing; send at least 1 (profile `{CORE}/StructureDefinition/be-practitioner`).",
    )


def test_the_number_itself_is_in_no_text() -> None:
    (issue,) = conformance(patient(identifier=number("46.01.05-998.19")), PROFILES["be-patient"])
    assert "46" not in issue.text


def test_a_code_outside_an_extensible_value_set_is_a_warning() -> None:
    value = patient(contact=[{"relationship": [concept("urn:x", "y")]}])
    assert found("be-patient", value) == [("warning", "Patient.contact[0].relationship[0]")]


def test_words_alone_do_where_a_value_set_is_extensible() -> None:
    assert found("be-patient", patient(contact=[{"relationship": [{"text": "buur"}]}])) == []


def test_a_code_outside_a_preferred_value_set_is_information() -> None:
    assert found("care-team", team(concept("urn:x", "y"))) == [
        ("information", "CareTeam.participant[0].role[0]")
    ]


def test_codes_of_a_value_set_nobody_knows_are_not_checked() -> None:
    team_of_a_kind = {"resourceType": "CareTeam", "category": [concept("urn:x", "y")]}
    assert found("be-careteam", team_of_a_kind) == []


def test_what_must_be_supported_need_not_be_there() -> None:
    assert found("be-goal", {"resourceType": "Goal", "subject": ref("Patient/x")}) == []


def test_what_a_wider_profile_asks_a_narrower_one_asks_too() -> None:
    value = {
        "resourceType": "Communication",
        "category": [ours("data-category", "message")],
        "subject": ref("Patient/x"),
        "recipient": [ref("Practitioner/x")],
        "payload": [{"contentString": "x"}],
    }
    assert found("message", value) == [("error", "Communication.sender")]


def test_a_profile_of_another_type_is_refused() -> None:
    assert found("be-goal", patient()) == [("error", "Patient.meta.profile")]


def test_a_contained_resource_is_held_against_the_profile_it_stands_for() -> None:
    value = be_task(owner=ref("#x"), contained=[{"resourceType": "Practitioner", "id": "x"}])
    assert found("be-task", value) == [("error", "Task.contained[0].name")]


def test_a_contained_resource_of_a_plain_type_is_not_held_against_anything() -> None:
    value = be_task(owner=ref("#x"), contained=[{"resourceType": "RelatedPerson", "id": "x"}])
    assert found("be-task", value) == []


def test_contained_resources_that_refer_to_each_other_come_to_an_end() -> None:
    plans = [
        {"resourceType": "CarePlan", "id": one, "basedOn": [ref(f"#{other}")], "subject": ref("Patient/x")}
        for one, other in (("a", "b"), ("b", "a"))
    ]
    value = {
        "resourceType": "CarePlan",
        "subject": ref("Device/x"),
        "basedOn": [ref("#a")],
        "contained": plans,
    }
    assert found("be-care-plan", value) == [("error", "CarePlan.subject")]


def test_the_extensions_of_a_primitive_are_checked_beside_it() -> None:
    street = {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
        "valueDateTime": "2026-01-01",
    }
    value = patient(birthDate="2026-01-01", _birthDate={"extension": [street, street]})
    assert found("be-patient", value) == [("error", "Patient.birthDate.extension")]


def test_of_a_concept_coded_twice_only_the_coding_of_the_slice_is_meant() -> None:
    both = {"coding": [{"system": f"{CORE}/CodeSystem/cd-hcparty", "code": "persnurse"}, {"system": "urn:x"}]}
    assert found("be-practitionerrole", {"resourceType": "PractitionerRole", "code": [both]}) == []


def test_no_more_than_fifty_issues_are_told() -> None:
    value = patient(identifier=number("x") * 60)
    assert len(conformance(value, PROFILES["be-patient"])) == 50


# -- the tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda each: each.name)
def test_every_canonical_leads_to_its_profile(profile: Any) -> None:
    assert [profile_of(each) for each in profile.canonicals] == [profile] * len(profile.canonicals)


def test_a_canonical_may_name_the_version() -> None:
    url = PROFILES["be-goal"].url
    assert [getattr(profile_of(f"{url}|{version}"), "name", None) for version in ("1.0.0", "9")] == [
        "be-goal",
        None,
    ]


def test_the_profiles_of_a_type_are_told() -> None:
    assert profiles_of("Goal") == tuple(
        PROFILES[name].url for name in ("be-goal", "goal-xshare", "life-goal", "care-goal", "support-goal")
    )


def test_a_shorthand_stands_for_the_rows_that_every_slice_of_its_kind_has() -> None:
    rows = """
        [x]
        url = "urn:x"
        type = "Patient"
        title = "X"
        rules = [{ at = "identifier:A", card = "1..", system = "urn:a" }, { at = "code:B", coding = "urn:b|c" }]
    """
    said = [
        (rule.at, rule.min, rule.fixed, rule.sliced) for rule in read_profiles(tomllib.loads(rows))["x"].rules
    ]
    assert said == [
        ("identifier", None, None, "system"),
        ("identifier:A", 1, None, ""),
        ("identifier:A.system", 1, "urn:a", ""),
        ("identifier:A.value", 1, None, ""),
        ("code", None, None, "coding.system"),
        ("code:B", None, None, ""),
        ("code:B.coding.system", 1, "urn:b", ""),
        ("code:B.coding.code", 1, "c", ""),
    ]
