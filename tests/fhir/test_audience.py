"""Who a resource names as concerned."""

import pytest

from dzop.fhir.audience import audience
from dzop.fhir.references import NIHDI

BASE = "https://dzop.example/fhir"
KIND = "https://dzop.example/fhir/CodeSystem/consent-kind"
CANDIDATE = "http://hl7.org/fhir/StructureDefinition/task-candidateList"


def _to(reference):
    return {"reference": reference}


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        ("Goal", {"expressedBy": _to("Patient/p")}, (("author", "Patient/p"),)),
        (
            "Task",
            {
                "owner": _to("PractitionerRole/o"),
                "requester": _to("RelatedPerson/r"),
                "restriction": {"recipient": [_to("CareTeam/t")]},
                "extension": [{"url": CANDIDATE, "valueReference": _to("Practitioner/c")}],
            },
            (
                ("acting", "PractitionerRole/o"),
                ("addressed", "RelatedPerson/r"),
                ("addressed", "CareTeam/t"),
                ("addressed", "Practitioner/c"),
            ),
        ),
        (
            "Communication",
            {"sender": _to("Patient/p"), "recipient": [_to("CareTeam/t"), _to("CareTeam/t")]},
            (("author", "Patient/p"), ("addressed", "CareTeam/t")),
        ),
        (
            "CommunicationRequest",
            {"sender": _to("Practitioner/s"), "requester": _to("Patient/p")},
            (("acting", "Practitioner/s"), ("addressed", "Patient/p")),
        ),
        (
            "Appointment",
            {"participant": [{"actor": _to("Patient/p")}, {"status": "accepted"}]},
            (("acting", "Patient/p"),),
        ),
        (
            "Observation",
            {"performer": [_to("RelatedPerson/r")]},
            (("author", "RelatedPerson/r"), ("acting", "RelatedPerson/r")),
        ),
        (
            "QuestionnaireResponse",
            {"author": _to("Practitioner/x"), "source": _to("Patient/p")},
            (("author", "Practitioner/x"), ("author", "Patient/p")),
        ),
        ("Provenance", {"agent": [{"who": _to("Practitioner/x")}]}, (("author", "Practitioner/x"),)),
        (
            "DocumentReference",
            {"author": [{"identifier": {"system": NIHDI, "value": "10000001001"}}, {"display": "Dr. X"}]},
            (("author", f"{NIHDI}|10000001"),),
        ),
        ("AuditEvent", {"agent": [{"who": _to("Practitioner/x")}]}, ()),
        ("Patient", {"id": "p"}, ()),
    ],
)
def test_the_audience_follows_from_the_elements_that_name_somebody(type, value, expected):
    assert expected == audience(value, type, BASE)


def _consent(*kinds, system=KIND):
    return {
        "category": [{"coding": [{"system": system, "code": kind}]} for kind in kinds],
        "performer": [_to("Patient/p")],
        "provision": {"actor": [{"reference": _to("Practitioner/x")}]},
    }


@pytest.mark.parametrize("kind", ["grant", "case-management", "therapeutic-relation", "mandate"])
def test_the_actor_of_a_consent_that_gives_something_is_addressed(kind):
    assert (("author", "Patient/p"), ("addressed", "Practitioner/x")) == audience(
        _consent(kind), "Consent", BASE
    )


@pytest.mark.parametrize(
    "consent",
    [
        _consent("settings"),
        _consent("exclusion"),
        _consent("sharing"),
        _consent("carer-share"),
        _consent("grant", "exclusion"),
        _consent("grant", system="https://other.example/kinds"),
        _consent(),
    ],
)
def test_the_actor_of_any_other_consent_is_not_told(consent):
    assert (("author", "Patient/p"),) == audience(consent, "Consent", BASE)
