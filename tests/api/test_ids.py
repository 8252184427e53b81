"""What an id tells (access law, "Disclosure"): nothing, unless the actor may see what it names."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from persons import Person, new_person
from resources import Resource, communication, goal
from serving import Server

Ask = Callable[[httpx.Client, str, Resource], httpx.Response]

GETS = {
    "GET": lambda client, at, _: client.get(at),
    "HEAD": lambda client, at, _: client.head(at),
    "vread": lambda client, at, _: client.get(f"{at}/_history/1"),
    "history": lambda client, at, _: client.get(f"{at}/_history"),
}
ASKS: dict[str, Ask] = {
    **GETS,
    "DELETE": lambda client, at, _: client.delete(at),
    "DELETE If-Match": lambda client, at, _: client.delete(at, headers={"If-Match": 'W/"1"'}),
    "PUT If-Match": lambda client, at, body: client.put(at, json=body, headers={"If-Match": 'W/"1"'}),
    "PUT": lambda client, at, body: client.put(at, json=body),
}
# Of an actor who may write goals and journals of this person, about an id that is ...
_UNSEEN = {"GET": 404, "HEAD": 404, "vread": 404, "history": 404, "DELETE": 204}
_SEEN = {"GET": 200, "HEAD": 200, "vread": 200, "history": 200, "DELETE": 204}
_STALE = {"DELETE If-Match": 412, "PUT If-Match": 412}
TABLE = {
    "free": {**_UNSEEN, **_STALE, "PUT": 201},
    "hidden": {**_UNSEEN, **_STALE, "PUT": 409},
    "visible": {**_SEEN, "DELETE If-Match": 204, "PUT If-Match": 200, "PUT": 200},
    "deleted": {**_SEEN, **_STALE, "GET": 410, "HEAD": 410, "PUT": 201},
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
