"""No audit, no answer: what cannot be recorded is not shown, and not stored either."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from audited import gone, made, run
from persons import Person, new_person, refused
from resources import goal
from serving import in_process

from dzop.store.migrations import migrate

# How to keep the audit from taking a row, and how to let it again.
BREAKING = {
    "is not there": (["alter table audit rename to away"], "alter table away rename to audit"),
    "takes nothing": (
        ["alter table audit add constraint nothing check (false) not valid"],
        "alter table audit drop constraint nothing",
    ),
    "raises": (
        [
            "create function no() returns trigger language plpgsql as 'begin raise exception ''no''; end'",
            "create trigger no before insert on audit execute function no()",
        ],
        "drop function no cascade",
    ),
}


@pytest.fixture(scope="module")
def own(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Person]]:
    """A database of our own, and a person in a service on it."""
    url = made(database, "unaudited")
    migrate(url)
    with in_process(url, tmp_path_factory.mktemp("unaudited")) as service:
        yield url, new_person(service)
    gone(database, "unaudited")


@pytest.fixture(params=BREAKING)
def broken(own: tuple[str, Person], request: pytest.FixtureRequest) -> Iterator[Person]:
    """A person while nothing can be recorded."""
    url, person = own
    spoil, mend = BREAKING[request.param]
    for each in spoil:
        run(url, each)
    yield person
    run(url, mend)


@pytest.mark.parametrize(
    "path",
    [
        "/{goal}",
        "/{goal}/_history",
        "/{goal}/_history/1",
        "/Goal?patient={patient}",
        "/AuditEvent",
        "/Goal/none",
    ],
)
def test_nothing_is_read(broken: Person, path: str) -> None:
    url = path.format(goal=broken.ref("Goal", "life"), patient=broken.patient)
    answer = broken.client("nurse").get(url)

    assert (*refused(answer), "Zelfstandig" in answer.text) == (503, "transient", False)


def test_nothing_is_written(own: tuple[str, Person], broken: Person) -> None:
    url, _ = own
    counting = "select count(*) as number from resource_version"
    before = run(url, counting)
    system, goal_1 = broken.client("system"), broken.ref("Goal", "life")
    answers = [
        system.post("/Goal", json=goal("Goal/x", broken.patient)),
        system.put(f"/{goal_1}", json=goal(goal_1, broken.patient)),
        system.delete(f"/{broken.ref('Communication', 'journal')}"),
    ]

    assert ([each.status_code for each in answers], run(url, counting)) == ([503] * 3, before)


def test_a_refusal_that_cannot_be_recorded_says_nothing(broken: Person) -> None:
    answers = [
        broken.client("stranger").get(f"/{path}") for path in (broken.ref("Goal", "life"), "Goal/none")
    ]
    assert [_without_id(each) for each in answers] == [_without_id(answers[0])] * 2


def test_afterwards_all_is_as_before(own: tuple[str, Person]) -> None:
    _, person = own
    assert person.client("nurse").get(f"/{person.ref('Goal', 'life')}").status_code == 200


def _without_id(answer: httpx.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content
