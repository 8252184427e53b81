"""The resources that follow from declaring a relation of care or an emergency, as the server writes them.

https://hl7.org/fhir/R4/consent.html, https://hl7.org/fhir/R4/communication.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dzop.fhir.paths import values
from dzop.fhir.references import SSIN
from dzop.fhir.resource_types import CONSENT_KIND, DATA_CATEGORY

__all__ = [
    "PROOF",
    "REASON",
    "break_glass",
    "languages_of",
    "notice",
    "patient",
    "therapeutic_relation",
]

PROOF: Final = "https://dzop.example/fhir/StructureDefinition/proof"
REASON: Final = "https://dzop.example/fhir/StructureDefinition/break-glass-reason"

_SCOPE: Final = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
_OPT_IN: Final = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")
_RECIPIENT: Final = ("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
_LANGUAGE: Final = "urn:ietf:bcp:47"


def patient(ssin: str) -> dict[str, Any]:
    """A person of whom nothing but the number is known."""
    return {"resourceType": "Patient", "identifier": [{"system": SSIN, "value": ssin}], "active": True}


def therapeutic_relation(
    person: str, actor: str, performer: str, proof: str, period: Mapping[str, str], now: str
) -> dict[str, Any]:
    """The Consent that says that `performer` cares for `person`, in the capacity `actor`, by this kind of proof."""
    extension = {"url": PROOF, "valueCode": proof}
    return _consent("therapeutic-relation", person, actor, performer, extension, period, now)


def break_glass(
    person: str, actor: str, performer: str, reason: str, period: Mapping[str, str], now: str
) -> dict[str, Any]:
    """The Consent that says that `performer` reads in an emergency, and why."""
    extension = {"url": REASON, "valueString": reason}
    return _consent("break-glass", person, actor, performer, extension, period, now)


def notice(person: str, about: str, payload: Sequence[str], now: str) -> dict[str, Any]:
    """The message that tells the person; about the Consent, where the rest is to be read."""
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [_concept(DATA_CATEGORY, "message")],
        "subject": {"reference": person},
        "about": [{"reference": about}],
        "recipient": [{"reference": person}],
        "sent": now,
        "payload": [{"contentString": text} for text in payload],
    }


def languages_of(person: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages (ISO 639-1) the Patient says to understand, the preferred first."""
    spoken = sorted(person.get("communication") or [], key=lambda each: not each.get("preferred", False))
    codes = (
        str(coding.get("code") or "")[:2].lower()
        for each in spoken
        for coding in values(each, "language.coding")
        if coding.get("system") in (None, _LANGUAGE)
    )
    return tuple(dict.fromkeys(code for code in codes if code))


def _consent(
    kind: str, person: str, actor: str, performer: str,
    extension: Mapping[str, str], period: Mapping[str, str], now: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "resourceType": "Consent",
        "extension": [extension],
        "status": "active",
        "scope": _concept(*_SCOPE),
        "category": [_concept(CONSENT_KIND, kind)],
        "patient": {"reference": person},
        "dateTime": now,
        "performer": [{"reference": performer}],
        "policyRule": _concept(*_OPT_IN),
        "provision": {
            "type": "permit",
            "period": period,
            "actor": [{"role": _concept(*_RECIPIENT), "reference": {"reference": actor}}],
        },
    }


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
