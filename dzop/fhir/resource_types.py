"""THE table: per resource type its compartment, interactions, search parameters, audience, categories.

One entry adds a type, one line a search parameter; routes, index, CapabilityStatement and their tests
follow from here. Names and meanings of the parameters are those of
https://hl7.org/fhir/R4/searchparameter-registry.html; paths are those of `dzop.fhir.paths`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "CONSENT_KIND", "DATA_CATEGORY", "GOAL_RELATIONSHIP", "RESOURCE_TYPES", "Audience", "CategoryRule",
    "ResourceType", "SearchParameter", "SearchType",
]  # fmt: skip

SearchType = Literal["token", "reference", "date", "string", "uri"]

GOAL_RELATIONSHIP: Final = "extension(http://hl7.org/fhir/StructureDefinition/goal-relationship)"
_CANDIDATE: Final = "extension(http://hl7.org/fhir/StructureDefinition/task-candidateList).valueReference"


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of one type. `targets` are the types a reference may point at; none = any.

    A reference to another type than its targets is not indexed: that is how `patient` differs from
    `subject`. Parameters that begin with `_` are kept by the store in columns of their own.
    """

    name: str
    type: SearchType
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Where a resource names who is concerned by it, per kind of audience (the law's words)."""

    author: tuple[str, ...] = ()
    acting: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """How the data categories of a resource follow from it; `dzop.fhir.categories` applies it.

    `always` hold whatever it says. Codes of `systems` at `paths` choose among `codes`: none chosen
    gives `default`, a code we do not know gives `unknown`, the one with the smallest audience.
    `sources` lead to references and canonicals whose categories it has too; one that is not to be
    found gives `unknown`.
    """

    always: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    default: str | None = None
    unknown: str | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What dzop knows of one resource type.

    Its compartment is a person's; the directory; or, of a definition, dzop itself, which publishes it.
    `person_paths` lead to references into the compartment of the person it is about, restricted to
    `person_targets` where others stand beside them. `goal_paths` lead to the goals it serves.
    `is_fact`: the law reads it.
    """

    name: str
    compartment: Literal["person", "directory", "definition"]
    person_paths: tuple[str, ...]
    interactions: tuple[str, ...]
    search: tuple[SearchParameter, ...]
    audience: Audience = field(default_factory=Audience)
    categories: CategoryRule = field(default_factory=CategoryRule)
    person_targets: tuple[str, ...] = ()
    goal_paths: tuple[str, ...] = ()
    is_fact: bool = False

    def parameter(self, name: str) -> SearchParameter | None:
        """The search parameter of this name."""
        return next((parameter for parameter in self.search if parameter.name == name), None)


_READ_ONLY: Final = ("read", "search-type")
_KEPT: Final = (
    "read", "vread", "update", "history-instance", "create", "search-type",
)  # fmt: skip
# Hard deletion is offered only where a cell of the matrix, or the operator, may delete.
_DELETABLE: Final = (*_KEPT[:3], "delete", *_KEPT[3:])

_ROLES: Final = ("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson")
_SENDERS: Final = (*_ROLES, "Device", "HealthcareService")
_PERFORMERS: Final = (*_SENDERS, "CareTeam")
_REQUESTERS: Final = (*_ROLES, "Device")
_SUBJECTS: Final = ("Patient", "Group")

_DZOP: Final = "https://dzop.example/fhir/CodeSystem"
DATA_CATEGORY: Final = f"{_DZOP}/data-category"
_GOAL_CATEGORY: Final = f"{_DZOP}/goal-category"
CONSENT_KIND: Final = f"{_DZOP}/consent-kind"
_ASSESSMENTS: Final = ("needs-assessment", "prom", "prem", "carer-burden")


def _token(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "token", paths or (name,))


def _date(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "date", paths or (name,))


def _string(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "string", paths or (name,))


def _uri(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "uri", paths or (name,))


def _reference(name: str, path: str, *targets: str) -> SearchParameter:
    return SearchParameter(name, "reference", (path,), targets)


def _about(path: str = "subject", targets: tuple[str, ...] = _SUBJECTS) -> tuple[SearchParameter, ...]:
    return (_reference("patient", path, "Patient"), _reference("subject", path, *targets))


_COMMON: Final = (_token("_id", "id"), _date("_lastUpdated", "meta.lastUpdated"))
_IDENTIFIED: Final = (*_COMMON, _token("identifier"))
_DEFINED: Final = (
    _token("_id", "id"),
    _uri("url"),
    _token("version"),
    _string("name"),
    _string("title"),
    _token("status"),
)
_NAMED: Final = (
    _string("name"),
    _string("family", "name.family"),
    _string("given", "name.given"),
    _token("gender"),
    _token("active"),
)

_ENTRIES: Final = (
    ResourceType(
        "Patient",
        "person",
        person_paths=(),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_NAMED,
            _date("birthdate", "birthDate"),
            _token("language", "communication.language"),
            _reference(
                "general-practitioner",
                "generalPractitioner",
                "Practitioner",
                "PractitionerRole",
                "Organization",
            ),
            _reference("organization", "managingOrganization", "Organization"),
        ),
        categories=CategoryRule(always=("about-me",)),
        is_fact=True,
    ),
    ResourceType(
        "RelatedPerson",
        "person",
        person_paths=("patient",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            _reference("patient", "patient", "Patient"),
            _string("name"),
            _date("birthdate", "birthDate"),
            _token("gender"),
            _token("active"),
            _token("relationship"),
        ),
        categories=CategoryRule(always=("about-me",)),
        is_fact=True,
    ),
    ResourceType(
        "Practitioner",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(*_IDENTIFIED, *_NAMED, _token("communication")),
    ),
    ResourceType(
        "PractitionerRole",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _token("active"),
            _date("date", "period"),
            _reference("practitioner", "practitioner", "Practitioner"),
            _reference("organization", "organization", "Organization"),
            _token("role", "code"),
            _token("specialty"),
        ),
    ),
    ResourceType(
        "Organization",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _token("active"),
            _string("name", "name", "alias"),
            _reference("partof", "partOf", "Organization"),
            _token("type"),
        ),
    ),
    ResourceType(
        "CarePlan",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("status"),
            _token("intent"),
            _token("category"),
            _date("date", "period"),
            _reference("goal", "goal", "Goal"),
            _reference("care-team", "careTeam", "CareTeam"),
            _reference("condition", "addresses", "Condition"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("based-on", "basedOn", "CarePlan"),
            _reference("part-of", "partOf", "CarePlan"),
            _reference("replaces", "replaces", "CarePlan"),
            _reference("performer", "activity.detail.performer", *_PERFORMERS),
            _reference(
                "activity-reference",
                "activity.reference",
                "Appointment",
                "CommunicationRequest",
                "DeviceRequest",
                "MedicationRequest",
                "NutritionOrder",
                "RequestGroup",
                "ServiceRequest",
                "Task",
                "VisionPrescription",
            ),
            _token("activity-code", "activity.detail.code"),
            _date("activity-date", "activity.detail.scheduled[x]"),
        ),
        audience=Audience(author=("author",), acting=("activity.detail.performer",)),
        categories=CategoryRule(always=("plan",)),
        is_fact=True,
    ),
    ResourceType(
        "Goal",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(targets=(*_SUBJECTS, "Organization")),
            _token("lifecycle-status", "lifecycleStatus"),
            _token("achievement-status", "achievementStatus"),
            _token("category"),
            _date("start-date", "startDate"),
            _date("target-date", "target.dueDate"),
        ),
        audience=Audience(author=("expressedBy",)),
        categories=CategoryRule(
            paths=("category",),
            systems=(_GOAL_CATEGORY,),
            codes=("life-goal", "care-goal", "support-goal"),
            default="care-goal",
            unknown="life-goal",
        ),
    ),
    ResourceType(
        "CareTeam",
        "person",
        person_paths=("subject",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("status"),
            _token("category"),
            _date("date", "period"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("participant", "participant.member", *_ROLES, "CareTeam"),
        ),
        # So that who is a member, a neighbour too, sees the team and may leave it.
        audience=Audience(addressed=("participant.member",)),
        categories=CategoryRule(always=("care-team",)),
        is_fact=True,
    ),
    ResourceType(
        "Task",
        "person",
        person_paths=("for",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_about("for", targets=()),
            _token("status"),
            _token("business-status", "businessStatus"),
            _token("intent"),
            _token("priority"),
            _token("code"),
            _reference("focus", "focus"),
            _reference("based-on", "basedOn"),
            _reference("part-of", "partOf", "Task"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("owner", "owner", *_PERFORMERS),
            _reference("requester", "requester", *_REQUESTERS),
            _token("performer", "performerType"),
            _date("authored-on", "authoredOn"),
            _date("modified", "lastModified"),
            _date("period", "executionPeriod"),
            _token("group-identifier", "groupIdentifier"),
        ),
        audience=Audience(acting=("owner",), addressed=("requester", "restriction.recipient", _CANDIDATE)),
        categories=CategoryRule(always=("task",)),
        goal_paths=("focus", "basedOn", "reasonReference"),
    ),
    ResourceType(
        "Consent",
        "person",
        person_paths=("patient",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _reference("patient", "patient", "Patient"),
            _token("status"),
            _token("scope"),
            _token("category"),
            _date("date", "dateTime"),
            _date("period", "provision.period"),
            _reference("actor", "provision.actor.reference", *_REQUESTERS, "CareTeam", "Group"),
            _reference("consentor", "performer", *_ROLES),
            _reference("organization", "organization", "Organization"),
            _reference("data", "provision.data.reference"),
            _reference(
                "source-reference",
                "sourceReference",
                "Consent",
                "Contract",
                "DocumentReference",
                "QuestionnaireResponse",
            ),
            _token("action", "provision.action"),
            _token("purpose", "provision.purpose"),
            _token("security-label", "provision.securityLabel"),
        ),
        # Whom a consent is addressed to depends on its kind: see `dzop.fhir.audience`.
        audience=Audience(author=("performer",), addressed=("provision.actor.reference",)),
        categories=CategoryRule(paths=("category",), default="consent"),
        is_fact=True,
    ),
    ResourceType(
        "Communication",
        "person",
        person_paths=("subject",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("status"),
            _token("category"),
            _token("medium"),
            _date("sent"),
            _date("received"),
            _reference("sender", "sender", *_SENDERS),
            _reference("recipient", "recipient", *_PERFORMERS, "Group"),
            _reference("based-on", "basedOn"),
            _reference("part-of", "partOf"),
            _reference("encounter", "encounter", "Encounter"),
        ),
        audience=Audience(author=("sender",), addressed=("recipient",)),
        categories=CategoryRule(
            paths=("category",),
            systems=(DATA_CATEGORY,),
            codes=("message", "journal", "shared-note"),
            default="message",
            unknown="journal",
        ),
    ),
    ResourceType(
        "Appointment",
        "person",
        person_paths=("participant.actor",),
        person_targets=("Patient",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _reference("patient", "participant.actor", "Patient"),
            _reference("practitioner", "participant.actor", "Practitioner"),
            _reference("location", "participant.actor", "Location"),
            _reference(
                "actor",
                "participant.actor",
                "Patient",
                "RelatedPerson",
                "Practitioner",
                "PractitionerRole",
                "HealthcareService",
                "Location",
                "Device",
            ),
            _token("status"),
            _token("part-status", "participant.status"),
            _token("appointment-type", "appointmentType"),
            _token("service-category", "serviceCategory"),
            _token("service-type", "serviceType"),
            _token("reason-code", "reasonCode"),
            _token("specialty"),
            _date("date", "start"),
            _reference("based-on", "basedOn", "ServiceRequest"),
            _reference("supporting-info", "supportingInformation"),
        ),
        audience=Audience(acting=("participant.actor",)),
        categories=CategoryRule(always=("appointment",)),
    ),
    ResourceType(
        "ServiceRequest",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(targets=(*_SUBJECTS, "Device", "Location")),
            _token("status"),
            _token("intent"),
            _token("priority"),
            _token("category"),
            _token("code"),
            _date("authored", "authoredOn"),
            _date("occurrence", "occurrence[x]"),
            _reference("requester", "requester", *_REQUESTERS),
            _reference("performer", "performer", *_PERFORMERS),
            _token("performer-type", "performerType"),
            _reference("based-on", "basedOn", "CarePlan", "MedicationRequest", "ServiceRequest"),
            _reference("encounter", "encounter", "Encounter", "EpisodeOfCare"),
            _reference("replaces", "replaces", "ServiceRequest"),
            _token("requisition"),
        ),
        audience=Audience(acting=("performer",), addressed=("requester",)),
        categories=CategoryRule(always=("task",)),
    ),
    ResourceType(
        "CommunicationRequest",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("status"),
            _token("priority"),
            _token("category"),
            _token("medium"),
            _date("authored", "authoredOn"),
            _date("occurrence", "occurrenceDateTime"),
            _reference("requester", "requester", *_REQUESTERS),
            _reference("sender", "sender", *_SENDERS),
            _reference("recipient", "recipient", *_PERFORMERS, "Group"),
            _reference("based-on", "basedOn"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("replaces", "replaces", "CommunicationRequest"),
            _token("group-identifier", "groupIdentifier"),
        ),
        # Its sender is asked to send: the one who performs it, not the one who wrote it.
        audience=Audience(acting=("sender",), addressed=("recipient", "requester")),
        categories=CategoryRule(always=("task",)),
    ),
    ResourceType(
        "Encounter",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("status"),
            _token("class"),
            _token("type"),
            _date("date", "period"),
            _reference(
                "participant", "participant.individual", "Practitioner", "PractitionerRole", "RelatedPerson"
            ),
            _reference("practitioner", "participant.individual", "Practitioner"),
            _token("participant-type", "participant.type"),
            _reference("appointment", "appointment", "Appointment"),
            _reference("based-on", "basedOn", "ServiceRequest"),
            _reference("diagnosis", "diagnosis.condition", "Condition", "Procedure"),
            _reference("location", "location.location", "Location"),
            _reference("part-of", "partOf", "Encounter"),
            _reference("service-provider", "serviceProvider", "Organization"),
            _token("reason-code", "reasonCode"),
        ),
        categories=CategoryRule(always=("appointment",)),
    ),
    ResourceType(
        "Condition",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(),
            _token("clinical-status", "clinicalStatus"),
            _token("verification-status", "verificationStatus"),
            _token("category"),
            _token("severity"),
            _token("code"),
            _token("body-site", "bodySite"),
            _date("onset-date", "onsetDateTime", "onsetPeriod"),
            _date("abatement-date", "abatementDateTime", "abatementPeriod"),
            _date("recorded-date", "recordedDate"),
            _reference(
                "asserter", "asserter", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson"
            ),
            _reference("encounter", "encounter", "Encounter"),
        ),
        audience=Audience(author=("recorder",)),
        categories=CategoryRule(always=("document",)),
    ),
    ResourceType(
        "Observation",
        "person",
        person_paths=("subject",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_about(targets=(*_SUBJECTS, "Device", "Location")),
            _token("status"),
            _token("category"),
            _token("code"),
            _token("combo-code", "code", "component.code"),
            _date("date", "effective[x]"),
            _reference("performer", "performer", *_ROLES, "CareTeam"),
            _reference("focus", "focus"),
            _reference(
                "based-on",
                "basedOn",
                "CarePlan",
                "DeviceRequest",
                "ImmunizationRecommendation",
                "MedicationRequest",
                "NutritionOrder",
                "ServiceRequest",
            ),
            _reference(
                "derived-from",
                "derivedFrom",
                "DocumentReference",
                "ImagingStudy",
                "Media",
                "MolecularSequence",
                "Observation",
                "QuestionnaireResponse",
            ),
            _reference(
                "has-member", "hasMember", "MolecularSequence", "Observation", "QuestionnaireResponse"
            ),
            _reference("encounter", "encounter", "Encounter", "EpisodeOfCare"),
            _token("value-concept", "valueCodeableConcept"),
            _date("value-date", "valueDateTime", "valuePeriod"),
            _string("value-string", "valueString", "valueCodeableConcept.text"),
        ),
        # Who performs an observation also says what was observed: there is no other author in it.
        audience=Audience(author=("performer",), acting=("performer",)),
        categories=CategoryRule(
            paths=("category",),
            systems=(DATA_CATEGORY,),
            codes=_ASSESSMENTS,
            default="needs-assessment",
            unknown="carer-burden",
        ),
    ),
    ResourceType(
        "Questionnaire",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _uri("url"),
            _token("version"),
            _string("name"),
            _string("title"),
            _string("description"),
            _string("publisher"),
            _token("status"),
            _date("date"),
            _date("effective", "effectivePeriod"),
            _token("code", "item.code"),
            _token("context", "useContext.valueCodeableConcept"),
            _token("jurisdiction"),
            _token("subject-type", "subjectType"),
        ),
        categories=CategoryRule(
            paths=("code",), systems=(DATA_CATEGORY,), codes=_ASSESSMENTS, unknown="carer-burden"
        ),
    ),
    ResourceType(
        "QuestionnaireResponse",
        "person",
        person_paths=("subject",),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_about(targets=()),
            _token("status"),
            _date("authored"),
            _reference("author", "author", *_REQUESTERS),
            _reference("source", "source", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson"),
            _reference("questionnaire", "questionnaire", "Questionnaire"),
            _reference("based-on", "basedOn", "CarePlan", "ServiceRequest"),
            _reference("part-of", "partOf", "Observation", "Procedure"),
            _reference("encounter", "encounter", "Encounter"),
        ),
        audience=Audience(author=("author", "source")),
        categories=CategoryRule(sources=("questionnaire",), default="needs-assessment"),
    ),
    ResourceType(
        "DocumentReference",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_COMMON,
            _token("identifier", "masterIdentifier", "identifier"),
            *_about(targets=(*_SUBJECTS, "Device", "Practitioner")),
            _token("status"),
            _token("type"),
            _token("category"),
            _date("date"),
            _date("period", "context.period"),
            _string("description"),
            _reference("author", "author", *_REQUESTERS),
            _reference("authenticator", "authenticator", "Practitioner", "PractitionerRole", "Organization"),
            _reference("custodian", "custodian", "Organization"),
            _reference("encounter", "context.encounter", "Encounter", "EpisodeOfCare"),
            _reference("related", "context.related"),
            _reference("relatesto", "relatesTo.target", "DocumentReference"),
            _token("contenttype", "content.attachment.contentType"),
            _token("language", "content.attachment.language"),
            _token("security-label", "securityLabel"),
        ),
        audience=Audience(author=("author",)),
        categories=CategoryRule(
            paths=("type",),
            systems=(DATA_CATEGORY,),
            codes=("shared-note", "document"),
            default="document",
            unknown="document",
        ),
    ),
    ResourceType(
        "Provenance",
        "person",
        person_paths=("target",),
        interactions=_KEPT,
        search=(
            *_COMMON,
            _reference("target", "target"),
            _reference("patient", "target", "Patient"),
            _reference("agent", "agent.who", *_REQUESTERS),
            _token("agent-role", "agent.role"),
            _token("agent-type", "agent.type"),
            _reference("entity", "entity.what"),
            _reference("location", "location", "Location"),
            _date("recorded"),
            _date("when", "occurredDateTime"),
            _token("signature-type", "signature.type"),
        ),
        audience=Audience(author=("agent.who",)),
        categories=CategoryRule(sources=("target",), default="access-log", unknown="access-log"),
    ),
    ResourceType(
        "AuditEvent",
        "person",
        person_paths=("entity.what",),
        interactions=_READ_ONLY,
        search=(
            _token("_id", "id"),
            SearchParameter("patient", "reference", ("entity.what",), ("Patient",)),
            _date("date", "recorded"),
            SearchParameter("agent", "reference", ("agent.who",), _ROLES),
            SearchParameter("entity", "reference", ("entity.what",)),
            _token("action"),
            _token("outcome"),
            _token("type"),
            _token("subtype"),
        ),
        categories=CategoryRule(always=("access-log",), sources=("entity.what",), unknown="access-log"),
    ),
    ResourceType(
        "CodeSystem",
        "definition",
        (),
        _READ_ONLY,
        (*_DEFINED, _token("code", "concept.code"), _uri("system", "url")),
    ),
    ResourceType("OperationDefinition", "definition", (), _READ_ONLY, (*_DEFINED, _token("code"))),
    ResourceType("StructureDefinition", "definition", (), _READ_ONLY, (*_DEFINED, _uri("type"))),
    ResourceType(
        "ValueSet", "definition", (), _READ_ONLY, (*_DEFINED, _uri("reference", "compose.include.system"))
    ),
)

RESOURCE_TYPES: Final[Mapping[str, ResourceType]] = MappingProxyType(
    {entry.name: entry for entry in _ENTRIES}
)
