"""`Patient/$break-glass`: reading in an emergency, where that is offered; short, told, and reviewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from declaring import REFUSED, break_glass, relation, values
from persons import Person, new_person, refused
from resources import consent, entity, goal, provision, ref, ssin
from serving import Clock, in_process, ran

REASON = "Bewusteloos gevonden op straat"
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emergency(database: str, tmp_path: Path, clock: Clock) -> Iterator[Person]:
    """A person of a service where glass may be broken, and whose clock stands still."""
    with in_process(database, tmp_path, clock, break_glass=True) as service:
        yield new_person(service)


def test_where_it_is_off_everybody_is_told_so_whatever_the_data(person: Person) -> None:
    answers = [
        break_glass(person, "stranger"),
        break_glass(person, "stranger", ssin=ssin()),
        break_glass(person, "person"),
    ]
    assert [(403, "forbidden")] * 3 == [refused(each) for each in answers]
    assert 1 == len({each.content for each in answers})


def test_it_opens_for_an_hour(emergency: Person, clock: Clock) -> None:
    client, plan = emergency.client("stranger", ttl=10**6), f"/{emergency.ref('CarePlan', 'plan')}"
    began = clock.instant
    seen = [client.get(plan).status_code]
    period = values(break_glass(emergency, "stranger"))["period"]
    for clock.instant in (began, began + HOUR - TICK, began + HOUR):
        seen.append(client.get(plan).status_code)
    lasts = [each[:19] for each in (period["start"], period["end"])]
    assert [404, 200, 200, 404] == seen
    assert [f"{each:%Y-%m-%dT%H:%M:%S}" for each in (began, began + HOUR)] == lasts


def test_it_opens_reading_and_nothing_else(emergency: Person) -> None:
    break_glass(emergency, "stranger")
    client, id = emergency.client("stranger"), emergency.ref("Goal", "care")
    wanted = {name: value for name, value in goal("Goal/", emergency.patient).items() if name != "id"}
    care = client.get(f"/{id}")
    assert (200, 403, 403) == (
        care.status_code,
        client.put(f"/{id}", json=care.json()).status_code,
        client.post("/Goal", json=wanted).status_code,
    )


def test_what_is_sensitive_and_a_carers_burden_stay_closed(emergency: Person) -> None:
    label = {"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}
    secret = goal(emergency.ref("Goal", "secret"), emergency.patient, meta={"security": [label]})
    emergency.store(secret)
    break_glass(emergency, "stranger")
    client = emergency.client("stranger")
    closed = [emergency.ref("Goal", "secret"), emergency.ref("Observation", "burden")]
    assert [404, 404] == [client.get(f"/{each}").status_code for each in closed]


# -- one refusal -------------------------------------------------------------------------------------------


def _excluded(person: Person) -> httpx.Response:
    keep_out = provision("deny", (person.who("stranger"),))
    person.store(consent(person.ref("Consent", "out"), "exclusion", person.patient, keep_out))
    return break_glass(person, "stranger")


def _not_shared(person: Person) -> httpx.Response:
    person.store(person.sharing(status="inactive"))
    return break_glass(person, "stranger")


FAILURES: list[Callable[[Person], httpx.Response]] = [
    _excluded,
    _not_shared,
    lambda person: break_glass(person, "stranger", ssin=ssin()),
    lambda person: break_glass(person, "stranger", ssin="abc"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_is_the_same_refusal(
    emergency: Person, failure: Callable[[Person], httpx.Response]
) -> None:
    answer = failure(emergency)
    assert (422, REFUSED) == (answer.status_code, answer.content)


def test_nobody_is_entered_by_it(emergency: Person) -> None:
    number = ssin()
    break_glass(emergency, "stranger", ssin=number)
    found = emergency.client("system").get(
        f"/Patient?identifier=https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin|{number}"
    )
    assert "entry" not in found.json()


@pytest.mark.parametrize("name", ["person", "carer", "helper"])
def test_only_a_health_profession_may(emergency: Person, name: str) -> None:
    answers = [break_glass(emergency, name), break_glass(emergency, name, ssin=ssin())]
    assert [(403, "forbidden")] * 2 == [refused(each) for each in answers]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("reason", "status"),
    [("x" * 9, 422), (" " * 20, 422), ("x" * 10, 200), ("x" * 200, 200), ("x" * 201, 422)],
)
def test_a_reason_has_ten_to_two_hundred_characters(emergency: Person, reason: str, status: int) -> None:
    assert status == break_glass(emergency, "stranger", reason).status_code


def test_who_tries_too_often_waits_whatever_the_data(database: str, tmp_path: Path, clock: Clock) -> None:
    with in_process(database, tmp_path, clock, break_glass=True, declarations_an_hour=2) as service:
        person = new_person(service)
        counted = [break_glass(person, "stranger", ssin=ssin()), break_glass(person, "stranger")]
        late = [break_glass(person, "stranger"), break_glass(person, "stranger", ssin=ssin())]
    assert [422, 200] == [each.status_code for each in counted]
    assert [(429, "3600")] * 2 == [(each.status_code, each.headers["Retry-After"]) for each in late]
    assert late[0].content == late[1].content


# -- who knows of it ---------------------------------------------------------------------------------------


def test_the_person_is_told_and_reads_the_reason(emergency: Person) -> None:
    made = relation(break_glass(emergency, "stranger", REASON))
    client = emergency.client("person")
    why = client.get(f"/{made}").json()["extension"][0]["valueString"]
    messages = client.get(f"/Communication?recipient={emergency.patient}").json()["entry"]
    told = [
        payload["contentString"]
        for each in messages
        if each["resource"].get("about") == [ref(made)]
        for payload in each["resource"]["payload"]
    ]
    assert (REASON, 4, False) == (why, len(told), any(REASON in text for text in told))


@pytest.mark.parametrize("name", ["gp", "nurse", "helper", "carer", "neighbour", "cousin"])
def test_nobody_around_the_person_reads_the_reason(emergency: Person, name: str) -> None:
    made = relation(break_glass(emergency, "stranger", REASON))
    assert 404 == emergency.client(name).get(f"/{made}").status_code


def test_the_log_of_the_person_says_who_did_it_and_who_was_refused(emergency: Person, clock: Clock) -> None:
    break_glass(emergency, "stranger", REASON)
    emergency.store(emergency.sharing(status="inactive"))
    break_glass(emergency, "stranger", REASON)
    clock.instant += TICK
    answer = emergency.client("person").get(f"/AuditEvent?patient={emergency.patient}&_count=50")
    found = [
        (each["resource"]["agent"][0]["who"]["reference"], each["resource"]["outcome"])
        for each in answer.json()["entry"]
        if any("break-glass" in coding["code"] for coding in each["resource"]["subtype"])
    ]
    who = emergency.who("stranger")
    assert ([(who, "4"), (who, "0")], False) == (found, REASON in answer.text)


def test_the_person_ends_it_at_once(emergency: Person) -> None:
    made = relation(break_glass(emergency, "stranger"))
    emergency.client("person").post(f"/{made}/$revoke")
    assert 404 == emergency.client("stranger").get(f"/{emergency.ref('CarePlan', 'plan')}").status_code


def test_whoever_broke_the_glass_ends_it(emergency: Person) -> None:
    made, client = relation(break_glass(emergency, "stranger")), emergency.client("stranger")
    assert 200 == client.post(f"/{made}/$revoke").status_code
    assert 404 == client.get(f"/{emergency.ref('CarePlan', 'plan')}").status_code


@pytest.mark.parametrize("name", ["stranger", "gp", "person"])
def test_nobody_writes_it_by_hand(emergency: Person, name: str) -> None:
    permit = provision(
        "permit", (emergency.who("stranger"),), period={"start": "2026-01-01", "end": "2040-01-01"}
    )
    answer = emergency.client(name).post(
        "/Consent", json=consent("Consent/x", "break-glass", emergency.patient, permit)
    )
    assert answer.status_code in (403, 422)


def test_a_reviewer_lists_every_use(emergency: Person, database: str, tmp_path: Path, clock: Clock) -> None:
    made = relation(break_glass(emergency, "stranger", REASON))
    emergency.client("person").post(f"/{made}/$revoke")
    listed = ran(tmp_path, "access", "reviews", "--database", database)
    lines = listed.stdout.splitlines()
    number = next(number for number, text in enumerate(lines) if made in text)
    found = [each in lines[number] for each in (emergency.who("stranger"), emergency.patient, "until")]
    assert (0, [True] * 3, True) == (listed.returncode, found, REASON in lines[number + 1])


def test_who_is_suspended_breaks_no_glass(emergency: Person) -> None:
    emergency.store(entity(emergency.who("stranger"), active=False, name=[{"family": "Test"}]))
    assert 403 == break_glass(emergency, "stranger").status_code
