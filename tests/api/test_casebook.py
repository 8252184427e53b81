"""The casebook at four doors: the law, the grants in SQL, reading and searching over HTTP give one answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from resources import (
    DZOP,
    PROVEN,
    Resource,
    bundle,
    communication,
    concept,
    entity,
    goal,
    ours,
    put,
    ref,
    task,
)
from serving import Clock
from stores import Store, two_stores

from dzop.access import guarded
from dzop.actor import Actor, Call
from dzop.store import reading as statements
from dzop.store.sight import JUDGED
from tests.consent.casebook import Case, cases, read_actor, resources

BEFORE = datetime(2023, 12, 1, tzinfo=UTC)  # every case is asked later
PEOPLE = ("nele", "nora", "geert", "wim", "cas", "hugo")
PLACES = ("home", "clinic", "elsewhere", "housing")
KEPT = ("Practitioner", "PractitionerRole", "Organization")
CASES = {case.name: case for case in cases()}
READS = [name for name, case in CASES.items() if case.action == "read"]
WRITES = [name for name, case in CASES.items() if case.action != "read"]

# Why a case is asked of the law only.
NO_RESOURCE = {
    ("sensitive",): "a label: nothing has it alone",
    ("task", "document"): "no type has both",
    ("carer-burden", "task"): "no type has both",
}
NOT_STORED = {
    "break_glass: one without start is none": "a break-glass consent has a start",
    "break_glass: nor does an organisation": "only a person breaks the glass",
    "closing: before the day of death there is writing": "nobody dies in the future",
    "closing: from its midnight on not": "nobody dies in the future",
    "consents: without a document there is no mandate": "a mandate has its document",
    "consents: nobody registers the own mandate": "its performer is another",
    "consents: one without an end is no relation": "a therapeutic relation ends",
    "consents: the end is mandatory": "case management ends",
    "consents: a grant without end grants nothing": "a grant ends",
    "consents: a grant without classes grants nothing": "a grant names classes or entries",
    "consents: the person cannot share it in the carer's name": "only the carer shares",
    "exclusion: nobody is excluded from the own record": "an exclusion names no Patient",
}
OTHERWISE = {
    "relation: a member without any agreement counts as proposed": "what the operator stores is agreed",
    "role: a nurse may propose a member": "done to the entries of a team: see test_team*.py",
    "young_people: of a birth year alone the earliest day counts": "to share is to write a consent of that kind",
    "young_people: nor takes one in a team": "done to the entries of a team: see test_team*.py",
}


def _observation(at: str, category: str, patient: str) -> Resource:
    labelled = {"category": [ours("data-category", category)], "code": {"text": "x"}}
    return entity(at, status="final", subject=ref(patient), **labelled)


def _document(at: str, patient: str) -> Resource:
    content = [{"attachment": {"contentType": "text/plain"}}]
    return entity(at, status="current", subject=ref(patient), content=content)


def _unsent(at: str, category: str, patient: str) -> Resource:
    return {
        name: each for name, each in communication(at, patient, category, "x").items() if name != "sender"
    }


# A resource of each category that says nothing of who is concerned by it.
MADE: dict[str, Callable[[str, str], Resource]] = {
    "about-me": lambda n, p: entity(f"RelatedPerson/asked-{n}", patient=ref(p)),
    **{
        each: lambda n, p, each=each: goal(f"Goal/asked-{n}", p, each)  # type: ignore[misc]
        for each in ("life-goal", "care-goal", "support-goal")
    },
    # An active one would be an umbrella plan, by which a plan stays open.
    "plan": lambda n, p: entity(f"CarePlan/asked-{n}", status="revoked", intent="plan", subject=ref(p)),
    "task": lambda n, p: task(f"Task/asked-{n}", p),
    "appointment": lambda n, p: entity(
        f"Encounter/asked-{n}", status="finished", subject=ref(p), **{"class": {"code": "IMP"}}
    ),
    "care-team": lambda n, p: entity(f"CareTeam/asked-{n}", status="inactive", subject=ref(p)),
    "consent": lambda n, p: entity(
        f"Consent/asked-{n}",
        status="inactive",
        scope=concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
        category=[concept("http://loinc.org", "59284-0")],
        patient=ref(p),
        policyRule=concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
    ),
    **{
        each: lambda n, p, each=each: _unsent(f"Communication/asked-{n}", each, p)  # type: ignore[misc]
        for each in ("message", "journal", "shared-note")
    },
    "document": lambda n, p: _document(f"DocumentReference/asked-{n}", p),
    **{
        each: lambda n, p, each=each: _observation(f"Observation/asked-{n}", each, p)  # type: ignore[misc]
        for each in ("needs-assessment", "prom", "prem", "carer-burden")
    },
}
SENSITIVE = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}


def marked(mark: str, value: Any) -> Any:
    """The same with the ids of persons, teams and consents marked, so that no two cases share one."""

    def renamed(found: re.Match[str]) -> str:
        return found[0] if found[1] in KEPT else f'"{found[1]}/{found[2]}-{mark}"'

    return orjson.loads(re.sub(r'"([A-Z][A-Za-z]+)/([A-Za-z0-9-]+)"', renamed, orjson.dumps(value).decode()))


def mark_of(case: Case) -> str:
    return str(list(CASES).index(case.name))


def facts_of(case: Case) -> list[Resource]:
    """The facts of a case as resources of a person of its own; each line told twice is one."""
    mark, found = mark_of(case), {}
    for each in [entity("Patient/p"), *resources(case.facts)]:
        body = {**marked(mark, each), "id": f"{each['id']}-{mark}"}
        found[body["resourceType"], body["id"]] = completed(body)
    return list(found.values())


def completed(body: Resource) -> Resource:
    """With the elements that FHIR asks for and the law does not read."""
    if body["resourceType"] == "CarePlan":
        return {"intent": "plan", **body}
    if body["resourceType"] != "Consent":
        return body
    if "therapeutic-relation" in str(body["category"]) and not body["extension"]:
        body = {**body, "extension": [PROVEN]}  # the law leaves the proof to whoever stores the relation
    scope = concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
    rule = concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")
    return {key: each for key, each in body.items() if each != []} | {"scope": scope, "policyRule": rule}


def asked_of(case: Case) -> Resource | None:
    """The resource a case asks for; None when there can be none of its categories."""
    labels = [each for each in case.category if each != "sensitive"]
    if len(labels) != 1 or labels[0] not in MADE:
        return None
    number = mark_of(case)
    body = MADE[labels[0]](number, f"Patient/p-{number}")
    if "aftercare" in case.audience and body["resourceType"] == "Task":
        body["code"] = ours("task-kind", "aftercare")
    return {**body, "meta": SENSITIVE} if "sensitive" in case.category else body


def directory() -> list[Resource]:
    """Everybody in the casebook, at every place: a token says which, and with which role."""
    staff = [entity(f"Practitioner/{who}", active=True) for who in PEOPLE]
    staff += [entity(f"Organization/{place}", active=True, name=place) for place in PLACES]
    return staff + [
        entity(
            f"PractitionerRole/{who}-{place}",
            active=True,
            practitioner=ref(f"Practitioner/{who}"),
            organization=ref(f"Organization/{place}"),
        )
        for who in PEOPLE
        for place in PLACES
    ]


class Doors:
    """One store with a person for every case, and the doors to it."""

    def __init__(self, store: Store, run: Callable[[Any], Any], clock: Clock) -> None:
        self.store, self.run, self.clock = store, run, clock
        self.refused: dict[str, str] = {}
        self.asked: dict[str, Resource] = {}

    async def fill(self) -> None:
        """Stores every case, each in a transaction of its own; what is refused is kept with the reason."""
        async with self.store.client("system") as system:
            entered = await system.post("/", json=bundle("transaction", *map(put, directory())))
            assert entered.status_code == 200, entered.text
            for case in CASES.values():
                if (asked := asked_of(case)) is None:
                    continue
                bodies = [*facts_of(case), asked]
                answer = await system.post("/", json=bundle("transaction", *map(put, bodies)))
                if answer.status_code == 200:
                    self.asked[case.name] = asked
                    await self._tie(case, asked)
                else:
                    self.refused[case.name] = answer.json()["issue"][0]["details"]["text"]

    async def _tie(self, case: Case, asked: Resource) -> None:
        """Makes the resource concern the actor in the ways of the case, and nobody else in any."""
        at = (asked["resourceType"], asked["id"])
        await self.store.direct.execute("delete from audience where type = $1 and id = $2", *at)
        await self.store.direct.executemany(
            """insert into audience select person, type, id, $3, $4, 'case', '-infinity', 'infinity'
            from resource_current where type = $1 and id = $2""",
            [(*at, self._actor(case).individual, kind) for kind in case.audience],
        )

    def _actor(self, case: Case) -> Actor:
        """The actor of the case, marked as its facts are."""
        shape = read_actor(case.actor)
        who = marked(mark_of(case), [shape.individual or shape.organisation])[0]
        return Actor(who, shape.role, organization=shape.organisation, keys=(who,))

    def client(self, case: Case) -> Any:
        """A client with the token of the case."""
        actor = self._actor(case)
        subject, place = actor.individual, actor.organization
        if subject.startswith("Practitioner/") and place:
            subject = f"PractitionerRole/{subject.partition('/')[2]}-{place.partition('/')[2]}"
        self.clock.instant = case.at
        return self.store.client(subject, role=actor.role)

    def grants(self, case: Case) -> bool:
        """What the compiled rows say, through the predicate of the store."""
        asked, call = self.asked[case.name], Call(self._actor(case), case.at)
        statement = statements.read(JUDGED)
        values = statement.values(type=asked["resourceType"], id=asked["id"], **guarded.binds(call))
        return bool(self.run(self.store.direct.fetch(statement.sql, *values)))

    def read(self, case: Case) -> int:
        asked = self.asked[case.name]
        return int(self.run(self._get(case, f"/{asked['resourceType']}/{asked['id']}")).status_code)

    def search(self, case: Case) -> list[str]:
        asked = self.asked[case.name]
        answer = self.run(self._get(case, f"/{asked['resourceType']}?_id={asked['id']}"))
        return [each["resource"]["id"] for each in answer.json().get("entry", ())]

    def write(self, case: Case) -> bool:
        """Whether the actor's own write goes through, and is there afterwards."""
        return bool(self.run(self._written(case, self.asked[case.name])))

    async def _written(self, case: Case, asked: Resource) -> bool:
        at = f"/{asked['resourceType']}/{asked['id']}"
        async with self.client(case) as client, self.store.client("system") as system:
            match case.action:
                case "create":
                    answer = await client.post(f"/{asked['resourceType']}", json=asked)
                    return int(answer.status_code) == 201
                case "update":
                    await client.put(at, json={**asked, "language": "nl"})
                    return (await system.get(at)).json().get("language") == "nl"
                case _:
                    await client.delete(at)
                    return (await system.get(at)).status_code == 410

    async def _get(self, case: Case, url: str) -> Any:
        async with self.client(case) as client:
            return await client.get(url)


