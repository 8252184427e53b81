"""Task/$mine: what somebody has to do on a day, for everybody whose plan they see, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, new_person, refused
from resources import DZOP, Resource, participant, ref, task
from serving import Server

from dzop.plan.task_states import CLOSED, OPEN

DAY = "2031-05-06"  # a Tuesday
CANDIDATES = "http://hl7.org/fhir/StructureDefinition/task-candidateList"


def doing(person: Person, name: str, owner: str | None = "nurse", **elements: Any) -> Resource:
    known = owner is None or "/" in owner
    whom = {} if owner is None else {"owner": ref(owner if known else person.who(owner))}
    return task(person.ref("Task", name), person.patient, **whom, **elements)


def within(start: str | None = None, end: str | None = None) -> Resource:
    period = {name: each for name, each in (("start", start), ("end", end)) if each is not None}
    return {"period": period}


def asked(person: Person, name: str = "nurse", **query: str) -> httpx.Response:
    return person.client(name).get("/Task/$mine", params={"date": DAY, **query})


def found(answer: httpx.Response, mode: str = "match") -> list[str]:
    """The names of the tasks, or the references of the persons, in order."""
    assert answer.status_code == 200, answer.text
    entries = [each["resource"] for each in answer.json().get("entry", ()) if each["search"]["mode"] == mode]
    if mode == "include":
        return [f"{each['resourceType']}/{each['id']}" for each in entries]
    return [each["id"].rpartition("-")[0] for each in entries]


@pytest.fixture
def bare(server: Server) -> Person:
    """A person whose nurse has nothing to do yet."""
    person = new_person(server)
    person.server.client("system").delete(f"/{person.ref('Task', 'weigh')}")
    return person


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (within(end="2031-05-05"), True),
        (within(end=DAY), True),
        (within(end="2031-05-07"), False),
        (within(start="2031-05-01", end="2031-05-31"), True),
        (within(start=DAY), True),
        (within(start="2031-05-07"), False),
        (within(start=f"{DAY}T23:00:00+02:00", end="2031-05-07T01:00:00+02:00"), True),
        (within(start="2031-05-07T00:00:00+02:00"), False),
        ({"repetitions": 2}, True),
    ],
    ids=str,
)
def test_a_task_is_there_from_its_day_on(bare: Person, restriction: Resource, expected: bool) -> None:
    bare.store(doing(bare, "one", restriction=restriction))
    assert found(asked(bare)) == (["one"] if expected else [])


def test_what_has_begun_is_there_before_its_deadline(bare: Person) -> None:
    bare.store(doing(bare, "begun", status="in-progress", restriction=within(end="2031-05-31")))
    assert found(asked(bare)) == ["begun"]


def test_open_tasks_are_there_and_closed_ones_are_not(bare: Person) -> None:
    bare.store(*[doing(bare, each, status=each) for each in (*OPEN, *CLOSED)])
    assert sorted(found(asked(bare))) == sorted(OPEN)


def test_what_is_overdue_longest_comes_first_and_what_has_no_date_last(bare: Person) -> None:
    days = {"week": "2031-04-29", "today": DAY, "yesterday": "2031-05-05"}
    bare.store(
        doing(bare, "always"), *[doing(bare, name, restriction=within(end=day)) for name, day in days.items()]
    )
    assert found(asked(bare)) == ["week", "yesterday", "today", "always"]


def test_today_is_meant_where_no_day_is_given(bare: Person) -> None:
    bare.store(
        doing(bare, "old", restriction=within(end="2020-01-01")),
        doing(bare, "far", restriction=within("2098-01-01")),
    )
    assert found(bare.client("nurse").get("/Task/$mine")) == ["old"]


# -- whose -----------------------------------------------------------------------------------------------


def test_the_tasks_of_all_persons_come_with_the_persons(bare: Person, server: Server) -> None:
    other = new_person(server)
    other.store(other.team(participant(bare.who("nurse"), "health-professional")))
    bare.store(doing(bare, "one", restriction=within(end=DAY)))
    other.store(doing(other, "two", bare.who("nurse"), restriction=within(end="2031-05-05")))
    answer = asked(bare)
    assert (found(answer), sorted(found(answer, "include"))) == (
        ["two", "one"],
        sorted([bare.patient, other.patient]),
    )


@pytest.mark.parametrize("owner", ["CareTeam/team", "Organization/employer-nurse", "PractitionerRole/nurse"])
def test_what_the_team_or_the_organisation_was_asked_is_there(bare: Person, owner: str) -> None:
    bare.store(doing(bare, "ours", bare.ref(*owner.split("/"))))
    assert found(asked(bare)) == ["ours"]


def test_what_a_colleague_has_taken_up_is_not(bare: Person) -> None:
    bare.store(doing(bare, "ours", bare.ref("CareTeam", "team")))
    bare.store(doing(bare, "ours", "helper", status="accepted"))
    assert found(asked(bare)) == []


def test_what_is_offered_is_there_until_somebody_has_it(bare: Person) -> None:
    to = [{"url": CANDIDATES, "valueReference": ref(bare.who("nurse"))}]
    bare.store(doing(bare, "free", None, extension=to), doing(bare, "taken", "helper", extension=to))
    assert found(asked(bare)) == ["free"]


def test_what_one_asked_of_others_is_not_ones_own(bare: Person) -> None:
    bare.store(doing(bare, "mine", None, requester=ref(bare.who("nurse"))))
    assert found(asked(bare)) == []


def test_a_neighbour_sees_the_own_task(bare: Person) -> None:
    assert found(asked(bare, "neighbour")) == ["market"]


def test_the_person_sees_the_own_task(bare: Person) -> None:
    bare.store(doing(bare, "own", bare.patient))
    assert found(asked(bare, "person")) == ["own"]


# -- what may not be seen --------------------------------------------------------------------------------


def test_without_a_relation_the_own_task_is_not_there(bare: Person) -> None:
    bare.store(doing(bare, "lost", "stranger"))
    assert found(asked(bare, "stranger")) == []


def test_who_was_taken_out_of_the_team_sees_it_no_more(bare: Person) -> None:
    bare.store(doing(bare, "one"))
    bare.store(bare.team(participant(bare.who("gp"), "general-practitioner")))
    assert found(asked(bare)) == []


def test_what_the_person_keeps_back_is_not_there(bare: Person) -> None:
    category = {"system": f"{DZOP}/CodeSystem/data-category", "code": "task"}
    bare.store(doing(bare, "one"), bare.settings({"type": "deny", "class": [category]}))
    assert found(asked(bare)) == []


@pytest.mark.parametrize("total", ["none", "accurate"])
def test_what_is_hidden_is_not_counted(bare: Person, total: str) -> None:
    bare.store(doing(bare, "one"), doing(bare, "two"), doing(bare, "lost", "stranger"))
    label = {"security": [{"system": f"{DZOP}/CodeSystem/data-category", "code": "sensitive"}]}
    bare.store(doing(bare, "kept", bare.ref("CareTeam", "team"), meta=label))
    assert asked(bare, "neighbour", _total=total).json()["total"] == 1  # the market
    assert asked(bare, "stranger", _total=total).json()["total"] == 0


def test_no_person_comes_along_whom_the_token_may_not_read(bare: Person) -> None:
    bare.store(doing(bare, "one"))
    answer = bare.client("nurse", scope="user/Task.rs").get("/Task/$mine", params={"date": DAY})
    assert (found(answer), found(answer, "include")) == (["one"], [])


def test_a_token_that_may_not_search_tasks_is_refused(bare: Person) -> None:
    answer = bare.client("nurse", scope="user/Goal.rs").get("/Task/$mine")
    assert refused(answer) == (403, "forbidden")


def test_a_restricted_token_sees_what_it_may(bare: Person) -> None:
    bare.store(doing(bare, "one", status="accepted"), doing(bare, "two"))
    answer = bare.client("nurse", scope="user/Task.rs?status=accepted").get(
        "/Task/$mine", params={"date": DAY}
    )
    assert (found(answer), answer.json()["total"]) == (["one"], 1)


def test_the_log_of_each_person_has_it(bare: Person) -> None:
    bare.store(doing(bare, "one"))
    asked(bare)
    log = (
        bare.client("person")
        .get("/AuditEvent", params={"patient": bare.patient, "agent": bare.who("nurse")})
        .json()
    )
    subtypes = {code["code"] for each in log["entry"] for code in each["resource"]["subtype"]}
    assert "$mine" in subtypes


# -- pages -----------------------------------------------------------------------------------------------


def test_the_pages_together_are_the_whole(bare: Person) -> None:
    bare.store(
        *[doing(bare, f"n{each}", restriction=within(end=f"2031-05-0{each % 3 + 1}")) for each in range(7)]
    )
    client, seen, url = bare.client("nurse"), list[str](), f"/Task/$mine?date={DAY}&_count=3"
    while url:
        answer = client.get(url)
        seen += found(answer)
        url = next((each["url"] for each in answer.json()["link"] if each["relation"] == "next"), "")
    assert seen == found(asked(bare))


@pytest.mark.parametrize(
    ("asks", "expected"), [({}, None), ({"_total": "accurate"}, 5), ({"_total": "none"}, None)]
)
def test_a_page_says_how_many_there_are_when_asked(
    bare: Person, asks: dict[str, str], expected: int | None
) -> None:
    bare.store(*[doing(bare, f"n{each}") for each in range(5)])
    assert asked(bare, _count="2", **asks).json().get("total") == expected


def test_a_page_that_has_them_all_says_how_many_there_are(bare: Person) -> None:
    bare.store(*[doing(bare, f"n{each}") for each in range(5)])
    assert asked(bare, _count="5").json()["total"] == 5


@pytest.mark.parametrize(
    "query",
    [
        {"date": "tomorrow"}, {"date": "2031-05"}, {"date": "2031-05-06T10:00:00Z"}, {"date": "2031-02-30"},
        {"_count": "0"}, {"_count": "x"}, {"_count": "10000"}, {"_page": "x"}, {"owner": "me"},
        {"_total": "all"},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(bare: Person, query: dict[str, str]) -> None:
    assert asked(bare, **query).status_code == 400


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_any_day_of_the_calendar_is_answered(bare: Person, day: str) -> None:
    assert asked(bare, date=day).status_code == 200


def test_it_can_be_asked_by_post(bare: Person) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "date", "valueDate": DAY}]}
    assert bare.client("nurse").post("/Task/$mine", json=body).status_code == 200
