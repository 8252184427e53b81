"""What begins and ends by itself: the same token, a moment later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from persons import Person, ids, new_person
from resources import PROVEN, Resource, communication, consent, participant, provision
from serving import Clock, in_process

# In Brussels the day of 4 May begins at 22:00 UTC of the day before: summer time.
BEFORE = datetime(2026, 5, 3, 21, 59, 59, tzinfo=UTC)
FIRST = datetime(2026, 5, 3, 22, 0, 0, tzinfo=UTC)
LAST = datetime(2026, 5, 4, 21, 59, 59, tzinfo=UTC)
AFTER = datetime(2026, 5, 4, 22, 0, 0, tzinfo=UTC)
DAY = {"start": "2026-05-04", "end": "2026-05-04"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(database: str, tmp_path: Path, clock: Clock) -> Iterator[Person]:
    """A person of a service whose clock stands still until it is moved."""
    with in_process(database, tmp_path, clock) as service:
        yield new_person(service)


def seen(person: Person, clock: Clock, name: str) -> list[bool]:
    """Whether somebody sees the plan just before, at the start, at the end, and just after 4 May."""
    clock.instant = BEFORE
    client = person.client(name, ttl=10 * 86_400)
    found = []
    for clock.instant in (BEFORE, FIRST, LAST, AFTER):
        by_id = client.get(person.ref("CarePlan", "plan")).status_code == 200
        by_search = ids(client.get(f"/CarePlan?patient={person.patient}")) != []
        assert by_id == by_search
        found.append(by_id)
    return found


def _member(person: Person) -> Resource:
    return person.team(participant(person.who("stranger"), "general-practitioner", period=DAY))


def _team(person: Person) -> Resource:
    return person.team(participant(person.who("stranger"), "general-practitioner"), period=DAY)


def _grant(person: Person) -> Resource:
    allowed = provision("permit", (person.who("stranger"),), ("plan",), period=DAY)
    return consent(person.ref("Consent", "grant"), "grant", person.patient, allowed)


def _relation(person: Person) -> Resource:
    allowed = provision("permit", (person.who("stranger"),), period=DAY)
    reference = person.ref("Consent", "relation")
    return consent(reference, "therapeutic-relation", person.patient, allowed, extension=[PROVEN])


@pytest.mark.parametrize("fact", [_member, _team, _grant, _relation])
def test_a_relation_holds_from_its_first_to_its_last_day(
    timed: Person, clock: Clock, fact: Callable[[Person], Resource]
) -> None:
    timed.store(fact(timed))
    assert seen(timed, clock, "stranger") == [False, True, True, False]


def test_a_setting_holds_from_its_first_to_its_last_day(timed: Person, clock: Clock) -> None:
    timed.store(timed.settings(provision("deny", (timed.who("nurse"),), ("plan",), period=DAY)))
    assert seen(timed, clock, "nurse") == [True, False, False, True]


def test_sharing_consent_holds_from_its_first_to_its_last_day(timed: Person, clock: Clock) -> None:
    timed.store(
        consent(timed.ref("Consent", "sharing"), "sharing", timed.patient, provision("permit", period=DAY))
    )
    assert seen(timed, clock, "nurse") == [False, True, True, False]


def test_a_post_in_the_directory_holds_from_its_first_to_its_last_day(timed: Person, clock: Clock) -> None:
    employer = timed.ref("Organization", "employer-nurse")
    role = next(
        each
        for each in timed.directory()
        if each["resourceType"] == "PractitionerRole" and each["id"].startswith("nurse")
    )
    timed.store({**role, "period": DAY}, timed.team(participant(employer, "health-professional")))
    assert seen(timed, clock, "nurse") == [False, True, True, False]


def test_a_message_to_a_team_is_for_whoever_is_a_member_then(timed: Person, clock: Clock) -> None:
    team = timed.ref("CareTeam", "team")
    timed.store(
        timed.team(
            participant(timed.who("nurse"), "health-professional"),
            participant(timed.who("helper"), "welfare-professional", period=DAY),
        ),
        communication(timed.ref("Communication", "to-all"), timed.patient, "message", timed.patient, team),
    )
    found = []
    clock.instant = BEFORE
    client = timed.client("helper", ttl=10 * 86_400)
    for clock.instant in (BEFORE, FIRST, LAST, AFTER):
        found.append(client.get(timed.ref("Communication", "to-all")).status_code == 200)
    assert found == [False, True, True, False]


def test_a_token_ends_with_the_clock(timed: Person, clock: Clock) -> None:
    client = timed.client("nurse", ttl=300)
    plan = timed.ref("CarePlan", "plan")
    first = client.get(plan).status_code
    clock.instant += timedelta(seconds=400)
    assert (first, client.get(plan).status_code) == (200, 401)


def test_versions_are_in_order_of_time_even_when_the_clock_is_not(timed: Person, clock: Clock) -> None:
    nurse, weigh = timed.client("nurse"), timed.ref("Task", "weigh")
    body = nurse.get(weigh).json()
    for _ in range(3):
        clock.instant -= timedelta(milliseconds=1)
        nurse.put(weigh, json=body)
    history = [each["resource"]["meta"] for each in nurse.get(f"{weigh}/_history").json()["entry"]]
    assert sorted(history, key=lambda meta: meta["lastUpdated"], reverse=True) == history
