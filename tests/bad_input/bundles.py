"""Batches and transactions: what is no entry, what one entry does to another, what none may do."""

from __future__ import annotations

from typing import Any

from bad_input.bodies import GOAL
from bad_input.malformed import Malformed
from resources import bundle, communication, post, put, ref, task

URN = "urn:uuid:0c3c0b5e-7a6e-4b0e-9d8f-1d2f3a4b5c6d"
GET = {"request": {"method": "GET", "url": "{goal}"}}
OWN = {**GOAL, "id": "care-{mark}"}
JOURNAL = communication("Communication/x", "{patient}", "journal", "{patient}")


def _is(status: int, code: str, at: str | None, body: Any) -> Malformed:
    return Malformed("POST /", status, code, at, body)


def _transaction(status: int, code: str, at: str | None, *entries: Any) -> Malformed:
    return _is(status, code, at, bundle("transaction", *entries))


def _request(method: Any, url: Any, **more: Any) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, **more}}


SHAPES = {
    "a collection": _is(400, "invalid", "Bundle.type", bundle("collection")),
    "a searchset": _is(400, "invalid", "Bundle.type", bundle("searchset")),
    "a Bundle without type": _is(400, "invalid", "Bundle.type", {"resourceType": "Bundle"}),
    "a type that is a number": _is(400, "invalid", "Bundle.type", {"resourceType": "Bundle", "type": 7}),
    "a goal for a Bundle": _is(400, "invalid", "Bundle", GOAL),
    "no Bundle": _is(400, "invalid", "Bundle", b""),
    "entries that are an object": _is(
        400, "invalid", "Bundle.entry", {"resourceType": "Bundle", "type": "transaction", "entry": {}}
    ),
    "an entry that is a string": _transaction(400, "invalid", "Bundle.entry", GET, "x"),
    "an entry that is null": _transaction(400, "invalid", "Bundle.entry", None),
    "an empty entry": _transaction(400, "required", "Bundle.entry[0].request", {}),
    "an entry without request": _transaction(400, "required", "Bundle.entry[0].request", {"resource": GOAL}),
    "a request that is a string": _transaction(
        400, "required", "Bundle.entry[0].request", {"request": "GET"}
    ),
    "a request without method": _transaction(
        400, "value", "Bundle.entry[0].request.method", {"request": {"url": "Goal"}}
    ),
    "a request without url": _transaction(
        400, "value", "Bundle.entry[0].request.url", {"request": {"method": "GET"}}
    ),
    "a method that is unknown": _transaction(
        400, "value", "Bundle.entry[0].request.method", _request("BREW", "Goal")
    ),
    "a method in small letters": _transaction(
        400, "value", "Bundle.entry[0].request.method", _request("get", "Goal")
    ),
    "a method that is a number": _transaction(
        400, "value", "Bundle.entry[0].request.method", _request(7, "Goal")
    ),
    "a url that is a number": _transaction(400, "value", "Bundle.entry[0].request.url", _request("GET", 7)),
    "a fullUrl that is a number": _transaction(
        400, "value", "Bundle.entry[0].fullUrl", {**GET, "fullUrl": 7}
    ),
    "a resource that is a number": _transaction(
        400, "invalid", "Bundle.entry[0]", {**_request("POST", "Goal"), "resource": 7}
    ),
    "too many entries": _is(413, "too-long", "Bundle.entry", bundle("batch", *[GET] * 1001)),
    "a duplicate key in an entry": _is(
        400,
        "structure",
        "Bundle.entry[0].request.url",
        '{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"a","url":"b"}}]}',
    ),
}
ENTRIES = {
    "an entry that is wrong": _transaction(
        422,
        "code-invalid",
        "Bundle.entry[1].resource.lifecycleStatus",
        GET,
        post({**GOAL, "lifecycleStatus": "blooming"}),
    ),
    "a creation without resource": _transaction(400, "invalid", "Bundle.entry[0]", _request("POST", "Goal")),
    "an update without resource": _transaction(400, "invalid", "Bundle.entry[0]", _request("PUT", "{goal}")),
    "a creation of another type": _transaction(
        400, "invalid", "Bundle.entry[0].resource.resourceType", {**post(GOAL), **_request("POST", "Task")}
    ),
    "an update of another id": _transaction(
        400, "invalid", "Bundle.entry[0].resource.id", {"resource": GOAL, **_request("PUT", "Goal/other")}
    ),
    "a url of another server": _transaction(
        400, "value", "Bundle.entry[0].request.url", _request("GET", "https://other.example/Goal/1")
    ),
    "a url of no type": _transaction(404, "not-found", "Bundle.entry[0]", _request("GET", "Wish/1")),
    "a read of nothing": _transaction(404, "not-found", "Bundle.entry[0]", _request("GET", "Goal/nothing")),
    "a Bundle in a Bundle": _transaction(
        400, "value", "Bundle.entry[0].request.url", {"resource": bundle("batch"), **_request("POST", "")}
    ),
    "an operation that changes something": _transaction(
        405,
        "not-supported",
        "Bundle.entry[0]",
        {"resource": {"resourceType": "Parameters"}, **_request("POST", "CareTeam/team-{mark}/$agree")},
    ),
    "If-Match of no version": _transaction(
        400,
        "invalid",
        "Bundle.entry[0].request.ifMatch",
        {"resource": OWN, **_request("PUT", "{goal}", ifMatch="x")},
    ),
    "If-Match of another version": _transaction(
        412,
        "conflict",
        "Bundle.entry[0].request.ifMatch",
        {"resource": OWN, **_request("PUT", "{goal}", ifMatch='W/"9"')},
    ),
    "If-None-Exist of an unknown parameter": _transaction(
        400, "not-supported", "Bundle.entry[0].request.ifNoneExist", post(GOAL, ifNoneExist="colour=red")
    ),
    "If-None-Exist that many match": _transaction(
        412, "multiple-matches", "Bundle.entry[0]", post(GOAL, ifNoneExist="patient={patient}")
    ),
    "a search with an unknown parameter": _transaction(
        400, "not-supported", "Bundle.entry[0].request.url", _request("GET", "Goal?colour=red")
    ),
    "a subject that is not known": _transaction(
        422,
        "processing",
        "Bundle.entry[0].resource.subject",
        post({**GOAL, "subject": ref("Patient/nobody")}),
    ),
    "a JSON patch that is no array": _transaction(
        400,
        "structure",
        "Bundle.entry[0]",
        {
            "resource": {
                "resourceType": "Binary",
                "contentType": "application/json-patch+json",
                "data": "e30=",
            },
            **_request("PATCH", "{goal}"),
        },
    ),
    "a JSON patch that is no base64": _transaction(
        400,
        "invalid",
        "Bundle.entry[0].resource.data",
        {
            "resource": {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": "%"},
            **_request("PATCH", "{goal}"),
        },
    ),
    "a patch without body": _transaction(400, "invalid", "Bundle.entry[0]", _request("PATCH", "{goal}")),
}
BETWEEN = {
    "two entries under one fullUrl": _transaction(
        400, "invalid", "Bundle.entry[1].fullUrl", post(GOAL, URN), post(GOAL, URN)
    ),
    "two changes of one resource": _transaction(400, "invalid", "Bundle.entry[1]", put(OWN), put(OWN)),
    "a change and a deletion of one resource": Malformed(
        "POST /",
        400,
        "invalid",
        "Bundle.entry[1]",
        bundle(
            "transaction",
            put({**JOURNAL, "id": "journal-{mark}"}),
            _request("DELETE", "Communication/journal-{mark}"),
        ),
        actor="person",
    ),
    "a reference to an entry that is not there": _transaction(
        422,
        "processing",
        "Bundle.entry[0].resource.focus.reference",
        post(task("Task/x", "{patient}", focus=ref(URN))),
    ),
    "a conditional reference without match": _transaction(
        412,
        "conflict",
        "Bundle.entry[0].resource.focus.reference",
        post(task("Task/x", "{patient}", focus=ref("Goal?identifier=https://x.example|none"))),
    ),
    "a conditional reference that many match": _transaction(
        412,
        "conflict",
        "Bundle.entry[0].resource.focus.reference",
        post(task("Task/x", "{patient}", focus=ref("Goal?patient={patient}"))),
    ),
    "a conditional reference with an unknown parameter": _transaction(
        400,
        "not-supported",
        "Bundle.entry[0].resource.focus.reference",
        post(task("Task/x", "{patient}", focus=ref("Goal?colour=red"))),
    ),
    "a conditional reference to no type": _transaction(
        422,
        "value",
        "Bundle.entry[0].resource.focus.reference",
        post(task("Task/x", "{patient}", focus=ref("Wish?name=x"))),
    ),
    "the good and the bad together": _transaction(
        422,
        "code-invalid",
        "Bundle.entry[1].resource.lifecycleStatus",
        post(GOAL),
        post({**GOAL, "lifecycleStatus": "blooming"}),
    ),
}

BUNDLES = SHAPES | ENTRIES | BETWEEN
