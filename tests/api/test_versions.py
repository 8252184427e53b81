"""Versions, ETags and history. https://hl7.org/fhir/R4/http.html#versioning"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import Resource, goal

WRITERS = 50


def entries(answer: httpx.Response) -> list[Resource]:
    return list(answer.json()["entry"])


def changed(client: httpx.Client, reference: str, text: str, **headers: str) -> httpx.Response:
    """Replaces the description of a task."""
    body = {**client.get(reference).json(), "description": text}
    return client.put(
        reference, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.fixture
def weigh(person: Person) -> str:
    """A task of the nurse, in its first version."""
    return person.ref("Task", "weigh")


def test_a_new_resource_is_version_1(person: Person) -> None:
    answer = person.client("gp").post("/Goal", json=goal("Goal/x", person.patient))
    assert (answer.status_code, answer.headers["ETag"], answer.json()["meta"]["versionId"]) == (
        201,
        'W/"1"',
        "1",
    )


def test_a_new_resource_says_where_it_is(person: Person) -> None:
    answer = person.client("gp").post("/Goal", json=goal("Goal/x", person.patient))
    assert answer.headers["Location"] == f"{person.server.fhir}/Goal/{answer.json()['id']}/_history/1"


def test_the_id_of_a_created_resource_is_the_server_s_own(person: Person) -> None:
    answer = person.client("gp").post("/Goal", json=goal("Goal/mine", person.patient))
    assert answer.json()["id"] != "mine"


def test_an_update_is_the_next_version(person: Person, weigh: str) -> None:
    answer = changed(person.client("nurse"), weigh, "anders")
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')


def test_an_update_with_the_current_version_is_stored(person: Person, weigh: str) -> None:
    assert changed(person.client("nurse"), weigh, "anders", If_Match='W/"1"').status_code == 200


def test_an_update_with_an_old_version_is_refused(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    changed(nurse, weigh, "anders")
    assert refused(changed(nurse, weigh, "nog anders", If_Match='W/"1"')) == (412, "conflict")


@pytest.mark.parametrize("header", ["1", "*", 'W/"x"', 'W/"0"', ""])
def test_an_if_match_that_names_no_version_is_an_error(person: Person, weigh: str, header: str) -> None:
    assert changed(person.client("nurse"), weigh, "anders", If_Match=header).status_code == 400


def test_a_version_the_client_has_is_not_sent_again(known: Person) -> None:
    answer = known.client("nurse").get(known.ref("Task", "weigh"), headers={"If-None-Match": 'W/"1"'})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", 'W/"1"')


def test_a_version_the_client_has_not_is_sent(known: Person) -> None:
    assert (
        known.client("nurse").get(known.ref("Task", "weigh"), headers={"If-None-Match": 'W/"9"'}).status_code
        == 200
    )


def test_head_is_get_without_the_body(known: Person) -> None:
    nurse, weigh = known.client("nurse"), known.ref("Task", "weigh")
    head, get = nurse.head(weigh), nurse.get(weigh)
    assert (head.status_code, head.headers["ETag"], head.content) == (
        get.status_code,
        get.headers["ETag"],
        b"",
    )


def test_every_version_can_be_read(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    changed(nurse, weigh, "twee")
    changed(nurse, weigh, "drie")
    assert [nurse.get(f"{weigh}/_history/{number}").json()["description"] for number in (1, 2, 3)] == [
        "Wegen",
        "twee",
        "drie",
    ]


@pytest.mark.parametrize("version", ["2", "0", "x", "999999999999"])
def test_a_version_that_is_not_there_is_not_found(known: Person, version: str) -> None:
    assert refused(known.client("nurse").get(f"{known.ref('Task', 'weigh')}/_history/{version}")) == (
        404,
        "not-found",
    )


def test_history_is_newest_first(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    changed(nurse, weigh, "twee")
    changed(nurse, weigh, "drie")
    history = nurse.get(f"{weigh}/_history")
    assert [each["resource"]["meta"]["versionId"] for each in entries(history)] == ["3", "2", "1"]


def test_history_in_pages_is_complete(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    for number in range(6):
        changed(nurse, weigh, f"versie {number}")
    assert list(versions(nurse, f"{weigh}/_history?_count=3")) == ["7", "6", "5", "4", "3", "2", "1"]


def versions(client: httpx.Client, url: str | None) -> list[str]:
    """The versions on this page of a history and on all that follow."""
    found: list[str] = []
    while url is not None:
        page = client.get(url).json()
        found += [each["resource"]["meta"]["versionId"] for each in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    return found


def test_a_deleted_resource_is_gone(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    assert (client.delete(journal).status_code, refused(client.get(journal))) == (204, (410, "deleted"))


def test_a_deleted_resource_is_in_no_search(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    client.delete(journal)
    found = client.get("/Communication", params={"_id": f"journal-{person.mark}"}).json()
    assert found.get("entry", []) == []


def test_the_versions_of_a_deleted_resource_can_still_be_read(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    client.delete(journal)
    assert [client.get(f"{journal}/_history/{number}").status_code for number in (1, 2, 3)] == [200, 410, 404]


def test_a_resource_that_comes_back_continues_its_versions(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    body = client.get(journal).json()
    client.delete(journal)
    answer = client.put(journal, json=body)
    assert (answer.status_code, answer.headers["ETag"], client.get(journal).status_code) == (
        201,
        'W/"3"',
        200,
    )


def test_the_history_of_a_resource_that_came_back_tells_all(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    body = client.get(journal).json()
    client.delete(journal)
    client.put(journal, json=body)
    methods = [each["request"]["method"] for each in entries(client.get(f"{journal}/_history"))]
    assert methods == ["PUT", "DELETE", "PUT"]


def test_parallel_updates_leave_no_gap(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    body = nurse.get(weigh).json()

    def update(number: int) -> str:
        return nurse.put(weigh, json={**body, "description": f"versie {number}"}).headers["ETag"]

    with ThreadPoolExecutor(16) as pool:
        etags = list(pool.map(update, range(WRITERS)))
    assert sorted(etags) == sorted(f'W/"{number}"' for number in range(2, WRITERS + 2))


def test_the_history_after_parallel_updates_has_them_all(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    body = nurse.get(weigh).json()

    def update(number: int) -> int:
        return nurse.put(weigh, json={**body, "description": f"versie {number}"}).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(update, range(WRITERS)))
    texts = {each["resource"]["description"] for each in entries(nurse.get(f"{weigh}/_history?_count=1000"))}
    assert (statuses, texts) == ({200}, {"Wegen", *(f"versie {number}" for number in range(WRITERS))})


def test_of_parallel_updates_of_one_version_one_is_stored(person: Person, weigh: str) -> None:
    nurse = person.client("nurse")
    body = nurse.get(weigh).json()

    def update(number: int) -> int:
        return nurse.put(
            weigh, json={**body, "description": f"{number}"}, headers={"If-Match": 'W/"1"'}
        ).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(update, range(12)))
    assert statuses == [200] + [412] * 11


def test_parallel_conditional_creates_make_one(person: Person) -> None:
    gp = person.client("gp")
    identifier = {"system": "https://gp.example/goal", "value": person.mark}
    body: dict[str, Any] = goal("Goal/x", person.patient, identifier=[identifier])
    condition = {"If-None-Exist": f"identifier={identifier['system']}|{identifier['value']}"}

    def create(_: int) -> tuple[int, str]:
        answer = gp.post("/Goal", json=body, headers=condition)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(30)))
    assert (sorted(status for status, _ in answers), len({id for _, id in answers})) == (
        [200] * 29 + [201],
        1,
    )


def test_a_conditional_create_with_several_matches_is_refused(person: Person) -> None:
    gp = person.client("gp")
    answer = gp.post(
        "/Goal", json=goal("Goal/x", person.patient), headers={"If-None-Exist": f"patient={person.patient}"}
    )
    assert refused(answer)[0] == 412


@pytest.mark.parametrize("condition", ["", "nonsense=1", "_count=1"])
def test_a_conditional_create_without_a_condition_is_refused(person: Person, condition: str) -> None:
    answer = person.client("gp").post(
        "/Goal", json=goal("Goal/x", person.patient), headers={"If-None-Exist": condition}
    )
    assert refused(answer)[0] == 400


def test_a_condition_in_the_url_counts_as_well(person: Person) -> None:
    gp, identifier = person.client("gp"), {"system": "https://gp.example/goal", "value": person.mark}
    url = f"/Goal?identifier={identifier['system']}|{identifier['value']}"
    body = goal("Goal/x", person.patient, identifier=[identifier])
    assert [gp.post(url, json=body).status_code for _ in range(2)] == [201, 200]


@pytest.mark.parametrize(
    ("preference", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Goal"),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
def test_a_client_gets_the_answer_it_prefers(person: Person, preference: str, kind: str | None) -> None:
    answer = person.client("gp").post(
        "/Goal", json=goal("Goal/x", person.patient), headers={"Prefer": preference}
    )
    assert (answer.json()["resourceType"] if answer.content else None) == kind


def test_the_body_keeps_every_byte_that_was_sent(person: Person) -> None:
    gp = person.client("gp")
    inner = '"lifecycleStatus" : "active",  "description":{"text":"caf\\u00e9 \\/ 1"},\n"subject":{"reference":"%s"},'
    inner = inner % person.patient + '"extension":[{"url":"https://other.example/x","valueDecimal":1.10e2}]'
    created = gp.post("/Goal", content=('{"resourceType":"Goal",' + inner + "}").encode())
    assert inner in gp.get(f"/Goal/{created.json()['id']}").text
