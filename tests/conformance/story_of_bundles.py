"""Batches, transactions, operations, and the server itself."""

from __future__ import annotations

from uuid import uuid4

from conformance.answers import location
from conformance.step import ABSENT, MARK, Step, doctor
from conformance.story_of_instances import STORED
from resources import Resource, bundle, post, put, ref

FIRST, SECOND = (f"urn:uuid:{uuid4()}" for _ in range(2))
LINK = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{SECOND}">plan</a></div>'


def role_of(practitioner: str) -> Resource:
    return {"resourceType": "PractitionerRole", "practitioner": ref(practitioner)}


BUNDLES = [
    Step(
        "batch", "POST", "",
        bundle(
            "batch",
            {"request": {"method": "GET", "url": "Goal/r4-plain"}},
            {"request": {"method": "GET", "url": "Goal/r4-nothing"}},
            {"request": {"method": "GET", "url": "Goal?_id=r4-plain"}},
            post(doctor("batch")),
            {"request": {"method": "GET", "url": "Goal/r4-plain", "ifNoneMatch": 'W/"1"'}},
        ),
    ),
    Step(
        "transaction", "POST", "",
        bundle(
            "transaction",
            {"request": {"method": "GET", "url": f"Practitioner?identifier={MARK}|second"}},
            post(
                {
                    "resourceType": "PractitionerRole", "practitioner": ref(SECOND), "active": True,
                    "text": {"status": "generated", "div": LINK},
                    "extension": [{"url": ABSENT, "valueUri": SECOND}, {"url": ABSENT, "valueString": SECOND}],
                },
                FIRST,
            ),
            post(doctor("second"), SECOND),
            {"request": {"method": "DELETE", "url": "Practitioner/r4-transaction"}},
        ),
    ),
    Step("transaction, its role", "GET", lambda a: location(a["transaction"], 1)),
    Step(
        "transaction with a failure", "POST", "",
        bundle("transaction", post(doctor("undone")), post({"resourceType": "Goal"})),
    ),
    Step("search for what was undone", "GET", f"Practitioner?identifier={MARK}|undone"),
    Step(
        "transaction by conditional reference", "POST", "",
        bundle("transaction", post(role_of(f"Practitioner?identifier={MARK}|second"))),
    ),
    Step(
        "transaction by ambiguous reference", "POST", "",
        bundle("transaction", post(role_of(f"Practitioner?identifier={MARK}|twin"))),
    ),
    Step(
        "transaction by unmet reference", "POST", "",
        bundle("transaction", post(role_of(f"Practitioner?identifier={ABSENT}|1"))),
    ),
    Step(
        "transaction by relative references", "POST", "",
        bundle(
            "transaction",
            post(
                {"resourceType": "PractitionerRole", "practitioner": ref("Practitioner/r4-old")},
                "http://old.example/fhir/PractitionerRole/1",
            ),
            post(doctor("old"), "http://old.example/fhir/Practitioner/r4-old"),
        ),
    ),
    Step(
        "transaction on one resource twice", "POST", "",
        bundle("transaction", put({**STORED}), put({**STORED})),
    ),
    Step("transaction without entries", "POST", "", {"resourceType": "Bundle", "type": "transaction"}),
    Step("bundle of another type", "POST", "", bundle("collection", {"resource": doctor()})),
    Step("entry without request", "POST", "", bundle("transaction", {"resource": doctor()})),
    Step("no bundle", "POST", "", doctor()),
]  # fmt: skip

OPERATIONS = [
    Step("validated", "POST", "Practitioner/$validate", doctor()),
    Step("validated, invalid", "POST", "Goal/$validate", {"resourceType": "Goal", "lifecycleStatus": "bad"}),
    Step(
        "validated in parameters", "POST", "Goal/$validate",
        {"resourceType": "Parameters", "parameter": [
            {"name": "mode", "valueCode": "create"}, {"name": "resource", "resource": {"resourceType": "Goal"}},
        ]},
    ),
    Step("validated as stored", "GET", "Goal/r4-plain/$validate"),
    Step("validated for deletion", "GET", "Goal/r4-plain/$validate?mode=delete"),
    Step("everything", "GET", "Patient/r4-p/$everything?_count=1000"),
    Step("meta", "GET", "Observation/r4-integer-100/$meta"),
    Step(
        "meta added", "POST", "Observation/r4-integer-94/$meta-add",
        {"resourceType": "Parameters", "parameter": [
            {"name": "meta", "valueMeta": {"tag": [{"system": ABSENT, "code": "seen"}]}},
        ]},
    ),
    Step("unknown operation", "POST", "Goal/$burn", {"resourceType": "Parameters"}),
    Step("operation that changes, by get", "GET", "Observation/r4-integer-94/$meta-add"),
]  # fmt: skip

SERVER = [
    Step("metadata", "GET", "metadata"),
    Step("metadata of anybody", "GET", "metadata", None, {"Authorization": ""}),
    Step("metadata as xml", "GET", "metadata?_format=xml"),
    Step("metadata on terminology", "GET", "metadata?mode=terminology"),
    Step("metadata, unknown mode", "GET", "metadata?mode=everything"),
    Step("options", "OPTIONS", "Goal"),
    Step("method not offered", "DELETE", "Goal/r4-plain/_history/1"),
    Step("base read", "GET", ""),
    Step("no token", "GET", "Goal/r4-plain", None, {"Authorization": ""}),
    Step("bad token", "GET", "Goal/r4-plain", None, {"Authorization": "Bearer a.b.c"}),
]  # fmt: skip
