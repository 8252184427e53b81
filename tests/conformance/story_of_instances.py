"""Requests on one resource: create, update, read, patch, delete, history; then the same on conditions."""

from __future__ import annotations

from conformance.answers import link, updated, version
from conformance.step import ABSENT, DOCTOR, JSON_PATCH, MARK, Step, doctor
from resources import Resource

STORED = {**doctor("put"), "id": "r4-put"}


def instruction(*parts: tuple[str, Resource]) -> Resource:
    """One operation of a FHIRPath Patch."""
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": [{"name": name, **value} for name, value in parts]}],
    }


INSTANCES = [
    Step("created", "POST", "Practitioner", {**doctor("created"), "id": "mine", "meta": {"versionId": "9"}}),
    Step("created, read where it is", "GET", lambda a: a["created"].headers["Location"]),
    Step("created minimally", "POST", "Practitioner", doctor(), {"Prefer": "return=minimal"}),
    Step("created with an outcome", "POST", "Practitioner", doctor(), {"Prefer": "return=OperationOutcome"}),
    Step("created on an instance", "POST", "Practitioner/r4-put", doctor()),
    Step("put anew", "PUT", "Practitioner/r4-put", STORED),
    Step("put again", "PUT", "Practitioner/r4-put", {**STORED, "gender": "other"}),
    Step("put without id", "PUT", "Practitioner/r4-put", doctor()),
    Step("put with another id", "PUT", "Practitioner/r4-put", {**STORED, "id": "r4-other"}),
    Step("put with another type", "PUT", "Practitioner/r4-put", {"resourceType": "Organization", "id": "r4-put"}),
    Step("put under a bad id", "PUT", "Practitioner/a_b", {**DOCTOR, "id": "a_b"}),
    Step("put on an old version", "PUT", "Practitioner/r4-put", STORED, {"If-Match": 'W/"1"'}),
    Step("put on the current version", "PUT", "Practitioner/r4-put", STORED, {"If-Match": 'W/"2"'}),
    Step("put where nothing may be", "PUT", "Practitioner/r4-put", STORED, {"If-None-Match": "*"}),
    Step("read", "GET", "Practitioner/r4-put"),
    Step("read unchanged", "GET", "Practitioner/r4-put", None, {"If-None-Match": 'W/"3"'}),
    Step("read changed", "GET", "Practitioner/r4-put", None, {"If-None-Match": 'W/"2"'}),
    Step(
        "read unmodified", "GET", "Practitioner/r4-put", None,
        {"If-Modified-Since": "Sun, 01 Jan 2090 00:00:00 GMT"},
    ),
    Step("read under an id of one's own", "GET", "Practitioner/r4-put", None, {"X-Request-Id": "mine-1"}),
    Step("head", "HEAD", "Practitioner/r4-put"),
    Step("vread", "GET", "Practitioner/r4-put/_history/1"),
    Step("head of a version", "HEAD", "Practitioner/r4-put/_history/1"),
    Step("vread of none", "GET", "Practitioner/r4-put/_history/99"),
    Step("read of none", "GET", "Practitioner/r4-nobody"),
    Step("head of none", "HEAD", "Practitioner/r4-nobody"),
    Step("read of an unknown type", "GET", "Basket/1"),
    Step("read of an offered type elsewhere", "GET", "practitioner/r4-put"),
    Step(
        "patched", "PATCH", "Practitioner/r4-put",
        '[{"op":"add","path":"/birthDate","value":"1970-01-01"}]', JSON_PATCH,
    ),
    Step(
        "patch of a failed test", "PATCH", "Practitioner/r4-put",
        '[{"op":"test","path":"/birthDate","value":"x"},{"op":"remove","path":"/birthDate"}]', JSON_PATCH,
    ),
    Step("patch of no operation", "PATCH", "Practitioner/r4-put", '[{"op":"burn","path":"/a"}]', JSON_PATCH),
    Step("patch of no media type", "PATCH", "Practitioner/r4-put", "<a/>", {"Content-Type": "text/html"}),
    Step("patch of none", "PATCH", "Practitioner/r4-nobody", "[]", JSON_PATCH),
    Step("patch of an old version", "PATCH", "Practitioner/r4-put", "[]", {**JSON_PATCH, "If-Match": 'W/"1"'}),
    Step(
        "patch of the id", "PATCH", "Practitioner/r4-put",
        '[{"op":"replace","path":"/id","value":"r4-x"}]', JSON_PATCH,
    ),
    Step(
        "fhirpath add", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "add"}), ("path", {"valueString": "Practitioner"}),
            ("name", {"valueString": "telecom"}),
            ("value", {"valueContactPoint": {"system": "phone", "value": "1"}}),
        ),
    ),
    Step(
        "fhirpath insert", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "insert"}), ("path", {"valueString": "Practitioner.telecom"}),
            ("index", {"valueInteger": 0}),
            ("value", {"valueContactPoint": {"system": "phone", "value": "0"}}),
        ),
    ),
    Step(
        "fhirpath move", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "move"}), ("path", {"valueString": "Practitioner.telecom"}),
            ("source", {"valueInteger": 1}), ("destination", {"valueInteger": 0}),
        ),
    ),
    Step(
        "fhirpath replace", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "replace"}), ("path", {"valueString": "Practitioner.birthDate"}),
            ("value", {"valueDate": "1930-01-01"}),
        ),
    ),
    Step(
        "fhirpath delete", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "delete"}),
            ("path", {"valueString": "Practitioner.telecom.where(value = '1')"}),
        ),
    ),
    Step(
        "fhirpath delete of nothing", "PATCH", "Practitioner/r4-put",
        instruction(("type", {"valueCode": "delete"}), ("path", {"valueString": "Practitioner.gender"})),
    ),
    Step(
        "fhirpath insert beyond", "PATCH", "Practitioner/r4-put",
        instruction(
            ("type", {"valueCode": "insert"}), ("path", {"valueString": "Practitioner.telecom"}),
            ("index", {"valueInteger": 7}),
            ("value", {"valueContactPoint": {"system": "phone", "value": "0"}}),
        ),
    ),
    Step("deleted", "DELETE", "Practitioner/r4-put"),
    Step("deleted again", "DELETE", "Practitioner/r4-put"),
    Step("read of the deleted", "GET", "Practitioner/r4-put"),
    Step("head of the deleted", "HEAD", "Practitioner/r4-put"),
    Step("vread of the deleted", "GET", lambda a: f"Practitioner/r4-put/_history/{version(a['deleted'])}"),
    Step("vread before the deletion", "GET", "Practitioner/r4-put/_history/1"),
    Step("patch of the deleted", "PATCH", "Practitioner/r4-put", "[]", JSON_PATCH),
    Step("search for the deleted", "GET", "Practitioner?_id=r4-put"),
    Step("history with the deletion", "GET", "Practitioner/r4-put/_history"),
    Step("brought back", "PUT", "Practitioner/r4-put", STORED),
    Step("delete of none", "DELETE", "Practitioner/r4-nobody"),
    Step("delete of an old version", "DELETE", "Practitioner/r4-put", None, {"If-Match": 'W/"1"'}),
    Step("history", "GET", "Practitioner/r4-put/_history"),
    Step("history, a page", "GET", "Practitioner/r4-put/_history?_count=2"),
    Step("history, the next page", "GET", lambda a: link(a["history, a page"], "next") or ""),
    Step(
        "history since", "GET",
        lambda a: f"Practitioner/r4-put/_history?_since={updated(a['brought back'])}",
    ),
    Step("history at", "GET", lambda a: f"Practitioner/r4-put/_history?_at={updated(a['put again'])}"),
    Step("history of none", "GET", "Practitioner/r4-nobody/_history"),
    Step("history of a type", "GET", "Practitioner/_history?_count=3"),
    Step("history of all", "GET", "_history?_count=3"),
]  # fmt: skip

