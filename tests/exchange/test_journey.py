"""A service as it is run, and a hub beside it: what a person's team writes is there, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from persons import Person
from resources import bundle, entity, goal, participant, post, ref, ssin
from serving import Server, environment, eventually, launched, serving, stopped
from starlette.types import Receive, Scope, Send

from dzop.exchange.hub import Faults
from dzop.exchange.logical import NODE
from tests.exchange.fakes import NIHDI
from tests.exchange.served_hub import Hub

SETTINGS = {"DZOP_SANDBOX": "true", "DZOP_CLIENT_IDS": "any"}


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.up()
    yield hub
    hub.down()


def configured(folder: Path, hub: Hub) -> dict[str, str]:
    return {**SETTINGS, "DZOP_PARTNERS": str(hub.partners(folder))}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("exchange")
    with serving(folder, "serve", **configured(folder, hub)) as service:
        yield service


def moved_in(service: Server, hub: Hub) -> Person:
    """A person with a GP and the hub in the team, whose team is at the hub."""
    person = Person(service, uuid4().hex[:10], ssin())
    hub.knows(person.ssin)
    directory = [_numbered(each, person) for each in person.directory()]
    person.store(
        entity("Organization/hub", name="Hub"), *directory, *person.family(), team(person), person.sharing()
    )
    eventually(lambda: hub.state.newest(person.ssin, "CareTeam"))
    return person


def _numbered(resource: dict[str, Any], person: Person) -> dict[str, Any]:
    is_gp = f"{resource['resourceType']}/{resource['id']}" == person.who("gp")
    return {**resource, "identifier": [{"system": NIHDI, "value": number(person)}]} if is_gp else resource


def number(person: Person) -> str:
    """The GP's NIHDI."""
    return f"1{int(person.mark[:6], 16) % 10**7:07}004"


def team(person: Person, *, with_hub: bool = True) -> dict[str, Any]:
    members = [participant(person.who("gp"), "general-practitioner")]
    partner = [participant("Organization/hub", "system-client")]
    return person.team(*members, *(partner if with_hub else []))


@pytest.fixture
def person(service: Server, hub: Hub) -> Person:
    return moved_in(service, hub)


def write(person: Person, text: str, name: str = "walk") -> httpx.Response:
    """The GP writes a goal."""
    body = goal(
        person.ref("Goal", name),
        person.patient,
        description={"text": text},
        expressedBy=ref(person.who("gp")),
    )
    answer = person.client("gp").put(f"/Goal/{body['id']}", json=body)
    assert answer.is_success, answer.text
    return answer


def test_a_goal_that_the_gp_writes_is_at_the_hub(person: Person, hub: Hub) -> None:
    write(person, "Naar de markt")
    eventually(lambda: hub.has(person.ssin, "Naar de markt"))
    (there,) = hub.goals(person.ssin)
    assert (there["subject"]["identifier"]["value"], there["expressedBy"]["identifier"]["value"]) == (
        person.ssin,
        number(person),
    )


def test_a_transaction_arrives_with_its_references_as_nodes(person: Person, hub: Hub) -> None:
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "title": "Plan",
        "subject": ref(person.patient),
        "goal": [ref("urn:uuid:3b1f6a3c-0d3f-4a53-8a4e-6d3c8f0f6c11")],
    }
    aim = {name: value for name, value in goal("Goal/x", person.patient).items() if name != "id"}
    answer = person.client("gp").post(
        "/",
        json=bundle("transaction", post(plan), post(aim, "urn:uuid:3b1f6a3c-0d3f-4a53-8a4e-6d3c8f0f6c11")),
    )
    assert answer.status_code == 200, answer.text
    eventually(lambda: hub.state.newest(person.ssin, "CarePlan"))
    (plan_there,) = hub.state.newest(person.ssin, "CarePlan")
    (goal_there,) = hub.state.newest(person.ssin, "Goal")
    (named,) = json.loads(plan_there.body or "")["goal"]
    assert (plan_there.version, goal_there.sequence < plan_there.sequence, named["identifier"]["system"]) == (
        1,
        True,
        NODE,
    )


def test_what_is_written_while_the_hub_is_down_arrives_when_it_is_up(person: Person, hub: Hub) -> None:
    hub.down()
    write(person, "Naar de markt")
    write(person, "Slapen", "sleep")
    hub.up()
    eventually(lambda: hub.has(person.ssin, "Naar de markt", "Slapen"))


def test_a_hub_that_answers_500_to_what_it_did_has_it_once(person: Person, hub: Hub) -> None:
    hub.app.state.faults = Faults.read("twice")
    write(person, "Naar de markt")
    eventually(lambda: hub.has(person.ssin, "Naar de markt"))
    hub.app.state.faults = Faults()
    write(person, "Naar de zee")
    eventually(lambda: hub.has(person.ssin, "Naar de zee"))
    assert [each.version for each in hub.state.newest(person.ssin, "Goal")] == [2]