@pytest.fixture(scope="module")
def doors(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    clock = Clock()
    clock.instant = BEFORE
    with two_stores(database, tmp_path_factory.mktemp("casebook"), clock) as stores:
        doors = Doors(stores.first, stores.run, clock)
        stores.run(doors.fill())
        yield doors


def _is_asked(case: Case) -> bool:
    return case.category not in NO_RESOURCE and case.name not in {**NOT_STORED, **OTHERWISE}


@pytest.mark.parametrize("name", [name for name in READS if _is_asked(CASES[name])])
def test_four_doors_give_one_answer(doors: Doors, name: str) -> None:
    case = CASES[name]
    asked = doors.asked[name]
    expected = (True, True, 200, [asked["id"]]) if case.expect == "permit" else (False, False, 404, [])
    assert expected == (case.decide().permit, doors.grants(case), doors.read(case), doors.search(case))


@pytest.mark.parametrize("name", [name for name in WRITES if _is_asked(CASES[name])])
def test_a_write_goes_through_where_the_law_permits_it(doors: Doors, name: str) -> None:
    expected = CASES[name].expect == "permit"
    assert (expected, expected) == (CASES[name].decide().permit, doors.write(CASES[name]))


def test_only_the_cases_told_here_cannot_be_stored(doors: Doors) -> None:
    assert sorted(NOT_STORED) == sorted(doors.refused)


def test_only_the_categories_told_here_have_no_resource() -> None:
    missing = {case.category for case in CASES.values() if asked_of(case) is None}
    assert sorted(NO_RESOURCE) == sorted(missing)


def test_the_cases_that_are_asked_otherwise_are_cases() -> None:
    assert {*NOT_STORED, *OTHERWISE} <= set(CASES)
