"""Create, update and delete on a condition. https://hl7.org/fhir/R4/http.html#cond-update"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, ids, new_person, refused
from resources import Resource, bundle, communication, goal, ref
from serving import Service, in_process

SYSTEM = "https://gp.example/goal"
IDLE = ("_sort=status", "_count=1", "_include=Goal:patient", "_revinclude=Task:focus", "_total=accurate")
WRONG = ("", "nonsense=1", "identifier", "identifier=", "start-date=tomorrow", "identifier:nonsense=a")


def marked(person: Person, value: str = "a", **elements: Any) -> Resource:
    """A goal of the general practitioner with an identifier, and without an id."""
    identifier = [{"system": SYSTEM, "value": f"{value}-{person.mark}"}]
    body = goal(
        "Goal/x", person.patient, identifier=identifier, expressedBy=ref(person.who("gp")), **elements
    )
    return {name: value for name, value in body.items() if name != "id"}


def where(person: Person, value: str = "a") -> str:
    """The condition that finds it."""
    return f"identifier={SYSTEM}|{value}-{person.mark}"


def made(person: Person, **elements: Any) -> str:
    """The id of such a goal, stored."""
    answer = person.client("gp").post("/Goal", json=marked(person, **elements))
    assert answer.status_code == 201
    return str(answer.json()["id"])


def note(person: Person, value: str = "a") -> Resource:
    """An entry of the person's journal with an identifier."""
    identifier = [{"system": SYSTEM, "value": f"{value}-{person.mark}"}]
    return communication("Communication/x", person.patient, "journal", person.patient) | {
        "identifier": identifier
    }


def noted(person: Person) -> str:
    answer = person.client("person").post("/Communication", json=note(person))
    assert answer.status_code == 201
    return str(answer.json()["id"])


def asked(person: Person, value: str = "a") -> list[str]:
    return ids(person.client("gp").get(f"/Goal?{where(person, value)}"))


@pytest.fixture(params=["alone", "batch", "transaction"])
def send(request: pytest.FixtureRequest) -> Any:
    """Sends a request by itself or as an entry of a Bundle: (status, body of the answer)."""

    def sent(
        client: httpx.Client, method: str, url: str, body: Resource | None = None, **headers: str
    ) -> Any:
        if request.param == "alone":
            named = {
                {"ifMatch": "If-Match", "ifNoneExist": "If-None-Exist"}[name]: text
                for name, text in headers.items()
            }
            answer = client.request(method, f"/{url}", json=body, headers=named)
            return answer.status_code, answer.json() if answer.content else {}
        entry = {"request": {"method": method, "url": url, **headers}, **({"resource": body} if body else {})}
        answer = client.post("/", json=bundle(request.param, entry))
        if answer.status_code != 200:
            return answer.status_code, answer.json()
        (one,) = answer.json()["entry"]
        return int(one["response"]["status"][:3]), one.get("resource") or one["response"].get("outcome") or {}

    return sent


# -- create ----------------------------------------------------------------------------------------------


def test_a_create_that_nothing_matches_makes_a_resource(person: Person, send: Any) -> None:
    status, _ = send(person.client("gp"), "POST", "Goal", marked(person), ifNoneExist=where(person))
    assert (status, len(asked(person))) == (201, 1)


def test_a_create_that_one_matches_answers_with_it(person: Person, send: Any) -> None:
    there = made(person)
    status, body = send(person.client("gp"), "POST", "Goal", marked(person), ifNoneExist=where(person))
    assert (status, body["id"], asked(person)) == (200, there, [there])


def test_a_create_that_several_match_is_refused(person: Person, send: Any) -> None:
    made(person), made(person)
    status, _ = send(person.client("gp"), "POST", "Goal", marked(person), ifNoneExist=where(person))
    assert (status, len(asked(person))) == (412, 2)


def test_a_condition_may_stand_in_the_url_of_a_create(person: Person, send: Any) -> None:
    there = made(person)
    status, body = send(person.client("gp"), "POST", f"Goal?{where(person)}", marked(person))
    assert (status, body["id"]) == (200, there)


def test_a_create_that_is_already_there_says_where(person: Person) -> None:
    there = made(person)
    answer = person.client("gp").post(
        "/Goal", json=marked(person), headers={"If-None-Exist": where(person), "Prefer": "return=minimal"}
    )
    assert (answer.status_code, answer.headers["Location"], answer.content) == (
        200,
        f"{person.server.fhir}/Goal/{there}/_history/1",
        b"",
    )


