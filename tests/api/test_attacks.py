"""Attempts to see or change what is somebody else's, in tables by the kind of attempt.

What other tests prove is not repeated: queries in test_attacks_queries.py, patches in test_attacks_patches.py, ids
in test_ids.py, pages in test_paging.py, forged authors in test_forgery.py, and that no answer depends on what is
hidden in test_non_interference_worlds.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person, ids, new_person, refused
from resources import (
    DZOP,
    SSIN,
    Resource,
    bundle,
    communication,
    consent,
    entity,
    goal,
    participant,
    post,
    provision,
    put,
    ref,
    task,
)
from serving import Server

GP = "https://gp.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def other(server: Server) -> Person:
    """The person whose plan is attacked; the gp of `person` and `known` is a stranger to it."""
    person = new_person(server)
    marked = [{"system": GP, "value": person.mark}]
    person.store(goal(person.ref("Goal", "marked"), person.patient, identifier=marked))
    return person


def attacker(known: Person) -> httpx.Client:
    return known.client("gp")


# -- ids and paths (attack group 1) ------------------------------------------------------------------

PATHS = (
    "Goal/{id}", "Goal/{id}/", "/Goal/{id}", "Goal//{id}", "Goal/./{id}", "Goal/%2e/{id}", "Goal/x/../{id}",
    "Goal/x/%2e%2e/{id}", "Task/{id}", "goal/{id}", "GOAL/{id}", "Goal/{ID}", "Goal/{id}%20", "Goal/{id}%00",
    "Goal/{id};x=1", "Goal/{id}.json", "Goal/{id}?_format=json", "Goal/{id}/_history", "Goal/{id}/_history/1",
    "Goal/{id}/_history/", "Goal/{id}/_history/0", "Patient/{person}",
    "Patient/{person}/Goal/{id}", "Patient/{person}/$everything",
    "Goal/{id}/$meta", "Goal/{id}/$explain-access",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_of_a_path_leads_to_what_is_hidden(known: Person, other: Person, path: str) -> None:
    id, whose = other.ref("Goal", "life")[5:], other.patient[8:]
    url = f"{known.server.fhir}/{path.format(id=id, ID=id.upper(), person=whose)}"
    answer = attacker(known).get(url)
    assert (answer.status_code in (400, 404, 405), "Opnieuw" in answer.text) == (True, False)


@pytest.mark.parametrize("path", ["?_type=Goal", "_search?_type=Goal"])
def test_there_is_no_search_of_everything(known: Person, path: str) -> None:
    assert attacker(known).get(f"{known.server.fhir}/{path}").status_code in (404, 405)


# -- the same parameter twice, and said otherwise (23, 24) -------------------------------------------

POLLUTED = (
    "patient={hidden}", "patient={own}&patient={hidden}",
    "patient={hidden}&patient={own}", "patient={own},{hidden}",
    "patient={hidden},{own}", "subject={hidden}&patient={own}",
    "patient:Patient={hidden_id}", "subject=Patient/{hidden_id}",
    "patient={base}/{hidden}", "patient={own}%2C{hidden}", "patient={own}\\,{hidden}", "patient={own}%00",
    "identifier={gp}|{mark}", "identifier=|{mark}",
    "identifier={mark}", "identifier={gp}|", "_id={hidden_goal}",
    "_id={hidden_goal},nothing", "subject:missing=false", "subject:missing=true", "category:not=nothing",
    "_lastUpdated=gt2000", "subject=Раtient/{hidden_id}", "subject:identifier={ssin_system}|{ssin}",
    "subject:identifier={ssin}", "patient={own}' or '1'='1",
    "_id=%25", "category=%", "_id={hidden_goal}&_id={hidden_goal}",
)  # fmt: skip


def spelled(known: Person, other: Person, query: str) -> str:
    return query.format(
        own=known.patient, hidden=other.patient, hidden_id=other.patient[8:], base=known.server.fhir, gp=GP,
        mark=other.mark, hidden_goal=f"marked-{other.mark}", ssin_system=SSIN, ssin=other.ssin,
    )  # fmt: skip


@pytest.mark.parametrize("by_post", [False, True])
@pytest.mark.parametrize("query", POLLUTED)
def test_no_way_to_put_a_question_finds_what_is_hidden(
    known: Person, other: Person, query: str, by_post: bool
) -> None:
    client, asked = attacker(known), spelled(known, other, query)
    if by_post:
        own = f"/Goal/_search?patient={known.patient}"
        answer = client.post(own, content=asked.encode(), headers=FORM)
    else:
        answer = client.get(f"/Goal?{asked}&_total=accurate&_count=200")
    found = ids(answer) if answer.is_success else refused(answer)[:1]
    theirs = [each for each in found if other.mark in str(each)]
    assert (answer.status_code in (200, 400), theirs) == (True, [])


@pytest.mark.parametrize("value", ["", ",", "|", "{own},", "%5C"])
def test_an_empty_value_is_no_wildcard(known: Person, value: str) -> None:
    answer = attacker(known).get(f"/Goal?patient={value.format(own=known.patient)}")
    assert refused(answer)[0] == 400


def test_a_page_begun_by_post_goes_on_by_get(person: Person) -> None:
    person.store(*[goal(person.ref("Goal", f"more-{number}"), person.patient) for number in range(3)])
    gp = person.client("gp")
    first = gp.post("/Goal/_search", content=f"patient={person.patient}&_count=2", headers=FORM)
    following = next(each["url"] for each in first.json()["link"] if each["relation"] == "next")
    again = gp.get(following)
    assert (len(ids(again)), set(ids(first)) & set(ids(again))) == (2, set())


# -- conditions of a request (11, 12, 13) ------------------------------------------------------------

CONDITIONS = (
    {"If-None-Match": 'W/"1"'}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"9"'},
    {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
    {"If-Match": 'W/"1"'}, {"If-Match": "*"}, {"Range": "bytes=0-1"},
    {"Prefer": "return=minimal"}, {"Prefer": "handling=lenient"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-User": "system"}, {"X-Provenance": "{}"},
)  # fmt: skip


@pytest.mark.parametrize("headers", CONDITIONS, ids=str)
def test_no_header_tells_a_hidden_id_from_a_free_one(
    known: Person, other: Person, headers: dict[str, str]
) -> None:
    hidden, free = other.ref("Goal", "life"), known.ref("Goal", "nothing")
    told = [attacker(known).get(each, headers=headers) for each in (hidden, free)]
    texts = [each.text.replace(hidden, "X").replace(free, "X") for each in told]
    assert ([each.status_code for each in told], texts[0]) == ([404, 404], texts[1])


@pytest.mark.parametrize(
    "condition", ["identifier={gp}|{mark}", "_id=marked-{mark}", "subject=Patient/person-{mark}"]
)
def test_a_conditional_create_never_meets_what_is_hidden(
    person: Person, other: Person, condition: str
) -> None:
    asked = condition.format(gp=GP, mark=other.mark)
    answer = person.client("gp").post(
        "/Goal", json=goal("Goal/x", person.patient), headers={"If-None-Exist": asked}
    )
    assert (answer.status_code, other.mark in answer.text) == (201, False)


@pytest.mark.parametrize("known_number", [True, False])
def test_a_write_about_a_number_tells_nothing_of_it(known: Person, other: Person, known_number: bool) -> None:
    number = other.ssin if known_number else "00000000097"
    about = {"identifier": {"system": SSIN, "value": number}}
    answer = attacker(known).post("/Goal", json=goal("Goal/x", "x", subject=about))
    expected = "the person is not known, or you have no relation with this person"
    assert (answer.status_code, answer.json()["issue"][0]["details"]["text"]) == (422, expected)


# -- moving and reaching across (25, 28, 29) ---------------------------------------------------------

SUBJECTS = (
    "{theirs}",
    "{base}/{theirs}",
    "{theirs}/_history/1",
    "urn:uuid:0c3c0b5e-0000-4000-8000-000000000000",
    "#p",
    "http://other.example/{theirs}",
)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("kind", ["Goal", "CarePlan", "Task", "Consent"])
@pytest.mark.parametrize("in_transaction", [False, True])
def test_nothing_moves_to_another_person(
    known: Person, other: Person, subject: str, kind: str, in_transaction: bool
) -> None:
    at = {"Goal": "care", "CarePlan": "plan", "Task": "weigh", "Consent": "sharing"}[kind]
    element = {"Task": "for", "Consent": "patient"}.get(kind, "subject")
    client = known.client("person")
    reference = known.ref(kind, at)
    moved = {
        **client.get(reference).json(),
        element: ref(subject.format(theirs=other.patient, base=known.server.fhir)),
    }
    if in_transaction:
        answer = client.post("/", json=bundle("transaction", put(moved)))
    else:
        answer = client.put(reference, json=moved)
    kept = client.get(reference)
    assert (answer.status_code, kept.json()[element], kept.headers["ETag"]) == (
        422,
        ref(known.patient),
        'W/"1"',
    )


def _joins(known: Person, other: Person) -> Resource:
    return put(other.team(participant(known.who("gp"), "general-practitioner")))


def _joins_anew(known: Person, other: Person) -> Resource:
    return post({**other.team(participant(known.who("gp"), "general-practitioner")), "id": "x"})


def _grants(known: Person, other: Person) -> Resource:
    until = {"start": "2020-01-01", "end": "2099-12-31"}
    allowed = provision("permit", (known.who("gp"),), ("plan",), period=until)
    return post(consent("Consent/x", "grant", other.patient, allowed))


def _relates(known: Person, other: Person) -> Resource:
    return post(entity("RelatedPerson/x", active=True, patient=ref(other.patient)))


def _works_there(known: Person, other: Person) -> Resource:
    role = entity(f"PractitionerRole/gp-{known.mark}", active=True, practitioner=ref(known.who("gp")))
    return put({**role, "organization": ref(other.ref("Organization", "employer-gp"))})


def _tells(known: Person, other: Person) -> Resource:
    return post(communication("Communication/x", other.patient, "message", known.who("gp"), known.who("gp")))


def _attests(known: Person, other: Person) -> Resource:
    agent = [{"who": ref(known.who("gp"))}]
    return post(
        entity(
            "Provenance/x",
            target=[ref(other.ref("Goal", "life"))],
            recorded="2026-01-05T14:00:00Z",
            agent=agent,
        )
    )


def _enters(known: Person, other: Person) -> Resource:
    return post(entity("Patient/x", identifier=[{"system": SSIN, "value": other.ssin}]))


SELF_GRANTED = {
    _joins: 422, _joins_anew: 422, _grants: 422, _relates: 422,
    _works_there: 403, _tells: 422, _attests: 422, _enters: 422,
}  # fmt: skip


@pytest.mark.parametrize("attempt", SELF_GRANTED)
def test_nobody_lets_themselves_in(
    known: Person, other: Person, attempt: Callable[[Person, Person], Resource]
) -> None:
    client, entry = attacker(known), attempt(known, other)
    answer = client.request(entry["request"]["method"], f"/{entry['request']['url']}", json=entry["resource"])
    seen = client.get(other.ref("CarePlan", "plan")).status_code
    assert (answer.status_code, seen) == (SELF_GRANTED[attempt], 404)


def test_a_member_widens_no_role_and_no_period_of_their_own(person: Person) -> None:
    client, at = person.client("neighbour"), person.ref("CareTeam", "team")
    wider = person.team()
    for each in wider["participant"]:
        if each["member"] == ref(person.who("neighbour")):
            each["role"] = participant("x", "care-coordinator")["role"]
    client.put(at, json=wider)
    assert client.get(person.ref("CarePlan", "plan")).status_code == 404


@pytest.mark.parametrize("include", ["Task:focus", "Task:based-on", "Task:focus:Goal"])
def test_what_an_own_entry_points_at_is_not_opened_by_it(person: Person, other: Person, include: str) -> None:
    gp, life = person.client("gp"), ref(other.ref("Goal", "life"))
    made = gp.post(
        "/Task", json=task("Task/x", person.patient, focus=life, basedOn=[life], owner=ref(person.who("gp")))
    )
    found = gp.get(f"/Task?_id={made.json()['id']}&_include={include}").json()["entry"]
    assert (made.status_code, len(found), gp.get(life["reference"]).status_code) == (201, 1, 404)


# -- Bundles (30, 31) --------------------------------------------------------------------------------

URLS = (
    "{base}/{hidden}", "/{hidden}", "../fhir/{hidden}",
    "Goal/../{hidden}", "Goal/%2e%2e/{hidden}", "./{hidden}", "{hidden}/",
    "{hidden}?_include=*", "{hidden}/_history/1", "{hidden}/_history",
    "//{hidden}", "Goal?_id={id}", "Goal/_search?_id={id}",
    "Patient/person-{mark}/$everything", "{hidden}/$meta", "{hidden}#x", "{hidden}%3F", "metadata", "",
)  # fmt: skip


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("type", ["batch", "transaction"])
def test_no_url_in_a_bundle_leads_to_what_is_hidden(
    known: Person, other: Person, type: str, url: str
) -> None:
    hidden = other.ref("Goal", "life")
    spelled = url.format(base=known.server.fhir, hidden=hidden, id=hidden[5:], mark=other.mark)
    answer = attacker(known).post("/", json=bundle(type, {"request": {"method": "GET", "url": spelled}}))
    assert (answer.status_code < 500, "Opnieuw" in answer.text) == (True, False)


NESTED: dict[str, Resource] = {
    "a bundle": {
        "resource": {"resourceType": "Bundle", "type": "batch", "entry": []},
        "request": {"method": "POST", "url": ""},
    },
    "a bundle as a resource": {
        "resource": {"resourceType": "Bundle", "type": "batch"},
        "request": {"method": "POST", "url": "Bundle"},
    },
    "another method": {"request": {"method": "OPTIONS", "url": "Goal"}},
    "a patch": {"request": {"method": "PATCH", "url": "Goal/x"}},
}


@pytest.mark.parametrize("name", NESTED)
def test_what_does_not_belong_in_a_batch_is_refused(known: Person, name: str) -> None:
    answer = attacker(known).post("/", json=bundle("batch", NESTED[name])).json()["entry"][0]["response"]
    assert answer["status"].split()[0] in ("400", "404", "405")


def test_the_entries_of_a_batch_do_not_lend_each_other_access(known: Person, other: Person) -> None:
    entries = [
        {"request": {"method": "GET", "url": each}}
        for each in (known.ref("Goal", "life"), other.ref("Goal", "life"), known.ref("Goal", "care"))
    ]
    answer = attacker(known).post("/", json=bundle("batch", *entries)).json()["entry"]
    assert [each["response"]["status"].split()[0] for each in answer] == ["200", "404", "200"]


def test_what_a_transaction_closes_it_no_longer_shows(person: Person) -> None:
    closed = person.settings(provision("deny", (person.who("gp"),), ("plan",)))
    person.store(closed)
    entries = [{"request": {"method": "GET", "url": person.ref("CarePlan", "plan")}}, put(person.settings())]
    answer = person.client("person").post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, person.client("gp").get(person.ref("CarePlan", "plan")).status_code) == (
        200,
        200,
    )


def test_what_a_transaction_deletes_it_does_not_read(person: Person) -> None:
    at = person.ref("Communication", "journal")
    entries = [{"request": {"method": method, "url": at}} for method in ("GET", "DELETE")]
    client = person.client("person")
    answer = client.post("/", json=bundle("transaction", *entries))
    assert (answer.status_code, client.get(f"/{at}").status_code) == (410, 200)


def test_two_entries_under_one_url_are_refused(person: Person) -> None:
    same = f"urn:uuid:{uuid4()}"
    entries = [
        post(goal("Goal/x", person.patient), same),
        post(task("Task/x", person.patient, focus=ref(same)), same),
    ]
    answer = person.client("gp").post("/", json=bundle("transaction", *entries))
    assert answer.status_code == 400


# -- what belongs to the server (32) -----------------------------------------------------------------

CATEGORY = f"{DZOP}/CodeSystem/data-category"
ASSIGNED: dict[str, tuple[dict[str, Any], Callable[[Resource], Any], Any]] = {
    "a version": ({"versionId": "99"}, lambda meta: meta["versionId"], "1"),
    "a time": (
        {"lastUpdated": "2001-01-01T00:00:00Z"},
        lambda meta: meta["lastUpdated"][:4] == "2001",
        False,
    ),
    "a wider category": (
        {"security": [{"system": CATEGORY, "code": "message"}]},
        lambda meta: [each["code"] for each in meta["security"]],
        ["life-goal"],
    ),
    "a category of nobody": (
        {"security": [{"system": CATEGORY, "code": "nonsense"}]},
        lambda meta: [each["code"] for each in meta["security"]],
        ["life-goal"],
    ),
}


@pytest.mark.parametrize("name", ASSIGNED)
def test_what_the_server_owns_is_not_taken_from_a_client(person: Person, name: str) -> None:
    meta, look, expected = ASSIGNED[name]
    body = {**goal("Goal/x", person.patient, "life-goal"), "meta": meta}
    answer = person.client("person").post("/Goal", json=body)
    assert (answer.status_code, look(answer.json()["meta"])) == (201, expected)


def test_a_label_that_is_left_out_stays(person: Person) -> None:
    at = person.ref("Goal", "care")
    sensitive = {"security": [{"system": CATEGORY, "code": "sensitive"}]}
    client = person.client("person")
    client.put(at, json={**goal(at, person.patient), "meta": sensitive})
    client.put(at, json=goal(at, person.patient))
    assert "sensitive" in [each["code"] for each in client.get(at).json()["meta"]["security"]]
