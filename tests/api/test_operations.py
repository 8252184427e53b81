"""Every operation has its access cases: who may, who is refused, and who is told nothing at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from declaring import declaration, evidence, number
from persons import Person, new_person
from resources import DZOP, goal, ours, participant, ref
from serving import Server

from dzop.fhir.operations import OPERATIONS

ACTORS = ("person", "gp", "nurse", "helper", "carer", "neighbour", "cousin", "stranger")
PROPOSED = {
    "url": "https://dzop.example/fhir/StructureDefinition/member-agreement",
    "valueCode": "proposed",
}

Parameter = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """An operation asked of `on`; `statuses` are of `ACTORS`, in order."""

    on: tuple[str, ...]
    statuses: tuple[int, ...]
    given: Callable[[Person, str], list[Parameter]] = lambda person, name: []

    def url(self, person: Person, code: str) -> str:
        type, *names = self.on
        return f"/{'/'.join([person.ref(type, name) for name in names] or [type])}/${BY_ID[code].code}"


def _tag(person: Person, name: str) -> list[Parameter]:
    return [{"name": "meta", "valueMeta": {"tag": [{"system": "https://gp.example/tag", "code": "x"}]}}]


def _stranger(person: Person, name: str) -> list[Parameter]:
    return [{"name": "member", "valueReference": ref(person.who("stranger"))}]


def _stranger_as_nurse(person: Person, name: str) -> list[Parameter]:
    role = {"name": "role", "valueCodeableConcept": ours("role", "health-professional")}
    return [*_stranger(person, name), role]


def _somebody_new(person: Person, name: str) -> list[Parameter]:
    return [{"name": "name", "valueString": "An"}]


def _declaration(person: Person, name: str) -> list[Parameter]:
    text = evidence(person.server, person.who(name), person.ssin)
    given: list[Parameter] = declaration(person.ssin, "eid-reading", text)["parameter"]
    return given


def _emergency(person: Person, name: str) -> list[Parameter]:
    return [number(person.ssin), {"name": "reason", "valueString": "Gevonden op straat"}]


def _nurse(person: Person, name: str) -> list[Parameter]:
    return [{"name": "actor", "valueReference": ref(person.who("nurse"))}]


def _of_goals(person: Person, name: str) -> list[Parameter]:
    return [{"name": "category", "valueCode": "life-goal"}]


def _nurse_of_goals(person: Person, name: str) -> list[Parameter]:
    return [*_nurse(person, name), *_of_goals(person, name)]


def _goal(person: Person, name: str) -> list[Parameter]:
    return [{"name": "resource", "resource": goal(person.ref("Goal", "life"), person.patient)}]


def _agreed(person: Person, name: str) -> list[Parameter]:
    return [{"name": "status", "valueCode": "agree"}]


def _withdrawn(person: Person, name: str) -> list[Parameter]:
    return [{"name": "remove", "valueReference": ref(person.ref("Consent", "sharing"))}]


def _since_the_first(person: Person, name: str) -> list[Parameter]:
    return [{"name": "from", "valueString": "1"}]


def _versions(person: Person, name: str) -> list[Parameter]:
    (plan,) = [each for each in person.plan() if each["resourceType"] == "CarePlan"]
    return [{"name": each, "resource": plan} for each in ("base", "mine", "theirs")]


def _employer_of_last_year(person: Person, name: str) -> list[Parameter]:
    employer = {"name": "organization", "valueReference": ref(person.ref("Organization", "employer-gp"))}
    days = (("start", "2025-01-01"), ("end", "2025-12-31"))
    return [employer, *({"name": each, "valueDate": day} for each, day in days)]


def _subject(person: Person, name: str) -> list[Parameter]:
    return [{"name": "subject", "valueString": person.patient}]


def _role(person: Person, name: str) -> list[Parameter]:
    return [
        {"name": "system", "valueUri": f"{DZOP}/CodeSystem/role"},
        {"name": "code", "valueCode": "informal-carer"},
    ]


def _of_roles(person: Person, name: str) -> list[Parameter]:
    return [{"name": "url", "valueUri": f"{DZOP}/CodeSystem/role"}, _role(person, name)[1]]


def _in_roles(person: Person, name: str) -> list[Parameter]:
    return [*_roles(person, name), *_role(person, name)]


def _roles(person: Person, name: str) -> list[Parameter]:
    return [{"name": "url", "valueUri": f"{DZOP}/ValueSet/role"}]


def _two_roles(person: Person, name: str) -> list[Parameter]:
    codes = [{"name": f"code{each}", "valueCode": "informal-carer"} for each in "AB"]
    return [_role(person, name)[0], *codes]


LIFE, TEAM, PATIENT = ("Goal", "life"), ("CareTeam", "team"), ("Patient", "person")
PLAN = ("CarePlan", "plan")
#                     person   gp nurse helper carer neighbour cousin stranger
ONLY_THE_PERSON = (200, 403, 403, 403, 403, 404, 404, 404)
# Terminology says nothing of anybody.
EVERYBODY = (200,) * 8
A_CODE_SYSTEM, A_VALUE_SET, A_CONCEPT_MAP = (
    "CodeSystem/role",
    "ValueSet/role",
    "ConceptMap/cd-hcparty-to-role",
)
CASES: Mapping[str, Case] = {
    "meta": Case(LIFE, (200, 200, 200, 200, 200, 404, 404, 404)),
    "meta-add": Case(LIFE, ONLY_THE_PERSON, _tag),
    "meta-delete": Case(LIFE, ONLY_THE_PERSON, _tag),
    "validate-type": Case(("Goal",), EVERYBODY, _goal),
    "validate-instance": Case(LIFE, (200, 200, 200, 200, 200, 404, 404, 404)),
    "Patient-everything": Case(PATIENT, (200, 200, 200, 200, 200, 404, 404, 404)),
    "CarePlan-everything": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404)),
    "CarePlan-document": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404)),
    "declare-relation": Case(("Patient",), (403, 200, 200, 200, 403, 403, 403, 200), _declaration),
    "break-glass": Case(("Patient",), (403,) * 8, _emergency),
    "revoke": Case(("Consent", "sharing"), (200, 404, 404, 404, 404, 404, 404, 404)),
    "propose": Case(TEAM, (200, 200, 200, 200, 200, 403, 404, 404), _stranger_as_nurse),
    "agree": Case(TEAM, (200, 403, 403, 403, 403, 403, 404, 404), _stranger),
    "decline": Case(TEAM, (200, 403, 403, 403, 403, 403, 404, 404), _stranger),
    "leave": Case(TEAM, (422, 200, 200, 200, 200, 200, 404, 404)),
    "claim-coordination": Case(TEAM, (422, 200, 200, 200, 403, 403, 404, 404)),
    "accept": Case(LIFE, (200, 200, 200, 200, 200, 404, 404, 404), _agreed),
    "progress": Case(LIFE, (200, 200, 200, 200, 200, 404, 404, 404)),
    "invite": Case(TEAM, (200, 403, 403, 403, 403, 403, 404, 404), _somebody_new),
    "mark-read": Case(("Communication", "message"), (200, 422, 200, 404, 404, 404, 404, 404)),
    "overview": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404)),
    "billing-facts": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404), _employer_of_last_year),
    "mine": Case(("Task",), EVERYBODY),
    "diff": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404), _since_the_first),
    "merge": Case(PLAN, (200, 200, 200, 200, 200, 404, 404, 404), _versions),
    "members": Case(TEAM, (200, 200, 200, 200, 200, 200, 404, 404)),
    "explain-access": Case(PATIENT, ONLY_THE_PERSON, _nurse_of_goals),
    "who-can-see": Case(PATIENT, ONLY_THE_PERSON, _of_goals),
    "preview-as": Case(PATIENT, ONLY_THE_PERSON, _nurse),
    "access-log": Case(PATIENT, ONLY_THE_PERSON),
    "what-if": Case(PATIENT, ONLY_THE_PERSON, _withdrawn),
    "apply": Case(("PlanDefinition/diabetes",), (200, 200, 200, 200, 200, 404, 404, 404), _subject),
    "CodeSystem-lookup": Case(("CodeSystem",), EVERYBODY, _role),
    "CodeSystem-validate-code-type": Case(("CodeSystem",), EVERYBODY, _of_roles),
    "CodeSystem-validate-code-instance": Case((A_CODE_SYSTEM,), EVERYBODY, lambda *who: _role(*who)[1:]),
    "CodeSystem-subsumes-type": Case(("CodeSystem",), EVERYBODY, _two_roles),
    "CodeSystem-subsumes-instance": Case((A_CODE_SYSTEM,), EVERYBODY, _two_roles),
    "ValueSet-expand-type": Case(("ValueSet",), EVERYBODY, _roles),
    "ValueSet-expand-instance": Case((A_VALUE_SET,), EVERYBODY),
    "ValueSet-validate-code-type": Case(("ValueSet",), EVERYBODY, _in_roles),
    "ValueSet-validate-code-instance": Case((A_VALUE_SET,), EVERYBODY, _role),
    "ConceptMap-translate-type": Case(("ConceptMap",), EVERYBODY, _role),
    "ConceptMap-translate-instance": Case((A_CONCEPT_MAP,), EVERYBODY, _role),
}
BY_ID = {operation.id: operation for operation in OPERATIONS}


def asked(person: Person, name: str, code: str, url: str | None = None) -> httpx.Response:
    case = CASES[code]
    given = case.given(person, name)
    body = {"resourceType": "Parameters", **({"parameter": given} if given else {})}
    return person.client(name).post(url or case.url(person, code), json=body)


@pytest.fixture
def with_proposal(person: Person) -> Person:
    """A person in whose team the stranger is proposed."""
    usual = person.team()["participant"]
    proposed = participant(person.who("stranger"), "health-professional", extension=[PROPOSED])
    person.store(person.team(*usual, proposed))
    return person


def test_every_operation_has_access_cases() -> None:
    assert set(CASES) == set(BY_ID)


@pytest.mark.parametrize("code", CASES)
def test_whoever_may_not_is_refused_and_whoever_may_is_answered(with_proposal: Person, code: str) -> None:
    expected = dict(zip(ACTORS, CASES[code].statuses, strict=True))
    found = {}
    for name, status in sorted(expected.items(), key=lambda each: each[1] == 200):
        person = with_proposal
        if status == 200 and 200 in found.values():  # what is done is done: the next one begins anew
            person = new_person(with_proposal.server)
        found[name] = asked(person, name, code).status_code
    assert found == expected


@pytest.mark.parametrize("code", [code for code, case in CASES.items() if len(case.on) > 1])
def test_a_stranger_cannot_tell_what_is_hidden_from_what_is_free(known: Person, code: str) -> None:
    hidden = CASES[code].url(known, code)
    free = hidden.replace(f"-{known.mark}", "-0123456789")
    answers = [asked(known, "stranger", code, url) for url in (hidden, free)]
    texts = [re.sub(r"-[0-9a-f]{10}\b", "", each.text) for each in answers]
    assert (answers[0].status_code, texts[0]) == (answers[1].status_code, texts[1]) == (404, texts[1])


@pytest.mark.parametrize("code", CASES)
def test_without_a_token_nobody_asks_anything(server: Server, known: Person, code: str) -> None:
    url = f"{server.fhir}{CASES[code].url(known, code)}"
    assert httpx.post(url, json={"resourceType": "Parameters"}).status_code == 401


@pytest.mark.parametrize("code", CASES)
def test_scopes_that_do_not_reach_the_operation_refuse_it(known: Person, code: str) -> None:
    letter = BY_ID[code].letter
    scope = f"user/*.{'cruds'.replace(letter, '')}"
    answer = known.client("person", scope=scope).post(
        CASES[code].url(known, code), json={"resourceType": "Parameters"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("code", [each.id for each in OPERATIONS if each.affects_state])
def test_what_changes_something_is_asked_by_post_only(known: Person, code: str) -> None:
    assert known.client("person").get(CASES[code].url(known, code)).status_code == 405


@pytest.mark.parametrize("code", CASES)
def test_a_parameter_nobody_knows_is_named(known: Person, code: str) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "nothing", "valueString": "x"}]}
    answer = known.client("person").post(CASES[code].url(known, code), json=body)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (
        400,
        ["Parameters.parameter[0].name"],
    )


def test_an_operation_of_another_type_is_not_known(known: Person) -> None:
    assert known.client("person").post("/Goal/$declare-relation", json={}).status_code == 404