# -- update ----------------------------------------------------------------------------------------------


def test_an_update_that_nothing_matches_makes_a_resource(person: Person, send: Any) -> None:
    status, body = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person))
    assert (status, [body["id"]]) == (201, asked(person))


def test_an_update_that_nothing_matches_keeps_the_client_s_id(person: Person, send: Any) -> None:
    mine = f"mine-{person.mark}"
    status, body = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person) | {"id": mine})
    assert (status, body["id"], asked(person)) == (201, mine, [mine])


def test_an_update_that_one_matches_makes_its_next_version(person: Person, send: Any) -> None:
    there = made(person)
    status, body = send(
        person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person, startDate="2026-01-01")
    )
    assert (status, body["id"], body["meta"]["versionId"], body["startDate"]) == (
        200,
        there,
        "2",
        "2026-01-01",
    )


def test_an_update_may_say_the_id_of_what_matches(person: Person, send: Any) -> None:
    there = made(person)
    status, _ = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person) | {"id": there})
    assert status == 200


def test_an_update_under_another_id_than_what_matches_is_refused(person: Person, send: Any) -> None:
    there = made(person)
    body = marked(person) | {"id": f"other-{person.mark}"}
    status, _ = send(person.client("gp"), "PUT", f"Goal?{where(person)}", body)
    assert (status, asked(person)) == (400, [there])


def test_an_update_that_several_match_is_refused(person: Person, send: Any) -> None:
    made(person), made(person)
    status, _ = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person))
    assert status == 412


def test_an_update_never_replaces_what_does_not_match(person: Person, send: Any) -> None:
    other = made(person, value="b")
    status, _ = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person) | {"id": other})
    assert (status, asked(person, "b"), asked(person)) == (409, [other], [])


@pytest.mark.parametrize(("version", "status"), [(1, 200), (2, 412)])
def test_an_update_honours_if_match(person: Person, send: Any, version: int, status: int) -> None:
    made(person)
    client = person.client("gp")
    assert send(client, "PUT", f"Goal?{where(person)}", marked(person), ifMatch=f'W/"{version}"')[0] == status


@pytest.mark.parametrize("own", [True, False])
def test_an_update_of_a_version_of_nothing_is_refused(person: Person, send: Any, own: bool) -> None:
    body = marked(person) | ({"id": f"mine-{person.mark}"} if own else {})
    status, _ = send(person.client("gp"), "PUT", f"Goal?{where(person)}", body, ifMatch='W/"1"')
    assert (status, asked(person)) == (412, [])


def test_an_update_of_what_somebody_may_read_and_not_change_is_refused(person: Person, send: Any) -> None:
    life = person.client("gp").get(f"/{person.ref('Goal', 'life')}").json()
    status, _ = send(person.client("neighbour"), "PUT", f"Goal?_id={life['id']}", life)
    assert status in (403, 409)


@pytest.fixture
def strict(database: str, tmp_path: Path) -> Iterator[Service]:
    """A service where the ids of new resources are the server's alone."""
    with in_process(database, tmp_path, client_ids="none") as service:
        yield service


def test_where_clients_choose_no_ids_an_update_that_nothing_matches_does_not_either(strict: Service) -> None:
    person = new_person(strict)
    body = marked(person) | {"id": f"mine-{person.mark}"}
    assert refused(person.client("gp").put(f"/Goal?{where(person)}", json=body)) == (409, "conflict")


# -- delete ----------------------------------------------------------------------------------------------


def test_a_delete_that_nothing_matches_does_nothing(person: Person, send: Any) -> None:
    assert send(person.client("person"), "DELETE", f"Communication?{where(person)}") == (204, {})


def test_a_delete_that_one_matches_deletes_it(person: Person, send: Any) -> None:
    there, client = noted(person), person.client("person")
    status, _ = send(client, "DELETE", f"Communication?{where(person)}")
    assert (status, client.get(f"/Communication/{there}").status_code) == (204, 410)


def test_a_delete_that_several_match_is_refused(person: Person, send: Any) -> None:
    there, client = [noted(person), noted(person)], person.client("person")
    status, _ = send(client, "DELETE", f"Communication?{where(person)}")
    assert (status, {client.get(f"/Communication/{each}").status_code for each in there}) == (412, {200})


