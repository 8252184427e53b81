"""Loaded terminologies in use: searches by value sets and hierarchies, and codes called by their names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aids import AIDS, DEFINED, OLD_AIDS, value_set_url
from persons import Person, ids, new_person, refused
from resources import Resource, bundle, goal, post, ref, task
from serving import in_process, ran

from dzop.store.embedded import embedded
from dzop.store.migrations import migrate

MANY = "https://terms.example/CodeSystem/many"
CODES = ["cane", "rollator", "wheelchair", "electric-wheelchair", "ear-trumpet"]


def many() -> Resource:
    """A code system with more below its top than a search takes."""
    below = [{"code": str(each)} for each in range(20_001)]
    return {
        "resourceType": "CodeSystem", "id": "many", "url": MANY, "version": "1", "status": "active", "name": "Many",
        "content": "complete", "hierarchyMeaning": "is-a", "concept": [{"code": "top", "concept": below}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """A person with a goal for each aid, and one without; of a service with as few connections as it can have."""
    folder = tmp_path_factory.mktemp("use")
    for each in (*DEFINED, many()):
        (folder / f"{each['resourceType']}-{each['id']}.json").write_text(json.dumps(each))
    with embedded(folder / "var") as url:
        migrate(url)
        loaded = ran(folder, "terminology", "load", str(folder), "--database", url)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        with in_process(url, folder / "var", pool_size=2) as service:
            person = new_person(service)
            person.store(*(aided(person, each, {"system": AIDS, "code": each}) for each in CODES))
            person.store(aided(person, "roll", {"system": OLD_AIDS, "code": "ROLL", "display": "Looprek"}))
            person.store(
                task(person.ref("Task", "walk"), person.patient, focus=ref(person.ref("Goal", "cane")))
            )
            yield person


def aided(person: Person, name: str, *codings: Resource) -> Resource:
    return goal(person.ref("Goal", name), person.patient, achievementStatus={"coding": list(codings)})


def found(person: Person, query: str, type: str = "Goal", who: str = "person") -> list[str]:
    """The names of what a search finds among the aided."""
    names = [
        each.removesuffix(f"-{person.mark}")
        for each in ids(person.client(who).get(f"/{type}?_count=100&{query}"))
    ]
    return sorted(each for each in names if each in (*CODES, "roll", "walk"))


def status(modifier: str, *texts: str) -> str:
    return f"achievement-status:{modifier}={','.join(texts)}"


WALKING = ["cane", "rollator"]
WHEELED = ["electric-wheelchair", "wheelchair"]
SEARCHES = {
    status("in", value_set_url("walking")): WALKING,
    status("in", f"{value_set_url('walking')}|1.0"): WALKING,
    status("in", value_set_url("nested")): [*WALKING, "wheelchair"],
    status("in", value_set_url("walking"), value_set_url("reimbursed")): [*WALKING, "wheelchair"],
    status("in", value_set_url("all-aids")): sorted(CODES),
    status("in", value_set_url("mixed")): ["cane", "roll"],
    status("not-in", value_set_url("mixed")): sorted({*CODES} - {"cane"}),
    status("not-in", value_set_url("nested")): ["ear-trumpet", "electric-wheelchair", "roll"],
    status("below", f"{AIDS}|wheelchair"): WHEELED,
    status("below", f"{AIDS}|walking-aid", f"{AIDS}|wheelchair"): sorted([*WALKING, *WHEELED]),
    status("below", f"{AIDS}|aid"): sorted(CODES),
    status("below", f"{AIDS}|nothing"): [],
    status("above", f"{AIDS}|electric-wheelchair"): WHEELED,
    status("text", "Looprek"): ["roll"],
    f"_filter=achievement-status in {value_set_url('walking')} or achievement-status ss {AIDS}|wheelchair":
        sorted([*WALKING, *WHEELED]),
    f"{status('in', value_set_url('nested'))}&{status('not-in', value_set_url('walking'))}": ["wheelchair"],
    f"{status('in', value_set_url('walking'))}&_sort=-_lastUpdated&_total=accurate": WALKING,
}  # fmt: skip


@pytest.mark.parametrize("query", SEARCHES)
def test_a_search_asks_by_value_sets_and_hierarchies_that_are_loaded(user: Person, query: str) -> None:
    expected = SEARCHES[query]

    assert [expected, expected] == [found(user, query), found(user, f"patient={user.patient}&{query}")]


def test_a_value_set_may_be_named_by_where_it_is_read(user: Person) -> None:
    client = user.client("person")
    (entry,) = client.get("/ValueSet", params={"url": value_set_url("walking")}).json()["entry"]
    names = [entry["fullUrl"], f"ValueSet/{entry['resource']['id']}"]

    assert [WALKING, WALKING] == [found(user, status("in", each)) for each in names]


@pytest.mark.parametrize(
    ("query", "type", "expected"),
    [
        (f"focus:Goal.{status('in', value_set_url('walking'))}", "Task", ["walk"]),
        (f"focus:Goal.{status('in', value_set_url('reimbursed'))}", "Task", []),
        (
            f"_has:Task:focus:code:not-in={value_set_url('walking')}&{status('below', f'{AIDS}|aid')}",
            "Goal",
            ["cane"],
        ),
        (f"_has:Task:focus:code:in={value_set_url('walking')}", "Goal", []),
    ],
)
def test_chains_ask_by_value_sets_too(user: Person, query: str, type: str, expected: list[str]) -> None:
    assert expected == found(user, query, type)


@pytest.mark.parametrize("query", list(SEARCHES))
def test_whoever_may_not_see_the_goals_finds_none_by_their_codes(user: Person, query: str) -> None:
    answer = user.client("stranger").get(f"/Goal?_total=accurate&{query.replace('&_total=accurate', '')}")

    assert ([], 0) == (ids(answer), answer.json()["total"])


REFUSED = {
    status("in", value_set_url("none")): "invalid",
    status("in", f"{value_set_url('walking')}|9"): "invalid",
    status("in", "ValueSet/none"): "invalid",
    status("in", value_set_url("egg")): "invalid",
    status("in", value_set_url("all-unheld")): "invalid",
    status("not-in", value_set_url("odd-expression")): "invalid",
    status("below", "https://terms.example/none|x"): "invalid",
    status("above", "https://terms.example/none|x"): "invalid",
    status("below", f"{MANY}|top"): "too-costly",
    status("below", *(f"{MANY}|{each}" for each in range(51))): "too-costly",
}  # fmt: skip


@pytest.mark.parametrize("query", REFUSED)
def test_what_cannot_be_told_is_refused(user: Person, query: str) -> None:
    assert (400, REFUSED[query]) == refused(user.client("person").get(f"/Goal?{query}"))


@pytest.mark.parametrize("query", [each for each, code in REFUSED.items() if code == "invalid"])
def test_what_cannot_be_told_is_left_out_and_said_when_lenient(user: Person, query: str) -> None:
    answer = user.client("person").get(f"/Goal?_count=1&{query}", headers={"Prefer": "handling=lenient"})
    outcome = answer.json()["entry"][-1]["resource"]

    assert ("OperationOutcome", False) == (
        outcome["resourceType"],
        "achievement" in answer.json()["link"][0]["url"],
    )


def test_as_many_codes_as_a_search_takes_are_asked_for_at_once(user: Person) -> None:
    """All codes but the top one: every goal but those of the aids has none of them."""
    query = status("below", *(f"{MANY}|{each}" for each in range(50)))

    assert [] == found(user, query)


def test_a_condition_may_ask_by_a_hierarchy(user: Person) -> None:
    client, condition = user.client("person"), f"patient={user.patient}&{status('below', f'{AIDS}|cane')}"
    body = aided(user, "again", {"system": AIDS, "code": "cane"})
    answer = client.post("/Goal", json=body, headers={"If-None-Exist": condition})

    assert (200, user.ref("Goal", "cane")) == (answer.status_code, f"Goal/{answer.json()['id']}"), answer.text


@pytest.mark.parametrize("query", REFUSED)
def test_a_condition_that_cannot_be_told_is_refused_and_makes_nothing(user: Person, query: str) -> None:
    body = aided(user, "again", {"system": AIDS, "code": "cane"})
    answer = user.client("person").post("/Goal", json=body, headers={"If-None-Exist": query})

    assert (400, REFUSED[query]) == refused(answer)


def linked(person: Person, query: str) -> Resource:
    """A task based on what a search finds."""
    body = task("Task/x", person.patient, basedOn=[ref(f"Goal?patient={person.patient}&{query}")])
    return post({name: value for name, value in body.items() if name != "id"})


def test_a_conditional_reference_may_ask_by_a_hierarchy(user: Person) -> None:
    answer = user.client("person").post(
        "/", json=bundle("transaction", linked(user, status("below", f"{AIDS}|rollator")))
    )

    assert user.ref("Goal", "rollator") == answer.json()["entry"][0]["resource"]["basedOn"][0]["reference"]


def test_transactions_that_ask_for_codes_never_wait_for_one_another(user: Person) -> None:
    """Each holds a connection; with two of them in all, none may need a second one."""
    reads = [
        f"Goal?{status('below', f'{AIDS}|cane')}", f"{user.ref('Goal', 'cane')}?_displayLanguage=nl",
        f"Goal?{status('in', value_set_url('walking'))}&_displayLanguage=fr",
    ]  # fmt: skip
    entries = [linked(user, status("below", f"{AIDS}|cane"))]
    entries += [{"request": {"method": "GET", "url": each}} for each in reads]

    def sent(_: int) -> int:
        return user.client("person").post("/", json=bundle("transaction", *entries)).status_code

    with ThreadPoolExecutor(6) as several:
        assert [200] * 6 == list(several.map(sent, range(6)))


def names(resource: dict[str, Any]) -> list[str | None]:
    return [each.get("display") for each in resource["achievementStatus"]["coding"]]


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("cane", "", None),
        ("cane", "?_display=missing", "cane"),
        ("cane", "?_displayLanguage=nl", "wandelstok"),
        ("cane", "?_displayLanguage=nl-BE", "wandelstok"),
        ("cane", "?_displayLanguage=de", "cane"),
        ("roll", "?_display=missing", "Looprek"),
        ("roll", "?_display=all", "Rollator"),
    ],
)
def test_codes_that_are_loaded_are_called_by_their_names(
    user: Person, name: str, query: str, expected: str | None
) -> None:
    assert [expected] == names(user.client("person").get(f"{user.ref('Goal', name)}{query}").json())


def test_all_that_a_search_finds_is_called_by_its_name(user: Person) -> None:
    answer = user.client("person").get(
        f"/Goal?{status('below', f'{AIDS}|walking-aid')}&_displayLanguage=fr&_sort=_id"
    )

    assert [["canne"], ["déambulateur"]] == [names(each["resource"]) for each in answer.json()["entry"]]
