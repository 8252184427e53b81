"""`_display` and `_displayLanguage`: codes called by their names for who asks, and nothing else changed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, new_person
from resources import DZOP, Resource, bundle, goal
from serving import Server

CATEGORY = f"{DZOP}/CodeSystem/goal-category"
BARE = {"system": CATEGORY, "code": "life-goal"}
CALLED = {"system": CATEGORY, "code": "care-goal", "display": "Beter lopen"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UNKNOWN = {"system": "https://x.example", "code": "x"}
EN, NL, FR, DE = ("life goal", "care goal"), ("levensdoel", "zorgdoel"), ("objectif de vie", "objectif de soins"), \
    ("Lebensziel", "Versorgungsziel")  # fmt: skip


@pytest.fixture(scope="module")
def told(server: Server) -> Person:
    """A person whose goal `told` has a code without display, an unknown one, and one with a display of its own."""
    person = new_person(server)
    person.store(coded(person, "told", BARE, UNKNOWN, CALLED))
    return person


def coded(person: Person, name: str, *codings: Resource) -> Resource:
    categories = [{"coding": [each]} for each in codings]
    return goal(person.ref("Goal", name), person.patient) | {"category": categories}


def got(person: Person, query: str, path: str = "", who: str = "person", **headers: str) -> httpx.Response:
    local = path or person.ref("Goal", "told")
    return person.client(who).get(f"{local}{query}", headers=headers)


def called(resource: Resource) -> list[str | None]:
    return [each["coding"][0].get("display") for each in resource["category"]]


def in_order(first: str | None, own: str = "Beter lopen") -> list[str | None]:
    return [first, None, own]


@pytest.mark.parametrize("language", ["", "nl", "fr-BE"])
def test_who_asks_for_no_display_gets_the_bytes_that_were_accepted(told: Person, language: str) -> None:
    answers = [got(told, "", **{"Accept-Language": each}) for each in (language, "de")]

    assert (in_order(None), True) == (called(answers[0].json()), answers[0].content == answers[1].content)


@pytest.mark.parametrize(
    ("query", "language", "expected"),
    [
        ("?_display=missing", "", in_order(EN[0])),
        ("?_display=missing", "nl-BE,fr;q=0.5", in_order(NL[0])),
        ("?_display=missing&_displayLanguage=fr", "nl", in_order(FR[0])),
        ("?_display=all", "", in_order(*EN)),
        ("?_display=all", "de", in_order(*DE)),
        ("?_display=all&_displayLanguage=fr", "de", in_order(*FR)),
        ("?_displayLanguage=de-BE", "nl", in_order(*DE)),
        ("?_displayLanguage=xx,fr;q=0.5", "", in_order(*FR)),
        ("?_displayLanguage=xx", "nl", in_order(*EN)),
    ],
)
def test_codes_are_called_as_asked(
    told: Person, query: str, language: str, expected: list[str | None]
) -> None:
    assert expected == called(got(told, query, **{"Accept-Language": language}).json())


def test_all_other_bytes_are_those_that_were_accepted(told: Person) -> None:
    plain, named = got(told, ""), got(told, "?_display=missing&_displayLanguage=nl")
    labels = [each for each in named.json()["meta"]["security"] if "display" in each]
    expected = plain.text
    for each in (*labels, BARE | {"display": NL[0]}):
        bare = f'"system":"{each["system"]}","code":"{each["code"]}"'
        expected = expected.replace(bare + "}", f'{bare},"display":"{each["display"]}"}}', 1)

    assert (expected, plain.headers["ETag"]) == (named.text, named.headers["ETag"])


def entries(answer: httpx.Response) -> list[Resource]:
    return [each["resource"] for each in answer.json()["entry"] if each.get("resource", {}).get("category")]


PLACES = {
    "read": lambda told: got(told, "?_displayLanguage=nl").json(),
    "vread": lambda told: got(told, "/_history/1?_displayLanguage=nl").json(),
    "history": lambda told: entries(got(told, "/_history?_displayLanguage=nl"))[0],
    "search": lambda told: entries(got(told, "&_displayLanguage=nl", f"Goal?_id={told.ref('Goal', 'told')[5:]}"))[0],
    "search by POST": lambda told: entries(
        told.client("person").post(
            "Goal/_search", data={"_id": told.ref("Goal", "told")[5:], "_displayLanguage": "nl"}, headers=FORM
        )
    )[0],
    "operation": lambda told: next(
        each
        for each in entries(got(told, "/$everything?_displayLanguage=nl", told.patient))
        if told.ref("Goal", "told") == f"{each['resourceType']}/{each['id']}"
    ),
    "a part": lambda told: got(told, "?_elements=category&_displayLanguage=nl").json(),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_displays_are_asked_for_wherever_something_is_read(told: Person, place: str) -> None:
    assert in_order(*NL) == called(PLACES[place](told))


@pytest.mark.parametrize("type", ["batch", "transaction"])
def test_each_entry_of_a_bundle_asks_for_itself(told: Person, type: str) -> None:
    local = told.ref("Goal", "told")
    asked = [
        {"request": {"method": "GET", "url": f"{local}{query}"}} for query in ("?_displayLanguage=nl", "")
    ]
    answer = told.client("person").post("/", json=bundle(type, *asked))

    assert [in_order(*NL), in_order(None)] == [called(each["resource"]) for each in answer.json()["entry"]]


def test_the_answer_to_a_write_is_called_as_asked_and_what_is_kept_is_not(person: Person) -> None:
    body = coded(person, "new", BARE)
    client, local = person.client("person"), person.ref("Goal", "new")
    answer = client.put(f"{local}?_displayLanguage=nl", json=body)

    assert ([NL[0]], [None]) == (called(answer.json()), called(client.get(local).json()))


def test_the_links_of_a_search_keep_what_was_asked(told: Person) -> None:
    answer = got(told, "", "Goal?_count=1&_display=all&_displayLanguage=nl")

    assert [True] * len(answer.json()["link"]) == [
        "_display=all&_displayLanguage=nl" in each["url"] for each in answer.json()["link"]
    ]


def test_in_xml_codes_are_called_as_asked_too(told: Person) -> None:
    assert f'<display value="{FR[0]}"/>' in got(told, "?_displayLanguage=fr&_format=xml").text


def test_labels_of_the_server_are_called_by_their_names(told: Person) -> None:
    labels = got(told, "?_display=missing&_displayLanguage=nl").json()["meta"]["security"]

    assert [True] == [bool(each.get("display")) for each in labels if each["code"] == "life-goal"]


WRONG = {
    "?_display=some": "http._display", "?_display=": "http._display", "?_display=all&_display=missing": "http._display",
    "?_displayLanguage=": "http._displayLanguage", "?_displayLanguage=nl_BE": "http._displayLanguage",
    "?_displayLanguage=nl&_displayLanguage=fr": "http._displayLanguage",
}  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_what_nobody_could_mean_is_refused(told: Person, query: str) -> None:
    answer = got(told, query)

    assert (400, [[WRONG[query]]]) == (
        answer.status_code, [each["location"] for each in answer.json()["issue"]]
    )  # fmt: skip


def test_a_write_that_asks_for_what_nobody_could_mean_changes_nothing(person: Person) -> None:
    client, local = person.client("person"), person.ref("Goal", "new")
    body = goal(local, person.patient)

    assert (400, 404) == (
        client.put(f"{local}?_display=some", json=body).status_code, client.get(local).status_code
    )  # fmt: skip


@pytest.mark.parametrize("query", ["", "?_displayLanguage=nl", "?_display=all&_summary=true"])
def test_what_is_hidden_stays_hidden(told: Person, query: str) -> None:
    assert 404 == got(told, query, who="stranger").status_code


def test_a_display_is_no_way_to_ask_for_what_is_not_seen(told: Person) -> None:
    """What is shown differs by what is called only: a search finds the same, asked in whatever way."""
    found: list[Any] = []
    for query in ("", "&_displayLanguage=nl", "&_display=all"):
        answer = got(told, query, f"Goal?category={CATEGORY}|life-goal", who="stranger").json()
        found.append((answer.get("total"), len(answer.get("entry", ()))))

    assert found[:1] * 3 == found


def test_a_stored_display_is_found_as_it_was_written(told: Person) -> None:
    """`:text` looks at what was stored, never at what is shown."""
    query = f"&_id={told.ref('Goal', 'told')[5:]}"
    found = [
        len(got(told, f"{query}&_displayLanguage=nl", f"Goal?category:text={text}").json().get("entry", ()))
        for text in ("Beter", NL[1])
    ]

    assert [1, 0] == found


def test_whoever_may_read_a_goal_may_ask_for_displays(told: Person) -> None:
    """It needs no scope on code systems, for it says nothing of anybody."""
    answer = told.client("person", scope="user/Goal.r").get(told.ref("Goal", "told") + "?_displayLanguage=nl")

    assert in_order(*NL) == called(answer.json())


def test_displays_of_much_are_asked_at_once(told: Person) -> None:
    """A goal with hundreds of codes is called by its names like any other."""
    local = told.ref("Goal", "many")
    told.store(coded(told, "many", *[BARE] * 300))
    answer = got(told, "?_displayLanguage=nl", local)

    assert [NL[0]] * 300 == called(answer.json())
