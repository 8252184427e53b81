"""Headers that hold no version, no date, no format; and paths that lead nowhere."""

from __future__ import annotations

from typing import Any

from bad_input.bodies import GOAL
from bad_input.malformed import Malformed
from resources import communication

OWN = {**GOAL, "id": "care-{mark}"}
SENT = communication("Communication/x", "{patient}", "journal", "{patient}")


def _read(status: int, code: str, name: str, value: str, url: str = "/{goal}") -> Malformed:
    return Malformed(f"GET {url}", status, code, f"http.{name}", headers={name: value})


def _put(status: int, code: str, name: str, value: str) -> Malformed:
    return Malformed("PUT /{goal}", status, code, f"http.{name}", OWN, {name: value})


def _post(status: int, code: str, name: str, value: str, at: str | None = None) -> Malformed:
    return Malformed("POST /Goal", status, code, at or f"http.{name}", GOAL, {name: value})


IF_MATCH = {
    **{f"If-Match `{value}`": _put(400, "invalid", "If-Match", value)
       for value in ("1", "W/1", '"x"', 'W/"0"', 'W/"-1"', 'W/"1", W/"2"', "nonsense", 'W/"1.0"',
       "", 'W/"12345678901"')},
    "If-Match of another version": _put(412, "conflict", "If-Match", 'W/"99"'),
    "a deletion with If-Match of no version": Malformed(
        "DELETE /Communication/journal-{mark}", 400, "invalid",
        "http.If-Match", headers={"If-Match": "x"}, actor="person"
    ),
}  # fmt: skip
IF_NONE_EXIST = {
    **{f"If-None-Exist `{value}`": _post(400, code, "If-None-Exist", value)
       for value, code in (("", "invalid"), ("?", "invalid"), ("colour=red", "not-supported"), ("identifier=",
       "invalid"),
                           ("identifier=%00", "invalid"), ("identifier=%FF", "invalid"), ("_count=1", "invalid"),
                           ("_sort=category", "invalid"), ("start-date=x", "invalid"),
                           ("category:nonsense=x", "not-supported"), ("_include=Goal:patient", "invalid"))},
    "If-None-Exist that many match": Malformed(
        "POST /Goal", 412, "multiple-matches", None, GOAL, {"If-None-Exist": "patient={patient}"}
    ),
}  # fmt: skip
FORMATS = {
    **{f"Accept `{value}`": _read(406, "not-supported", "Accept", value)
       for value in ("image/png", "text/html;q=0", "application/pdf", "application/fhir+turtle",
       "application/fhir+json;q=0")},
    **{f"_format `{value}`": Malformed(f"GET /{{goal}}?_format={value}", 406, "not-supported", "http._format")
       for value in ("turtle", "text/html", "nonsense", "application/fhir%2Bturtle")},
    "_pretty `maybe`": Malformed("GET /{goal}?_pretty=maybe", 400, "invalid", "http._pretty"),
    "_summary `short` of a read": Malformed("GET /{goal}?_summary=short", 400, "value", "http._summary"),
    "_summary and _elements": Malformed("GET /{goal}?_summary=true&_elements=id", 400, "invalid", "http._elements"),
}  # fmt: skip
_PATHS: tuple[tuple[str, int, str], ...] = (
    ("GET /Wish/1", 404, "not-found"), ("GET /Wish", 404, "not-found"), ("POST /Wish", 404, "not-found"),
    ("GET /goal", 404, "not-found"), ("GET /Goal/a_b", 404, "not-found"), ("GET /Goal/" + "x" * 65, 404, "not-found"),
    ("GET /Goal/%00", 404, "not-found"), ("GET /Goal/..%2f..", 404, "not-found"), ("GET /Goal/é", 404, "not-found"),
    ("GET /Goal/nothing", 404, "not-found"), ("GET /{goal}/_history/99", 404, "not-found"),
    ("GET /{goal}/_history/x", 404, "not-found"), ("GET /{goal}/_history/0", 404, "not-found"),
    ("GET /{goal}/_history/1/2", 404, "not-found"), ("GET /{goal}/unknown", 404, "not-found"),
    ("GET /{goal}/$nonsense", 404, "not-found"), ("POST /Goal/$nonsense", 404, "not-found"),
    ("PUT /{goal}/_history/1", 405, "not-supported"), ("DELETE /{goal}/_history", 405, "not-supported"),
    ("POST /{goal}", 405, "not-supported"), ("PUT /metadata", 405, "not-supported"),
    ("GET /", 405, "not-supported"), ("DELETE /", 405, "not-supported"),
    ("POST /AuditEvent", 405, "not-supported"), ("PUT /AuditEvent/x", 405, "not-supported"),
    ("PATCH /AuditEvent/x", 405, "not-supported"), ("DELETE /AuditEvent/x", 405, "not-supported"),
    ("DELETE /{patient}", 405, "not-supported"), ("GET /AuditEvent/_history", 405, "not-supported"),
    ("POST /CodeSystem", 405, "not-supported"), ("PATCH /StructureDefinition/x", 405, "not-supported"),
)  # fmt: skip
PATHS = {request: Malformed(request, status, code) for request, status, code in _PATHS}
_NO_IDS = ("a_b", "x" * 65, "%C3%A9", "a%20b", "a%00b")


_PATCH = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
_SENT: dict[str, Any] = {"PUT": SENT, "PATCH": _PATCH, "DELETE": None}
CONDITIONS = {
    f"a conditional {method} with `{query}`": Malformed(
        f"{method} /Communication{query}", status, code, at, _SENT[method],
        {"Content-Type": "application/json-patch+json"} if method == "PATCH" else {}, "person",
    )
    for method in _SENT
    for query, status, code, at in (
        ("", 400, "invalid", None), ("?", 400, "invalid", None), ("?colour=red", 400, "not-supported", "http.colour"),
        ("?sent=x", 400, "invalid", "http.sent"), ("?_count=1", 400, "invalid", "http._count"),
        ("?category=%FF", 400, "invalid", None),
        ("?patient={patient}", 412, "multiple-matches", None),
    )
}  # fmt: skip
IDS = {
    **{f"an id `{each}` in a PUT": Malformed(f"PUT /Goal/{each}", 400, "invalid", None, GOAL) for each in _NO_IDS},
    "a body with another id": Malformed("PUT /Goal/other", 400, "invalid", "Goal.id", GOAL),
    "a body without id": Malformed(
        "PUT /{goal}", 400, "invalid", "Goal.id", {name: value for name, value in GOAL.items() if name != "id"}
    ),
    "an id that is a number": Malformed("PUT /{goal}", 422, "value", "Goal.id", {**GOAL, "id": 7}),
}  # fmt: skip

HEADERS = IF_MATCH | IF_NONE_EXIST | FORMATS | PATHS | CONDITIONS | IDS
