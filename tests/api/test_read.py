"""read and vread, also conditional. https://hl7.org/fhir/R4/http.html#cread"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest
from persons import Person, refused


def read(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    return client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture(scope="module")
def nurse(known: Person) -> httpx.Client:
    return known.client("nurse")


@pytest.fixture(scope="module")
def weigh(known: Person) -> str:
    """A task that nobody changes, in its first version."""
    return known.ref("Task", "weigh")


@pytest.mark.parametrize("header", ['W/"1"', '"1"', "*", 'W/"7", W/"1"', '"x","1"', 'W/"a,b", W/"1"'])
def test_a_version_the_client_has_is_not_sent_again(nurse: httpx.Client, weigh: str, header: str) -> None:
    answer = read(nurse, weigh, If_None_Match=header)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", 'W/"1"')


@pytest.mark.parametrize("header", ['W/"2"', '"x"', '"*"', 'W/"10"', 'W/""', '"1,2"'])
def test_a_version_the_client_has_not_is_sent(nurse: httpx.Client, weigh: str, header: str) -> None:
    assert read(nurse, weigh, If_None_Match=header).status_code == 200


@pytest.mark.parametrize(
    "header", ["1", "W/1", 'w/"1"', '"1', "", ",", '"1" "2"', '"1",', '*, "1"', "x" * 5_000]
)
def test_what_is_no_list_of_versions_is_refused(nurse: httpx.Client, weigh: str, header: str) -> None:
    assert refused(read(nurse, weigh, If_None_Match=header)) == (400, "invalid")


def test_a_malformed_list_is_refused_whatever_is_there(known: Person) -> None:
    stranger = known.client("stranger")
    answers = [read(stranger, each, If_None_Match="1") for each in (known.ref("Task", "weigh"), "Task/free")]
    assert answers[0].text == answers[1].text


def test_what_did_not_change_since_is_not_sent_again(nurse: httpx.Client, weigh: str) -> None:
    made = nurse.get(weigh).headers["Last-Modified"]
    answer = read(nurse, weigh, If_Modified_Since=made)
    assert (answer.status_code, answer.content, answer.headers["Last-Modified"]) == (304, b"", made)


def test_what_changed_since_is_sent(nurse: httpx.Client, weigh: str) -> None:
    made = parsedate_to_datetime(nurse.get(weigh).headers["Last-Modified"])
    earlier = format_datetime(made - timedelta(seconds=1), usegmt=True)
    assert read(nurse, weigh, If_Modified_Since=earlier).status_code == 200


def test_the_version_goes_before_the_date(nurse: httpx.Client, weigh: str) -> None:
    later = format_datetime(datetime.now(UTC), usegmt=True)
    answer = read(nurse, weigh, If_None_Match='W/"2"', If_Modified_Since=later)
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["yesterday", "", "99999999999", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_is_left_aside(nurse: httpx.Client, weigh: str, header: str) -> None:
    assert read(nurse, weigh, If_Modified_Since=header).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"If_None_Match": "*"}, {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}]
)
def test_what_is_hidden_is_not_found_on_any_condition(known: Person, headers: dict[str, str]) -> None:
    assert refused(read(known.client("stranger"), known.ref("Task", "weigh"), **headers)) == (
        404,
        "not-found",
    )


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"9"'}])
def test_head_has_the_headers_of_get_and_no_body(
    nurse: httpx.Client, weigh: str, headers: dict[str, str]
) -> None:
    head, get = (nurse.request(method, weigh, headers=headers) for method in ("HEAD", "GET"))
    told = [
        [each.headers.get(name) for name in ("ETag", "Last-Modified", "Content-Type")] for each in (head, get)
    ]
    assert (head.status_code, told[0], head.content) == (get.status_code, told[1], b"")


def test_a_version_is_read_with_its_own_time(person: Person) -> None:
    nurse, weigh = person.client("nurse"), person.ref("Task", "weigh")
    body = nurse.get(weigh).json()
    nurse.put(weigh, json={**body, "description": "Anders"})
    first = nurse.get(f"{weigh}/_history/1")
    made = datetime.fromisoformat(body["meta"]["lastUpdated"]).replace(microsecond=0)
    assert (first.headers["ETag"], parsedate_to_datetime(first.headers["Last-Modified"])) == ('W/"1"', made)


def test_a_version_the_client_has_is_not_sent_again_by_vread(nurse: httpx.Client, weigh: str) -> None:
    assert read(nurse, f"{weigh}/_history/1", If_None_Match='W/"1"').status_code == 304


@pytest.mark.parametrize(("version", "status"), [("1", 200), ("2", 410), ("3", 404), ("0", 404), ("x", 404)])
def test_a_version_is_there_gone_or_unknown(person: Person, version: str, status: int) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    client.delete(journal)
    assert client.get(f"{journal}/_history/{version}").status_code == status
