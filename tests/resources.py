"""FHIR resources as short as they may be, for tests to start from."""

from __future__ import annotations

import random
from typing import Any

Resource = dict[str, Any]

DZOP = "https://dzop.example/fhir"
CORE = "https://www.ehealth.fgov.be/standards/fhir/core"
SSIN, NIHDI, CBE = (f"{CORE}/NamingSystem/{each}" for each in ("ssin", "nihdi", "cbe"))
SINCE = "2020-01-01"
PROVEN = {"url": f"{DZOP}/StructureDefinition/proof", "valueCode": "referral"}


def ref(reference: str) -> dict[str, str]:
    return {"reference": reference}


def concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def ours(system: str, code: str) -> Resource:
    """A code of one of our own systems: `role`, `data-category`, `goal-category`, `consent-kind`."""
    return concept(f"{DZOP}/CodeSystem/{system}", code)


def entity(reference: str, **elements: Any) -> Resource:
    """A resource under the reference by which it will be known."""
    type, _, id = reference.partition("/")
    return {"resourceType": type, "id": id, **elements}


def bundle(type: str, *entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


def put(resource: Resource) -> Resource:
    """The entry that stores a resource under its own id."""
    return {
        "resource": resource,
        "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
    }


def post(resource: Resource, full_url: str = "", **conditions: str) -> Resource:
    """The entry that creates a resource; other entries refer to it by `full_url`."""
    return {
        **({"fullUrl": full_url} if full_url else {}),
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], **conditions},
    }


def ssin() -> str:
    """A national number that checks, and that nobody else in this run has."""
    chance = random.SystemRandom()
    day = f"{chance.randint(30, 99)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    number = f"{day}{chance.randint(1, 997):03}"
    return f"{number}{97 - int(number) % 97:02}"


def nihdi(qualification: str = "") -> str:
    """The number of a care provider that checks: 8 digits that say who it is, and 3 more as what."""
    number = random.SystemRandom().randint(100_000, 199_999)
    return f"{number}{97 - number % 97:02}{qualification}"


def cbe() -> str:
    """The number of an enterprise that checks."""
    number = random.SystemRandom().randint(9_000_000, 9_999_998)
    return f"0{number}{97 - number % 97:02}"


def practitioner(reference: str, profession: str, organization: str) -> list[Resource]:
    """A professional and their one PractitionerRole."""
    _, _, id = reference.partition("/")
    role = entity(
        f"PractitionerRole/{id}",
        active=True,
        practitioner=ref(reference),
        organization=ref(organization),
        code=[ours("role", profession)],
    )
    named = entity(reference, active=True, name=[{"family": "Test", "given": [id]}])
    return [named, role]


def participant(member: str, role: str, **elements: Any) -> Resource:
    return {"role": [ours("role", role)], "member": ref(member), "period": {"start": SINCE}, **elements}


def consent(reference: str, kind: str, patient: str, provision: Resource, **elements: Any) -> Resource:
    """A Consent of one of our kinds, given by the person."""
    return entity(
        reference,
        **{
            "status": "active",
            "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
            "category": [ours("consent-kind", kind)],
            "patient": ref(patient),
            "dateTime": "2026-01-05T14:00:00+01:00",
            "performer": [ref(patient)],
            "policyRule": concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
            "provision": provision,
            **elements,
        },
    )


def provision(
    kind: str, actors: tuple[str, ...] = (), classes: tuple[str, ...] = (), **elements: Any
) -> Resource:
    """`permit` or `deny`, for whom, of which data categories."""
    recipient = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
    built: Resource = {"type": kind, **elements}
    if actors:
        built["actor"] = [{"role": recipient, "reference": ref(actor)} for actor in actors]
    if classes:
        built["class"] = [{"system": f"{DZOP}/CodeSystem/data-category", "code": each} for each in classes]
    return built


def goal(reference: str, patient: str, category: str = "care-goal", **elements: Any) -> Resource:
    return entity(
        reference,
        **{
            "lifecycleStatus": "active",
            "category": [ours("goal-category", category)],
            "description": {"text": "Opnieuw naar de markt"},
            "subject": ref(patient),
            **elements,
        },
    )


def task(reference: str, patient: str, **elements: Any) -> Resource:
    return entity(
        reference,
        **{"status": "requested", "intent": "plan", "description": "Wegen", "for": ref(patient), **elements},
    )


def communication(reference: str, patient: str, category: str, sender: str, *recipients: str) -> Resource:
    return entity(
        reference,
        status="completed",
        category=[ours("data-category", category)],
        subject=ref(patient),
        sender=ref(sender),
        **({"recipient": [ref(each) for each in recipients]} if recipients else {}),
        payload=[{"contentString": "Goedendag"}],
    )
