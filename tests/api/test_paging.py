"""Pages: complete while others write, opaque, and only for whoever they were given to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Event

import httpx
import pytest
from persons import Person, ids, refused
from resources import goal

NUMBER = 12


def next_of(page: httpx.Response) -> str | None:
    return next((link["url"] for link in page.json()["link"] if link["relation"] == "next"), None)


def walked(client: httpx.Client, url: str | None) -> list[str]:
    """The ids on this page and on all that follow."""
    return list(chain.from_iterable(pages(client, str(url))))


def pages(client: httpx.Client, url: str) -> Iterator[list[str]]:
    """The ids on each page."""
    following: str | None = url
    while following is not None:
        page = client.get(following)
        yield ids(page)
        following = next_of(page)


@pytest.fixture
def goals(person: Person) -> list[str]:
    """The ids of many goals, in order of their dates."""
    names = [f"page-{number:02}" for number in range(NUMBER)]
    dates = [f"2026-01-{number // 3 + 1:02}" for number in range(NUMBER)]
    person.store(
        *[
            goal(person.ref("Goal", name), person.patient, "support-goal", startDate=date)
            for name, date in zip(names, dates, strict=True)
        ]
    )
    return [f"{name}-{person.mark}" for name in names]


@pytest.mark.parametrize(
    "sort",
    [
        "_id",
        "start-date",
        "-start-date",
        "_lastUpdated",
        "-_lastUpdated,start-date",
        "achievement-status",
        "",
    ],
)
@pytest.mark.parametrize("count", [1, 5, NUMBER])
def test_pages_hold_every_match_once(person: Person, goals: list[str], sort: str, count: int) -> None:
    order = f"&_sort={sort}" if sort else ""
    found = list(
        pages(
            person.client("gp"), f"/Goal?category=support-goal&patient={person.patient}&_count={count}{order}"
        )
    )
    assert (sorted(chain.from_iterable(found)), max(len(page) for page in found)) == (goals, count)


def test_the_last_page_has_no_next(person: Person, goals: list[str]) -> None:
    answer = person.client("gp").get(
        f"/Goal?category=support-goal&patient={person.patient}&_count={len(goals)}"
    )
    assert next_of(answer) is None


def test_what_was_there_all_along_is_on_one_page_while_others_write(person: Person, goals: list[str]) -> None:
    gp, stop = person.client("gp"), Event()

    def write() -> None:
        number = 0
        while not stop.is_set() and number < 200:
            number += 1
            gp.post(
                "/Goal",
                json=goal("Goal/x", person.patient, "support-goal", startDate=f"2026-01-0{number % 4 + 1}"),
            )

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        found = walked(gp, f"/Goal?category=support-goal&patient={person.patient}&_count=3&_sort=_id")
        stop.set()
        writing.result()
    assert sorted(each for each in found if each in goals) == goals


def test_a_match_that_changes_meanwhile_breaks_no_page(person: Person, goals: list[str]) -> None:
    gp = person.client("gp")
    first = gp.get(f"/Goal?category=support-goal&patient={person.patient}&_count=4&_sort=start-date")
    person.store(goal(f"Goal/{ids(first)[-1]}", person.patient, "life-goal"))
    rest = walked(gp, next_of(first))
    assert ids(first) + rest == goals


def test_rights_withdrawn_meanwhile_hold_on_the_next_page(person: Person, goals: list[str]) -> None:
    gp = person.client("gp")
    first = gp.get(f"/Goal?category=support-goal&patient={person.patient}&_count=4")
    person.store(person.sharing("inactive"))
    assert ids(gp.get(str(next_of(first)))) == []


def _of_another_actor(person: Person, url: str) -> httpx.Response:
    return person.client("nurse").get(url)


def _of_another_query(person: Person, url: str) -> httpx.Response:
    return person.client("gp").get(url.replace("support-goal", "care-goal"))


def _of_another_type(person: Person, url: str) -> httpx.Response:
    return person.client("gp").get(url.replace("/Goal?", "/Task?").replace("category=support-goal&", ""))


def _altered(person: Person, url: str) -> httpx.Response:
    return person.client("gp").get(url[:-2] + ("aa" if url[-2:] != "aa" else "bb"))


def _cut_off(person: Person, url: str) -> httpx.Response:
    return person.client("gp").get(url[:-8])


def _not_ours(person: Person, url: str) -> httpx.Response:
    return person.client("gp").get(url.partition("_page=")[0] + "_page=WyIyMDI2Il0")


@pytest.mark.parametrize(
    "use", [_of_another_actor, _of_another_query, _of_another_type, _altered, _cut_off, _not_ours]
)
def test_a_page_token_serves_no_other_purpose(
    person: Person, goals: list[str], use: Callable[[Person, str], httpx.Response]
) -> None:
    first = person.client("gp").get(f"/Goal?category=support-goal&patient={person.patient}&_count=4")
    assert refused(use(person, str(next_of(first))))[0] == 400


def test_a_page_token_of_a_history_is_the_actor_s_own(person: Person) -> None:
    gp, reference = person.client("gp"), person.ref("Task", "weigh")
    nurse = person.client("nurse")
    nurse.put(reference, json={**nurse.get(reference).json(), "status": "accepted"})
    url = next_of(gp.get(f"{reference}/_history?_count=1"))
    assert refused(nurse.get(str(url)))[0] == 400


def test_a_link_names_nobody_who_was_not_asked_for(person: Person, goals: list[str]) -> None:
    answer = person.client("gp").get("/Goal?_count=1&category=support-goal")
    assert person.mark not in str(next_of(answer))


def test_a_page_ends_where_it_would_fill_the_memory(person: Person) -> None:
    scan = {"contentType": "application/pdf", "data": "JVBE" * 1_200_000}
    documents = [
        {
            "resourceType": "DocumentReference",
            "id": f"scan-{number}-{person.mark}",
            "status": "current",
            "subject": {"reference": person.patient},
            "content": [{"attachment": scan}],
        }
        for number in range(6)
    ]
    for each in documents:
        person.store(each)
    found = [
        list(pages(person.client("gp"), f"/{path}"))
        for path in (
            f"DocumentReference?patient={person.patient}&_id={','.join(each['id'] for each in documents)}",
            f"{person.patient}/$everything?_type=DocumentReference",
        )
    ]
    everything = [each for page in found[1] for each in page]

    assert ([len(page) for page in found[0]], len(everything) - len(set(everything)), len(found[1])) == (
        [5, 1],
        0,
        2,
    )
