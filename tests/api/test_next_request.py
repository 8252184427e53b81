"""What is taken away is gone on the very next request, with the same token, in every process that serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from persons import MEMBERS, Person, ids, new_person
from resources import SINCE, Resource, consent, goal, participant, provision, task
from serving import Server, serving

ENDED = {"start": SINCE, "end": "2020-12-31"}
UNTIL = {"start": SINCE, "end": "2099-12-31"}


@dataclass(frozen=True)
class Pair:
    """Two processes that serve one database with the same keys."""

    first: Server
    second: Server


@pytest.fixture(scope="module")
def pair(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp("pair")
    settings = {"DZOP_DATABASE_URL": database, "DZOP_SANDBOX": "true", "DZOP_CLIENT_IDS": "any"}
    with serving(folder, "serve", **settings) as first, serving(folder, "serve", **settings) as second:
        yield Pair(first, second)


@pytest.fixture
def person(pair: Pair) -> Person:
    """A person who is entered, and changed, through the first process."""
    return new_person(pair.first)


def told(pair: Pair, person: Person, name: str) -> Callable[[], list[tuple[int, object]]]:
    """Asks both processes, with the same token and kept connections: what a read and a search of the plan say."""
    token = person.client(name).headers["Authorization"]
    clients = [
        httpx.Client(base_url=each.fhir, headers={"Authorization": token})
        for each in (pair.first, pair.second)
    ]

    def ask() -> list[tuple[int, object]]:
        answers = []
        for client in clients:
            read = client.get(person.ref("CarePlan", "plan"))
            found = client.get(f"/CarePlan?patient={person.patient}")
            answers.append((read.status_code, ids(found) if found.is_success else found.status_code))
        return answers

    return ask


def _of_nurse(person: Person, **elements: object) -> Resource:
    return person.team(
        *[participant(person.who(name), role) for name, role in MEMBERS.items() if name != "nurse"],
        *([participant(person.who("nurse"), "health-professional", **elements)] if elements else []),
    )


def _excluding(person: Person, who: str) -> Resource:
    return consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, provision("deny", (who,)))


def _suspended(person: Person, type: str, name: str) -> Resource:
    return next(
        {**each, "active": False}
        for each in person.directory()
        if each["resourceType"] == type and each["id"] == f"{name}-{person.mark}"
    )


TAKEN: dict[str, Callable[[Person], Resource]] = {
    "the sharing consent is withdrawn": lambda person: person.sharing("inactive"),
    "the sharing consent has ended": lambda person: consent(
        person.ref("Consent", "sharing"), "sharing", person.patient, provision("permit", period=ENDED)
    ),
    "the member is removed": _of_nurse,
    "the membership has ended": lambda person: _of_nurse(person, period=ENDED),
    "the team has ended": lambda person: person.team(period=ENDED),
    "the team is no longer active": lambda person: person.team(status="inactive"),
    "the member is excluded": lambda person: _excluding(person, person.who("nurse")),
    "the employer is excluded": lambda person: _excluding(person, person.ref("Organization", "employer-nurse")),
    "a setting closes the plan to the member": lambda person: person.settings(
        provision("deny", (person.who("nurse"),), ("plan",))
    ),
    "a setting closes the plan to all": lambda person: person.settings(provision("deny", (), ("plan",))),
}  # fmt: skip
SUSPENDED = {
    "the professional is suspended": lambda person: _suspended(person, "Practitioner", "nurse"),
}


@pytest.mark.parametrize("change", TAKEN)
def test_what_is_taken_away_is_gone_at_once_everywhere(pair: Pair, person: Person, change: str) -> None:
    ask = told(pair, person, "nurse")
    before = ask()
    person.store(TAKEN[change](person))
    assert (before, ask()) == ([(200, [f"plan-{person.mark}"])] * 2, [(404, [])] * 2)


@pytest.mark.parametrize("change", TAKEN)
def test_what_is_given_back_is_there_at_once_everywhere(pair: Pair, person: Person, change: str) -> None:
    ask = told(pair, person, "nurse")
    taken = TAKEN[change](person)
    person.store(taken)
    undone = {"exclusion": "inactive", "settings": "inactive"}
    name = taken["id"].partition("-")[0]
    usual = {"team": person.team(), "sharing": person.sharing()}
    person.store(usual.get(name) or {**taken, "status": undone[name]})
    assert ask() == [(200, [f"plan-{person.mark}"])] * 2


@pytest.mark.parametrize("change", SUSPENDED)
def test_who_is_suspended_is_refused_at_once_everywhere(pair: Pair, person: Person, change: str) -> None:
    ask = told(pair, person, "nurse")
    before = ask()
    person.store(SUSPENDED[change](person))
    assert (before, ask()) == ([(200, [f"plan-{person.mark}"])] * 2, [(403, 403)] * 2)


def test_a_post_that_ends_takes_what_it_gave_at_once_everywhere(pair: Pair, person: Person) -> None:
    employer = person.ref("Organization", "employer-nurse")
    person.store(person.team(participant(employer, "health-professional")))
    ask = told(pair, person, "nurse")
    before = ask()
    person.store(_suspended(person, "PractitionerRole", "nurse"))
    assert (before, ask()) == ([(200, [f"plan-{person.mark}"])] * 2, [(404, [])] * 2)


def test_a_grant_that_is_withdrawn_is_gone_at_once_everywhere(pair: Pair, person: Person) -> None:
    allowed = provision("permit", (person.who("stranger"),), ("plan",), period=UNTIL)
    grant = consent(person.ref("Consent", "grant"), "grant", person.patient, allowed)
    person.store(grant)
    ask = told(pair, person, "stranger")
    before = ask()
    person.store({**grant, "status": "inactive"})
    assert (before, ask()) == ([(200, [f"plan-{person.mark}"])] * 2, [(404, [])] * 2)


def test_a_label_closes_an_entry_at_once_everywhere(pair: Pair, person: Person) -> None:
    label = {
        "security": [{"system": "https://dzop.example/fhir/CodeSystem/data-category", "code": "sensitive"}]
    }
    report = person.ref("DocumentReference", "report")
    clients = [replace(person, server=each).client("nurse") for each in (pair.first, pair.second)]
    before = [each.get(report) for each in clients]
    person.store({**person.server.client("system").get(report).json(), "meta": label})
    assert ([each.status_code for each in before], [each.get(report).status_code for each in clients]) == (
        [200, 200],
        [404, 404],
    )


@pytest.mark.parametrize(
    "change", ["the sharing consent is withdrawn", "the member is removed", "the member is excluded"]
)
def test_who_lost_access_changes_nothing_anywhere(pair: Pair, person: Person, change: str) -> None:
    clients = [replace(person, server=each).client("nurse") for each in (pair.first, pair.second)]
    weigh = task(person.ref("Task", "weigh"), person.patient, description="anders")
    person.store(TAKEN[change](person))
    tried = [
        each.put(person.ref("Task", "weigh"), json=weigh, headers={"If-Match": 'W/"1"'}) for each in clients
    ]
    tried += [each.post("/Goal", json=goal("Goal/x", person.patient)) for each in clients]
    assert [each.status_code for each in tried] == [422] * 4


def test_a_page_begun_before_shows_nothing_after_in_either_process(pair: Pair, person: Person) -> None:
    more = [person.ref("Goal", f"more-{number}") for number in range(3)]
    person.store(*[goal(each, person.patient, "support-goal") for each in more])
    nurse = person.client("nurse")
    first = nurse.get(f"/Goal?patient={person.patient}&_count=1")
    following = next(each["url"] for each in first.json()["link"] if each["relation"] == "next")
    person.store(person.sharing("inactive"))
    elsewhere = replace(person, server=pair.second).client("nurse")
    assert ids(nurse.get(following)) == []
    assert elsewhere.get(following.replace(pair.first.url, pair.second.url)).json().get("entry", []) == []
