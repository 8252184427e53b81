"""Facts about one person as FHIR resources: built by hand for cases, and generated for properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from consent.facts import Party
from consent.law import Shape

BASE = "https://dzop.example/fhir"
PERSON = "Patient/p"
_RECIPIENT = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]
}

Body = dict[str, Any]


def resolve(reference: Mapping[str, Any]) -> Party | None:
    """Whom a literal reference means; `PractitionerRole/a-o` is Practitioner/a at Organization/o."""
    match reference.get("reference", "").split("/"):
        case ["PractitionerRole", capacity]:
            individual, organisation = capacity.split("-")
            return Party(f"Practitioner/{individual}", f"Organization/{organisation}")
        case ["Organization", _]:
            return Party(None, reference["reference"])
        case [_, _]:
            return Party(reference["reference"], None)
        case _:
            return None


def related_person(id: str) -> Body:
    return {"resourceType": "RelatedPerson", "id": id, "patient": {"reference": PERSON}}


def role(*codes: str) -> Body:
    return {"coding": [{"system": f"{BASE}/CodeSystem/role", "code": code} for code in codes]}


def participant(
    member: str, *roles: str, agreement: str | None = "agreed", period: Body | None = None
) -> Body:
    entry: Body = {"member": {"reference": member} if "/" in member else {"display": member}}
    if roles:
        entry["role"] = [role(*roles)]
    if agreement is not None:
        entry["extension"] = [{"url": f"{BASE}/StructureDefinition/member-agreement", "valueCode": agreement}]
    return _during(entry, period)


def team(id: str, *participants: Body, status: str = "active", period: Body | None = None) -> Body:
    return _during(
        {
            "resourceType": "CareTeam",
            "id": id,
            "status": status,
            "subject": {"reference": PERSON},
            "participant": list(participants),
        },
        period,
    )


def consent(id: str, kind: str, provision: Body, status: str = "active") -> Body:
    return {
        "resourceType": "Consent",
        "id": id,
        "status": status,
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"system": f"{BASE}/CodeSystem/consent-kind", "code": kind}]}],
        "patient": {"reference": PERSON},
        "provision": provision,
    }


def provision(
    type: str,
    actors: list[str] | None = None,
    classes: list[str] | None = None,
    actions: list[str] | None = None,
    period: Body | None = None,
) -> Body:
    """One provision; an actor is a literal reference or, without a slash, a role code."""
    body: Body = {"type": type}
    if actors:
        body["actor"] = [{"role": _RECIPIENT, "reference": _actor(actor)} for actor in actors]
    if classes:
        body["class"] = [{"system": f"{BASE}/CodeSystem/data-category", "code": code} for code in classes]
    if actions:
        body["action"] = [{"coding": [{"code": code}]} for code in actions]
    return _during(body, period)


def opening(*references: str, meaning: str = "instance") -> Body:
    """The part of a provision that opens single entries."""
    return {"data": [{"meaning": meaning, "reference": {"reference": each}} for each in references]}


def patient(**elements: Any) -> Body:
    return {"resourceType": "Patient", "id": "p"} | elements


def plan(id: str, status: str = "active", part_of: str | None = None, period: Body | None = None) -> Body:
    body: Body = {"resourceType": "CarePlan", "id": id, "status": status, "subject": {"reference": PERSON}}
    return _during(body | ({"partOf": [{"reference": part_of}]} if part_of else {}), period)


def extension(name: str, code: str) -> Body:
    return {"url": f"{BASE}/StructureDefinition/{name}", "valueCode": code}


def _actor(actor: str) -> Body:
    if "/" in actor:
        return {"reference": actor}
    return {"identifier": {"system": f"{BASE}/CodeSystem/role", "value": actor}}


def _during(body: Body, period: Body | None) -> Body:
    return body | ({"period": period} if period else {})


PROFESSIONAL_ROLES = [
    "general-practitioner",
    "health-professional",
    "welfare-professional",
    "hospital-sender",
]
FEW_CATEGORIES = ["document", "task", "sensitive", "journal", "carer-burden", "consent", "care-team"]

_days = st.integers(1, 6).map(lambda day: f"2024-01-0{day}")
_periods = st.none() | st.fixed_dictionaries({}, optional={"start": _days, "end": _days})
_individuals = st.sampled_from(
    ["Practitioner/a", "Practitioner/b", "PractitionerRole/a-o", "PractitionerRole/b-q"]
)
_organisations = st.sampled_from(["Organization/o", "Organization/q"])
_relatives = st.sampled_from(["RelatedPerson/r", "RelatedPerson/s", "RelatedPerson/stranger"])
_parties = _individuals | _organisations | _relatives

_participants = st.builds(
    lambda member, roles, agreement, period: participant(member, *roles, agreement=agreement, period=period),
    _parties | st.sampled_from([PERSON, "Patient/other", "Doctor Display"]),
    st.sampled_from(
        [
            [],
            [],
            ["health-professional"],
            ["welfare-professional"],
            ["care-coordinator"],
            ["health-professional", "care-coordinator"],
            ["informal-carer"],
            ["case-manager"],
            ["system-client"],
        ]
    ),
    st.sampled_from(["agreed", "agreed", "agreed", "proposed", "declined", None]),
    _periods,
)
teams = st.builds(
    lambda key, entries, status, period: team(key, *entries, status=status, period=period),
    st.uuids().map(str),
    st.lists(_participants, max_size=4),
    st.sampled_from(["active", "active", "active", "inactive"]),
    _periods,
)
sharings = st.builds(
    lambda key, verb, period, status: consent(key, "sharing", provision(verb, period=period), status),
    st.uuids().map(str),
    st.sampled_from(["permit", "permit", "permit", "deny"]),
    _periods,
    st.sampled_from(["active", "active", "inactive"]),
)
exclusions = st.builds(
    lambda key, actor, period: consent(key, "exclusion", provision("deny", [actor], period=period)),
    st.uuids().map(str),
    _parties | st.just(PERSON),
    _periods,
)


def provisions(type: str) -> st.SearchStrategy[Body]:
    """One provision of the settings, of this type."""
    return st.builds(
        provision,
        st.just(type),
        st.lists(
            _parties | st.sampled_from(["health-professional", "care-coordinator", "informal-carer"]),
            max_size=2,
        ),
        st.lists(st.sampled_from(FEW_CATEGORIES), max_size=3),
        st.lists(st.sampled_from(["access", "collect", "correct", "disclose"]), max_size=2),
        _periods,
    )


def settings(*types: str) -> st.SearchStrategy[Body]:
    """One Consent of kind settings with provisions of these types."""
    return st.builds(
        lambda key, lines: consent(key, "settings", {"type": "permit", "provision": lines}),
        st.uuids().map(str),
        st.lists(st.sampled_from(types).flatmap(provisions), min_size=1, max_size=4),
    )


_BOUNDED = st.fixed_dictionaries({"end": _days}, optional={"start": _days})

mandates = st.builds(
    lambda key, actor, period, document, performer, ground: (
        consent(key, "mandate", provision("permit", [actor], period=period))
        | ({"sourceReference": {"reference": "DocumentReference/d"}} if document else {})
        | {"performer": [{"reference": performer}], "extension": [extension("mandate-ground", ground)]}
    ),
    st.uuids().map(str),
    _relatives,
    _periods,
    st.sampled_from([True, True, False]),
    st.sampled_from([PERSON, "RelatedPerson/r"]),
    st.sampled_from(["designated", "parenthood"]),
)
relations_of_care = st.builds(
    lambda key, actor, period, proof: (
        consent(key, "therapeutic-relation", provision("permit", [actor], period=period))
        | {"extension": [extension("proof", proof)]}
    ),
    st.uuids().map(str),
    _parties,
    _BOUNDED | _periods,
    st.sampled_from(["gmd", "referral"]),
)
case_managements = st.builds(
    lambda key, actor, period: consent(key, "case-management", provision("permit", [actor], period=period)),
    st.uuids().map(str),
    _parties,
    _BOUNDED | _periods,
)
grants = st.builds(
    lambda key, actor, classes, period: consent(
        key, "grant", provision("permit", [actor], classes, period=period)
    ),
    st.uuids().map(str),
    _parties,
    st.lists(st.sampled_from(FEW_CATEGORIES), max_size=3),
    _BOUNDED | _periods,
)
carer_shares = st.builds(
    lambda key, carer, actor, period: (
        consent(key, "carer-share", provision("permit", [actor], period=period))
        | {"performer": [{"reference": carer}]}
    ),
    st.uuids().map(str),
    st.sampled_from(["RelatedPerson/r", "RelatedPerson/stranger", PERSON]),
    _parties,
    _periods,
)
broken_glasses = st.builds(
    lambda key, actor, start, minutes: consent(
        key,
        "break-glass",
        provision("permit", [actor])
        | {"period": {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}},
    ),
    st.uuids().map(str),
    _parties,
    st.integers(0, 5 * 24).map(lambda hours: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.sampled_from([30, 60, 24 * 60]),
)
_entries = st.just(opening("Task/t"))
single_grants = st.builds(
    lambda key, actors, data, period: consent(
        key, "grant", provision("permit", actors, period=period) | data
    ),
    st.uuids().map(str),
    st.lists(_parties, min_size=1, max_size=2),
    _entries,
    _BOUNDED | _periods,
)
single_settings = st.builds(
    lambda key, actors, data, period: consent(
        key,
        "settings",
        {"type": "permit", "provision": [provision("permit", actors, period=period) | data]},
    ),
    st.uuids().map(str),
    st.lists(_parties, min_size=1, max_size=2),
    _entries,
    _periods,
)
permits = st.one_of(
    sharings,
    settings("permit"),
    mandates,
    relations_of_care,
    case_managements,
    grants,
    carer_shares,
    broken_glasses,
    single_grants,
    single_settings,
)
"""Consents that permit; a sharing consent may be a refusal."""


plans = st.builds(
    plan,
    st.uuids().map(str),
    st.sampled_from(["completed", "completed", "active", "draft", "on-hold", "revoked"]),
    st.sampled_from([None, None, "CarePlan/umbrella"]),
    _periods,
)
_patients = st.builds(
    lambda born, dead: patient(**born, **dead),
    st.sampled_from(
        [{}] + [{"birthDate": day} for day in ("1950-07-01", "2006-01-04", "2008-01-03", "2012-05-05")]
    ),
    st.sampled_from(
        [
            {},
            {},
            {},
            {},
            {"deceasedBoolean": True},
            {"deceasedBoolean": False},
            {"deceasedDateTime": "2024-01-04"},
        ]
    ),
)
_always = st.builds(
    lambda given: [consent("always", "sharing", provision("permit"))] if given else [], st.booleans()
)

worlds = st.builds(
    lambda patient, teams, always, sharing, exclusions, settings, others, plans: [
        patient,
        *always,
        related_person("r"),
        related_person("s"),
        *teams,
        *sharing,
        *exclusions,
        *settings,
        *others,
        *plans,
    ],
    _patients,
    st.lists(teams, max_size=2),
    _always,
    st.lists(sharings, max_size=2),
    st.lists(exclusions, max_size=1),
    st.lists(settings("permit", "deny"), max_size=2),
    st.lists(
        st.one_of(
            mandates,
            relations_of_care,
            case_managements,
            grants,
            carer_shares,
            broken_glasses,
            single_grants,
            single_settings,
        ),
        max_size=4,
    ),
    st.lists(plans, max_size=2),
)
"""Everything a store may hold about the person that the law reads."""

_ORGANISATIONS = [None, "Organization/o", "Organization/q", "Organization/unknown"]
_PROFESSIONALS = ["Practitioner/a", "Practitioner/b", "Practitioner/unknown"]
_RELATIVES = ["RelatedPerson/r", "RelatedPerson/s", "RelatedPerson/stranger"]
_PROFESSIONS = [*PROFESSIONAL_ROLES, "case-manager", "none"]

_anywhere = st.sampled_from(_ORGANISATIONS)
shapes = st.one_of(
    st.builds(Shape, st.sampled_from(_PROFESSIONALS), _anywhere, st.sampled_from(_PROFESSIONS)),
    st.builds(Shape, st.sampled_from(_RELATIVES), _anywhere, st.just("related-person")),
    st.builds(Shape, st.none(), _anywhere, st.just("system-client")),
    st.builds(Shape, st.sampled_from([PERSON, "Patient/other"]), _anywhere, st.just("person")),
    st.builds(
        Shape,
        st.sampled_from([None, *_PROFESSIONALS, *_RELATIVES, PERSON]),
        _anywhere,
        st.sampled_from([*_PROFESSIONS, "system-client", "related-person", "person"]),
    ),
)
"""Any token, also of actors the facts do not mention, and with roles that do not suit the actor."""

instants = st.one_of(
    st.integers(-30, 200).map(lambda hours: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.integers(0, 7).map(lambda days: datetime(2023, 12, 31, 22, 59, 59, tzinfo=UTC) + timedelta(days=days)),
)
