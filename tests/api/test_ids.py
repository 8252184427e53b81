"""What an id tells (access law, "Disclosure"): nothing, unless the actor may see what it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from persons import Person, new_person, refused
from resources import Resource, bundle, communication, goal, participant
from serving import Server, in_process

Ask = Callable[[httpx.Client, str, Resource], httpx.Response]

LABEL = {
    "resourceType": "Parameters",
    "parameter": [{"name": "meta", "valueMeta": {"tag": [{"system": "https://x.example", "code": "x"}]}}],
}
PATCH = {"Content-Type": "application/json-patch+json"}
GETS = {
    "GET": lambda client, at, _: client.get(at),
    "HEAD": lambda client, at, _: client.head(at),
    "vread": lambda client, at, _: client.get(f"{at}/_history/1"),
    "history": lambda client, at, _: client.get(f"{at}/_history"),
}
ASKS: dict[str, Ask] = {
    **GETS,
    "$meta": lambda client, at, _: client.get(f"{at}/$meta"),
    "$meta-add": lambda client, at, _: client.post(f"{at}/$meta-add", json=LABEL),
    "PATCH": lambda client, at, _: client.patch(at, content="[]", headers=PATCH),
    "DELETE": lambda client, at, _: client.delete(at),
    "DELETE If-Match": lambda client, at, _: client.delete(at, headers={"If-Match": 'W/"1"'}),
    "PUT If-Match": lambda client, at, body: client.put(at, json=body, headers={"If-Match": 'W/"1"'}),
    "PUT": lambda client, at, body: client.put(at, json=body),
}
# Of an actor who may write goals and journals of this person, about an id that is ...
_UNSEEN = {"GET": 404, "HEAD": 404, "vread": 404, "history": 404, "$meta": 404, "$meta-add": 404}
_UNSEEN |= {"DELETE": 204, "PATCH": 404}
_SEEN = {name: 204 if name == "DELETE" else 200 for name in _UNSEEN}
_GONE = dict.fromkeys(("GET", "HEAD", "$meta", "$meta-add", "PATCH"), 410)
_STALE = {"DELETE If-Match": 412, "PUT If-Match": 412}
TABLE = {
    "free": {**_UNSEEN, **_STALE, "PUT": 201},
    "hidden": {**_UNSEEN, **_STALE, "PUT": 409},
    "visible": {**_SEEN, "DELETE If-Match": 204, "PUT If-Match": 200, "PUT": 200},
    "deleted": {**_SEEN, **_STALE, **_GONE, "PUT": 201},
}
CELLS = [(state, ask, status) for state, row in TABLE.items() for ask, status in row.items()]


def journal(person: Person, name: str) -> Resource:
    """An entry of the person's own diary, the one type that its author may delete."""
    return communication(person.ref("Communication", name), person.patient, "journal", person.patient)


@pytest.fixture(scope="module")
def other(server: Server) -> Person:
    """The person to whom everything belongs that is hidden here."""
    return new_person(server)


@pytest.fixture
def at(person: Person, other: Person) -> Callable[[str], Resource]:
    """A diary entry of `person` under an id that is free, hidden, visible or deleted."""

    def made(state: str) -> Resource:
        body = journal(person, state)
        client = person.client("person")
        if state == "hidden":
            other.store({**journal(other, "x"), "id": body["id"]})
        elif state != "free":
            client.put(f"/Communication/{body['id']}", json=body)
        if state == "deleted":
            client.delete(f"/Communication/{body['id']}")
        return body

    return made


@pytest.mark.parametrize(("state", "ask", "status"), CELLS)
def test_an_id_answers_as_the_law_says(
    person: Person, at: Callable[[str], Resource], state: str, ask: str, status: int
) -> None:
    body = at(state)
    assert ASKS[ask](person.client("person"), f"/Communication/{body['id']}", body).status_code == status


@pytest.mark.parametrize("ask", [name for name in ASKS if name != "PUT"])
def test_a_hidden_id_answers_as_a_free_one_to_the_byte(
    person: Person, at: Callable[[str], Resource], ask: str
) -> None:
    answers = []
    for body in (at("hidden"), at("free")):
        answer = ASKS[ask](person.client("person"), f"/Communication/{body['id']}", body)
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("x-request-id", "date", "content-length")
        }
        answers.append((answer.status_code, headers, answer.text.replace(body["id"], "X")))
    assert answers[0] == answers[1]


def test_deleting_a_hidden_resource_does_nothing(
    person: Person, other: Person, at: Callable[[str], Resource]
) -> None:
    body = at("hidden")
    person.client("person").delete(f"/Communication/{body['id']}")
    assert other.client("person").get(f"/Communication/{body['id']}").headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize("ask", ["PUT", "PUT If-Match"])
def test_a_visible_resource_that_may_not_be_changed_is_forbidden(known: Person, ask: str) -> None:
    body = goal(known.ref("Goal", "life"), known.patient, "life-goal")
    assert ASKS[ask](known.client("nurse"), known.ref("Goal", "life"), body).status_code == 403


