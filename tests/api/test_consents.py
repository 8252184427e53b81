"""Who writes, changes and ends which kind of consent, and what a consent must say to be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import (
    DZOP,
    PROVEN,
    SINCE,
    Resource,
    bundle,
    consent,
    entity,
    ours,
    participant,
    post,
    provision,
    ref,
)

from dzop.access.consent_writing import BY_GUARDIAN, DECLARED, NOT_TO_OPEN, NOT_YOURS, OTHER_KIND
from dzop.plan.closing_report import TASK_KIND

UNTIL = {"start": SINCE, "end": "2099-12-31"}
GROUND = f"{DZOP}/StructureDefinition/mandate-ground"
Made = Callable[[Person], Resource]


def _own(person: Person, kind: str, body: Resource, **elements: Any) -> Resource:
    return consent(person.ref("Consent", f"own-{kind}"), kind, person.patient, body, **elements)


def sharing(person: Person) -> Resource:
    return _own(person, "sharing", provision("permit", period={"start": SINCE}))


def settings(person: Person, *lines: Resource) -> Resource:
    lines = lines or (provision("deny", (person.who("nurse"),), ("care-goal",)),)
    return _own(person, "settings", {"type": "permit", "provision": list(lines)})


def exclusion(person: Person) -> Resource:
    return _own(person, "exclusion", provision("deny", (person.who("nurse"),)))


def grant(person: Person, **elements: Any) -> Resource:
    return _own(
        person,
        "grant",
        provision(
            "permit", (person.who("stranger"),), **{"classes": ("care-goal",), "period": UNTIL, **elements}
        ),
    )


def management(person: Person, **elements: Any) -> Resource:
    return _own(
        person,
        "case-management",
        provision("permit", (person.who("stranger"),), **{"period": UNTIL, **elements}),
    )


def mandate(person: Person, ground: str = "designated", **elements: Any) -> Resource:
    return _own(
        person,
        "mandate",
        provision("permit", (person.who("cousin"),)),
        **{
            "extension": [{"url": GROUND, "valueCode": ground}],
            "sourceReference": ref(person.ref("DocumentReference", "report")),
            **elements,
        },
    )


def relation(person: Person) -> Resource:
    permit = provision("permit", (person.who("stranger"),), period=UNTIL)
    return _own(person, "therapeutic-relation", permit, extension=[PROVEN])


def broken_glass(person: Person) -> Resource:
    permit = provision(
        "permit",
        (person.who("stranger"),),
        period={"start": "2026-11-22T10:00:00Z", "end": "2099-11-22T11:00:00Z"},
    )
    return _own(person, "break-glass", permit)


def carer_share(person: Person, carer: str = "carer") -> Resource:
    return _own(
        person,
        "carer-share",
        provision("permit", (person.who("nurse"),)),
        performer=[ref(person.who(carer))],
    )


def will(person: Person) -> Resource:
    return {**sharing(person), "category": [{"text": "Wilsverklaring"}], "performer": [ref(person.patient)]}


KINDS: dict[str, Made] = {
    "sharing": sharing,
    "settings": settings,
    "exclusion": exclusion,
    "grant": grant,
    "case-management": management,
    "mandate": mandate,
    "therapeutic-relation": relation,
    "break-glass": broken_glass,
    "carer-share": carer_share,
}
MAY: dict[str, tuple[str, ...]] = {
    "sharing": ("person", "deputy"),
    "settings": ("person", "deputy"),
    "exclusion": ("person", "deputy"),
    "grant": ("person", "deputy"),
    "case-management": ("person", "deputy"),
    "mandate": ("person",),
    "therapeutic-relation": (),
    "break-glass": (),
    "carer-share": ("carer",),
}
WRITERS = ("person", "deputy", "carer", "neighbour", "gp", "nurse", "helper")


def client_of(person: Person, name: str) -> httpx.Client:
    return (
        person.server.client(person.ref("RelatedPerson", "deputy"))
        if name == "deputy"
        else person.client(name)
    )


def represented(person: Person, ground: str = "designated") -> Person:
    """The same person with a deputy as representative."""
    deputy = person.ref("RelatedPerson", "deputy")
    person.store(
        entity(deputy, active=True, patient=ref(person.patient), name=[{"text": "deputy"}]),
        {
            **mandate(person, ground),
            "id": f"deputy-{person.mark}",
            "provision": provision("permit", (deputy,)),
        },
    )
    return person


def said(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["resourceType"] == "OperationOutcome", answer.text
    return answer.status_code, answer.json()["issue"][0]["diagnostics"]


def written(client: httpx.Client, body: Resource) -> httpx.Response:
    return client.put(f"{body['resourceType']}/{body['id']}", json=body)


@pytest.mark.parametrize("name", WRITERS)
def test_each_kind_is_written_by_whom_it_is_for(person: Person, name: str) -> None:
    represented(person)
    client = client_of(person, name)
    accepted = {
        kind for kind, make in KINDS.items() if client.post("/Consent", json=make(person)).status_code == 201
    }
    assert accepted == {kind for kind, names in MAY.items() if name in names}


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_writes_every_kind(person: Person, kind: str) -> None:
    assert written(person.client("system"), KINDS[kind](person)).status_code == 201


@pytest.mark.parametrize("kind", ["therapeutic-relation", "break-glass"])
def test_what_is_declared_is_never_written(person: Person, kind: str) -> None:
    assert said(written(person.client("person"), KINDS[kind](person))) == (403, DECLARED)


@pytest.mark.parametrize("status", ["inactive", "entered-in-error"])
@pytest.mark.parametrize("kind", ["therapeutic-relation", "break-glass"])
def test_what_is_declared_is_ended_by_the_person(person: Person, kind: str, status: str) -> None:
    person.store(KINDS[kind](person))
    client, reference = person.client("person"), person.ref("Consent", f"own-{kind}")
    ended = {**client.get(reference).json(), "status": status}
    assert client.put(reference, json=ended).status_code == 200


def test_an_ended_relation_gives_no_access(person: Person) -> None:
    person.store(relation(person))
    stranger, client = person.client("stranger"), person.client("person")
    before = stranger.get(person.ref("CarePlan", "plan")).status_code
    body = client.get(person.ref("Consent", "own-therapeutic-relation")).json()
    client.put(person.ref("Consent", "own-therapeutic-relation"), json={**body, "status": "inactive"})
    assert (before, stranger.get(person.ref("CarePlan", "plan")).status_code) == (200, 404)


@pytest.mark.parametrize(
    "change",
    [
        {"dateTime": "2020-01-01"},
        {"status": "proposed"},
        {"status": "inactive", "dateTime": "2020-01-01"},
        {"provision": {"type": "permit", "period": {"end": "2099-12-31"}}},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["person", "deputy"])
def test_what_is_declared_is_not_changed(person: Person, name: str, change: Resource) -> None:
    represented(person).store(relation(person))
    client, reference = client_of(person, name), person.ref("Consent", "own-therapeutic-relation")
    assert said(client.put(reference, json={**client.get(reference).json(), **change})) == (403, DECLARED)


def test_what_has_ended_is_not_revived(person: Person) -> None:
    person.store({**relation(person), "status": "inactive"})
    client, reference = person.client("person"), person.ref("Consent", "own-therapeutic-relation")
    assert said(client.put(reference, json={**client.get(reference).json(), "status": "active"})) == (
        403,
        DECLARED,
    )


def test_whoever_it_is_about_does_not_change_what_was_declared(person: Person) -> None:
    person.store(relation(person))
    stranger, reference = person.client("stranger"), person.ref("Consent", "own-therapeutic-relation")
    body = stranger.get(reference).json()
    answers = [stranger.put(reference, json={**body, "status": "inactive"}), stranger.delete(reference)]
    assert [each.status_code for each in answers] == [403, 403]


# -- mandates ----------------------------------------------------------------------------------------------


def test_a_representative_does_not_prolong_the_own_mandate(person: Person) -> None:
    represented(person)
    deputy, reference = client_of(person, "deputy"), f"Consent/deputy-{person.mark}"
    body = deputy.get(reference).json()
    body["provision"]["period"] = {"end": "2099-12-31"}
    assert said(deputy.put(reference, json=body)) == (403, NOT_YOURS)


def test_a_representative_makes_nobody_a_representative(person: Person) -> None:
    represented(person)
    assert said(written(client_of(person, "deputy"), mandate(person))) == (403, NOT_YOURS)


def test_the_person_ends_a_mandate(person: Person) -> None:
    represented(person)
    client, reference = person.client("person"), f"Consent/deputy-{person.mark}"
    body = {**client.get(reference).json(), "status": "inactive"}
    deputy = client_of(person, "deputy")
    before = deputy.get(person.patient).status_code
    assert (before, client.put(reference, json=body).status_code, deputy.get(person.patient).status_code) == (
        200,
        200,
        404,
    )


@pytest.mark.parametrize(("ground", "status"), [("designated", 200), ("guardianship", 403)])
@pytest.mark.parametrize("performer", ["deputy", "person"])
def test_the_person_undoes_what_a_representative_set_but_not_a_guardian(
    person: Person, ground: str, status: int, performer: str
) -> None:
    represented(person, ground)
    by = person.ref("RelatedPerson", "deputy") if performer == "deputy" else person.patient
    written(client_of(person, "deputy"), {**exclusion(person), "performer": [ref(by)]})
    client, reference = person.client("person"), person.ref("Consent", "own-exclusion")
    answer = client.put(reference, json={**client.get(reference).json(), "status": "inactive"})
    assert answer.status_code == status


def test_the_person_does_not_delete_what_a_guardian_set(person: Person) -> None:
    represented(person, "guardianship")
    body = {**exclusion(person), "performer": [ref(person.ref("RelatedPerson", "deputy"))]}
    assert written(client_of(person, "deputy"), body).status_code == 201
    assert said(person.client("person").delete(person.ref("Consent", "own-exclusion"))) == (403, BY_GUARDIAN)


def test_the_person_does_not_change_a_document_that_a_guardian_wrote(person: Person) -> None:
    represented(person, "guardianship")
    body = {**will(person), "performer": [ref(person.ref("RelatedPerson", "deputy"))]}
    assert written(client_of(person, "deputy"), body).status_code == 201
    assert said(written(person.client("person"), {**body, "status": "inactive"})) == (403, BY_GUARDIAN)


def test_guardianship_is_not_ended_by_who_is_under_it(person: Person) -> None:
    represented(person, "guardianship")
    client, reference = person.client("person"), f"Consent/deputy-{person.mark}"
    body = {**client.get(reference).json(), "status": "inactive"}
    assert [said(client.put(reference, json=body)), said(client.delete(reference))] == [
        (403, BY_GUARDIAN)
    ] * 2


def test_the_person_keeps_the_own_consents_under_guardianship(person: Person) -> None:
    represented(person, "guardianship")
    client = person.client("person")
    body = written(client, exclusion(person)).json()
    assert written(client, {**body, "status": "inactive"}).status_code == 200


# -- the carer's share -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["person", "nurse", "neighbour", "gp"])
def test_nobody_but_the_carer_shares_or_ends_it(person: Person, name: str) -> None:
    written(person.client("carer"), carer_share(person))
    reference = person.ref("Consent", "own-carer-share")
    client = person.client(name)
    body = {**person.client("carer").get(reference).json(), "status": "inactive"}
    answers = [client.get(reference), client.put(reference, json=body), client.delete(reference)]
    assert [each.status_code for each in answers] == [404, 409, 204]
    assert person.client("nurse").get(person.ref("Observation", "burden")).status_code == 200


def test_a_carer_does_not_share_for_another(person: Person) -> None:
    assert refused(written(person.client("carer"), carer_share(person, "neighbour"))) == (403, "forbidden")


def test_the_carer_ends_the_own_share(person: Person) -> None:
    carer, nurse, burden = person.client("carer"), person.client("nurse"), person.ref("Observation", "burden")
    body = written(carer, carer_share(person)).json()
    before = nurse.get(burden).status_code
    ended = written(carer, {**body, "status": "inactive"}).status_code
    assert (before, ended, nurse.get(burden).status_code) == (200, 200, 404)


# -- what is consistent ------------------------------------------------------------------------------------

NONSENSE: dict[str, tuple[Made, str]] = {
    "two kinds": (
        lambda person: {**sharing(person), "category": [ours("consent-kind", each) for each in ("sharing", "grant")]},
        "Consent.category",
    ),
    "a kind that is none": (
        lambda person: {**sharing(person), "category": [ours("consent-kind", "everything")]},
        "Consent.category",
    ),
    "no provision": (
        lambda person: {name: each for name, each in sharing(person).items() if name != "provision"},
        "Consent.provision",
    ),
    "a grant without end": (lambda person: grant(person, period={"start": SINCE}), "Consent.provision.period.end"),
    "a grant of nothing": (lambda person: grant(person, classes=()), "Consent.provision.class"),
    "a grant of what is no category": (
        lambda person: grant(person, classes=("everything",)),
        "Consent.provision.class[0]",
    ),
    "case management without end": (
        lambda person: management(person, period={"start": SINCE}),
        "Consent.provision.period.end",
    ),
    "case management by family": (
        lambda person: _own(
            person, "case-management", provision("permit", (person.who("cousin"),), period=UNTIL)
        ),
        "Consent.provision.actor[0].reference",
    ),
    "an exclusion that permits": (
        lambda person: _own(person, "exclusion", provision("permit", (person.who("nurse"),))),
        "Consent.provision.type",
    ),
    "a mandate without document": (
        lambda person: {name: each for name, each in mandate(person).items() if name != "sourceReference"},
        "Consent.sourceReference",
    ),
    "settings in settings": (
        lambda person: settings(person, provision("deny", provision=[provision("deny")])),
        "Consent.provision.provision[0].provision",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ["person", "system"])
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_what_is_inconsistent_is_refused_with_where_it_is(person: Person, name: str, nonsense: str) -> None:
    make, where = NONSENSE[nonsense]
    answer = written(person.client(name), make(person))
    assert (answer.status_code, where in [each["expression"][0] for each in answer.json()["issue"]]) == (
        422,
        True,
    )


@pytest.mark.parametrize("status", ["inactive", "entered-in-error"])
def test_a_kind_that_is_none_is_refused_in_every_state(person: Person, status: str) -> None:
    body = {**sharing(person), "category": [ours("consent-kind", "everything")], "status": status}
    assert refused(written(person.client("person"), body)) == (422, "code-invalid")


@pytest.mark.parametrize("name", ["person", "system"])
@pytest.mark.parametrize("make", [exclusion, will])
def test_a_consent_keeps_its_kind(person: Person, make: Made, name: str) -> None:
    client = person.client(name)
    body = {**make(person), "id": f"kind-{person.mark}"}
    person.store(body)
    other = {**sharing(person), "id": body["id"]}
    assert said(written(client, other)) == (422, OTHER_KIND)


@pytest.mark.parametrize("category", ["message", "task", "prom"])
def test_the_person_does_not_open_what_the_person_may_not_share(person: Person, category: str) -> None:
    line = provision("permit", (person.who("neighbour"),), (category,))
    answers = [
        written(person.client("person"), body)
        for body in (grant(person, classes=(category,)), settings(person, line))
    ]
    assert [refused(each) for each in answers] == [(422, "forbidden")] * 2


def test_the_person_closes_what_the_person_may_not_share(person: Person) -> None:
    line = provision("deny", (person.who("neighbour"),), ("task",))
    assert written(person.client("person"), settings(person, line)).status_code == 201


def test_a_contradiction_is_stored_with_a_warning(person: Person) -> None:
    lines = [provision(each, (person.who("neighbour"),), ("life-goal",)) for each in ("permit", "deny")]
    body = settings(person, *lines)
    answer = person.client("person").post(
        "/Consent", json=body, headers={"Prefer": "return=OperationOutcome"}
    )
    found = [(each["severity"], each["code"]) for each in answer.json()["issue"]]
    assert (answer.status_code, ("warning", "conflict") in found) == (201, True)


def test_a_warning_stands_beside_the_entry_of_a_bundle(person: Person) -> None:
    lines = [provision(each, (person.who("neighbour"),), ("life-goal",)) for each in ("permit", "deny")]
    answer = person.client("person").post("/", json=bundle("transaction", post(settings(person, *lines))))
    outcome = answer.json()["entry"][0]["response"]["outcome"]
    assert [each["severity"] for each in outcome["issue"]] == ["warning"]


def test_a_contradiction_with_other_settings_is_noticed(person: Person) -> None:
    client, who = person.client("person"), (person.who("neighbour"),)
    written(client, settings(person, provision("permit", who, ("life-goal",))))
    second = {**settings(person, provision("deny", who, ("life-goal",))), "id": f"second-{person.mark}"}
    answer = client.put(f"Consent/{second['id']}", json=second, headers={"Prefer": "return=OperationOutcome"})
    assert "conflict" in [each["code"] for each in answer.json()["issue"]]


def test_a_consent_of_no_kind_of_ours_is_a_document_like_others(person: Person) -> None:
    body = {**will(person), "provision": {"type": "permit", "provision": [{"provision": [{"type": "deny"}]}]}}
    assert written(person.client("person"), body).status_code == 201


# -- entry by entry ----------------------------------------------------------------------------------------


def opening(person: Person, reference: str, *, meaning: str = "instance", **elements: Any) -> Resource:
    data = [{"meaning": meaning, "reference": ref(reference)}]
    return _own(
        person, "grant", provision("permit", (person.who("cousin"),), data=data, period=UNTIL), **elements
    )


def test_an_entry_is_opened_by_itself(person: Person) -> None:
    life, care = person.ref("Goal", "life"), person.ref("Goal", "care")
    answer = written(person.client("person"), opening(person, life))
    seen = [person.client("cousin").get(each).status_code for each in (life, care)]
    assert (answer.status_code, seen) == (201, [200, 404])


@pytest.mark.parametrize("actor", ["person", "system"])
def test_what_refers_to_an_entry_is_not_opened_with_it(person: Person, actor: str) -> None:
    answer = written(person.client(actor), opening(person, person.ref("Goal", "life"), meaning="dependents"))
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["expression"]) == (422, ["Consent.provision.data[0].meaning"])
    assert person.client("cousin").get(person.ref("Goal", "life")).status_code == 404


@pytest.mark.parametrize("status", ["active", "draft", "proposed"])
@pytest.mark.parametrize(
    "entry",
    ["hidden", "free", "of another", "may not be shared", "elsewhere"],
)
def test_what_cannot_be_opened_is_refused_in_the_same_words(
    person: Person, known: Person, entry: str, status: str
) -> None:
    reference = {
        "hidden": person.ref("Observation", "burden"),
        "free": person.ref("Goal", "free"),
        "of another": known.ref("Goal", "life"),
        "may not be shared": person.ref("Communication", "message"),
        "elsewhere": "https://other.example/fhir/Goal/1",
    }[entry]
    answer = written(person.client("person"), opening(person, reference, status=status))
    assert said(answer) == (422, NOT_TO_OPEN)
    assert answer.json()["issue"][0]["expression"] == ["Consent.provision.data[0].reference"]


def test_an_opened_entry_that_is_gone_does_not_keep_the_consent_from_ending(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    body = written(client, opening(person, journal)).json()
    client.delete(journal)
    assert written(client, {**body, "status": "inactive"}).status_code == 200


# -- case management ---------------------------------------------------------------------------------------


def tasks(person: Person, who: str = "person") -> list[Resource]:
    """The Tasks for a closing report, as somebody finds them."""
    answer = person.client(who).get(
        "/Task", params={"patient": person.patient, "code": f"{TASK_KIND}|closing-report"}
    )
    return [each["resource"] for each in answer.json().get("entry", [])]


def report(person: Person, *related: str) -> Resource:
    return entity(
        "DocumentReference/x",
        status="current",
        type=ours("data-category", "shared-note"),
        subject=ref(person.patient),
        author=[ref(person.who("stranger"))],
        content=[{"attachment": {"contentType": "text/plain", "data": "R29lZA=="}}],
        context={"related": [ref(each) for each in related]},
    )


@pytest.fixture
def managed(person: Person) -> Person:
    """A person with the stranger as case manager."""
    assert written(person.client("person"), management(person)).status_code == 201
    return person


def test_a_case_manager_is_asked_for_a_closing_report(managed: Person) -> None:
    (found,) = tasks(managed, "stranger")
    assert (found["status"], found["owner"], found["restriction"]["period"]["end"], found["focus"]) == (
        "requested",
        ref(managed.who("stranger")),
        "2099-12-31",
        ref(managed.ref("Consent", "own-case-management")),
    )


def test_the_task_is_entered_once_and_follows_the_end(managed: Person) -> None:
    client, reference = managed.client("person"), managed.ref("Consent", "own-case-management")
    body = client.get(reference).json()
    body["provision"]["period"]["end"] = "2098-06-30"
    client.put(reference, json=body)
    assert [each["restriction"]["period"]["end"] for each in tasks(managed)] == ["2098-06-30"]


@pytest.mark.parametrize("by", ["task", "grant"])
def test_the_report_completes_the_task(managed: Person, by: str) -> None:
    (before,) = tasks(managed)
    related = f"Task/{before['id']}" if by == "task" else managed.ref("Consent", "own-case-management")
    answer = managed.client("stranger").post("/DocumentReference", json=report(managed, related))
    (after,) = tasks(managed)
    assert (answer.status_code, after["status"], after["output"][0]["valueReference"]) == (
        201,
        "completed",
        ref(f"DocumentReference/{answer.json()['id']}"),
    )


def test_a_note_of_somebody_else_completes_nothing(managed: Person) -> None:
    (before,) = tasks(managed)
    note = {**report(managed, f"Task/{before['id']}"), "author": [ref(managed.who("nurse"))]}
    answer = managed.client("nurse").post("/DocumentReference", json=note)
    assert (answer.status_code, tasks(managed)[0]["status"]) == (201, "requested")


def test_a_case_manager_changes_no_task(managed: Person) -> None:
    (found,) = tasks(managed, "stranger")
    client = managed.client("stranger")
    assert client.put(f"Task/{found['id']}", json={**found, "status": "completed"}).status_code == 403


def test_a_grant_that_ends_early_leaves_the_task_open(managed: Person) -> None:
    client, reference = managed.client("person"), managed.ref("Consent", "own-case-management")
    client.put(reference, json={**client.get(reference).json(), "status": "inactive"})
    assert ([each["status"] for each in tasks(managed)], tasks(managed, "stranger")) == (["requested"], [])


@pytest.mark.parametrize("role", ["health-professional", "care-coordinator"])
def test_a_case_manager_is_not_in_the_team(person: Person, role: str) -> None:
    stranger = person.who("stranger")
    members = [participant(stranger, "health-professional")]
    person.store(
        person.team(*members, *([participant(stranger, role)] if role == "care-coordinator" else []))
    )
    assert written(person.client("person"), management(person)).status_code == 422


def test_a_draft_asks_for_no_report(person: Person) -> None:
    written(person.client("person"), {**management(person), "status": "draft"})
    assert tasks(person) == []


def test_a_consent_may_be_written_for_the_person_by_the_representative(person: Person) -> None:
    represented(person)
    answer = written(client_of(person, "deputy"), exclusion(person))
    found = (
        person.client("person").get("/Provenance", params={"target": f"Consent/{answer.json()['id']}"}).json()
    )
    assert (answer.status_code, found["entry"][0]["resource"]["agent"][0]["onBehalfOf"]) == (
        201,
        ref(person.patient),
    )


@pytest.mark.parametrize("performer", ["nurse", "carer", "stranger"])
def test_a_consent_is_not_given_in_the_name_of_another(person: Person, performer: str) -> None:
    body = {**exclusion(person), "performer": [ref(person.who(performer))]}
    assert refused(written(person.client("person"), body)) == (403, "forbidden")
