"""Generated plans: two persons with a team, consents and entries of every kind, in several versions.

Ids are short and fixed, so that a failure reads well: `Patient/p` is the person, `Patient/z` another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from resources import (
    DZOP,
    PROVEN,
    Resource,
    communication,
    consent,
    entity,
    goal,
    ours,
    participant,
    practitioner,
    provision,
    ref,
    task,
)

PERSON, OTHER, TEAM = "Patient/p", "Patient/z", "CareTeam/t"
IDENTIFIER = "https://gp.example/shared"
PROFESSIONALS = ("Practitioner/a", "Practitioner/b", "Practitioner/c", "Practitioner/d")
MANAGER = "Practitioner/d"  # who may manage the case, and is therefore in no team
RELATIVES = ("RelatedPerson/r", "RelatedPerson/s")
ORGANISATIONS = {
    "Practitioner/a": "Organization/o",
    "Practitioner/b": "Organization/q",
    "Practitioner/c": "Organization/o",
    "Practitioner/d": "Organization/q",
}
ACTORS = (*PROFESSIONALS, *RELATIVES, PERSON, OTHER, "Organization/o")
CATEGORIES = (
    "task",
    "message",
    "shared-note",
    "document",
    "care-goal",
    "plan",
    "sensitive",
    "prom",
    "about-me",
)
_PROFESSIONS = ("general-practitioner", "health-professional", "welfare-professional")
_PERIODS = ({"end": "2026-05-31"}, {"start": "2026-06-02"}, {"start": "2026-05-01", "end": "2026-06-30"})

_chance = st.sampled_from
_people = _chance((*PROFESSIONALS, *RELATIVES, PERSON))
_period = st.one_of(st.just({}), st.just({}), _chance(_PERIODS))
_ending = st.just({"start": "2026-05-01", "end": "2026-06-30"})


@dataclass(frozen=True)
class World:
    """What is stored one transaction after another, what is then deleted, and every reference there is."""

    rounds: tuple[tuple[Resource, ...], ...]
    deleted: tuple[str, ...]

    @property
    def resources(self) -> list[Resource]:
        return [each for round in self.rounds for each in round]

    @property
    def references(self) -> list[str]:
        return list(dict.fromkeys(f"{each['resourceType']}/{each['id']}" for each in self.resources))


def _consent(kind: str, number: int, type: str, actors: tuple[str, ...], **elements: Any) -> Resource:
    about = {
        name: elements.pop(name) for name in ("performer", "sourceReference", "extension") if name in elements
    }
    return consent(f"Consent/{kind}-{number}", kind, PERSON, provision(type, actors, **elements), **about)


def _settings(lines: list[Resource]) -> Resource:
    return consent("Consent/settings", "settings", PERSON, {"type": "permit", "provision": lines})


_named = st.lists(
    _chance((*PROFESSIONALS, *RELATIVES, "Organization/o", "PractitionerRole/a-o")), max_size=2, unique=True
).map(tuple)
_classes = st.lists(_chance(CATEGORIES), max_size=3, unique=True).map(tuple)
_line = st.builds(
    lambda verb, actors, classes, period: provision(verb, actors, classes, **_during(period)),
    _chance(("deny", "deny", "permit")),
    _named,
    _classes,
    _period,
)
_someone = _chance((*PROFESSIONALS, "Organization/o", "RelatedPerson/s")).map(lambda each: (each,))
_professional = _chance((*PROFESSIONALS, "Organization/o")).map(lambda each: (each,))


@st.composite
def _kinds(draw: st.DrawFn, number: int) -> Resource:
    """One consent that bears on somebody's access."""

    def given(kind: str, type: str, actors: tuple[str, ...], **elements: Any) -> Resource:
        return _consent(kind, number, type, actors, **elements)

    until, someone = draw(_ending), draw(_someone)
    match draw(_chance(("exclusion", "grant", "relation", "management", "burden", "mandate", "entry"))):
        case "exclusion":
            return given("exclusion", "deny", someone, **_during(draw(_period)))
        case "grant":
            return given("grant", "permit", someone, classes=draw(_classes) or ("task",), period=until)
        case "relation":
            party = draw(_professional)
            return given("therapeutic-relation", "permit", party, period=until, extension=[PROVEN])
        case "management":
            return given("case-management", "permit", (MANAGER,), period=until)
        case "burden":
            professional = (draw(_chance(PROFESSIONALS)),)
            return given("carer-share", "permit", professional, performer=[ref("RelatedPerson/r")])
        case "mandate":
            document = ref("DocumentReference/report")
            return given("mandate", "permit", ("RelatedPerson/s",), period=until, sourceReference=document)
        case _:
            entry = draw(_chance(("Communication/1", "Goal/2", "DocumentReference/3", "Condition/4")))
            data = [{"meaning": "instance", "reference": ref(entry)}]
            return given("grant", "permit", someone, classes=("message",), period=until, data=data)


def _during(period: Resource) -> Resource:
    return {"period": period} if period else {}


