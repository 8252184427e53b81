"""References and actor keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.fhir.references import (
    NIHDI,
    SSIN,
    Reference,
    actor_key,
    goal_milestones,
    goal_references,
    parse_reference,
    person_references,
    read_reference,
)

BASE = "https://dzop.example/fhir"
LEGACY = "https://www.ehealth.fgov.be/standards/fhir/NamingSystem"
RELATIONSHIP = "http://hl7.org/fhir/StructureDefinition/goal-relationship"

ids = st.from_regex(r"[A-Za-z0-9.-]{1,64}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Goal/g", Reference("Goal", "g")),
        ("Goal/g/_history/3", Reference("Goal", "g", "3")),
        (f"{BASE}/Goal/g", Reference("Goal", "g")),
        (f"{BASE}/Goal/g/_history/3", Reference("Goal", "g", "3")),
        ("HTTPS://DZOP.example/fhir/Goal/g", Reference("Goal", "g")),
        ("https://dzop.example/FHIR/Goal/g", Reference(url="https://dzop.example/FHIR/Goal/g")),
        ("https://dzop.example.org/fhir/Goal/g", Reference(url="https://dzop.example.org/fhir/Goal/g")),
        (f"{BASE}/Goal/g?x=1", Reference(url=f"{BASE}/Goal/g?x=1")),
        (
            "https://other.example/Goal/g/_history/2",
            Reference(version="2", url="https://other.example/Goal/g"),
        ),
        ("urn:uuid:1", Reference(url="urn:uuid:1")),
        ("#p", Reference(url="#p")),
        ("../Goal/g", Reference(url="../Goal/g")),
    ],
)
def test_a_reference_is_local_only_under_our_own_base(text, expected):
    assert expected == parse_reference(text, BASE)


@given(ids)
def test_an_absolute_reference_under_our_base_means_the_relative_one(id):
    assert parse_reference(f"Task/{id}", BASE) == parse_reference(f"{BASE}/Task/{id}", BASE + "/")


@given(st.text(max_size=80))
def test_any_text_is_local_or_a_url_and_never_both(text):
    found = parse_reference(text, BASE)

    assert (found.id is None) == (found.url is not None)


def test_an_identifier_under_the_legacy_system_is_canonical():
    element = {"type": "Patient", "identifier": {"system": f"{LEGACY}/ssin", "value": "85073003328"}}

    assert Reference("Patient", identifier=(SSIN, "85073003328")) == read_reference(element, BASE)


def _logical(system, value):
    return {"identifier": {"system": system, "value": value}}


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"reference": "Practitioner/x"}, "Practitioner/x"),
        ({"reference": "Practitioner/x/_history/2"}, "Practitioner/x"),
        ({"reference": f"{BASE}/CareTeam/t"}, "CareTeam/t"),
        ({"reference": "Practitioner/x", **_logical(NIHDI, "1")}, "Practitioner/x"),
        (_logical(f"{LEGACY}/ssin", "85.07.30-033.28"), f"{SSIN}|85073003328"),
        (_logical(f"{LEGACY}/nihdi", "10000001001"), f"{NIHDI}|10000001"),
        (_logical(NIHDI, "10000001"), f"{NIHDI}|10000001"),
        (_logical("https://x.example/staff", "a/b-c"), "https://x.example/staff|a/b-c"),
        ({"reference": "https://other.example/Practitioner/x"}, "https://other.example/Practitioner/x"),
        ({"reference": "#p", **_logical(SSIN, "1")}, f"{SSIN}|1"),
        ({"reference": "#p"}, None),
        ({"reference": "urn:uuid:1"}, None),
        ({"display": "Dr. X"}, None),
        ({"identifier": {"value": "1"}}, None),
        ({}, None),
    ],
)
def test_an_actor_key_names_who_a_reference_is_about(element, expected):
    assert expected == actor_key(element, BASE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"resourceType": "Patient", "id": "p"}, (Reference("Patient", "p"),)),
        (
            {"resourceType": "Goal", "subject": {"reference": "RelatedPerson/r"}},
            (Reference("RelatedPerson", "r"),),
        ),
        ({"resourceType": "Task", "for": {"reference": "Patient/p"}}, (Reference("Patient", "p"),)),
        ({"resourceType": "Task"}, ()),
        (
            {
                "resourceType": "Appointment",
                "participant": [
                    {"actor": {"reference": "Practitioner/x"}},
                    {"actor": {"reference": "Patient/p"}},
                    {"actor": {"reference": f"{BASE}/Patient/p"}},
                ],
            },
            (Reference("Patient", "p"),),
        ),
        (
            {"resourceType": "Provenance", "target": [{"reference": "Goal/g"}, {"reference": "Task/t"}]},
            (Reference("Goal", "g"), Reference("Task", "t")),
        ),
        ({"resourceType": "Organization", "id": "o"}, ()),
        (
            {"resourceType": "CareTeam", "subject": _logical(f"{LEGACY}/ssin", "1")},
            (Reference(identifier=(SSIN, "1")),),
        ),
    ],
)
def test_the_person_of_a_resource_is_found_by_its_type(value, expected):
    assert expected == person_references(value, value["resourceType"], BASE)


def _relation(type, target):
    return {
        "url": RELATIONSHIP,
        "extension": [
            {"url": "type", "valueCodeableConcept": {"coding": [{"code": type}]}},
            {"url": "target", "valueReference": {"reference": target}},
        ],
    }


_RELATIONS = [
    _relation(type, f"Goal/{type}")
    for type in ("other", "milestone", "predecessor", "successor", "replacement")
]


def test_the_goals_above_a_goal_are_neither_those_beside_it_nor_those_below():
    assert ("Goal/other",) == goal_references({"extension": _RELATIONS}, "Goal", BASE)


def test_the_steps_towards_a_goal_are_its_milestones():
    assert ("Goal/milestone",) == goal_milestones({"extension": _RELATIONS}, BASE)


def test_a_task_serves_the_goals_it_points_at_and_nothing_else():
    task = {
        "focus": {"reference": "Goal/g"},
        "basedOn": [{"reference": "CarePlan/c"}, {"reference": "Goal/h"}],
    }

    assert ("Goal/g", "Goal/h") == goal_references(task, "Task", BASE)
