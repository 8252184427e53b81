"""JSON patches (RFC 6902) and FHIRPath patches that are none, or that leave something that is none."""

from __future__ import annotations

from typing import Any

from bad_input.malformed import Malformed

JSON_PATCH = {"Content-Type": "application/json-patch+json"}


def _json(status: int, code: str, at: str | None, *operations: Any, headers: Any = JSON_PATCH) -> Malformed:
    return Malformed("PATCH /{goal}", status, code, at, list(operations), headers, "person")


def _raw(
    body: Any, status: int = 400, code: str = "structure", headers: Any = JSON_PATCH, at: str | None = None
) -> Malformed:
    return Malformed("PATCH /{goal}", status, code, at, body, headers, "person")


def _op(op: Any, path: Any, **more: Any) -> dict[str, Any]:
    return {"op": op, "path": path, **more}


JSON_PATCHES = {
    "no patch": _raw(b"", code="invalid"),
    "a patch that is an object": _raw({"op": "remove", "path": "/note"}),
    "a patch that is a string": _raw('"remove"'),
    "a patch that is cut off": _raw('[{"op":"remove"'),
    "a patch with a duplicate key": _raw('[{"op":"remove","op":"add","path":"/note"}]', at="[0].op"),
    "a patch with NaN": _raw('[{"op":"add","path":"/note","value":NaN}]', at="[0].value"),
    "a patch of an unknown media type": _raw(
        "[]", 415, "not-supported", {"Content-Type": "application/merge-patch+json"}, "http.Content-Type"
    ),
    "a patch sent as a resource": _raw("[]", 400, "structure", {"Content-Type": "application/fhir+json"}),
    "an operation that is a string": _json(400, "invalid", "patch[0]", "remove"),
    "an operation without op": _json(400, "invalid", "patch[0].op", {"path": "/note"}),
    "an operation without path": _json(400, "invalid", "patch[0].path", {"op": "remove"}),
    "an unknown operation": _json(400, "invalid", "patch[0].op", _op("rename", "/note")),
    "an operation that is a number": _json(400, "invalid", "patch[0].op", _op(7, "/note")),
    "an addition without value": _json(400, "invalid", "patch[0].value", _op("add", "/note")),
    "a move without from": _json(400, "invalid", "patch[0].from", _op("move", "/note")),
    "a path that is a number": _json(400, "invalid", "patch[0].path", _op("remove", 7)),
    "a path without slash": _json(400, "invalid", "patch[0].path", _op("remove", "note")),
    "a path with a wrong escape": _json(400, "invalid", "patch[0].path", _op("remove", "/~2")),
    "a removal of what is not there": _json(422, "processing", "Goal.note", _op("remove", "/note")),
    "a replacement of what is not there": _json(
        422, "processing", "Goal.note[0]", _op("replace", "/note/0", value={"text": "x"})
    ),
    "an index beyond the end": _json(
        422, "processing", "Goal.category[9]", _op("add", "/category/9", value={"text": "x"})
    ),
    "an index with a leading zero": _json(
        422, "processing", "Goal.category[00]", _op("remove", "/category/00")
    ),
    "an index that is a word": _json(
        422, "processing", "Goal.category.first", _op("add", "/category/first", value={"text": "x"})
    ),
    "a path into a string": _json(
        422, "processing", "Goal.lifecycleStatus.x", _op("add", "/lifecycleStatus/x", value=1)
    ),
    "a move into itself": _json(
        422,
        "processing",
        "Goal.description.text",
        _op("move", "/description/text", **{"from": "/description"}),
    ),
    "a copy of what is not there": _json(
        422, "processing", "Goal.note", _op("copy", "/note", **{"from": "/nothing"})
    ),
    "a test that does not hold": _json(
        422, "processing", "Goal.lifecycleStatus", _op("test", "/lifecycleStatus", value="cancelled")
    ),
    "the second of two that does not hold": _json(
        422,
        "processing",
        "Goal.nothing",
        _op("replace", "/lifecycleStatus", value="on-hold"),
        _op("test", "/nothing", value=1),
    ),
    "a change of the id": _json(422, "processing", "Goal.id", _op("replace", "/id", value="other")),
    "a change of the type": _json(
        422, "processing", "Goal.resourceType", _op("replace", "/resourceType", value="Task")
    ),
    "a removal of everything": _json(422, "processing", "Goal", _op("remove", "")),
    "a replacement of everything": _json(422, "processing", None, _op("replace", "", value=7)),
    "a change to a wrong code": _json(
        422, "code-invalid", "Goal.lifecycleStatus", _op("replace", "/lifecycleStatus", value="blooming")
    ),
    "a change to an unknown element": _json(
        422, "structure", "Goal.colour", _op("add", "/colour", value="red")
    ),
    "a removal of what R4 requires": _json(
        422, "required", "Goal.description", _op("remove", "/description")
    ),
    "a change of the subject": _json(
        422, "processing", "Goal.subject", _op("replace", "/subject/reference", value="Patient/nobody")
    ),
    "an empty patch of nothing that is there": Malformed(
        "PATCH /Goal/nothing", 404, "not-found", None, [], JSON_PATCH
    ),
    "an If-Match of another version": Malformed(
        "PATCH /{goal}", 412, "conflict", "http.If-Match", [], {**JSON_PATCH, "If-Match": 'W/"99"'}, "person"
    ),
    "an If-Match of no version": Malformed(
        "PATCH /{goal}", 400, "invalid", "http.If-Match", [], {**JSON_PATCH, "If-Match": "x"}, "person"
    ),
    "a thousand operations too many": _json(
        413, "too-long", None, *[_op("test", "/lifecycleStatus", value="active")] * 10_001
    ),
}