_member = st.builds(
    lambda member, role, period: participant(member, role, **_during(period)),
    _chance(("Practitioner/a", "Practitioner/b", "PractitionerRole/c-o", "Organization/o")),
    _chance(("health-professional", "welfare-professional")),
    _period,
)
_relative = st.builds(participant, _chance(RELATIVES), _chance(("informal-carer", "informal-network")))


@st.composite
def _facts(draw: st.DrawFn, actor: str) -> list[Resource]:
    """The persons, who works where, the team, mostly with the actor in it, and what the person consented to."""
    directory: list[Resource] = [entity(f"Organization/{key}", active=True, name=key) for key in "oq"]
    for each in PROFESSIONALS:
        named, role = practitioner(each, draw(_chance(_PROFESSIONS)), ORGANISATIONS[each])
        directory += [named, {**role, "id": f"{each[-1]}-{ORGANISATIONS[each][-1]}"}]
    family = [
        entity(
            PERSON,
            name=[{"text": "Jet"}],
            birthDate="1944-03-17",
            generalPractitioner=[ref("Practitioner/a")],
        ),
        entity(OTHER, name=[{"text": "Jet"}], birthDate="1944-03-17"),
        *[entity(each, active=True, patient=ref(PERSON), name=[{"text": each[-1]}]) for each in RELATIVES],
    ]
    members = draw(st.lists(_member, max_size=2)) + draw(st.lists(_relative, max_size=2))
    if actor != MANAGER and not actor.startswith("Patient/") and draw(_chance((True, True, True, False))):
        roles = (
            ("informal-carer", "informal-network")
            if actor in RELATIVES
            else ("health-professional", "welfare-professional")
        )
        members.append(participant(actor, draw(_chance(roles))))
    teams = (
        [entity(TEAM, status="active", name="Team", subject=ref(PERSON), participant=members)]
        if members
        else []
    )
    teams.append(
        entity(
            "CareTeam/y",
            status="active",
            subject=ref(OTHER),
            participant=[participant("Practitioner/b", "health-professional")],
        )
    )
    shared = draw(_chance(("active",) * 5 + ("inactive",)))
    consents = [
        consent("Consent/sharing", "sharing", PERSON, provision("permit"), status=shared),
        consent("Consent/other", "sharing", OTHER, provision("permit")),
    ]
    if lines := draw(st.lists(_line, max_size=3)):
        consents.append(_settings(lines))
    consents += [draw(_kinds(number)) for number in range(draw(st.integers(0, 2)))]
    return [*directory, *family, *teams, *consents]


def _linked(above: str) -> list[Resource]:
    """The extension that places a goal under another."""
    parts = [
        {"url": "type", "valueCodeableConcept": {"text": "x"}},
        {"url": "target", "valueReference": ref(above)},
    ]
    return [{"url": "http://hl7.org/fhir/StructureDefinition/goal-relationship", "extension": parts}]


def _entry(number: int, kind: str, about: str, who: str, whom: str, told: str, of: str) -> Resource:
    """An entry of this kind: `who` wrote or does it, `whom` it is for, `told` refines it, `of` it is linked to."""
    at, subject, goal_ = f"/{number}", ref(about), of if of.startswith("Goal/") else "Goal/2"
    match kind:
        case "Goal":
            # A goal is linked to one that comes before it by name, for goals never stand in a circle.
            is_linked = told == "support-goal" and goal_ < f"Goal{at}"
            named = {"extension": _linked(goal_)} if is_linked else {"expressedBy": ref(who)}
            return goal(f"Goal{at}", about, told if told.endswith("-goal") else "care-goal", **named)
        case "Task":
            status = "completed" if told == "prem" else "requested"
            return task(f"Task{at}", about, owner=ref(who), requester=ref(whom), focus=ref(of), status=status)
        case "Communication":
            category = told if told in ("message", "journal", "shared-note") else "message"
            return communication(f"Communication{at}", about, category, who, whom)
        case "Observation":
            category = told if told in ("prom", "prem", "carer-burden") else "needs-assessment"
            return entity(f"Observation{at}", status="final", category=[ours("data-category", category)],
                          code={"text": told}, subject=subject, performer=[ref(who)],
                          valueQuantity={"value": number, "unit": "kg"})  # fmt: skip
        case "QuestionnaireResponse":
            return entity(f"QuestionnaireResponse{at}", status="completed", subject=subject, author=ref(who))
        case "Condition":
            return entity(f"Condition{at}", code={"text": told}, subject=subject, recorder=ref(who))
        case "DocumentReference":
            content = [{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}]
            return entity(f"DocumentReference{at}", status="current", subject=subject, author=[ref(who)],
                          description=told, content=content)  # fmt: skip
        case "CarePlan":
            return entity(f"CarePlan{at}", status="active", intent="plan", title=told, subject=subject,
                          author=ref(who), goal=[ref(goal_)], careTeam=[ref(TEAM)])  # fmt: skip
        case "Appointment":
            actors = [{"actor": ref(each), "status": "accepted"} for each in (about, who)]
            status, day = ("fulfilled", "2026-05-11") if number % 2 else ("booked", "2027-01-11")
            return entity(f"Appointment{at}", status=status, appointmentType=ours("meeting-kind", "mdo"),
                          start=f"{day}T10:00:00+01:00", end=f"{day}T10:30:00+01:00", participant=actors)  # fmt: skip
        case "ServiceRequest":
            return entity(f"ServiceRequest{at}", status="active", intent="order", subject=subject,
                          requester=ref(whom), performer=[ref(who)])  # fmt: skip
        case "CommunicationRequest":
            return entity(
                f"CommunicationRequest{at}",
                status="active",
                subject=subject,
                sender=ref(who),
                recipient=[ref(whom)],
            )
        case "List":
            return entity(f"List{at}", status="current", mode="working", title=told, subject=subject,
                          source=ref(whom), entry=[{"item": ref(of)}])  # fmt: skip
        case "Encounter":
            stay = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
            return entity(f"Encounter{at}", status="finished", subject=subject, **{"class": stay})
        case _:
            return entity(
                f"Provenance{at}",
                target=[ref(of)],
                recorded="2026-01-05T14:00:00+01:00",
                agent=[{"who": ref(who)}],
            )


