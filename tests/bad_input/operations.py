"""Operations: Parameters that are none, that lack something, or that say too much."""

from __future__ import annotations

from typing import Any

from bad_input.bodies import GOAL
from bad_input.malformed import Malformed

TEAM = "POST /CareTeam/team-{mark}/$propose"


def _is(request: str, status: int, code: str, at: str | None, *parameters: Any) -> Malformed:
    body = {"resourceType": "Parameters", **({"parameter": list(parameters)} if parameters else {})}
    return Malformed(request, status, code, at, body)


OPERATIONS = {
    "Parameters that are a goal": Malformed(TEAM, 400, "invalid", "resourceType", GOAL),
    "a parameter without name": _is(
        TEAM, 422, "required", "Parameters.parameter[0].name", {"valueString": "x"}
    ),
    "an unknown parameter of an operation": _is(
        TEAM, 400, "invalid", "Parameters.parameter[0].name", {"name": "colour", "valueString": "red"}
    ),
    "no member": _is(TEAM, 400, "required", "Parameters.parameter.where(name = 'member')"),
    "a member that is a string": _is(
        TEAM, 400, "invalid", "Parameters.parameter[0]", {"name": "member", "valueString": "x"}
    ),
    "$validate of nothing": Malformed("POST /Goal/$validate", 400, "invalid", "Parameters.parameter", b""),
    "$validate of another type": Malformed(
        "POST /Goal/$validate", 200, "invalid", "resourceType", {"resourceType": "Task"}
    ),
    "$validate in an unknown mode": Malformed("POST /Goal/$validate?mode=undo", 400, "invalid", "mode", GOAL),
    "$validate against an unknown profile": Malformed(
        "POST /Goal/$validate?profile=https://x.example/none", 200, "not-found", "profile", GOAL
    ),
    "$validate of what is not there": Malformed("GET /Goal/nothing/$validate", 404, "not-found"),
    "$everything of nobody": Malformed("GET /Patient/nobody/$everything", 404, "not-found"),
    "$everything since no time": Malformed("GET /{patient}/$everything?_since=x", 400, "invalid", "_since"),
    "$everything of no type": Malformed("GET /{patient}/$everything?_type=Wish", 400, "invalid", "_type"),
    "$everything of an empty type": Malformed("GET /{patient}/$everything?_type=", 400, "invalid", "_type"),
    "$everything in pages of none": Malformed(
        "GET /{patient}/$everything?_count=-1", 400, "invalid", "_count"
    ),
    "$everything with an unknown parameter": Malformed(
        "GET /{patient}/$everything?colour=red", 400, "invalid", "colour"
    ),
    "$everything with a page of another": Malformed(
        "GET /{patient}/$everything?_page=AAAA", 400, "invalid", "http._page"
    ),
    "$everything of a plan that is not there": Malformed(
        "GET /CarePlan/nothing/$everything", 404, "not-found"
    ),
    "$meta of what is not there": Malformed("GET /Goal/nothing/$meta", 404, "not-found"),
    "$meta-add without meta": _is(
        "POST /{goal}/$meta-add", 400, "required", "Parameters.parameter.where(name = 'meta')"
    ),
    "$meta-add of a string": _is(
        "POST /{goal}/$meta-add",
        400,
        "invalid",
        "Parameters.parameter[0]",
        {"name": "meta", "valueString": "x"},
    ),
    "$meta-add by GET": Malformed("GET /{goal}/$meta-add", 405, "not-supported"),
    "$who-can-see in an unknown category": Malformed(
        "GET /{patient}/$who-can-see?category=nonsense", 400, "invalid", "category", actor="person"
    ),
    "$explain-access without actor": _is(
        "POST /{patient}/$explain-access",
        400,
        "required",
        "Parameters.parameter.where(name = 'actor')",
        {"name": "action", "valueCode": "read"},
    ),
    "$lookup of nothing": Malformed("GET /CodeSystem/$lookup", 400, "invalid", "code"),
    "$lookup in an unknown code system": Malformed(
        "GET /CodeSystem/$lookup?system=x&code=y", 404, "not-found", "system"
    ),
    "$lookup of a coding in the URL": Malformed("GET /CodeSystem/$lookup?coding=x", 400, "invalid", "coding"),
    "$lookup of a coding without code": _is(
        "POST /CodeSystem/$lookup",
        400,
        "invalid",
        "coding",
        {"name": "coding", "valueCoding": {"system": "x"}},
    ),
    "$validate-code of a concept without codings": _is(
        "POST /CodeSystem/$validate-code",
        400,
        "invalid",
        "codeableConcept.coding",
        {"name": "url", "valueUri": "x"},
        {"name": "codeableConcept", "valueCodeableConcept": {"text": "x"}},
    ),
    "$validate-code with an unknown value set": Malformed(
        "GET /ValueSet/$validate-code?url=x&system=x&code=y", 404, "not-found", "url"
    ),
    "$subsumes by GET of codings": Malformed(
        "GET /CodeSystem/$subsumes?codingA=x&codingB=y", 400, "invalid", "codingA"
    ),
    "$expand of nothing": Malformed("GET /ValueSet/$expand", 400, "invalid", "url"),
    "$expand of what is no value set": Malformed(
        "POST /ValueSet/$expand", 400, "invalid", "resourceType", GOAL
    ),
    "$expand of a value set that is a goal": _is(
        "POST /ValueSet/$expand",
        400,
        "invalid",
        "Parameters.parameter[0].resource",
        {"name": "valueSet", "resource": GOAL},
    ),
    "$expand in pages of no number": Malformed("GET /ValueSet/role/$expand?count=x", 400, "invalid", "count"),
    "$expand in pages of a very large number": Malformed(
        "GET /ValueSet/role/$expand?count=99999999999999999999", 400, "invalid", "count"
    ),
    "$expand from before the beginning": Malformed(
        "GET /ValueSet/role/$expand?offset=-5", 400, "invalid", "offset"
    ),
    "$expand of a value set that is not there": Malformed(
        "GET /ValueSet/nothing/$expand", 404, "not-found", "id"
    ),
    "$translate without code system": Malformed(
        "GET /ConceptMap/$translate?code=x", 400, "invalid", "system"
    ),
    "$translate with dependencies": _is(
        "POST /ConceptMap/$translate",
        400,
        "not-supported",
        "Parameters.parameter[0].name",
        {"name": "dependency", "part": [{"name": "element", "valueUri": "x"}]},
    ),
}