CONDITIONS = [
    Step("none exists", "POST", "Practitioner", doctor("one"), {"If-None-Exist": f"identifier={MARK}|one"}),
    Step("one exists", "POST", "Practitioner", doctor("one"), {"If-None-Exist": f"identifier={MARK}|one"}),
    Step("one exists, by its whole URL", "POST", "Practitioner", doctor("one"),
         {"If-None-Exist": f"http://127.0.0.1/fhir/Practitioner?identifier={MARK}|one"}),
    Step("a condition on another type", "POST", "Practitioner", doctor("one"),
         {"If-None-Exist": f"Organization?identifier={MARK}|one"}),
    Step("a condition with a question mark", "POST", "Practitioner", doctor("what?"),
         {"If-None-Exist": f"identifier={MARK}|what?"}),
    Step("a twin", "POST", "Practitioner", doctor("twin")),
    Step("another twin", "POST", "Practitioner", doctor("twin")),
    Step("two exist", "POST", "Practitioner", doctor("twin"), {"If-None-Exist": f"identifier={MARK}|twin"}),
    Step("update of no match", "PUT", f"Practitioner?identifier={MARK}|new", doctor("new")),
    Step("update of no match with id", "PUT", f"Practitioner?identifier={MARK}|own",
         {**doctor("own"), "id": "r4-own"}),
    Step("update of one match", "PUT", f"Practitioner?identifier={MARK}|new", doctor("new", gender="other")),
    Step("update of one match with its id", "PUT", f"Practitioner?identifier={MARK}|own",
         {**doctor("own"), "id": "r4-own"}),
    Step("update of one match with another id", "PUT", f"Practitioner?identifier={MARK}|own",
         {**doctor("own"), "id": "r4-2"}),
    Step("update of two matches", "PUT", f"Practitioner?identifier={MARK}|twin", doctor("twin")),
    Step("patch of one match", "PATCH", f"Practitioner?identifier={MARK}|own", '[{"op":"remove","path":"/active"}]',
         JSON_PATCH),
    Step("patch of no match", "PATCH", f"Practitioner?identifier={ABSENT}|", "[]", JSON_PATCH),
    Step("patch of two matches", "PATCH", f"Practitioner?identifier={MARK}|twin", "[]", JSON_PATCH),
    Step("delete of two matches", "DELETE", f"Practitioner?identifier={MARK}|twin"),
    Step("delete of one match", "DELETE", f"Practitioner?identifier={MARK}|own"),
    Step("read of what a condition deleted", "GET", "Practitioner/r4-own"),
]  # fmt: skip