KINDS = (
    "Goal", "Task", "Communication", "Observation", "QuestionnaireResponse", "Condition", "DocumentReference",
    "CarePlan", "Appointment", "ServiceRequest", "CommunicationRequest", "Encounter", "Provenance", "List",
)  # fmt: skip
_TOLD = (
    "life-goal",
    "care-goal",
    "support-goal",
    "message",
    "journal",
    "shared-note",
    "prom",
    "prem",
    "carer-burden",
    "note",
)
_SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}


def _narrative(text: str) -> Resource:
    return {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'}


@st.composite
def entries(draw: st.DrawFn, numbers: range, about: str = PERSON) -> list[Resource]:
    """One entry under each of these numbers."""
    made: list[Resource] = []
    for number in numbers:
        of = [
            f"{each['resourceType']}/{each['id']}" for each in made if each["resourceType"] != "Provenance"
        ] or [about]
        kind = draw(_chance(KINDS))
        who = draw(_people)
        whom = draw(
            _chance(
                (*PROFESSIONALS, *RELATIVES, PERSON, TEAM)
                if kind in ("Communication", "CommunicationRequest")
                else (*PROFESSIONALS, PERSON)
            )
        )
        body = _entry(number, kind, about, who, whom, draw(_chance(_TOLD)), draw(_chance(of)))
        if kind not in ("Provenance", "QuestionnaireResponse") and draw(st.booleans()):
            body["identifier"] = [{"system": IDENTIFIER, "value": draw(_chance("12"))}]
        if draw(_chance((True, False, False, False))):
            body["meta"] = _SENSITIVE
        if draw(st.booleans()):
            body["text"] = _narrative(draw(_chance(_TOLD)))
        made.append(body)
    return made


@st.composite
def worlds(draw: st.DrawFn, actor: str) -> World:
    """Facts and entries about the person, one or two about the other, later versions, deletions."""
    facts = draw(_facts(actor))
    document = _entry(0, "DocumentReference", PERSON, PERSON, PERSON, "report", PERSON)
    about = draw(entries(range(1, 3 + draw(st.integers(2, 8)))))
    others = draw(entries(range(20, 20 + draw(st.integers(0, 2))), OTHER))
    report = {**document, "id": "report", **({"meta": _SENSITIVE} if draw(st.booleans()) else {})}
    # What the actor is likely to see points at what the actor may well not see.
    pointing = task("Task/0", PERSON, owner=ref(actor), focus=ref("DocumentReference/report"))
    further = task("Task/00", PERSON, owner=ref(actor), focus=ref("Task/0"))
    first = [*facts, report, pointing, further, *about, *others]
    changed = [each for each in about if draw(_chance((True, False)))]
    second = [_changed(each, draw(_people), draw(_chance(_TOLD))) for each in changed]
    gone = [
        f"{each['resourceType']}/{each['id']}" for each in about if draw(_chance((True, False, False, False)))
    ]
    rounds = [tuple(first), tuple(second)] if second else [tuple(first)]
    return World(tuple(rounds), tuple(each for each in gone if each.partition("/")[0] in _DELETABLE))


_DELETABLE = ("Task", "Communication", "Observation", "QuestionnaireResponse", "Appointment")


def _changed(body: Resource, who: str, told: str) -> Resource:
    """The next version of an entry: somebody else's, of another category."""
    number, kind = int(body["id"]), body["resourceType"]
    if kind in ("Provenance", "Encounter", "Appointment"):
        return {**body, "language": "nl"}
    of = body.get("focus", {}).get("reference", PERSON)
    whom = next((each["reference"] for each in body.get("recipient", ())), "Practitioner/b")
    about = (body.get("subject") or body.get("for"))["reference"]
    # What was done once is not to be done again.
    lasting = (
        ("identifier", "status") if body.get("status") == "completed" and kind == "Task" else ("identifier",)
    )
    kept = {name: body[name] for name in lasting if name in body}
    return {**_entry(number, kind, about, who, whom, told, of), **kept}
