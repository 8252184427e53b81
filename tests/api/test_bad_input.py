"""Whatever is sent: the right 4xx with an OperationOutcome, nothing stored, no traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from persons import Person, ids, refused
from resources import bundle, goal, post, put, ref
from serving import Server, in_process


def goal_text(person: Person, **elements: Any) -> str:
    return json.dumps(goal("Goal/x", person.patient, **elements))


def with_element(text: str, element: str) -> bytes:
    """The JSON object with one more member, written as it stands."""
    return (text[:-1] + "," + element + "}").encode(errors="surrogatepass")


NESTED = '"extension":[{"url":"https://x.example","extension":' * 60 + "[]" + "}]" * 60
BODIES: dict[str, tuple[Callable[[str], bytes], int]] = {
    "cut off": (lambda text: text[:-5].encode(), 400),
    "not JSON": (lambda _: b"<Goal/>", 400),
    "an array": (lambda text: f"[{text}]".encode(), 400),
    "a string": (lambda _: b'"Goal"', 400),
    "null": (lambda _: b"null", 400),
    "empty": (lambda _: b"", 400),
    "a duplicate key": (lambda text: with_element(text, '"lifecycleStatus":"active"'), 400),
    "NaN": (
        lambda text: with_element(text, '"extension":[{"url":"https://x.example","valueDecimal":NaN}]'),
        400,
    ),
    "Infinity": (
        lambda text: with_element(text, '"extension":[{"url":"https://x.example","valueDecimal":-Infinity}]'),
        400,
    ),
    "a lone surrogate": (lambda text: with_element(text, '"language":"\\ud800"'), 400),
    "a raw surrogate": (lambda text: with_element(text, '"language":"\ud800"'), 400),
    "NUL": (lambda text: with_element(text, '"language":"\\u0000"'), 400),
    "Latin-1": (lambda text: with_element(text, '"language":"é"').decode().encode("latin-1"), 400),
    "UTF-16": (lambda text: text.encode("utf-16"), 400),
    "deep nesting": (lambda text: with_element(text, NESTED), 400),
    "brackets without end": (lambda _: b"[" * 100_000, 400),
    "a huge exponent": (
        lambda text: with_element(
            text, '"extension":[{"url":"https://x.example","valueDecimal":1e999999999}]'
        ),
        400,
    ),
    "another type": (lambda text: text.replace('"Goal"', '"Task"', 1).encode(), 400),
    "no type": (lambda text: text.replace('"resourceType": "Goal", ', "", 1).encode(), 400),
    "an unknown element": (lambda text: with_element(text, '"colour":"red"'), 422),
    "a wrong code": (lambda text: text.replace('"active"', '"blooming"').encode(), 422),
    "a wrong kind of value": (lambda text: with_element(text, '"startDate":7'), 422),
    "a wrong date": (lambda text: with_element(text, '"startDate":"2026-02-30"'), 422),
    "an empty object": (lambda text: with_element(text, '"achievementStatus":{}'), 422),
    "an empty array": (lambda text: with_element(text, '"note":[]'), 422),
    "no status": (lambda text: text.replace('"lifecycleStatus": "active", ', "").encode(), 422),
    "script in the narrative": (
        lambda text: with_element(
            text,
            '"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><script>1</script></div>"}',
        ),
        422,
    ),
    "a contained plan resource": (
        lambda text: with_element(
            text,
            '"contained":[{"resourceType":"Goal","id":"g","lifecycleStatus":"active","description":{"text":"x"},"subject":{"reference":"Patient/x"}}]',
        ),
        422,
    ),
    "a contained Consent": (
        lambda text: with_element(text, '"contained":[{"resourceType":"Consent","id":"c"}]'),
        422,
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_refused_and_not_stored(known: Person, name: str) -> None:
    spoil, status = BODIES[name]
    gp = known.client("gp")
    before = gp.get("/Goal", params={"patient": known.patient, "_total": "accurate"}).json()["total"]
    answer = gp.post("/Goal", content=spoil(goal_text(known)))
    after = gp.get("/Goal", params={"patient": known.patient, "_total": "accurate"}).json()["total"]
    assert (refused(answer)[0], after) == (status, before)


@pytest.mark.parametrize("name", BODIES)
def test_a_refusal_speaks_fhir_not_python(known: Person, name: str) -> None:
    text = known.client("gp").post("/Goal", content=BODIES[name][0](goal_text(known))).text
    assert [
        word
        for word in ("Traceback", "Error(", "pydantic", "dzop/", ".py", "<class", "sqlalchemy")
        if word in text
    ] == []


def test_no_bad_body_makes_a_traceback_in_the_log(known: Person, server: Server) -> None:
    for spoil, _ in BODIES.values():
        known.client("gp").post("/Goal", content=spoil(goal_text(known)))
    assert [word for word in ("Traceback", "request.failed") if word in server.log] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nonsense/1", 404),
        ("GET", "/Nonsense", 404),
        ("POST", "/Nonsense", 404),
        ("GET", "/goal", 404),
        ("GET", "/Goal/a_b", 404),
        ("GET", f"/Goal/{'x' * 65}", 404),
        ("GET", "/Goal/%00", 404),
        ("GET", "/Goal/..%2f..", 404),
        ("GET", "/Goal/x/_history/1/2", 404),
        ("GET", "/Goal/x/unknown", 404),
        ("GET", "/Goal/é", 404),
        ("PUT", "/Goal", 405),
        ("DELETE", "/Goal", 405),
        ("POST", "/Goal/x", 405),
        ("POST", "/AuditEvent", 405),
        ("PUT", "/AuditEvent/x", 405),
        ("DELETE", "/AuditEvent/x", 405),
        ("DELETE", "/Patient/x", 405),
        ("GET", "/", 405),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(known: Person, method: str, path: str, status: int) -> None:
    assert refused(known.client("gp").request(method, path))[0] == status


@pytest.mark.parametrize("id", ["a_b", "x" * 65, "%C3%A9", "a%20b", "a%00b"])
def test_a_bad_id_in_a_put_is_refused(known: Person, id: str) -> None:
    assert refused(known.client("gp").put(f"/Goal/{id}", json=goal("Goal/x", known.patient)))[0] == 400


def test_a_put_whose_body_has_another_id_is_refused(known: Person) -> None:
    assert refused(known.client("gp").put("/Goal/other", json=goal("Goal/x", known.patient)))[0] == 400


@pytest.mark.parametrize("type", ["application/fhir+xml", "text/plain", "multipart/form-data", ""])
def test_a_body_of_another_media_type_is_refused(known: Person, type: str) -> None:
    answer = known.client("gp").post("/Goal", content=goal_text(known), headers={"Content-Type": type})
    assert refused(answer)[0] == 415


def test_a_compressed_body_is_refused(known: Person) -> None:
    answer = known.client("gp").post("/Goal", content=goal_text(known), headers={"Content-Encoding": "gzip"})
    assert refused(answer)[0] == 415


@pytest.mark.parametrize("accept", ["application/fhir+xml", "text/html;q=0", "image/png"])
def test_an_answer_in_another_form_cannot_be_had(known: Person, accept: str) -> None:
    assert known.client("gp").get("/Goal", headers={"Accept": accept}).status_code == 406


def test_a_reference_that_is_no_reference_is_refused(known: Person) -> None:
    assert (
        refused(
            known.client("gp").post("/Goal", json=goal("Goal/x", known.patient, subject={"reference": 7}))
        )[0]
        == 422
    )


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/",
        "Group/x",
        "nobody",
        "#p",
        "urn:uuid:0",
        "Patient/x/_history/1",
        "http://other.example/Patient/x",
    ],
)
def test_a_subject_that_is_no_known_person_is_refused(known: Person, subject: str) -> None:
    assert (
        refused(known.client("gp").post("/Goal", json=goal("Goal/x", known.patient, subject=ref(subject))))[0]
        == 422
    )


def test_a_body_beyond_the_limit_is_too_large(known: Person) -> None:
    body = goal_text(known, description={"text": "x" * 5_000_001})
    assert refused(known.client("gp").post("/Goal", content=body)) == (413, "too-long")


def test_a_body_without_length_beyond_the_limit_is_too_large(known: Person) -> None:
    def endless() -> Any:
        yield from [b" " * 1_000_000] * 6

    assert known.client("gp").post("/Goal", content=endless()).status_code == 413


def test_a_search_by_post_beyond_the_limit_is_too_large(known: Person) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (
        known.client("gp").post("/Goal/_search", content=b"_id=" + b"x" * 5_000_001, headers=form).status_code
        == 413
    )


def test_the_limit_is_a_setting(database: str, tmp_path: Path) -> None:
    with in_process(database, tmp_path, max_body=2000) as server:
        answers = [
            server.client("system").post(
                "/Organization", json={"resourceType": "Organization", "name": "x" * size}
            )
            for size in (1000, 2000)
        ]
    assert [each.status_code for each in answers] == [201, 413]


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Bundle", "type": "transaction", "entry": {}},
        {"resourceType": "Bundle", "type": "transaction", "entry": ["x"]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{}]},
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "BREW", "url": "Goal"}}],
        },
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "GET", "url": "https://other.example/Goal/1"}}],
        },
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "POST", "url": "Goal"}, "resource": 7}],
        },
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "POST", "url": "Goal"}}],
        },
        {"resourceType": "Bundle"},
        {"resourceType": "Goal"},
    ],
)
def test_a_bad_bundle_is_refused(known: Person, body: dict[str, Any]) -> None:
    assert refused(known.client("gp").post("/", json=body))[0] in (400, 422)


def test_a_bundle_of_too_many_entries_is_refused(known: Person) -> None:
    entry = {"request": {"method": "GET", "url": "Goal/x"}}
    assert refused(known.client("gp").post("/", json=bundle("batch", *[entry] * 501)))[0] == 413


def test_a_contained_plan_resource_is_refused_in_a_transaction_too(known: Person) -> None:
    hidden = {**goal("Goal/g", known.patient), "id": "g"}
    body = bundle("transaction", post(goal("Goal/x", known.patient, contained=[hidden])))
    assert refused(known.client("gp").post("/", json=body))[0] == 422


def test_errors_carry_a_request_id_and_no_body_does(known: Person) -> None:
    answer = known.client("gp").get("/Goal/none")
    assert (bool(answer.headers["X-Request-Id"]), answer.headers["X-Request-Id"] in answer.text) == (
        True,
        False,
    )


def test_metadata_is_open(known: Person) -> None:
    assert httpx.get(f"{known.server.fhir}/metadata").json()["resourceType"] == "CapabilityStatement"


def test_what_was_refused_is_not_found(person: Person) -> None:
    gp = person.client("gp")
    gp.post(
        "/",
        json=bundle(
            "transaction",
            put(goal("Goal/good-" + person.mark, person.patient)),
            put(goal("Goal/bad", person.patient, lifecycleStatus="blooming")),
        ),
    )
    assert ids(gp.get("/Goal", params={"_id": f"good-{person.mark}"})) == []


@pytest.mark.parametrize(
    "header",
    [
        {"If-None-Exist": "identifier=%00"},
        {"If-None-Exist": "identifier=%FF"},
        {"If-None-Exist": "_id=x&_id=y"},
        {"If-None-Exist": "?"},
        {"Prefer": "return=nonsense, handling=strange"},
        {"Accept": ";;;,"},
        {"Content-Type": "application/fhir+json; charset=latin-9"},
        {"If-Match": 'W/"99999999999"'},
        {"If-None-Match": "nonsense"},
        {"X-Request-Id": "x" * 5_000},
    ],
)
def test_odd_headers_never_break_a_write(known: Person, header: dict[str, str]) -> None:
    body = goal_text(known, subject={"reference": "Patient/nobody-at-all"})
    assert known.client("gp").post("/Goal", content=body, headers=header).status_code in (
        400,
        406,
        412,
        415,
        422,
    )


@pytest.mark.parametrize(
    "elements",
    [
        {"startDate": "0001"},
        {"startDate": "9999-12-31"},
        {"startDate": "0000"},
        {"identifier": [{"value": "x" * 100_000}]},
        {"identifier": [{"system": "https://x.example", "value": ""}]},
        {"subject": {"reference": "x" * 10_000}},
        {"description": {"text": "\u2028 \U0001f98a"}},
        {"extension": [{"url": "https://x.example", "valueDecimal": 10**400}]},
        {"extension": [{"url": "https://x.example", "valueInteger": 2**40}]},
        {"target": [{"dueDate": "9999-12"}]},
        {"note": [{"time": "0001-01-01T00:00:00-14:00", "text": "x"}]},
        {"contained": 7},
        {"contained": [7]},
        {"contained": [{}]},
        {"meta": 7},
        {"meta": {"security": 7}},
        {"meta": {"security": [7]}},
        {"id": 7},
        {"subject": [{}]},
        {"subject": None},
        {"addresses": [{"identifier": {"value": 7}}]},
        {"extension": [{"extension": [{"url": 7}]}]},
        {"resourceType": 7},
        {"text": 7},
    ],
)
def test_odd_elements_never_break_a_write(person: Person, elements: dict[str, Any]) -> None:
    answer = person.client("gp").post("/Goal", content=json.dumps(goal("Goal/x", person.patient, **elements)))
    assert answer.status_code in (201, 400, 422), answer.text
