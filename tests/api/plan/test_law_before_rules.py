"""A write that the law forbids is forbidden, whatever rule of the plan it breaks besides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from goals import level, scale
from persons import Person, new_person
from resources import DZOP, Resource, consent, entity, ours, participant, provision, ref, task
from serving import Server

EXTENSIONS = f"{DZOP}/StructureDefinition"
CANDIDATE = "http://hl7.org/fhir/StructureDefinition/task-candidateList"
ACCEPTANCE = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"
NO_INTERVAL = {"url": f"{EXTENSIONS}/review-interval", "valueDuration": {"value": 0, "unit": "maanden"}}
UNEVEN_SCALE = scale(*[level(score, "x") for score in (-2, -1, 0, 1, 1)])
NOBODYS_ACCEPTANCE = {
    "url": ACCEPTANCE,
    "extension": [{"url": "status", "valueCodeableConcept": {"text": "x"}}],
}
ESCALATED = {"businessStatus": ours("task-business-status", "escalated")}
FAR = "2999-01-01"


@dataclass(frozen=True)
class Break:
    """A write that breaks a rule: what it changes, who may write such a thing (`told`), and who may not (`denied`).

    A `name` is that of a resource that is there, `#` stands in all texts for the mark of the person; without `name` it
    is a new one. A rule outside of the table of rules has an empty `rule`; where nobody sees it who may not, nobody is
    `denied`.
    """

    rule: str
    type: str
    name: str
    told: str
    denied: str
    changes: Resource = field(default_factory=dict)
    status: int = 422

    def __str__(self) -> str:
        return f"{self.rule or 'without code'} on {'a new ' if not self.name else ''}{self.type}"


CASE_MANAGER = {"code": ours("task-kind", "case-management")}
NEW_TASK = {"status": "cancelled", "intent": "plan", "for": ref("Patient/person-#")}
ANSWERED = {
    "status": "completed",
    "questionnaire": f"{DZOP}/Questionnaire/needs-screener",
    "subject": ref("Patient/person-#"),
    "item": [{"linkId": "no-such-item"}],
}
SCORED = {
    "status": "final",
    "category": [ours("data-category", "needs-assessment")],
    "code": {"text": "Score"},
    "subject": ref("Patient/person-#"),
    "identifier": [{"system": f"{DZOP}/NamingSystem/score", "value": "x"}],
}
RATED = {
    "status": "final",
    "code": ours("observation-kind", "goal-attainment"),
    "subject": ref("Patient/person-#"),
    "focus": [ref("Goal/care-#")],
    "valueInteger": 7,
}
REPLIED = {
    "status": "completed",
    "category": [ours("data-category", "journal")],
    "subject": ref("Patient/person-#"),
    "inResponseTo": [ref("Communication/message-#")],
    "partOf": [ref("Communication/journal-#")],
}
GP = participant("Practitioner/gp-#", "general-practitioner")
TWICE = [participant("Practitioner/stranger-#", "general-practitioner")] * 2

BREAKS = (
    Break("goal-scale", "Goal", "care", "person", "nurse", {"extension": [UNEVEN_SCALE]}),
    Break("goal-acceptance", "Goal", "care", "person", "helper",
          {"extension": [NOBODYS_ACCEPTANCE], "description": {"text": "Anders"}}),
    Break("review-interval", "Goal", "care", "person", "carer", {"extension": [NO_INTERVAL]}),
    Break("goal-rating-rater", "Observation", "", "nurse", "neighbour", RATED),
    Break("goal-rating-goal", "Observation", "", "nurse", "neighbour", {**RATED, "focus": []}),
    Break("task-escalation", "Task", "weigh", "nurse", "helper", ESCALATED),
    Break("task-closed", "Task", "done", "person", "helper", {"status": "requested"}, 409),
    Break("task-begins-open", "Task", "", "helper", "neighbour", NEW_TASK),
    Break("task-asked", "Task", "review", "person", "helper", {"focus": ref("CarePlan/other-#")}),
    Break("plan-cycle", "CarePlan", "plan", "person", "nurse", {"partOf": [ref("CarePlan/plan-#")]}),
    Break("plan-status", "CarePlan", "plan", "gp", "carer", {"status": "draft"}, 409),
    Break("review-interval", "CarePlan", "plan", "gp", "helper", {"extension": [NO_INTERVAL]}),
    Break("end-lies-ahead", "Patient", "person", "person", "nurse", {"deceasedDateTime": FAR}),
    Break("appointment-ends-first", "Appointment", "visit", "nurse", "helper", {"end": "2027-01-11T09:00:00+01:00"}),
    Break("case-management-reason", "ServiceRequest", "physio", "person", "helper", CASE_MANAGER),
    Break("reply-in-other-thread", "Communication", "", "person", "nurse", REPLIED),
    Break("score-identifier", "Observation", "", "nurse", "carer", SCORED),
    Break("answer-item-unknown", "QuestionnaireResponse", "", "nurse", "neighbour", ANSWERED),
    Break("answers-reopened", "QuestionnaireResponse", "mine", "person", "nurse", {"status": "in-progress"}, 409),
    Break("team-contact", "CareTeam", "team", "person", "helper",
          {"extension": [{"url": f"{EXTENSIONS}/team-contact", "valueReference": ref("Practitioner/stranger-#")}]}),
    Break("member-twice", "CareTeam", "team", "person", "nurse", {"status": "inactive", "participant": TWICE}),
    Break("", "Consent", "grant", "person", "gp", {"provision": {"type": "deny"}}),
)  # fmt: skip

SERVED = (
    Break("task-without-owner", "Task", "offered", "helper", "", {"status": "accepted"}),
    Break("task-taken-up", "Task", "offered", "helper", "",
          {"status": "accepted", "owner": ref("Practitioner/helper-#"), "description": "Anders"}),
    Break("goal-acceptance", "Goal", "life", "nurse", "",
          {"extension": [
              {"url": ACCEPTANCE, "extension": [{"url": "individual", "valueReference": ref("Practitioner/nurse-#")}]}
          ]}),
    Break("member-twice", "CareTeam", "small", "nurse", "", {"participant": [GP, *TWICE]}),
    Break("answer-item-unknown", "QuestionnaireResponse", "begun", "nurse", "", {"item": ANSWERED["item"]}),
    Break("case-management-reason", "ServiceRequest", "", "neighbour", "",
          {**CASE_MANAGER, "status": "active", "intent": "order", "subject": ref("Patient/person-#")}),
)  # fmt: skip
"""Writes that the rules permit to somebody although the cells do not."""


@pytest.fixture(scope="module")
def world(server: Server) -> Person:
    """A person around whom every write of this module is refused."""
    person = new_person(server)
    plan, nurse = ref(person.ref("CarePlan", "plan")), ref(person.who("nurse"))
    ends = {"start": "2026-01-01", "end": "2998-01-01"}
    grant = provision("permit", (person.who("gp"),), ("document",), period=ends)
    small = person.team(participant(person.who("gp"), "general-practitioner"))
    person.store(
        {**small, "id": f"small-{person.mark}"},
        task(person.ref("Task", "done"), person.patient, status="completed", owner=nurse),
        task(person.ref("Task", "review"), person.patient, code=ours("task-kind", "review"), focus=plan),
        task(
            person.ref("Task", "offered"),
            person.patient,
            extension=[{"url": CANDIDATE, "valueReference": ref(person.who("helper"))}],
        ),
        consent(person.ref("Consent", "grant"), "grant", person.patient, grant),
        entity(
            person.ref("QuestionnaireResponse", "mine"),
            status="completed",
            subject=ref(person.patient),
            author=ref(person.patient),
        ),
        entity(
            person.ref("QuestionnaireResponse", "begun"),
            status="in-progress",
            questionnaire=ANSWERED["questionnaire"],
            subject=ref(person.patient),
            author=nurse,
        ),
    )
    return person


def put(world: Person, who: str, case: Break) -> httpx.Response:
    changes = marked(case.changes, world.mark)
    if not case.name:
        body = {"resourceType": case.type, **{name: each for name, each in changes.items() if each != []}}
        if case.type == "Observation" and case.rule != "goal-rating-rater":
            body["performer"] = [ref(world.who(who))]
        return world.client(who).post(f"/{case.type}", json=body)
    reference = world.ref(case.type, case.name)
    there = world.server.client("system").get(f"/{reference}").json()
    return world.client(who).put(f"/{reference}", json={**there, **changes})


def patched(world: Person, who: str, case: Break) -> httpx.Response:
    operations = [
        {"op": "add", "path": f"/{name}", "value": value}
        for name, value in marked(case.changes, world.mark).items()
    ]
    headers = {"Content-Type": "application/json-patch+json"}
    return world.client(who).patch(f"/{world.ref(case.type, case.name)}", json=operations, headers=headers)


def marked(value: Any, mark: str) -> Any:
    """The same with the mark of the person in all its references."""
    if isinstance(value, dict):
        return {name: marked(each, mark) for name, each in value.items()}
    if isinstance(value, list):
        return [marked(each, mark) for each in value]
    return value.replace("-#", f"-{mark}") if isinstance(value, str) else value


def answered(answer: httpx.Response) -> tuple[int, str]:
    """The status, and the code of the rule that says so."""
    details = answer.json()["issue"][0]["details"]
    return answer.status_code, details.get("coding", [{"code": ""}])[0]["code"]


Sent = Callable[[Person, str, Break], httpx.Response]


def _sent() -> Iterator[Any]:
    for case in BREAKS:
        yield pytest.param(put, case, id=f"{case.denied}: {case}")
        if case.name:
            yield pytest.param(patched, case, id=f"{case.denied}: {case}, patched")


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.told}: {case}")
def test_who_might_have_written_is_told_the_rule(world: Person, case: Break) -> None:
    assert answered(put(world, case.told, case)) == (case.status, case.rule)


@pytest.mark.parametrize("case", SERVED, ids=lambda case: f"{case.told}: {case}")
def test_whom_the_rules_serve_beyond_the_cells_is_told_the_rule(world: Person, case: Break) -> None:
    assert answered(put(world, case.told, case)) == (case.status, case.rule)


def test_the_operator_is_told_the_rule(world: Person) -> None:
    closed = next(each for each in BREAKS if each.rule == "task-closed")
    assert answered(put(world, "system", closed)) == (409, "task-closed")


def test_a_resource_stays_with_its_person_and_only_who_may_change_it_is_told_so(
    world: Person, known: Person
) -> None:
    elsewhere = Break("", "Goal", "care", "person", "nurse", {"subject": ref(known.patient)})
    told = [answered(put(world, name, elsewhere))[0] for name in (elsewhere.told, elsewhere.denied)]
    assert told == [422, 403]


@pytest.mark.parametrize(("sent", "case"), list(_sent()))
def test_who_may_not_write_is_told_the_law(world: Person, sent: Sent, case: Break) -> None:
    assert answered(sent(world, case.denied, case)) == (403, "")


@pytest.mark.parametrize("case", [each for each in BREAKS if each.name], ids=str)
def test_what_is_hidden_stays_unknown_whatever_is_broken(world: Person, case: Break) -> None:
    assert answered(patched(world, "stranger", case)) == (404, "")
