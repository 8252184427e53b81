"""What R4 demands of batches, transactions, operations and the CapabilityStatement."""

from __future__ import annotations

from typing import Any

import httpx
from conformance.answers import (
    BUNDLE,
    HTTP,
    Demand,
    each_resource,
    entries,
    is_uuid,
    matched,
    of_type,
    outcome,
    refused,
    responses,
    rest,
    status,
)
from conformance.story_of_bundles import SECOND
from conformance.world import SET

PATCHES = "application/json-patch+json, application/fhir+json, application/fhir+xml"


def is_distinct(values: list[Any]) -> bool:
    return len(set(values)) == len(values)


def practitioner(answer: httpx.Response) -> str:
    return str(entries(answer)[0]["resource"]["practitioner"]["reference"])


BUNDLES: list[Demand] = [
    # batch and transaction
    (HTTP + "#transaction", "a batch answers with a batch-response", "batch", of_type("batch-response")),
    (HTTP + "#transaction", "each entry has its answer, in order", "batch",
     lambda a: [each["status"][:3] for each in responses(a)] == ["200", "404", "200", "201", "304"]),
    (HTTP + "#transaction", "what failed has an outcome", "batch",
     lambda a: responses(a)[1]["outcome"]["resourceType"] == "OperationOutcome"),
    (HTTP + "#transaction", "a search in it is a searchset", "batch",
     lambda a: entries(a)[2]["resource"]["type"] == "searchset"),
    (HTTP + "#transaction", "what was created has location, etag, lastModified", "batch",
     lambda a: {"location", "etag", "lastModified"} <= set(responses(a)[3])),
    (BUNDLE + "#invs", "bdl-1: no total", "batch", lambda a: "total" not in a.json()),
    (HTTP + "#transaction", "a transaction answers with a transaction-response", "transaction",
     of_type("transaction-response")),
    (HTTP + "#transaction", "answers are in the order of the entries", "transaction",
     lambda a: [each["status"][:3] for each in responses(a)] == ["200", "201", "201", "204"]),
    (HTTP + "#trules", "reads see what was written", "transaction",
     lambda a: entries(a)[0]["resource"]["total"] == 1),
    (HTTP + "#trules", "references to a fullUrl become the new ones", "transaction, its role",
     lambda a: a.json()["practitioner"]["reference"].startswith("Practitioner/")),
    (HTTP + "#trules", "links in the narrative too", "transaction, its role",
     lambda a: 'href="Practitioner/' in a.json()["text"]["div"]),
    (HTTP + "#trules", "elements of type uri too", "transaction, its role",
     lambda a: "Practitioner/" in a.json()["extension"][0]["valueUri"]),
    (HTTP + "#trules", "strings are left alone", "transaction, its role",
     lambda a: a.json()["extension"][1]["valueString"] == SECOND),
    (HTTP + "#transaction", "a failure is an OperationOutcome", "transaction with a failure",
     refused(422, "required")),
    (HTTP + "#transaction", "it names the entry", "transaction with a failure",
     lambda a: outcome(a)["expression"][0].startswith("Bundle.entry[1].resource")),
    (HTTP + "#transaction", "a failure undoes everything", "search for what was undone", matched()),
    (HTTP + "#trules", "a conditional reference is resolved", "transaction by conditional reference",
     lambda a: is_uuid(practitioner(a).removeprefix("Practitioner/"))),
    (HTTP + "#trules", "one with several matches fails", "transaction by ambiguous reference", status(412)),
    (HTTP + "#trules", "one without match fails", "transaction by unmet reference", status(404, 412)),
    (HTTP + "#trules", "no resource stands in it twice", "transaction on one resource twice", status(400)),
    (BUNDLE + "#references", "a relative reference leads to the fullUrl with the same root",
     "transaction by relative references",
     lambda a: is_uuid(practitioner(a).removeprefix("Practitioner/"))),
    (HTTP + "#transaction", "one without entries is answered so", "transaction without entries",
     of_type("transaction-response")),
    (HTTP + "#transaction", "another Bundle is 400", "bundle of another type", status(400)),
    (BUNDLE + "#invs", "bdl-3: an entry needs a request", "entry without request", status(400)),
    (HTTP + "#transaction", "the base takes a Bundle alone", "no bundle", status(400)),
]  # fmt: skip

