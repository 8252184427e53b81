"""What a hostile insider tried: each is a way to more than the law gives, or to an answer that is none."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person
from resources import DZOP, SSIN, Resource, concept, consent, ours, participant, provision, ref, ssin, task

UNTIL = {"start": "2026-01-01", "end": "2030-01-01"}


def stored(person: Person, reference: str) -> Resource:
    return dict(person.server.client("system").get(f"/{reference}").json())


def put(person: Person, name: str, value: Resource) -> httpx.Response:
    return person.client(name).put(f"/{value['resourceType']}/{value['id']}", json=value)


def sent(person: Person, name: str, operation: str, *given: Resource) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": list(given)}
    return person.client(name).post(f"/{person.patient}/${operation}", json=body)


def asked(person: Person, name: str, operation: str, **given: str) -> httpx.Response:
    return person.client(name).get(f"/{person.patient}/${operation}", params=given)


# -- the person stays who it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["person", "gp"])
def test_nobody_who_cares_gives_the_person_the_number_of_another(person: Person, name: str) -> None:
    patient = stored(person, person.patient)
    changed = {**patient, "identifier": [*patient["identifier"], {"system": SSIN, "value": ssin()}]}
    other = {**patient, "identifier": [{"system": SSIN, "value": ssin()}]}
    without = {key: value for key, value in patient.items() if key != "identifier"}
    assert [403] * 3 == [put(person, name, each).status_code for each in (changed, other, without)]


def test_a_parent_does_not_prolong_the_mandate_by_making_the_child_younger(person: Person) -> None:
    document = {"sourceReference": {"display": "Akte"}}
    ground = [{"url": f"{DZOP}/StructureDefinition/mandate-ground", "valueCode": "parenthood"}]
    born = {**stored(person, person.patient), "birthDate": "2012-03-17"}
    parent = provision("permit", (person.who("cousin"),))
    mandate = consent(
        person.ref("Consent", "parent"), "mandate", person.patient, parent, extension=ground, **document
    )
    person.store(born, mandate)
    patient = person.client("cousin").get(f"/{person.patient}").json()
    younger = put(person, "cousin", {**patient, "birthDate": "2022-03-17"})
    older = put(person, "person", {**patient, "birthDate": "2000-03-17"})
    assert (403, 403) == (younger.status_code, older.status_code)


def test_who_cares_still_changes_the_rest_of_the_person(person: Person) -> None:
    patient = person.client("gp").get(f"/{person.patient}").json()
    assert 200 == put(person, "gp", {**patient, "gender": "female"}).status_code


@pytest.mark.parametrize("born", ["9990-01-01", "9999", "0001"])
def test_a_birth_date_at_the_end_of_the_calendar_is_no_fault_of_ours(person: Person, born: str) -> None:
    patient = stored(person, person.patient)
    answer = person.server.client("system").put(f"/{person.patient}", json={**patient, "birthDate": born})
    assert answer.status_code < 500, answer.text


# -- the team ------------------------------------------------------------------------------------------------


def team_with(person: Person, name: str, role: list[Resource], **elements: Any) -> Resource:
    team = person.client("nurse").get(person.ref("CareTeam", "team")).json()
    entry = {"role": role, "member": ref(person.who(name)), "period": {"start": "2020-01-01"}, **elements}
    return {**team, "participant": [*team["participant"], entry]}


def two(*codes: str) -> list[Resource]:
    """One role in several words."""
    return [{"coding": [each["coding"][0] for each in (ours("role", code) for code in codes)]}]


def test_coordination_does_not_hide_behind_another_code(person: Person) -> None:
    """Who may not propose a coordinator does not by naming another role first."""
    body = team_with(person, "neighbour", two("informal-network", "care-coordinator"))
    team = person.client("carer").get(person.ref("CareTeam", "team")).json()
    answer = put(person, "carer", {**team, "participant": body["participant"]})
    assert 403 == answer.status_code, answer.text


def test_who_agrees_to_a_coordinator_agrees_to_nothing_else(person: Person) -> None:
    body = team_with(person, "neighbour", two("care-coordinator", "informal-carer"))
    assert 200 == put(person, "nurse", body).status_code
    team = person.client("carer").get(person.ref("CareTeam", "team")).json()
    for each in team["participant"]:
        for extension in each["extension"]:
            if extension.get("valueCode") == "proposed":
                extension["valueCode"] = "agreed"
    assert 403 == put(person, "carer", team).status_code


# -- a representative from whom something is kept ------------------------------------------------------------


@pytest.fixture
def narrowed(person: Person) -> Person:
    """`cousin` represents the person, who keeps documents from the cousin."""
    document = {"sourceReference": {"display": "Akte"}}
    represents = provision("permit", (person.who("cousin"),))
    person.store(consent(person.ref("Consent", "mandate"), "mandate", person.patient, represents, **document))
    kept = person.settings(provision("deny", (person.who("cousin"),), ("document",)))
    assert 201 == put(person, "person", kept).status_code
    return person


def test_a_representative_does_not_lift_what_the_person_keeps_from_the_representative(
    narrowed: Person,
) -> None:
    kept = stored(narrowed, narrowed.ref("Consent", "settings"))
    client, address = narrowed.client("cousin"), narrowed.ref("Consent", "settings")
    answers = [
        put(narrowed, "cousin", {**kept, "status": "inactive"}),
        put(narrowed, "cousin", {**kept, "provision": {"type": "permit"}}),
        client.post(f"/{address}/$revoke", json={"resourceType": "Parameters"}),
        client.delete(f"/{address}"),
    ]
    hidden = client.get(narrowed.ref("DocumentReference", "report")).status_code
    assert ([403] * 4, 404) == ([each.status_code for each in answers], hidden)


@pytest.mark.parametrize("kind", ["settings", "grant"])
def test_a_representative_gives_himself_nothing(narrowed: Person, kind: str) -> None:
    mine = provision("permit", (narrowed.who("cousin"),), ("task",))
    given = {"type": "permit", "provision": [mine]} if kind == "settings" else {**mine, "period": UNTIL}
    wanted = consent(narrowed.ref("Consent", "mine"), kind, narrowed.patient, given)
    assert 403 == put(narrowed, "cousin", wanted).status_code


def test_the_person_lifts_it_and_the_representative_sets_the_rest(narrowed: Person) -> None:
    others = consent(
        narrowed.ref("Consent", "others"), "settings", narrowed.patient,
        {"type": "permit", "provision": [provision("deny", (narrowed.who("helper"),), ("document",))]},
    )  # fmt: skip
    kept = stored(narrowed, narrowed.ref("Consent", "settings"))
    answers = [put(narrowed, "cousin", others), put(narrowed, "person", {**kept, "status": "inactive"})]
    assert [201, 200] == [each.status_code for each in answers]


def test_a_representative_changes_settings_that_keep_what_is_kept_from_him(narrowed: Person) -> None:
    kept = stored(narrowed, narrowed.ref("Consent", "settings"))
    more = [
        *kept["provision"]["provision"],
        provision("deny", (narrowed.who("helper"),), ("message",)),
    ]
    kept["provision"] = {**kept["provision"], "provision": more}
    assert 200 == put(narrowed, "cousin", kept).status_code


def test_a_representative_does_not_lift_what_is_kept_from_everyone(narrowed: Person) -> None:
    kept = narrowed.settings(provision("deny", (), ("document",)))
    assert 200 == put(narrowed, "person", kept).status_code
    assert 403 == put(narrowed, "cousin", {**kept, "status": "inactive"}).status_code


@pytest.mark.parametrize("kind", ["exclusion", "settings"])
def test_who_is_under_guardianship_does_not_keep_the_guardian_out(person: Person, kind: str) -> None:
    ground = {"url": f"{DZOP}/StructureDefinition/mandate-ground", "valueCode": "guardianship"}
    represents = provision("permit", (person.who("cousin"),))
    person.store(
        consent(
            person.ref("Consent", "mandate"), "mandate", person.patient, represents,
            sourceReference={"display": "Vonnis"}, extension=[ground],
        )
    )  # fmt: skip
    out = provision("deny", (person.who("cousin"),))
    rules = out if kind == "exclusion" else {"type": "permit", "provision": [out]}
    wanted = consent(person.ref("Consent", "out"), kind, person.patient, rules)
    assert 403 == put(person, "person", wanted).status_code


# -- the case manager's report -------------------------------------------------------------------------------


def test_a_task_that_only_looks_like_ours_does_not_stop_the_grant(person: Person) -> None:
    grant = consent(
        person.ref("Consent", "manager"), "case-management", person.patient,
        provision("permit", (person.who("stranger"),), period=UNTIL),
    )  # fmt: skip
    look = task(
        person.ref("Task", "look"), person.patient, owner=ref(person.who("stranger")),
        focus=ref(person.ref("Consent", "manager")), code=concept(f"{DZOP}/CodeSystem/task-kind", "closing-report"),
    )  # fmt: skip
    person.store(grant, look)
    answer = put(
        person,
        "person",
        {**grant, "provision": {**grant["provision"], "period": {**UNTIL, "end": "2029-01-01"}}},
    )
    assert 200 == answer.status_code, answer.text


# -- explanations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["preview-as", "explain-access"])
def test_asking_about_a_number_nobody_has_is_not_being_unknown_oneself(
    person: Person, operation: str
) -> None:
    number = {"identifier": {"system": f"{SSIN[:-4]}nihdi", "value": "19999997"}}
    more = [] if operation == "preview-as" else [{"name": "category", "valueCode": "task"}]
    answer = sent(person, "person", operation, {"name": "actor", "valueReference": number}, *more)
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-14:00"]
)
@pytest.mark.parametrize("operation", ["explain-access", "who-can-see", "what-if"])
def test_the_ends_of_the_calendar_are_instants_like_others(known: Person, operation: str, at: str) -> None:
    given = {
        "explain-access": {"actor": known.who("gp"), "category": "task"},
        "who-can-see": {"category": "task"},
        "what-if": {"remove": known.ref("Consent", "sharing")},
    }[operation]
    answer = asked(known, "person", operation, at=at, **given)
    assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize("period", [
    {"start": "0001-01-01"}, {"end": "9999-12-31"}, {"start": "0001", "end": "9999"},
    {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-12:00"},
    {"end": "9999-12-31T23:30:00Z"},
])  # fmt: skip
def test_a_period_to_the_end_of_the_calendar_is_told(person: Person, period: Resource) -> None:
    team = stored(person, person.ref("CareTeam", "team"))
    mine = participant(person.who("stranger"), "general-practitioner", period=period)
    answers = [put(person, "person", {**team, "participant": [*team["participant"], mine]})]
    wanted = consent(
        person.ref("Consent", str(uuid4())[:8]), "exclusion", person.patient,
        provision("deny", (person.who("helper"),), period=period),
    )  # fmt: skip
    answers.append(
        sent(
            person,
            "person",
            "what-if",
            {"name": "consent", "resource": {k: v for k, v in wanted.items() if k != "id"}},
        )
    )
    answers.append(put(person, "person", wanted))
    answers += [
        asked(person, "person", "explain-access", actor=person.who(name), category="task")
        for name in ("helper", "stranger")
    ]
    answers.append(asked(person, "person", "who-can-see", category="task"))
    assert [] == [(each.status_code, each.text) for each in answers if each.status_code >= 500]


def test_a_refusal_that_was_only_tried_is_in_the_log(person: Person) -> None:
    """What is tried tells as much as what is done: a hidden id is taken, say."""
    taken = consent(
        f"Consent/{uuid4()}",
        "carer-share",
        person.patient,
        provision("permit", (person.who("nurse"),)),
        performer=[ref(person.who("carer"))],
    )
    assert 201 == person.client("carer").put(f"/Consent/{taken['id']}", json=taken).status_code
    wanted = consent(f"Consent/{taken['id']}", "sharing", person.patient, provision("permit"))
    told = sent(person, "person", "what-if", {"name": "consent", "resource": wanted})
    events = (
        person.server.client("system")
        .get("/AuditEvent", params={"agent": person.patient, "outcome": "4"})
        .json()
    )
    assert 200 == told.status_code, told.text
    assert 1 == len(events.get("entry", ()))


# -- labels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    ["CodeSystem/role", "AuditEvent/x", "Practitioner/gp", "Organization/employer-gp", "CareTeam/team"],
)
@pytest.mark.parametrize("operation", ["meta", "meta-add", "meta-delete"])
def test_labels_of_what_is_not_of_a_plan_are_refused_and_no_fault(
    known: Person, reference: str, operation: str
) -> None:
    place = (
        reference if reference in ("CodeSystem/role", "AuditEvent/x") else known.ref(*reference.split("/"))
    )
    label = {"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}
    given = {"name": "meta", "valueMeta": {"security": [label]}}
    body = {"resourceType": "Parameters", "parameter": [given]} if operation != "meta" else None
    client = known.client("stranger")
    answer = (
        client.get(f"/{place}/$meta") if body is None else client.post(f"/{place}/${operation}", json=body)
    )
    assert answer.status_code < 500, answer.text
    assert operation == "meta" or answer.status_code >= 400