def test_a_visible_resource_that_may_not_be_deleted_is_forbidden(known: Person) -> None:
    assert known.client("nurse").delete(known.ref("Communication", "note")).status_code == 403


def test_an_id_in_use_elsewhere_is_refused_with_one_constant_text(person: Person, known: Person) -> None:
    taken = [known.ref("Goal", "life"), known.ref("Goal", "care")]
    bodies = [goal(each, person.patient) for each in taken]
    answers = [person.client("gp").put(at, json=body) for at, body in zip(taken, bodies, strict=True)]
    assert {(each.status_code, each.text) for each in answers} == {(409, answers[0].text)}


def test_a_resource_never_moves_to_another_person(person: Person, known: Person) -> None:
    body = goal(person.ref("Goal", "care"), known.patient)
    answer = person.server.client("system").put(person.ref("Goal", "care"), json=body)
    assert answer.status_code == 422


# -- the declared exceptions -------------------------------------------------------------------------

TAKEN = "this id cannot be used; let the server choose one with POST"


@pytest.mark.parametrize("actor", ["person", "gp", "nurse", "carer"])
def test_a_put_on_a_hidden_id_is_told_the_same_by_whoever_sends_it(
    person: Person, other: Person, actor: str
) -> None:
    at = other.ref("Goal", "life")
    answer = person.client(actor).put(at, json=goal(at, person.patient))
    assert (refused(answer), answer.json()["issue"][0]["details"]["text"]) == ((409, "conflict"), TAKEN)


def test_who_tries_ids_that_are_in_use_is_counted(person: Person, other: Person) -> None:
    tried = [other.ref("Goal", name) for name in ("life", "care")]
    for at in tried:
        person.client("gp").put(at, json=goal(at, person.patient))
    log = (
        person.server.client("system").get(f"/AuditEvent?patient={other.patient}&_count=200").json()["entry"]
    )
    mine = [
        each["resource"]["outcome"]
        for each in log
        if any(
            agent.get("who", {}).get("reference") == person.who("gp") for agent in each["resource"]["agent"]
        )
    ]
    assert mine == ["4", "4"]


@pytest.mark.parametrize(
    ("policy", "id", "status"),
    [
        ("any", "chosen-id", 201),
        ("any", str(uuid4()), 201),
        ("uuid", "chosen-id", 409),
        ("uuid", str(uuid4()), 201),
        ("uuid", str(uuid4()).upper(), 409),
        ("none", "chosen-id", 409),
        ("none", str(uuid4()), 409),
    ],
    ids=lambda value: "uuid" if len(str(value)) == 36 else None,
)
def test_which_ids_a_client_may_choose_is_a_setting(
    database: str, tmp_path: Path, policy: str, id: str, status: int
) -> None:
    with in_process(database, tmp_path, client_ids=policy) as service:
        person = new_person(service)
        at = f"Goal/{id}-{person.mark}" if id == "chosen-id" else f"Goal/{id}"
        answer = person.client("gp").put(at, json=goal(at, person.patient))
    text = answer.json().get("issue", [{}])[0].get("details", {}).get("text")
    assert (answer.status_code, text) == (status, TAKEN if status == 409 else None)


@pytest.mark.parametrize("policy", ["any", "uuid", "none"])
def test_the_server_chooses_ids_that_nobody_can_guess(database: str, tmp_path: Path, policy: str) -> None:
    with in_process(database, tmp_path, client_ids=policy) as service:
        person = new_person(service)
        made = person.client("gp").post("/Goal", json=goal("Goal/x", person.patient)).json()["id"]
    assert (made[14], made[19] in "89ab", len(made)) == ("4", True, 36)


def coordinating(person: Person, name: str, team: str, *more: Resource) -> Resource:
    both = participant(person.who(name), "health-professional")
    both["role"] = [*both["role"], *participant("x", "care-coordinator")["role"]]
    return {**person.team(both, *more), "id": person.ref("CareTeam", team).partition("/")[2]}


@pytest.mark.parametrize("team", ["team", "second"])
def test_a_second_coordinator_is_refused_with_one_constant_text(person: Person, team: str) -> None:
    person.store(coordinating(person, "gp", "team"))
    body = coordinating(person, "nurse", team, *coordinating(person, "gp", "team")["participant"])
    if team == "second":
        body = coordinating(person, "nurse", "second")
    answer = person.client("person").put(f"/CareTeam/{body['id']}", json=body)
    names = [name for name in ("gp", "nurse", person.mark) if name in answer.text]
    assert (refused(answer)[0], names) == (409, [])


def test_a_batch_tells_of_ids_what_a_request_tells(person: Person, at: Callable[[str], Resource]) -> None:
    urls = [f"Communication/{at(state)['id']}" for state in ("free", "hidden", "visible", "deleted")]
    entries = [{"request": {"method": method, "url": url}} for url in urls for method in ("GET", "DELETE")]
    answer = person.client("person").post("/", json=bundle("batch", *entries)).json()["entry"]
    told = [each["response"]["status"].split()[0] for each in answer]
    assert told == ["404", "204", "404", "204", "200", "204", "410", "204"]