OPERATIONS: list[Demand] = [
    # operations
    ("resource-operation-validate.html", "what is valid has no error", "validated",
     lambda a: (a.status_code, outcome(a)["severity"]) == (200, "information")),
    ("resource-operation-validate.html", "what is invalid is told with 200", "validated, invalid",
     lambda a: (a.status_code, outcome(a)["severity"]) == (200, "error")),
    ("resource-operation-validate.html", "it takes Parameters with resource and mode", "validated in parameters",
     lambda a: (a.status_code, outcome(a)["code"]) == (200, "required")),
    ("resource-operation-validate.html", "it tells that a delete is not offered", "validated for deletion",
     lambda a: outcome(a)["code"] == "not-supported"),
    ("resource-operation-validate.html", "what is stored can be asked by GET", "validated as stored", status(200)),
    ("patient-operation-everything.html", "everything is a searchset", "everything", of_type("searchset")),
    ("patient-operation-everything.html", "the Patient is in it", "everything",
     lambda a: entries(a)[0]["resource"]["id"] == "r4-p"),
    ("patient-operation-everything.html", "the compartment is in it", "everything",
     lambda a: {"Goal", "Task", "Observation"} <= {each["resource"]["resourceType"] for each in entries(a)}),
    ("patient-operation-everything.html", "who is named is in it", "everything",
     lambda a: "Practitioner/r4-doctor" in {"/".join(each["fullUrl"].split("/")[-2:]) for each in entries(a)}),
    ("resource-operation-meta.html", "the meta is in Parameters", "meta",
     lambda a: a.json()["parameter"][0]["valueMeta"]["tag"] == [{"system": SET, "code": "integer"}]),
    ("resource-operation-meta-add.html", "a tag is added to those there are", "meta added",
     lambda a: len(a.json()["parameter"][0]["valueMeta"]["tag"]) == 2),
    ("operations.html", "an operation that is not offered is 404", "unknown operation", refused(404, "not-found")),
    ("operations.html", "what changes something is asked by POST", "operation that changes, by get", status(405)),
]  # fmt: skip

SERVER: list[Demand] = [
    # CapabilityStatement
    (HTTP + "#capabilities", "it can be read", "metadata",
     lambda a: a.json()["resourceType"] == "CapabilityStatement"),
    (HTTP + "#capabilities", "it is for anybody", "metadata of anybody", status(200)),
    (HTTP + "#capabilities", "it can be had as XML", "metadata as xml", lambda a: "<CapabilityStatement" in a.text),
    (HTTP + "#capabilities", "its terminology can be asked for", "metadata on terminology",
     lambda a: a.json()["resourceType"] == "TerminologyCapabilities"),
    (HTTP + "#capabilities", "a mode that is not offered is told where", "metadata, unknown mode",
     lambda a: outcome(a)["location"] == ["http.mode"]),
    ("capabilitystatement.html", "status, date, kind, fhirVersion and format are there", "metadata",
     lambda a: {"status", "date", "kind", "fhirVersion", "format"} <= set(a.json())),
    ("capabilitystatement.html", "cpb-1: it has rest", "metadata", lambda a: rest(a)["mode"] == "server"),
    ("capabilitystatement.html", "cpb-2, cpb-14: an instance has software and implementation", "metadata",
     lambda a: {"software", "implementation"} <= set(a.json())),
    ("capabilitystatement.html", "cpb-3, cpb-7: no messaging, no document", "metadata",
     lambda a: not {"messaging", "document"} & set(a.json())),
    ("capabilitystatement.html", "cpb-9: a type stands there once", "metadata",
     lambda a: is_distinct([each["type"] for each in rest(a)["resource"]])),
    ("capabilitystatement.html", "cpb-12: a parameter of a type stands there once", "metadata",
     each_resource(lambda r: is_distinct([p["name"] for p in r["searchParam"]]))),
    ("capabilitystatement.html", "an operation of a type stands there once by code and definition", "metadata",
     each_resource(lambda r: is_distinct([(o["name"], o["definition"]) for o in r.get("operation", [])]))),
    ("capabilitystatement.html", "each parameter has a definition", "metadata",
     each_resource(lambda r: all("definition" in p for p in r["searchParam"]))),
    ("capabilitystatement.html", "what is claimed of patches is all that is taken", "metadata",
     lambda a: ", ".join(a.json()["patchFormat"]) == PATCHES),
    # access
    ("security.html", "without token it is 401", "no token", refused(401, "login")),
    ("security.html", "a 401 says what is wanted", "bad token",
     lambda a: a.headers["WWW-Authenticate"].startswith("Bearer")),
    ("rfc6750#section-3.1", "a bad token is told to be one", "bad token",
     lambda a: 'error="invalid_token"' in a.headers["WWW-Authenticate"]),
    ("rfc6750#section-3.1", "no token is no bad token", "no token",
     lambda a: "error=" not in a.headers["WWW-Authenticate"]),
    (HTTP + "#options", "OPTIONS is answered for browsers", "options",
     lambda a: "PATCH" in a.headers["Access-Control-Allow-Methods"]),
    (HTTP + "#general", "a version is never deleted", "method not offered", status(405)),
]  # fmt: skip
