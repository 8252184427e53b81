"""Compartments: by which parameters a resource of each type belongs to a person or an encounter.

https://hl7.org/fhir/R4/compartmentdefinition.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dzop.fhir.outcome import NotFound
from dzop.fhir.resource_types import RESOURCE_TYPES
from dzop.fhir.search.clause import AnyOf, Clause
from dzop.fhir.search.criterion import Criterion, listed, short
from dzop.fhir.search.modifier import parameter_of
from dzop.fhir.search.reference import ReferenceTarget
from dzop.fhir.search.token import Token

__all__ = ["COMPARTMENTS", "SELF", "compartment"]

SELF: Final = "{def}"
"""As R4 writes it: the resource that the compartment is of."""

_SENT: Final = ("sender", "recipient")
_CONCERNED: Final = (*_SENT, "requester")
_ENCOUNTERED: Final = (
    "CarePlan", "CareTeam", "Communication", "CommunicationRequest", "Composition", "Condition", "DocumentReference",
    "Observation", "QuestionnaireResponse", "ServiceRequest",
)  # fmt: skip

COMPARTMENTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "Patient": {
            "Appointment": ("actor",),
            "AuditEvent": ("patient",),
            "CarePlan": ("patient", "performer"),
            "CareTeam": ("patient", "participant"),
            "Communication": ("subject", *_SENT),
            "CommunicationRequest": ("subject", *_CONCERNED),
            "Composition": ("subject", "author", "attester"),
            "Condition": ("patient", "asserter"),
            "Consent": ("patient",),
            "DocumentReference": ("subject", "author"),
            "Encounter": ("patient",),
            "Goal": ("patient",),
            "List": ("subject", "source"),
            "Observation": ("subject", "performer"),
            "Patient": (SELF, "link"),
            "Provenance": ("patient",),
            "QuestionnaireResponse": ("subject", "author"),
            "RelatedPerson": ("patient",),
            "ServiceRequest": ("subject", "performer"),
            "Task": ("patient", "focus"),
        },
        "Practitioner": {
            "Appointment": ("actor",),
            "AuditEvent": ("agent",),
            "CarePlan": ("performer",),
            "CareTeam": ("participant",),
            "Communication": _SENT,
            "CommunicationRequest": _CONCERNED,
            "Composition": ("subject", "author", "attester"),
            "Condition": ("asserter",),
            "DocumentReference": ("subject", "author", "authenticator"),
            "Encounter": ("practitioner", "participant"),
            "List": ("source",),
            "Observation": ("performer",),
            "Patient": ("general-practitioner",),
            "Practitioner": (SELF,),
            "PractitionerRole": ("practitioner",),
            "Provenance": ("agent",),
            "QuestionnaireResponse": ("author", "source"),
            "ServiceRequest": ("performer", "requester"),
        },
        "RelatedPerson": {
            "Appointment": ("actor",),
            "CarePlan": ("performer",),
            "CareTeam": ("participant",),
            "Communication": _SENT,
            "CommunicationRequest": _CONCERNED,
            "Composition": ("author",),
            "Condition": ("asserter",),
            "DocumentReference": ("author",),
            "Encounter": ("participant",),
            "Observation": ("performer",),
            "Patient": ("link",),
            "Provenance": ("agent",),
            "QuestionnaireResponse": ("author", "source"),
            "RelatedPerson": (SELF,),
            "ServiceRequest": ("performer",),
        },
        "Encounter": {**dict.fromkeys(_ENCOUNTERED, ("encounter",)), "Encounter": (SELF,)},
    }
)
"""Compartment -> type -> parameters, any of which is enough. As R4 defines them, for the types dzop holds."""


def compartment(name: str, id: str, type: str) -> Clause:
    """What a resource of `type` must meet to be in the compartment `name/id`.

    NotFound when there is no such compartment, or the type is never in one: its resources are not to be
    had unfiltered.
    """
    types = COMPARTMENTS.get(name)
    if types is None:
        raise NotFound(
            f"`{short(name)}` has no compartment; those that have are {listed(list(COMPARTMENTS))}."
        )
    if type not in types:
        raise NotFound(
            f"`{short(type)}` is never in the compartment of a {name}; possible are {listed(sorted(types))}."
        )
    return AnyOf(tuple(_through(type, parameter, name, id) for parameter in types[type]))


def _through(type: str, name: str, target: str, id: str) -> Criterion:
    entry = RESOURCE_TYPES[type]
    if name == SELF:
        return Criterion(parameter_of(entry, "_id"), None, (Token(None, id),))
    return Criterion(parameter_of(entry, name), None, (ReferenceTarget((target,), id),))