def test_what_the_gp_changes_at_the_hub_comes_in_under_the_name_of_the_gp(person: Person, hub: Hub) -> None:
    write(person, "Naar de markt")
    eventually(lambda: hub.has(person.ssin, "Naar de markt"))
    hub.changed(person.ssin, number(person), description={"text": "Naar de zee"})
    here = f"/{person.ref('Goal', 'walk')}"
    system = person.server.client("system")
    eventually(lambda: system.get(here).json()["description"]["text"] == "Naar de zee")
    found = system.get("/AuditEvent", params={"patient": person.patient, "_count": 200}).json()
    updates = [
        each["resource"]
        for each in found["entry"]
        if each["resource"]["subtype"][0]["code"] == "update"
        and here[1:] in json.dumps(each["resource"]["entity"])
    ]
    assert (system.get(here).json()["expressedBy"], person.who("gp") in json.dumps(updates[0]["agent"])) == (
        ref(person.who("gp")),
        True,
    )


def told(service: Server, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `dzop exchange ARGUMENTS` beside the running service."""
    folder = service.var.parent
    done = subprocess.run(
        [sys.executable, "-m", "dzop", "exchange", *arguments, "--partners", str(folder / "partners.toml")],
        cwd=folder,
        env=environment(PYTHONPATH=str(Path(__file__).parents[2])),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_without_consent_nothing_leaves_until_it_is_given_again(person: Person, hub: Hub) -> None:
    person.store(person.sharing("inactive"))
    write_as_person(person, "Naar de markt")
    code, before = told(person.server, "status")
    at_hub = hub.goals(person.ssin)
    person.store(person.sharing())
    eventually(lambda: hub.has(person.ssin, "Naar de markt"))
    assert (code, "waiting for relation or consent 0" in before, at_hub) == (0, False, [])


def test_who_took_the_hub_out_of_the_team_sends_it_nothing(person: Person, hub: Hub) -> None:
    person.store(team(person, with_hub=False))
    write_as_person(person, "Naar de markt")
    other = moved_in(person.server, hub)
    write(other, "Slapen")
    eventually(lambda: hub.has(other.ssin, "Slapen"))
    assert hub.goals(person.ssin) == []


def write_as_person(person: Person, text: str) -> None:
    body = goal(person.ref("Goal", "own"), person.patient, description={"text": text})
    answer = person.client("person").put(f"/Goal/{body['id']}", json=body)
    assert answer.is_success, answer.text


def test_the_commands_tell_how_it_stands(service: Server, person: Person, hub: Hub) -> None:
    write(person, "Naar de markt")
    eventually(lambda: hub.has(person.ssin, "Naar de markt"))
    eventually(lambda: told(service, "retry")[0] == 0)
    assert (told(service, "status")[0], told(service, "offer")[1].endswith("resources entered.\n")) == (
        0,
        True,
    )


@pytest.mark.parametrize("arguments", [["exchange", "status"], ["serve"], ["demo"]])
def test_a_wrong_partners_file_is_one_line_before_anything_starts(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "partners.toml").write_text('[x]\nmode = "post"')
    done = subprocess.run(
        [sys.executable, "-m", "dzop", *arguments],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(Path(__file__).parents[2]), DZOP_PARTNERS="partners.toml"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n"), (tmp_path / "var").exists()) == (1, 1, False)


@contextmanager
def on_the_first_put(hub: Hub, act: Callable[[], None]) -> Iterator[None]:
    """Acts when the hub has done the first change of a goal, before it answers."""
    acted = threading.Event()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if acted.is_set() or scope.get("method") != "PUT" or "/Goal" not in scope["path"]:
            await hub.app(scope, receive, send)
            return

        async def unheard(_: object) -> None:
            """Whoever asked is no more."""

        await hub.app(scope, receive, unheard)
        acted.set()
        act()

    hub.wrapped = wrapped
    try:
        yield
        eventually(acted.is_set)
    finally:
        hub.wrapped = hub.app


def test_a_service_killed_between_sending_and_marking_has_sent_once(tmp_path: Path, hub: Hub) -> None:
    options = configured(tmp_path, hub)
    service = launched(tmp_path, "serve", **options)
    person = moved_in(service, hub)
    with on_the_first_put(hub, lambda: os.kill(service.process.pid, signal.SIGKILL)):
        write(person, "Naar de markt")
    service.process.wait()
    again = launched(tmp_path, "serve", **options)
    try:
        eventually(lambda: "to send" not in told(again, "status")[1])
        assert [each.version for each in hub.state.newest(person.ssin, "Goal")] == [1]
    finally:
        stopped(again)
