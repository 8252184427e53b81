"""THE table: per resource type its compartment, interactions, search parameters, audience, categories.

One entry adds a type, one line a search parameter; routes, index, CapabilityStatement and their tests
follow from here. Names and meanings of the parameters are those of
https://hl7.org/fhir/R4/searchparameter-registry.html; paths are those of `dzop.fhir.paths`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "CONSENT_KIND", "DATA_CATEGORY", "GOAL_ACCEPTANCE", "GOAL_RELATIONSHIP", "MESSAGE_KIND", "OBSERVATION_KIND",
    "RESOURCE_TYPES", "Audience", "CategoryRule", "Kind", "ResourceType", "SearchParameter", "SearchType",
]  # fmt: skip

SearchType = Literal["token", "reference", "date", "string", "uri", "number", "quantity", "composite"]

GOAL_RELATIONSHIP: Final = "extension(http://hl7.org/fhir/StructureDefinition/goal-relationship)"
GOAL_ACCEPTANCE: Final = "extension(http://hl7.org/fhir/StructureDefinition/goal-acceptance)"
_REVIEW_DUE: Final = "extension(https://dzop.example/fhir/StructureDefinition/review-due).valueDate"
_GOALS_DISCUSSED: Final = "extension(https://dzop.example/fhir/StructureDefinition/goals-discussed).valueDate"
_GOAL_FOR: Final = "extension(https://dzop.example/fhir/StructureDefinition/goal-for).valueReference"
_CANDIDATE: Final = "extension(http://hl7.org/fhir/StructureDefinition/task-candidateList).valueReference"


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A search parameter of one type. `targets` are the types a reference may point at; none = any.

    A reference to another type than its targets is not indexed: that is how `patient` differs from
    `subject`. `_id` and `_lastUpdated` are kept by the store in columns of their own, `_text` and
    `_content` as text. `components` are those of a composite: their paths begin at each node of its own
    (path `""`: the resource itself), their names at its name (`code-value-quantity.code`). `exists`: a
    token that says whether anything but `false` is there. `systems`: those that a code is of where it is
    written without, as elements of type `code` are. `canonical`: references by URL and version.
    `plain`: takes no modifiers. `own`: not one of R4's.
    """

    name: str
    type: SearchType
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    components: tuple[SearchParameter, ...] = ()
    exists: bool = False
    systems: tuple[str, ...] = ()
    canonical: bool = False
    plain: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Where a resource names who is concerned by it, per kind of audience (the law's words)."""

    author: tuple[str, ...] = ()
    acting: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """Resources with this code at `path`; their categories are those of what `sources` lead to.

    Both are search parameters of the type too, by the same name: what is labelled later is found by them.
    """

    system: str
    code: str
    sources: tuple[str, ...]
    path: str = "code"


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """How the data categories of a resource follow from it; `dzop.fhir.categories` applies it.

    `always` hold whatever it says. Codes of `systems` at `paths` choose among `codes`: none chosen
    gives `default`, a code we do not know gives `unknown`, the one with the smallest audience.
    `sources` lead to references and canonicals whose categories it has too; one that is not to be
    found gives `unknown`. A resource of one of the `kinds` has the `sources` of that kind besides.
    """

    always: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    default: str | None = None
    unknown: str | None = None
    sources: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()


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
    "read", "vread", "update", "patch", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
# Hard deletion is offered only where a cell of the matrix, or the operator, may delete.
_DELETABLE: Final = (*_KEPT[:4], "delete", *_KEPT[4:])

_ROLES: Final = ("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson")
_SENDERS: Final = (*_ROLES, "Device", "HealthcareService")
_PERFORMERS: Final = (*_SENDERS, "CareTeam")
_REQUESTERS: Final = (*_ROLES, "Device")
_SUBJECTS: Final = ("Patient", "Group")

_DZOP: Final = "https://dzop.example/fhir/CodeSystem"
DATA_CATEGORY: Final = f"{_DZOP}/data-category"
_GOAL_CATEGORY: Final = f"{_DZOP}/goal-category"
CONSENT_KIND: Final = f"{_DZOP}/consent-kind"
MESSAGE_KIND: Final = f"{_DZOP}/message-kind"
OBSERVATION_KIND: Final = f"{_DZOP}/observation-kind"
_ASSESSMENTS: Final = ("needs-assessment", "prom", "prem", "carer-burden")


def _token(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "token", paths or (name,))


def _code(name: str, path: str, *systems: str) -> SearchParameter:
    """A token on an element of type `code`; systems of R4's own by the last part of their URL."""
    urls = tuple(each if ":" in each else f"http://hl7.org/fhir/{each}" for each in systems)
    return SearchParameter(name, "token", (path,), systems=urls)


def _date(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "date", paths or (name,))


def _string(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "string", paths or (name,))


def _uri(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "uri", paths or (name,))


def _number(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "number", paths)


def _quantity(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "quantity", paths)


def _reference(name: str, path: str, *targets: str) -> SearchParameter:
    return SearchParameter(name, "reference", (path,), targets)


def _canonical(name: str, path: str, *targets: str) -> SearchParameter:
    return SearchParameter(name, "reference", (path,), targets, canonical=True)


def _related_artifact(type: str, *paths: str) -> SearchParameter:
    """A canonical of what a definition is in this way related to."""
    found = (*paths, f"relatedArtifact[type={type}].resource")
    return SearchParameter(type, "reference", found, canonical=True)


def _composite(name: str, paths: tuple[str, ...], *components: SearchParameter) -> SearchParameter:
    parts = tuple(replace(each, name=f"{name}.{each.name}") for each in components)
    return SearchParameter(name, "composite", paths, components=parts)


def _own(parameter: SearchParameter) -> SearchParameter:
    return replace(parameter, own=True)


def _about(path: str = "subject", targets: tuple[str, ...] = _SUBJECTS) -> tuple[SearchParameter, ...]:
    return (_reference("patient", path, "Patient"), _reference("subject", path, *targets))


_COMMON: Final = (
    _token("_id", "id"),
    _date("_lastUpdated", "meta.lastUpdated"),
    SearchParameter("_profile", "uri", ("meta.profile",), canonical=True),
    _uri("_source", "meta.source"),
    _token("_tag", "meta.tag"),
    _token("_security", "meta.security"),
    _string("_text", "text"),
    SearchParameter("_content", "string", ()),
)
_IDENTIFIED: Final = (*_COMMON, _token("identifier"))
_CONTEXT: Final = (
    _token("context", "useContext.valueCodeableConcept"),
    _quantity("context-quantity", "useContext.valueQuantity", "useContext.valueRange"),
    _token("context-type", "useContext.code"),
    _composite(
        "context-type-quantity",
        ("useContext",),
        _token("context-type", "code"),
        _quantity("context-quantity", "valueQuantity", "valueRange"),
    ),
    _composite(
        "context-type-value",
        ("useContext",),
        _token("context-type", "code"),
        _token("context", "valueCodeableConcept"),
    ),
)
_DESCRIBED: Final = (
    _uri("url"),
    _token("version"),
    _string("name"),
    _string("title"),
    _code("status", "status", "publication-status"),
    _date("date"),
    _string("description"),
    _string("publisher"),
    _token("jurisdiction"),
    *_CONTEXT,
)
_DEFINED: Final = (_token("_id", "id"), *_DESCRIBED)
_NAMED: Final = (_string("name"), _string("family", "name.family"), _string("given", "name.given"))
_ADDRESS: Final = (
    _string("address"),
    _string("address-city", "address.city"),
    _string("address-country", "address.country"),
    _string("address-postalcode", "address.postalCode"),
    _string("address-state", "address.state"),
    _code("address-use", "address.use", "address-use"),
)
_TELECOM: Final = (
    _token("telecom"),
    _token("email", "telecom[system=email]"),
    _token("phone", "telecom[system=phone]"),
)
_PERSON: Final = (_code("gender", "gender", "administrative-gender"), _token("active"), *_ADDRESS, *_TELECOM)
_INSTANTIATED: Final = (
    "Questionnaire",
    "Measure",
    "PlanDefinition",
    "OperationDefinition",
    "ActivityDefinition",
)
_REASONS: Final = ("Condition", "Observation", "Procedure", "ImmunizationRecommendation")

_ENTRIES: Final = (
    ResourceType(
        "Patient",
        "person",
        person_paths=(),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_NAMED,
            *_PERSON,
            _date("birthdate", "birthDate"),
            _date("death-date", "deceasedDateTime"),
            SearchParameter("deceased", "token", ("deceased[x]",), exists=True),
            _reference("link", "link.other", "Patient", "RelatedPerson"),
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
            *_PERSON,
            _date("birthdate", "birthDate"),
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
        search=(*_IDENTIFIED, *_NAMED, *_PERSON, _token("communication")),
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
            _reference("location", "location", "Location"),
            _reference("service", "healthcareService", "HealthcareService"),
            _reference("endpoint", "endpoint", "Endpoint"),
            _token("role", "code"),
            _token("specialty"),
            *_TELECOM,
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
            *_ADDRESS,
            _reference("partof", "partOf", "Organization"),
            _reference("endpoint", "endpoint", "Endpoint"),
            _token("type"),
        ),
    ),
    ResourceType(
        "HealthcareService",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            _token("active"),
            _string("name"),
            _token("characteristic"),
            _reference("coverage-area", "coverageArea", "Location"),
            _reference("endpoint", "endpoint", "Endpoint"),
            _reference("location", "location", "Location"),
            _reference("organization", "providedBy", "Organization"),
            _token("program"),
            _token("service-category", "category"),
            _token("service-type", "type"),
            _token("specialty"),
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
            _code("status", "status", "request-status"),
            _code("intent", "intent", "request-intent"),
            _token("category"),
            _date("date", "period"),
            _reference("goal", "goal", "Goal"),
            _reference("care-team", "careTeam", "CareTeam"),
            _reference("condition", "addresses", "Condition"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("based-on", "basedOn", "CarePlan"),
            _reference("part-of", "partOf", "CarePlan"),
            _reference("replaces", "replaces", "CarePlan"),
            _canonical("instantiates-canonical", "instantiatesCanonical", *_INSTANTIATED),
            _uri("instantiates-uri", "instantiatesUri"),
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
            _own(_date("review-due", _REVIEW_DUE)),
            _own(_date("goals-discussed", _GOALS_DISCUSSED)),
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
            _code("lifecycle-status", "lifecycleStatus", "goal-status"),
            _token("achievement-status", "achievementStatus"),
            _token("category"),
            _date("start-date", "startDate"),
            _date("target-date", "target.dueDate"),
            _own(_date("review-due", _REVIEW_DUE)),
            _own(_reference("goal-for", _GOAL_FOR, "RelatedPerson")),
            _own(_reference("related-goal", f"{GOAL_RELATIONSHIP}.extension(target).valueReference", "Goal")),
            _own(
                _code(
                    "acceptance-status",
                    f"{GOAL_ACCEPTANCE}.extension(status).valueCode",
                    "http://terminology.hl7.org/CodeSystem/goal-acceptance-status",
                )
            ),
            _own(
                _composite(
                    "acceptance",
                    (GOAL_ACCEPTANCE,),
                    _reference(
                        "individual",
                        "extension(individual).valueReference",
                        "Patient",
                        "Practitioner",
                        "RelatedPerson",
                    ),
                    _code(
                        "acceptance-status",
                        "extension(status).valueCode",
                        "http://terminology.hl7.org/CodeSystem/goal-acceptance-status",
                    ),
                )
            ),
            _own(
                _reference(
                    "expressed-by",
                    "expressedBy",
                    "Patient",
                    "Practitioner",
                    "PractitionerRole",
                    "RelatedPerson",
                )
            ),
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
            _code("status", "status", "care-team-status"),
            _token("category"),
            _date("date", "period"),
            _reference("encounter", "encounter", "Encounter"),
            _reference("participant", "participant.member", *_ROLES, "CareTeam"),
            _own(
                _composite(
                    "participant-role",
                    ("participant",),
                    _reference("participant", "member", *_ROLES, "CareTeam"),
                    _token("role"),
                )
            ),
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
            _code("status", "status", "task-status"),
            _token("business-status", "businessStatus"),
            _code("intent", "intent", "request-intent", "task-intent"),
            _code("priority", "priority", "request-priority"),
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
            _own(_reference("candidate", _CANDIDATE, *_PERFORMERS)),
            _own(_date("due", "restriction.period")),
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
            _code("status", "status", "consent-state-codes"),
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
            _code("status", "status", "event-status"),
            _token("category"),
            _token("medium"),
            _date("sent"),
            _date("received"),
            _reference("sender", "sender", *_SENDERS),
            _reference("recipient", "recipient", *_PERFORMERS, "Group"),
            _reference("based-on", "basedOn"),
            _reference("part-of", "partOf"),
            _reference("encounter", "encounter", "Encounter"),
            _canonical("instantiates-canonical", "instantiatesCanonical", *_INSTANTIATED),
            _uri("instantiates-uri", "instantiatesUri"),
            _own(_reference("about", "about")),
            _own(_reference("in-response-to", "inResponseTo", "Communication")),
            _own(_token("topic")),
        ),
        audience=Audience(author=("sender",), addressed=("recipient",)),
        categories=CategoryRule(
            paths=("category",),
            systems=(DATA_CATEGORY,),
            codes=("message", "journal", "shared-note"),
            default="message",
            unknown="journal",
            # That a goal or a team changed is as open, and as closed, as the goal or the team.
            kinds=tuple(
                Kind(MESSAGE_KIND, code, ("about",), "topic") for code in ("goal-changed", "team-changed")
            ),
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
            _code("status", "status", "appointmentstatus"),
            _code("part-status", "participant.status", "participationstatus"),
            _token("appointment-type", "appointmentType"),
            _token("service-category", "serviceCategory"),
            _token("service-type", "serviceType"),
            _token("reason-code", "reasonCode"),
            _token("specialty"),
            _date("date", "start"),
            _reference("based-on", "basedOn", "ServiceRequest"),
            _reference("supporting-info", "supportingInformation"),
            _reference("reason-reference", "reasonReference", *_REASONS),
            _reference("slot", "slot", "Slot"),
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
            _code("status", "status", "request-status"),
            _code("intent", "intent", "request-intent"),
            _code("priority", "priority", "request-priority"),
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
            _token("body-site", "bodySite"),
            _token("order-detail", "orderDetail"),
            _reference("specimen", "specimen", "Specimen"),
            _canonical(
                "instantiates-canonical", "instantiatesCanonical", "PlanDefinition", "ActivityDefinition"
            ),
            _uri("instantiates-uri", "instantiatesUri"),
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
            _code("status", "status", "request-status"),
            _code("priority", "priority", "request-priority"),
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
            _code("status", "status", "encounter-status"),
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
            _reference("reason-reference", "reasonReference", *_REASONS),
            _reference("account", "account", "Account"),
            _reference("episode-of-care", "episodeOfCare", "EpisodeOfCare"),
            _quantity("length", "length"),
            _date("location-period", "location.period"),
            _token("special-arrangement", "hospitalization.specialArrangement"),
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
            _quantity("onset-age", "onsetAge", "onsetRange"),
            _quantity("abatement-age", "abatementAge", "abatementRange"),
            _string("onset-info", "onsetString"),
            _string("abatement-string", "abatementString"),
            _token("evidence", "evidence.code"),
            _reference("evidence-detail", "evidence.detail"),
            _token("stage", "stage.summary"),
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
            _code("status", "status", "observation-status"),
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
            _reference(
                "part-of",
                "partOf",
                "Immunization",
                "MedicationDispense",
                "MedicationAdministration",
                "Procedure",
                "ImagingStudy",
                "MedicationStatement",
            ),
            _reference("device", "device", "Device", "DeviceMetric"),
            _reference("specimen", "specimen", "Specimen"),
            _token("method"),
            _token("data-absent-reason", "dataAbsentReason"),
            _token("component-code", "component.code"),
            _token("component-data-absent-reason", "component.dataAbsentReason"),
            _token("combo-data-absent-reason", "dataAbsentReason", "component.dataAbsentReason"),
            _token("value-concept", "valueCodeableConcept"),
            _token("component-value-concept", "component.valueCodeableConcept"),
            _token("combo-value-concept", "valueCodeableConcept", "component.valueCodeableConcept"),
            _date("value-date", "valueDateTime", "valuePeriod"),
            _string("value-string", "valueString", "valueCodeableConcept.text"),
            _quantity("value-quantity", "valueQuantity"),
            _quantity("component-value-quantity", "component.valueQuantity"),
            _quantity("combo-value-quantity", "valueQuantity", "component.valueQuantity"),
            _composite(
                "code-value-concept", ("",), _token("code"), _token("value-concept", "valueCodeableConcept")
            ),
            _composite(
                "code-value-date", ("",), _token("code"), _date("value-date", "valueDateTime", "valuePeriod")
            ),
            _composite(
                "code-value-quantity", ("",), _token("code"), _quantity("value-quantity", "valueQuantity")
            ),
            _composite("code-value-string", ("",), _token("code"), _string("value-string", "valueString")),
            _composite(
                "combo-code-value-concept",
                ("", "component"),
                _token("combo-code", "code"),
                _token("combo-value-concept", "valueCodeableConcept"),
            ),
            _composite(
                "combo-code-value-quantity",
                ("", "component"),
                _token("combo-code", "code"),
                _quantity("combo-value-quantity", "valueQuantity"),
            ),
            _composite(
                "component-code-value-concept",
                ("component",),
                _token("component-code", "code"),
                _token("component-value-concept", "valueCodeableConcept"),
            ),
            _composite(
                "component-code-value-quantity",
                ("component",),
                _token("component-code", "code"),
                _quantity("component-value-quantity", "valueQuantity"),
            ),
            # The scores of instruments are whole numbers.
            _own(_number("value-integer", "valueInteger")),
            _own(
                _composite(
                    "code-value-integer", ("",), _token("code"), _number("value-integer", "valueInteger")
                )
            ),
        ),
        # Who performs an observation also says what was observed: there is no other author in it.
        audience=Audience(author=("performer",), acting=("performer",)),
        categories=CategoryRule(
            paths=("category",),
            systems=(DATA_CATEGORY,),
            codes=_ASSESSMENTS,
            default="needs-assessment",
            unknown="carer-burden",
            # How far a goal is reached is as open, and as closed, as the goal.
            kinds=(Kind(OBSERVATION_KIND, "goal-attainment", ("focus",)),),
        ),
    ),
    ResourceType(
        "Questionnaire",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_DESCRIBED,
            _date("effective", "effectivePeriod"),
            _token("code", "item.code"),
            _uri("definition", "item.definition"),
            _code("subject-type", "subjectType", "resource-types"),
        ),
        categories=CategoryRule(
            paths=("code",), systems=(DATA_CATEGORY,), codes=_ASSESSMENTS, unknown="carer-burden"
        ),
    ),
    ResourceType(
        "PlanDefinition",
        "directory",
        person_paths=(),
        interactions=_DELETABLE,
        search=(
            *_IDENTIFIED,
            *_DESCRIBED,
            _related_artifact("composed-of"),
            _canonical(
                "definition",
                "action.definition[x]",
                "ActivityDefinition",
                "PlanDefinition",
                "Questionnaire",
            ),
            _related_artifact("depends-on", "library"),
            _related_artifact("derived-from"),
            _date("effective", "effectivePeriod"),
            _related_artifact("predecessor"),
            _related_artifact("successor"),
            _token("topic"),
            _token("type"),
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
            _code("status", "status", "questionnaire-answers-status"),
            _date("authored"),
            _reference("author", "author", *_REQUESTERS),
            _reference("source", "source", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson"),
            _canonical("questionnaire", "questionnaire", "Questionnaire"),
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
            _code("status", "status", "document-reference-status"),
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
            _code("contenttype", "content.attachment.contentType", "urn:ietf:bcp:13"),
            _code("language", "content.attachment.language", "urn:ietf:bcp:47"),
            _token("format", "content.format"),
            _uri("location", "content.attachment.url"),
            _token("event", "context.event"),
            _token("facility", "context.facilityType"),
            _token("setting", "context.practiceSetting"),
            _code("relation", "relatesTo.code", "document-relationship-type"),
            _composite(
                "relationship",
                ("relatesTo",),
                _code("relation", "code", "document-relationship-type"),
                _reference("relatesto", "target", "DocumentReference"),
            ),
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
        "Composition",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(targets=(*_SUBJECTS, "Practitioner")),
            _code("status", "status", "composition-status"),
            _token("type"),
            _token("category"),
            _string("title"),
            _date("date"),
            _reference("author", "author", *_REQUESTERS),
            _reference("attester", "attester.party", *_ROLES),
            _code(
                "confidentiality",
                "confidentiality",
                "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
            ),
            _token("context", "event.code"),
            _reference("encounter", "encounter", "Encounter", "EpisodeOfCare"),
            _reference("entry", "section.entry"),
            _own(_reference("event-detail", "event.detail")),
            _date("period", "event.period"),
            _token("related-id", "relatesTo.targetIdentifier"),
            _reference("related-ref", "relatesTo.targetReference", "Composition"),
            _token("section", "section.code"),
        ),
        audience=Audience(author=("author",)),
        categories=CategoryRule(
            paths=("type", "category"),
            systems=(DATA_CATEGORY,),
            codes=("shared-note", "document"),
            default="document",
            unknown="document",
        ),
    ),
    ResourceType(
        "Binary",
        "person",
        person_paths=("securityContext",),
        interactions=_KEPT,
        # It is no DomainResource: it has no narrative to search.
        search=(
            *(each for each in _COMMON if each.name not in ("_text", "_content")),
            _own(_reference("security-context", "securityContext")),
        ),
        # Who may see what it belongs to, such as a photograph what it is of.
        categories=CategoryRule(sources=("securityContext",), default="document", unknown="document"),
    ),
    ResourceType(
        "List",
        "person",
        person_paths=("subject",),
        interactions=_KEPT,
        search=(
            *_IDENTIFIED,
            *_about(targets=(*_SUBJECTS, "Device", "Location")),
            _code("status", "status", "list-status"),
            _token("code"),
            _string("title"),
            _date("date"),
            _reference("source", "source", "Practitioner", "PractitionerRole", "Patient", "Device"),
            _reference("encounter", "encounter", "Encounter", "EpisodeOfCare"),
            _reference("item", "entry.item"),
            _token("empty-reason", "emptyReason"),
            _string("notes", "note.text"),
        ),
        audience=Audience(author=("source",)),
        # What is in a list is told by the list, so it has the categories of all that is in it.
        categories=CategoryRule(sources=("entry.item",), default="document", unknown="document"),
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
        # The log is no index of resources: it answers these by columns of its own.
        search=tuple(
            replace(parameter, plain=True)
            for parameter in (
                _token("_id", "id"),
                _reference("patient", "entity.what", "Patient"),
                _date("date", "recorded"),
                _reference("agent", "agent.who", *_ROLES),
                _reference("entity", "entity.what"),
                _token("action"),
                _token("outcome"),
                _token("type"),
                _token("subtype"),
            )
        ),
        categories=CategoryRule(always=("access-log",), sources=("entity.what",), unknown="access-log"),
    ),
    ResourceType(
        "CodeSystem",
        "definition",
        (),
        _READ_ONLY,
        (
            *_DEFINED,
            _token("identifier"),
            _token("code", "concept.code"),
            _code("content-mode", "content", "codesystem-content-mode"),
            _code("language", "concept.designation.language", "urn:ietf:bcp:47"),
            _canonical("supplements", "supplements", "CodeSystem"),
            _uri("system", "url"),
        ),
    ),
    ResourceType(
        "CompartmentDefinition",
        "definition",
        (),
        _READ_ONLY,
        (
            *(each for each in _DEFINED if each.name not in ("title", "jurisdiction")),
            _token("code"),
            _token("resource", "resource.code"),
        ),
    ),
    ResourceType(
        "ConceptMap",
        "definition",
        (),
        _READ_ONLY,
        (
            *_DEFINED,
            _token("identifier"),
            _uri("dependson", "group.element.target.dependsOn.property"),
            _canonical("other", "group.unmapped.url", "ConceptMap"),
            _uri("product", "group.element.target.product.property"),
            _canonical("source", "sourceCanonical", "ValueSet"),
            _token("source-code", "group.element.code"),
            _uri("source-system", "group.source"),
            _canonical("source-uri", "sourceUri", "ValueSet"),
            _canonical("target", "targetCanonical", "ValueSet"),
            _token("target-code", "group.element.target.code"),
            _uri("target-system", "group.target"),
            _canonical("target-uri", "targetUri", "ValueSet"),
        ),
    ),
    ResourceType(
        "OperationDefinition",
        "definition",
        (),
        _READ_ONLY,
        (
            *_DEFINED,
            _canonical("base", "base", "OperationDefinition"),
            _token("code"),
            _canonical("input-profile", "inputProfile", "StructureDefinition"),
            _token("instance"),
            _code("kind", "kind", "operation-kind"),
            _canonical("output-profile", "outputProfile", "StructureDefinition"),
            _token("system"),
            _token("type"),
        ),
    ),
    ResourceType(
        "SearchParameter",
        "definition",
        (),
        _READ_ONLY,
        (
            # It has no title.
            *(each for each in _DEFINED if each.name != "title"),
            _code("base", "base", "resource-types"),
            _token("code"),
            _canonical("component", "component.definition", "SearchParameter"),
            _canonical("derived-from", "derivedFrom", "SearchParameter"),
            _code("target", "target", "resource-types"),
            _code("type", "type", "search-param-type"),
        ),
    ),
    ResourceType(
        "StructureDefinition",
        "definition",
        (),
        _READ_ONLY,
        (
            *_DEFINED,
            _token("identifier"),
            _token("abstract"),
            _canonical("base", "baseDefinition", "StructureDefinition"),
            _token("base-path", "snapshot.element.base.path", "differential.element.base.path"),
            _code("derivation", "derivation", "type-derivation-rule"),
            _token("experimental"),
            _code("ext-context", "context.type", "extension-context-type"),
            _token("keyword"),
            _code("kind", "kind", "structure-definition-kind"),
            _token("path", "snapshot.element.path", "differential.element.path"),
            _uri("type"),
            _canonical("valueset", "snapshot.element.binding.valueSet", "ValueSet"),
        ),
    ),
    ResourceType(
        "ValueSet",
        "definition",
        (),
        _READ_ONLY,
        (
            *_DEFINED,
            _token("identifier"),
            _token("code", "expansion.contains.code", "compose.include.concept.code"),
            _uri("expansion", "expansion.identifier"),
            _uri("reference", "compose.include.system"),
        ),
    ),
)

RESOURCE_TYPES: Final[Mapping[str, ResourceType]] = MappingProxyType(
    {entry.name: entry for entry in _ENTRIES}
)