def _part(name: str, **value: Any) -> dict[str, Any]:
    return {"name": name, **value}


def _fhirpath(status: int, code: str, at: str | None, *parts: Any, name: str = "operation") -> Malformed:
    body = {"resourceType": "Parameters", "parameter": [{"name": name, "part": list(parts)}]}
    return Malformed(
        "PATCH /{goal}", status, code, at, body, {"Content-Type": "application/fhir+json"}, "person"
    )


def _replaces(path: str, **value: Any) -> tuple[dict[str, Any], ...]:
    return (_part("type", valueCode="replace"), _part("path", valueString=path), _part("value", **value))


AT = "Parameters.parameter[0]"
PATH = f"{AT}.part.where(name = 'path')"
FHIRPATH_PATCHES = {
    "a goal for a patch": Malformed(
        "PATCH /{goal}",
        400,
        "invalid",
        "resourceType",
        {"resourceType": "Goal"},
        {"Content-Type": "application/fhir+json"},
        "person",
    ),
    "a parameter that is no operation": _fhirpath(
        400, "invalid", f"{AT}.name", _part("type", valueCode="delete"), name="change"
    ),
    "no type of an operation": _fhirpath(400, "invalid", AT, _part("path", valueString="Goal.note")),
    "an unknown type of an operation": _fhirpath(
        400,
        "invalid",
        f"{AT}.part.where(name = 'type')",
        _part("type", valueCode="rename"),
        _part("path", valueString="Goal.note"),
    ),
    "no path": _fhirpath(400, "invalid", AT, _part("type", valueCode="delete")),
    "a path of another type": _fhirpath(
        422, "processing", "Task.status", *_replaces("Task.status", valueCode="draft")
    ),
    "a path that is no FHIRPath": _fhirpath(400, "invalid", PATH, *_replaces("Goal.[", valueCode="active")),
    "a path with a function that is not offered": _fhirpath(
        400, "invalid", PATH, *_replaces("Goal.descendants()", valueCode="active")
    ),
    "a path that nests without end": _fhirpath(
        400, "invalid", PATH, *_replaces("Goal" + ".where(" * 2000, valueCode="active")
    ),
    "a path of two": _fhirpath(
        400, "invalid", PATH, *_replaces("Goal.status | Goal.description", valueCode="x")
    ),
    "a replacement of nothing": _fhirpath(
        422, "processing", "Goal.statusReason", *_replaces("Goal.statusReason", valueString="x")
    ),
    "an addition without a name": _fhirpath(
        400,
        "invalid",
        AT,
        _part("type", valueCode="add"),
        _part("path", valueString="Goal"),
        _part("value", valueString="x"),
    ),
    "an addition without a value": _fhirpath(
        400,
        "invalid",
        AT,
        _part("type", valueCode="add"),
        _part("path", valueString="Goal"),
        _part("name", valueString="note"),
    ),
    "an insertion without index": _fhirpath(
        400,
        "invalid",
        AT,
        _part("type", valueCode="insert"),
        _part("path", valueString="Goal.category"),
        _part("value", valueCodeableConcept={"text": "x"}),
    ),
    "an insertion beyond the end": _fhirpath(
        422,
        "processing",
        "Goal.category",
        _part("type", valueCode="insert"),
        _part("path", valueString="Goal.category"),
        _part("value", valueCodeableConcept={"text": "x"}),
        _part("index", valueInteger=9),
    ),
    "a change to a wrong code by FHIRPath": _fhirpath(
        422, "code-invalid", "Goal.lifecycleStatus", *_replaces("Goal.lifecycleStatus", valueCode="blooming")
    ),
    "a change of the id by FHIRPath": _fhirpath(
        422, "processing", "Goal.id", *_replaces("Goal.id", valueString="other")
    ),
    "a value of the wrong type by FHIRPath": _fhirpath(
        422, "processing", "Goal.description", *_replaces("Goal.description", valueString="x")
    ),
}

PATCHES = JSON_PATCHES | FHIRPATH_PATCHES
