"""What a client asks of the form of an answer, and in what form it sends: negotiated, or refused clearly."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import httpx
import pytest
from persons import Person
from resources import Resource, goal
from serving import Server

JSON, XML = "application/fhir+json; charset=utf-8", "application/fhir+xml; charset=utf-8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LARGEST = 5_000_000  # the default of `max_body`


def read(person: Person, method: str = "GET", query: str = "", **headers: str) -> httpx.Response:
    """The person's life goal, asked for with these headers and no others about the form."""
    url = f"{person.server.fhir}/{person.ref('Goal', 'life')}{query}"
    with httpx.Client() as client:
        client.headers.clear()
        return client.request(method, url, headers=authorised(person, **headers))


def authorised(person: Person, **headers: str) -> dict[str, str]:
    """Headers in the name of the person, `content_type` meaning `Content-Type`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"authorization": person.client("person").headers["authorization"], **named}


def sent(person: Person, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    """A body sent in the name of the person."""
    url = f"{person.server.fhir}/{path}"
    return httpx.request(method, url, content=content, headers=authorised(person, **headers), timeout=30)


def new_goal(person: Person, **elements: Any) -> Resource:
    found = goal("Goal/x", person.patient, "life-goal", **elements)
    del found["id"]
    return found


def as_bytes(resource: Resource) -> bytes:
    return json.dumps(resource).encode()


def text_of(answer: httpx.Response) -> str:
    return str(answer.json()["issue"][0]["diagnostics"])


# -- the format of an answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/fhir+json", JSON),
        ("Application/FHIR+JSON", JSON),
        ("application/fhir+json; fhirVersion=4.0", JSON),
        ("application/fhir+json;charset=utf-8", JSON),
        ("application/fhir+xml", XML),
        ("application/xml", XML),
        ("text/xml", XML),
        ("application/fhir+xml;fhirVersion=4.0", XML),
        ("application/fhir+xml;q=0.4, application/fhir+json;q=0.6", JSON),
        ("application/fhir+xml;q=0.6, application/fhir+json;q=0.4", XML),
        ("application/fhir+xml, */*", XML),
        ("application/fhir+xml;q=0.1, */*", JSON),
        ("application/fhir+json;q=0, */*", XML),
        ("application/fhir+xml, application/fhir+json", XML),
        ("application/fhir+json, application/fhir+xml", JSON),
        ("text/turtle, application/fhir+xml;q=0.2", XML),
        (BROWSER, XML),
    ],
)
def test_the_accept_header_chooses_the_format(known: Person, accept: str, expected: str) -> None:
    answer = read(known, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, expected)


def test_several_accept_headers_are_one(known: Person) -> None:
    headers = [("accept", "text/turtle"), ("accept", "application/fhir+xml"), *authorised(known).items()]
    answer = httpx.get(f"{known.server.fhir}/{known.ref('Goal', 'life')}", headers=headers)
    assert answer.headers["content-type"] == XML


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("json", JSON),
        ("xml", XML),
        ("application/fhir%2Bjson", JSON),
        ("application/fhir+json", JSON),
        ("application/json", JSON),
        ("application/fhir%2Bxml", XML),
        ("application/fhir+xml", XML),
        ("application/xml", XML),
        ("text/xml", XML),
        ("application/fhir%2Bxml;%20fhirVersion=4.0", XML),
    ],
)
def test_format_goes_before_the_accept_header(known: Person, format: str, expected: str) -> None:
    answer = read(known, query=f"?_format={format}", accept="text/turtle")
    assert (answer.status_code, answer.headers["content-type"]) == (200, expected)


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?_format=ttl", "*/*"),
        ("?_format=html", "*/*"),
        ("?_format=", "*/*"),
        ("?_format=text/turtle", "*/*"),
        ("?_format=application/fhir%2Bjson;fhirVersion=3.0", "*/*"),
        ("", "text/turtle"),
        ("", "application/fhir+turtle"),
        ("", "text/html"),
        ("", "application/fhir+json;fhirVersion=5.0"),
        ("", "*/*;q=0"),
        ("", "application/fhir+json;q=high"),
    ],
)
def test_another_format_is_not_acceptable_and_what_is_is_said_in_json(
    known: Person, query: str, accept: str
) -> None:
    answer = read(known, query=query, accept=accept)
    offered = "`application/fhir+json` (`json`) and `application/fhir+xml` (`xml`)"
    assert (answer.status_code, answer.headers["content-type"], offered in text_of(answer)) == (
        406,
        JSON,
        True,
    )


def test_a_search_by_form_may_ask_for_a_format(known: Person) -> None:
    form = {"_format": "xml", "patient": known.patient}
    answer = httpx.post(f"{known.server.fhir}/Goal/_search", data=form, headers=authorised(known))
    assert (answer.status_code, answer.headers["content-type"]) == (200, XML)


def test_an_error_has_the_wanted_format(known: Person) -> None:
    url = f"{known.server.fhir}/Goal/nowhere?_format=xml"
    answer = httpx.get(url, headers=authorised(known))
    assert (answer.status_code, answer.headers["content-type"], answer.text[-19:]) == (
        404,
        XML,
        "</OperationOutcome>",
    )


def test_no_token_is_said_in_the_wanted_format(server: Server) -> None:
    answer = httpx.get(f"{server.fhir}/Goal", headers={"accept": "application/fhir+xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, XML)


@pytest.mark.parametrize(("query", "expected"), [("", JSON), ("?_format=xml", XML)])
def test_the_capability_statement_is_had_in_both_formats(server: Server, query: str, expected: str) -> None:
    answer = httpx.get(f"{server.fhir}/metadata{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, expected)


def test_pretty_is_the_same_json_on_many_lines(known: Person) -> None:
    plain, pretty = read(known), read(known, query="?_pretty=true")
    assert (pretty.json(), len(pretty.text.splitlines()) > 10) == (plain.json(), True)


def test_pretty_xml_is_on_many_lines(known: Person) -> None:
    assert len(read(known, query="?_pretty=true&_format=xml").text.splitlines()) > 10


def test_not_pretty_is_as_stored(known: Person) -> None:
    assert read(known, query="?_pretty=false").content == read(known).content


def test_pretty_is_true_or_false(known: Person) -> None:
    assert read(known, query="?_pretty=perhaps").status_code == 400


def test_what_an_answer_depends_on_is_said(known: Person) -> None:
    vary = {each.strip() for each in read(known).headers["vary"].split(",")}
    assert {"Accept", "Accept-Encoding", "Authorization", "Prefer"} <= vary


# -- the format of a body ------------------------------------------------------------------------------

CONTENT_TYPES = {
    "application/fhir+json": 201,
    "application/fhir+json; charset=utf-8": 201,
    'application/fhir+json; charset="UTF-8"': 201,
    "application/fhir+json; fhirVersion=4.0": 201,
    "APPLICATION/JSON": 201,
    "text/json": 201,
    "": 415,
    "text/plain": 415,
    "application/fhir+turtle": 415,
    "application/octet-stream": 415,
    "multipart/form-data; boundary=x": 415,
    "application/x-www-form-urlencoded": 415,
    "application/json-patch+json": 415,
    "application/fhir+json; charset=iso-8859-1": 415,
    "application/fhir+json; charset=utf-16": 415,
    "application/fhir+json; fhirVersion=3.0": 415,
    "application/fhir+ndjson": 415,
}


@pytest.mark.parametrize(("content_type", "status"), CONTENT_TYPES.items())
def test_a_body_has_a_type_and_charset_that_are_read(person: Person, content_type: str, status: int) -> None:
    headers = {"content_type": content_type} if content_type else {}
    answer = sent(person, "POST", "Goal", as_bytes(new_goal(person)), **headers)
    assert answer.status_code == status


def test_a_refused_type_comes_with_those_that_are_read(known: Person) -> None:
    answer = sent(known, "POST", "Goal", b"x", content_type="text/plain")
    assert (answer.headers["accept"], "`text/plain`" in text_of(answer)) == (
        "application/fhir+json, application/fhir+xml",
        True,
    )


def test_a_refused_patch_comes_with_the_types_of_a_patch(known: Person) -> None:
    answer = sent(known, "PATCH", known.ref("Goal", "life"), b"x", content_type="text/plain")
    expected = "application/json-patch+json, application/fhir+json, application/fhir+xml"
    assert (answer.status_code, answer.headers["accept-patch"]) == (415, expected)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/x-www-form-urlencoded", 200),
        ("application/fhir+json", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_a_search_by_post_is_a_form(known: Person, content_type: str, status: int) -> None:
    answer = sent(known, "POST", "Goal/_search", b"_count=1", content_type=content_type)
    assert answer.status_code == status


@pytest.mark.parametrize("form", [b"patient=%ff", b"\xff=1", b"a=1&" * 200])
def test_a_form_that_is_no_text_is_invalid(known: Person, form: bytes) -> None:
    answer = sent(known, "POST", "Goal/_search", form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


# -- compression ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", ["gzip", "x-gzip", "deflate, gzip;q=0.5", "*", "GZIP"])
def test_a_large_answer_is_compressed_for_who_takes_it(server: Server, accepted: str) -> None:
    plain = httpx.get(f"{server.fhir}/metadata", headers={"accept-encoding": "identity"})
    answer = httpx.get(f"{server.fhir}/metadata", headers={"accept-encoding": accepted})
    assert (answer.headers["content-encoding"], answer.json()) == ("gzip", plain.json())


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *"])
def test_nothing_is_compressed_for_who_does_not_take_it(server: Server, accepted: str) -> None:
    answer = httpx.get(f"{server.fhir}/metadata", headers={"accept-encoding": accepted})
    assert "content-encoding" not in answer.headers


def test_a_small_answer_is_not_compressed(known: Person) -> None:
    assert "content-encoding" not in read(known, accept_encoding="gzip").headers


def test_a_compressed_body_is_expanded(person: Person) -> None:
    body = gzip.compress(as_bytes(new_goal(person)))
    answer = sent(person, "POST", "Goal", body, content_type="application/fhir+json", content_encoding="gzip")
    assert answer.status_code == 201


BOMB = gzip.compress(b"[" * 50_000_000)
BAD_GZIP = {
    "a bomb": (BOMB, "gzip", 413),
    "a bomb in a bomb": (gzip.compress(BOMB), "gzip", 400),
    "not gzip": (b"{}", "gzip", 400),
    "cut short": (gzip.compress(b"{}" * 100)[:-12], "gzip", 400),
    "followed by something": (gzip.compress(b"{}") + b"x", "gzip", 400),
    "deflate": (zlib.compress(b"{}"), "deflate", 415),
    "br": (b"{}", "br", 415),
    "twice": (b"{}", "gzip, gzip", 415),
}


@pytest.mark.parametrize(("content", "encoding", "status"), BAD_GZIP.values(), ids=BAD_GZIP)
def test_a_badly_compressed_body_is_refused(
    known: Person, content: bytes, encoding: str, status: int
) -> None:
    answer = sent(
        known, "POST", "Goal", content, content_type="application/fhir+json", content_encoding=encoding
    )
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


def test_an_uncompressed_body_beyond_the_limit_is_refused(known: Person) -> None:
    answer = sent(known, "POST", "Goal", b" " * (LARGEST + 1), content_type="application/fhir+json")
    assert answer.status_code == 413


# -- HEAD ----------------------------------------------------------------------------------------------

HEADED = ("metadata", ".well-known/smart-configuration", "{goal}", "{goal}/_history", "{goal}/_history/1",
          "Goal", "Goal?_id={id}", "Goal/nowhere", "Nothing", "{goal}?_format=xml", "{goal}?_summary=true")  # fmt: skip
VARYING = ("date", "x-request-id")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("path", HEADED)
def test_head_is_get_without_a_body(known: Person, path: str, encoding: str) -> None:
    local = known.ref("Goal", "life")
    url = f"{known.server.fhir}/{path.format(goal=local, id=local.partition('/')[2])}"
    headers = authorised(known, accept_encoding=encoding)
    get, head = httpx.get(url, headers=headers), httpx.head(url, headers=headers)
    told = [
        {name: value for name, value in each.headers.items() if name not in VARYING} for each in (get, head)
    ]
    if encoding == "gzip":  # the id and time of a Bundle may change its compressed length
        for each in told:
            each.pop("content-length", None)
    assert (head.status_code, told[1], head.content) == (get.status_code, told[0], b"")


def test_head_of_what_the_client_has_is_not_modified(known: Person) -> None:
    assert read(known, "HEAD", if_none_match='W/"1"').status_code == 304


# -- Prefer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefer", "expected", "applied"),
    [
        ("", "Goal", None),
        ("return=minimal", None, "return=minimal"),
        ("return=representation", "Goal", "return=representation"),
        ("return=OperationOutcome", "OperationOutcome", "return=OperationOutcome"),
        ('Return="minimal"', None, "return=minimal"),
        ("return = minimal", None, "return=minimal"),
        ("return=minimal; foo=bar", None, "return=minimal"),
        ("respond-async, wait=10, return=minimal", None, "return=minimal"),
        ("respond-async", "Goal", None),
        ("return=minimal, return=representation", None, "return=minimal"),
        ("handling=lenient", "Goal", None),
    ],
)
def test_a_write_answers_as_preferred(
    person: Person, prefer: str, expected: str | None, applied: str | None
) -> None:
    headers = {"prefer": prefer} if prefer else {}
    answer = sent(
        person, "POST", "Goal", as_bytes(new_goal(person)), content_type="application/fhir+json", **headers
    )
    found = answer.json()["resourceType"] if answer.content else None
    assert (answer.status_code, found, answer.headers.get("preference-applied")) == (201, expected, applied)


def test_a_minimal_answer_says_where_and_which_version(person: Person) -> None:
    answer = sent(
        person,
        "POST",
        "Goal",
        as_bytes(new_goal(person)),
        content_type="application/json",
        prefer="return=minimal",
    )
    assert ("/_history/1" in answer.headers["location"], answer.headers["etag"], answer.content) == (
        True,
        'W/"1"',
        b"",
    )


def test_preferences_in_several_headers_all_count(person: Person) -> None:
    headers = [
        ("prefer", "handling=lenient"),
        ("prefer", "return=minimal"),
        ("content-type", "application/json"),
    ]
    answer = httpx.post(
        f"{person.server.fhir}/Goal",
        content=as_bytes(new_goal(person)),
        headers=[*authorised(person).items(), *headers],
    )
    assert (answer.status_code, answer.content) == (201, b"")


@pytest.mark.parametrize(
    ("prefer", "status", "applied"),
    [
        ("handling=lenient", 200, "handling=lenient"),
        ('Handling="Lenient"', 200, "handling=lenient"),
        ("handling=strict", 400, None),
        ("nothandling=lenient", 400, None),
        ("x=handling=lenient", 400, None),
    ],
)
def test_an_unknown_parameter_is_left_aside_by_who_asks_for_it(
    known: Person, prefer: str, status: int, applied: str | None
) -> None:
    answer = httpx.get(f"{known.server.fhir}/Goal?colour=red", headers=authorised(known, prefer=prefer))
    assert (answer.status_code, answer.headers.get("preference-applied")) == (status, applied)


# -- methods and paths ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "offered"),
    [
        ("POST", "metadata", "GET, HEAD, OPTIONS"),
        ("DELETE", "metadata", "GET, HEAD, OPTIONS"),
        ("PUT", ".well-known/smart-configuration", "GET, HEAD, OPTIONS"),
        ("PUT", "", "POST, OPTIONS"),
        ("PROPFIND", "Goal/x", "GET, HEAD, PUT, PATCH, OPTIONS"),
        ("POST", "Goal/x", "GET, HEAD, PUT, PATCH, OPTIONS"),
        ("POST", "Goal/x/_history", "GET, HEAD, OPTIONS"),
        ("PUT", "Goal/x/_history/1", "GET, HEAD, OPTIONS"),
        ("GET", "Goal/x/$meta-add", "POST, OPTIONS"),
        ("PUT", "AuditEvent/x", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_offered_comes_with_those_that_are(
    known: Person, method: str, path: str, offered: str
) -> None:
    answer = httpx.request(
        method,
        f"{known.server.fhir}/{path}",
        content=b"{}",
        headers=authorised(known, content_type="application/json"),
    )
    assert (answer.status_code, answer.headers.get("allow")) == (405, offered)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{goal}/", 200),
        ("metadata/", 200),
        ("Goal//{id}", 404),
        ("Goal/%2e%2e", 404),
        ("Goal/..%2fPatient", 404),
        ("goal/{id}", 404),
        ("Goal/{id}%00", 404),
        ("Goal/{id}/nothing", 404),
        ("Goal/{id}/_history/1/more", 404),
    ],
)
def test_an_odd_path_leads_nowhere_else(known: Person, path: str, status: int) -> None:
    local = known.ref("Goal", "life")
    asked = path.format(goal=local, id=local.partition("/")[2])
    assert httpx.get(f"{known.server.fhir}/{asked}", headers=authorised(known)).status_code == status


def test_a_page_of_another_origin_may_ask_for_all_that_is_offered(server: Server) -> None:
    headers = httpx.options(f"{server.fhir}/Goal").headers
    allowed = {each.strip() for each in headers["access-control-allow-headers"].split(",")}
    assert (
        headers["access-control-allow-methods"],
        {"Prefer", "If-Match", "If-Modified-Since", "Content-Type", "Authorization"} <= allowed,
    ) == ("DELETE, GET, HEAD, PATCH, POST, PUT", True)


@pytest.mark.parametrize(
    ("path", "encoding"), [("portal/plan.js", "gzip"), ("auth/jwks", None), ("health/live", None)]
)
def test_of_the_pages_only_the_portal_is_compressed(server: Server, path: str, encoding: str | None) -> None:
    answer = httpx.get(f"{server.url}/{path}", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.headers.get("content-encoding")) == (200, encoding)
