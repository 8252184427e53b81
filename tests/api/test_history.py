"""history of an instance, a type and the system. https://hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from persons import Person, new_person, refused
from resources import Resource, communication, consent, goal, provision, ref

KINDS = ("{goal}/_history", "Goal/_history", "_history")


def entries(client: httpx.Client, url: str) -> list[Resource]:
    """The entries of this page and all that follow."""
    found: list[Resource] = []
    following: str | None = url
    while following is not None:
        page = client.get(following)
        assert page.status_code == 200, page.text
        body = page.json()
        assert (body["resourceType"], body["type"]) == ("Bundle", "history")
        found += body.get("entry", [])
        following = next((each["url"] for each in body["link"] if each["relation"] == "next"), None)
    return found


def places(found: list[Resource]) -> list[str]:
    """`Type/id/version` of each entry."""
    return [
        f"{'/'.join(each['fullUrl'].split('/')[-2:])}/{each['response']['etag'].strip('W/').strip(chr(34))}"
        for each in found
    ]


def instant(found: Resource) -> datetime:
    return datetime.fromisoformat(found["response"]["lastModified"])


@pytest.fixture
def goals(person: Person) -> tuple[str, str]:
    """Two goals of the general practitioner, changed in turn: versions 1 and 1, 2 and 2."""
    gp = person.client("gp")
    pair = (person.ref("Goal", "one"), person.ref("Goal", "two"))
    for text in ("eerst", "daarna"):
        for each in pair:
            body = goal(each, person.patient, expressedBy=ref(person.who("gp")), description={"text": text})
            assert gp.put(each, json=body).status_code in (200, 201)
    return pair


def test_the_history_of_a_type_is_newest_first(person: Person, goals: tuple[str, str]) -> None:
    one, two = goals
    found = places(entries(person.client("gp"), "Goal/_history"))
    assert found[:4] == [f"{two}/2", f"{one}/2", f"{two}/1", f"{one}/1"]


def test_the_history_of_a_type_has_that_type_alone(known: Person) -> None:
    found = entries(known.client("gp"), "Task/_history")
    assert {each["resource"]["resourceType"] for each in found} == {"Task"}


def test_the_history_of_the_system_has_all_types_newest_first(person: Person, goals: tuple[str, str]) -> None:
    person.client("gp").post("/Communication", json=message(person))
    found = entries(person.client("gp"), f"_history?_since={quote(since(person, goals[0]))}&_count=2")
    ours = [each for each in found if person.mark in each["fullUrl"] or "Communication" in each["fullUrl"]]
    assert [instant(each) for each in found] == sorted((instant(each) for each in found), reverse=True)
    assert {each["fullUrl"].split("/")[-2] for each in ours} == {"Goal", "Communication"}


def message(person: Person) -> Resource:
    body = communication("Communication/x", person.patient, "message", person.who("gp"), person.who("nurse"))
    return {name: value for name, value in body.items() if name != "id"}


def since(person: Person, reference: str) -> str:
    """When the first version of a resource was made."""
    answer = person.client("gp").get(f"{reference}/_history/1")
    return str(answer.json()["meta"]["lastUpdated"])


@pytest.mark.parametrize("kind", KINDS)
def test_versions_are_shown_since_an_instant_that_itself_counts(
    person: Person, goals: tuple[str, str], kind: str
) -> None:
    gp = person.client("gp")
    second = gp.get(goals[0]).json()["meta"]["lastUpdated"]
    found = places(entries(gp, f"{kind.format(goal=goals[0])}?_since={quote(second)}"))
    assert [each for each in found if each.startswith(goals[0])] == [f"{goals[0]}/2"]


def test_a_zone_that_was_not_escaped_is_understood(known: Person) -> None:
    assert known.client("gp").get("Goal/_history?_since=2020-01-01T00:00:00+01:00").status_code == 200


def test_since_a_date_is_since_its_beginning(person: Person, goals: tuple[str, str]) -> None:
    tomorrow = (datetime.fromisoformat(since(person, goals[0])) + timedelta(days=2)).date()
    body = person.client("gp").get(f"{goals[0]}/_history?_since={tomorrow}").json()
    assert (body["total"], body.get("entry")) == (0, None)


@pytest.mark.parametrize("kind", KINDS)
def test_versions_are_shown_that_were_current_at_an_instant(
    person: Person, goals: tuple[str, str], kind: str
) -> None:
    gp = person.client("gp")
    before = instant(gp_entry(gp, goals[0], 2)) - timedelta(microseconds=1)
    at = quote(before.isoformat())
    found = places(entries(gp, f"{kind.format(goal=goals[0])}?_at={at}"))
    assert [each for each in found if each.startswith(goals[0])] == [f"{goals[0]}/1"]


def gp_entry(client: httpx.Client, reference: str, version: int) -> Resource:
    (found,) = [
        each
        for each in entries(client, f"{reference}/_history")
        if each["response"]["etag"] == f'W/"{version}"'
    ]
    return found


def test_at_a_day_are_all_versions_that_were_current_on_it(person: Person, goals: tuple[str, str]) -> None:
    gp = person.client("gp")
    year = since(person, goals[0])[:4]
    assert places(entries(gp, f"{goals[0]}/_history?_at={year}")) == [f"{goals[0]}/2", f"{goals[0]}/1"]


def test_at_a_time_before_it_was_made_there_is_no_version(person: Person, goals: tuple[str, str]) -> None:
    assert person.client("gp").get(f"{goals[0]}/_history?_at=2020-02").json()["total"] == 0


def test_at_a_time_after_the_last_version_that_is_still_current(
    person: Person, goals: tuple[str, str]
) -> None:
    assert places(entries(person.client("gp"), f"{goals[0]}/_history?_at=2100")) == [f"{goals[0]}/2"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "query",
    [
        "_since=yesterday",
        "_since=",
        "_since=2026-13-01",
        "_since=ge2026-01-01",
        "_at=2026-02-30",
        "_at=now",
        "_count=-1",
        "_count=x",
        "_count=1001",
        "_count=",
        "_count=1&_count=2",
        "_since=2026&_since=2025",
        "_sort=_lastUpdated",
        "_list=1",
        "_id=1",
        "_page=x",
        "nonsense=1",
    ],
)
def test_what_history_does_not_understand_is_refused(known: Person, kind: str, query: str) -> None:
    url = kind.format(goal=known.ref("Goal", "care"))
    assert refused(known.client("gp").get(f"{url}?{query}"))[0] == 400


def test_a_lenient_client_is_not_refused_for_what_is_not_known(known: Person) -> None:
    answer = known.client("gp").get("Goal/_history?nonsense=1", headers={"Prefer": "handling=lenient"})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_count_of_none_gives_the_total_alone(person: Person, goals: tuple[str, str], kind: str) -> None:
    url = kind.format(goal=goals[0])
    gp = person.client("gp")
    body = gp.get(f"{url}?_count=0").json()
    assert (body["total"], body.get("entry")) == (gp.get(f"{url}?_count=1").json()["total"], None)


@pytest.mark.parametrize("kind", KINDS)
def test_the_total_counts_what_all_pages_show(person: Person, goals: tuple[str, str], kind: str) -> None:
    gp, began = person.client("gp"), quote(since(person, goals[0]))
    url = f"{kind.format(goal=goals[0])}?_count=3&_since={began}"
    assert gp.get(url).json()["total"] >= 2
    assert gp.get(url).json()["total"] == len(entries(gp, url))


@pytest.mark.parametrize("kind", KINDS)
def test_pages_miss_and_repeat_nothing_while_others_write(
    person: Person, goals: tuple[str, str], kind: str
) -> None:
    gp, url = person.client("gp"), kind.format(goal=goals[0])
    began = quote(since(person, goals[0]))
    before = places(entries(gp, f"{url}?_since={began}&_count=1000"))
    first = gp.get(f"{url}?_since={began}&_count=1").json()
    gp.put(goals[0], json={**gp.get(goals[0]).json(), "description": {"text": "nog anders"}})
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    assert places(first["entry"]) + places(entries(gp, following)) == before


def test_a_page_link_is_of_use_to_nobody_else(person: Person, goals: tuple[str, str]) -> None:
    first = person.client("gp").get("Goal/_history?_count=1").json()
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    assert refused(person.client("nurse").get(following))[0] == 400


def test_a_page_link_is_of_use_to_no_other_history(person: Person, goals: tuple[str, str]) -> None:
    gp = person.client("gp")
    first = gp.get("Goal/_history?_count=1").json()
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    assert refused(gp.get(following.replace("Goal/_history", "Task/_history")))[0] == 400


@pytest.mark.parametrize("kind", ["{goal}/_history", "Communication/_history", "_history"])
def test_a_deletion_is_an_entry_without_a_resource(person: Person, kind: str) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    client.delete(journal)
    newest = client.get(f"{kind.format(goal=journal)}?_count=5").json()["entry"][0]
    assert ("resource" in newest, newest["request"], newest["response"]["status"]) == (
        False,
        {"method": "DELETE", "url": journal},
        "204",
    )


def test_every_entry_says_how_it_came_about(person: Person) -> None:
    gp = person.client("gp")
    made = gp.post("/Goal", json=goal("Goal/x", person.patient)).json()
    gp.put(f"Goal/{made['id']}", json=made)
    found = entries(gp, f"Goal/{made['id']}/_history")
    assert [(each["request"], each["response"]["status"]) for each in found] == [
        ({"method": "PUT", "url": f"Goal/{made['id']}"}, "200"),
        ({"method": "POST", "url": "Goal"}, "201"),
    ]


@pytest.mark.parametrize("kind", ["Goal/_history", "_history"])
def test_who_has_no_relation_sees_no_version(person: Person, goals: tuple[str, str], kind: str) -> None:
    url = f"{kind}?_since={quote(since(person, goals[0]))}"
    found = entries(person.client("stranger"), url)
    assert [each for each in found if person.mark in each["fullUrl"]] == []


def test_the_history_of_what_is_hidden_is_that_of_what_is_not_there(
    person: Person, goals: tuple[str, str]
) -> None:
    stranger = person.client("stranger")
    hidden, free = (
        stranger.get(f"{each}/_history?_since=2020") for each in (goals[0], f"Goal/zzz-{person.mark}")
    )
    assert (hidden.status_code, hidden.text.replace("one-", "zzz-")) == (404, free.text)


@pytest.mark.parametrize("kind", ["Communication/_history", "_history"])
def test_what_is_hidden_changes_no_byte_of_a_history(person: Person, kind: str) -> None:
    helper = person.client("helper")
    url = f"{kind}?_count=3&_since={recent(person)}"
    before = answered(helper, url)
    hidden = communication(
        person.ref("Communication", "hidden"),
        person.patient,
        "message",
        person.who("gp"),
        person.who("nurse"),
    )
    person.store(hidden)
    person.store({**hidden, "payload": [{"contentString": "anders"}]})
    assert (helper.get(hidden["resourceType"] + "/" + hidden["id"]).status_code, answered(helper, url)) == (
        404,
        before,
    )


def answered(client: httpx.Client, url: str) -> tuple[Any, list[Any]]:
    first = client.get(url).json()
    return first["total"], entries(client, url)


def test_a_version_under_a_closed_category_is_left_out_of_every_history(person: Person) -> None:
    """The current state is open, one version was not: it is absent, and what came before it stays."""
    reference = person.ref("Communication", "moved")
    gp, helper = person.client("gp"), person.client("helper")
    notes, messages = (
        communication(reference, person.patient, each, person.who("gp"), person.who("nurse"))
        for each in ("shared-note", "message")
    )
    for each in (notes, messages, notes):
        person.store(each)
    seen = {
        url: [each for each in places(entries(helper, url)) if each.startswith(reference)]
        for url in (f"{reference}/_history", "Communication/_history", "_history")
    }
    assert gp.get(f"{reference}/_history").json()["total"] == 3
    assert set(map(tuple, seen.values())) == {(f"{reference}/3", f"{reference}/1")}


def test_a_hidden_version_does_not_end_the_time_of_another(person: Person) -> None:
    reference = person.ref("Communication", "moved")
    helper = person.client("helper")
    notes, messages = (
        communication(reference, person.patient, each, person.who("gp"), person.who("nurse"))
        for each in ("shared-note", "message")
    )
    for each in (notes, messages, notes):
        person.store(each)
    last = entries(helper, f"{reference}/_history")[0]
    at = quote((instant(last) - timedelta(microseconds=1)).isoformat())
    assert places(entries(helper, f"{reference}/_history?_at={at}")) == [f"{reference}/1"]


def test_who_is_excluded_from_now_on_sees_no_version_from_before(
    person: Person, goals: tuple[str, str]
) -> None:
    gp = person.client("gp")
    began = since(person, goals[0])
    denied = provision("deny", (person.who("gp"),))
    person.store(consent(person.ref("Consent", "exclusion"), "exclusion", person.patient, denied))
    found = entries(gp, f"_history?_since={quote(began)}")
    assert [each for each in found if "Goal" in each["fullUrl"] and person.mark in each["fullUrl"]] == []


def test_the_directory_is_in_the_history_of_everybody(person: Person) -> None:
    found = entries(person.client("stranger"), f"Organization/_history?_since={recent(person)}")
    assert f"employer-gp-{person.mark}" in {each["resource"]["id"] for each in found}


def recent(person: Person) -> str:
    employer = person.client("gp").get(person.ref("Organization", "employer-gp")).json()
    return quote(str(employer["meta"]["lastUpdated"]))


def test_the_history_of_the_system_has_the_types_within_the_scopes(
    person: Person, goals: tuple[str, str]
) -> None:
    narrow = person.client("gp", scope="user/Goal.rs")
    found = entries(narrow, f"_history?_since={recent(person)}")
    assert {each["resource"]["resourceType"] for each in found} == {"Goal"}


@pytest.mark.parametrize(("scope", "url"), [("user/Task.rs", "Goal/_history"), ("user/Goal.c", "_history")])
def test_a_token_that_reaches_nothing_there_is_refused(known: Person, scope: str, url: str) -> None:
    assert refused(known.client("gp", scope=scope).get(url)) == (403, "forbidden")


@pytest.mark.parametrize("type", ["AuditEvent", "CodeSystem"])
def test_what_has_no_versions_has_no_history(known: Person, type: str) -> None:
    assert refused(known.client("gp").get(f"{type}/_history"))[0] == 405


def test_every_person_whose_versions_were_shown_is_told(person: Person, goals: tuple[str, str]) -> None:
    second = new_person(person.server)
    gp = person.client("gp")
    team = {**second.team(), "participant": [*second.team()["participant"], member(person)]}
    second.store(team)
    gp.get(f"_history?_since={quote(since(person, goals[0]))}&_count=1000")
    told = [
        each.client("person")
        .get(f"/AuditEvent?patient={each.patient}&subtype=history-system")
        .json()
        .get("entry", [])
        for each in (person, second)
    ]
    assert [len(each) for each in told] == [1, 1]


def member(person: Person) -> Resource:
    role: Resource = person.team()["participant"][0]["role"]
    return {"member": ref(person.who("gp")), "role": role, "period": {"start": "2020-01-01"}}


def test_histories_are_complete_after_parallel_writes(person: Person, goals: tuple[str, str]) -> None:
    gp = person.client("gp")
    body = gp.get(goals[0]).json()

    def write(number: int) -> int:
        return gp.put(goals[0], json={**body, "description": {"text": f"{number}"}}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(write, range(24)))
    found = places(entries(gp, f"Goal/_history?_since={quote(since(person, goals[0]))}&_count=5"))
    ours = [each for each in found if each.startswith(goals[0])]
    assert (statuses, ours) == ({200}, [f"{goals[0]}/{number}" for number in range(26, 0, -1)])


def test_system_sees_every_version(person: Person, goals: tuple[str, str]) -> None:
    system = person.server.client("system")
    found = places(entries(system, f"_history?_since={quote(since(person, goals[0]))}"))
    assert {f"{each}/{number}" for each in goals for number in (1, 2)} <= set(found)


def test_a_search_page_asked_as_history_is_refused(known: Person) -> None:
    page = known.client("gp").get("Communication?_count=1").json()
    following = next(each["url"] for each in page["link"] if each["relation"] == "next")
    token = following.rpartition("_page=")[2]
    assert refused(known.client("gp").get(f"Communication/_history?_count=1&_page={token}"))[0] == 400