@pytest.mark.parametrize(("version", "status", "left"), [(1, 204, 410), (2, 412, 200)])
def test_a_delete_honours_if_match(person: Person, send: Any, version: int, status: int, left: int) -> None:
    there, client = noted(person), person.client("person")
    answered, _ = send(client, "DELETE", f"Communication?{where(person)}", ifMatch=f'W/"{version}"')
    assert (answered, client.get(f"/Communication/{there}").status_code) == (status, left)


def test_a_delete_of_a_version_of_nothing_is_refused(person: Person, send: Any) -> None:
    status, _ = send(person.client("person"), "DELETE", f"Communication?{where(person)}", ifMatch='W/"1"')
    assert status == 412


# -- what is hidden --------------------------------------------------------------------------------------


@pytest.fixture
def hidden(person: Person) -> str:
    """The id of a goal of somebody whom `person`'s people do not know, that `where(person)` would find."""
    other = new_person(person.server)
    reference = other.ref("Goal", "hidden")
    other.store(marked(person) | {"id": reference[5:], "subject": ref(other.patient)})
    return reference[5:]


def test_a_create_makes_a_resource_beside_a_hidden_one(person: Person, hidden: str, send: Any) -> None:
    status, _ = send(person.client("gp"), "POST", "Goal", marked(person), ifNoneExist=where(person))
    assert (status, hidden in asked(person)) == (201, False)


def test_an_update_makes_a_resource_beside_a_hidden_one(person: Person, hidden: str, send: Any) -> None:
    status, body = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person))
    assert (status, body["id"] == hidden) == (201, False)


def test_a_hidden_match_does_not_make_several(person: Person, hidden: str, send: Any) -> None:
    there = made(person)
    status, body = send(person.client("gp"), "PUT", f"Goal?{where(person)}", marked(person))
    assert (status, body["id"], hidden == there) == (200, there, False)


def test_a_delete_leaves_a_hidden_one(person: Person, hidden: str) -> None:
    client = person.client("gp")
    answers = [
        client.delete(f"/Task?{asks}") for asks in (where(person), "identifier=https://gp.example|none")
    ]
    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2


# -- conditions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("idle", IDLE)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_part_of_a_condition_without_effect_is_refused(
    known: Person, send: Any, method: str, idle: str
) -> None:
    type, body = ("Communication", None) if method == "DELETE" else ("Goal", marked(known))
    status, outcome = send(known.client("person"), method, f"{type}?{where(known)}&{idle}", body)
    name = idle.partition("=")[0]
    assert (status, f"`{name}`" in outcome["issue"][0]["diagnostics"]) == (400, True)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_what_is_no_condition_is_refused(known: Person, send: Any, method: str, wrong: str) -> None:
    body = None if method == "DELETE" else marked(known)
    type = "Communication" if method == "DELETE" else "Goal"
    headers = {"ifNoneExist": wrong} if method == "POST" else {}
    status, _ = send(known.client("person"), method, type if headers else f"{type}?{wrong}", body, **headers)
    assert status == 400


def test_nothing_of_a_condition_is_ignored_though_the_client_be_lenient(person: Person) -> None:
    answer = person.client("gp").post(
        "/Goal",
        json=marked(person),
        headers={"If-None-Exist": f"{where(person)}&nonsense=1", "Prefer": "handling=lenient"},
    )
    assert (refused(answer)[0], asked(person)) == (400, [])


def test_a_condition_may_ask_for_something_else_than_an_identifier(person: Person, send: Any) -> None:
    there = made(person, startDate="1987-06-05")
    url = f"Goal?patient={person.patient}&start-date=1987-06-05"
    status, body = send(person.client("gp"), "PUT", url, marked(person, startDate="1987-06-05"))
    assert (status, body["id"]) == (200, there)


def test_a_condition_sees_only_what_is_there_now(person: Person, send: Any) -> None:
    client, gone = person.client("person"), noted(person)
    client.delete(f"/Communication/{gone}")
    body = {name: value for name, value in note(person).items() if name != "id"}
    status, made = send(client, "PUT", f"Communication?{where(person)}", body)
    assert (status, made["id"] == gone) == (201, False)


def test_a_resource_without_a_condition_may_carry_the_same_identifier(person: Person) -> None:
    first = made(person)
    assert made(person) != first
