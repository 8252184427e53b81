"""Literal references leave as logical ones and come back as they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dzop.exchange import logical
from dzop.exchange.logical import Identifier, Logical
from dzop.fhir.json import parse
from tests.exchange.fakes import BASE, CBE, MARIA, NIHDI

NAMES = {
    "Patient/maria": Identifier(logical.SSIN, MARIA),
    "Practitioner/dr": Identifier(NIHDI, "19999816004"),
    "PractitionerRole/dr": Identifier(NIHDI, "19999816004"),
    "Organization/ocmw": Identifier(CBE, "0999999922"),
    "Goal/walk": Identifier(logical.NODE, f"/subject/{MARIA}/Goal/1"),
}
KNOWN = {Logical(name.partition("/")[0], identifier): name for name, identifier in NAMES.items()}


def left(reference: str, **more: Any) -> dict[str, Any]:
    element = {"reference": reference, **more}
    leaving: dict[str, Any] = logical.outgoing({"resourceType": "Goal", "subject": element}, NAMES, BASE)
    found: dict[str, Any] = leaving["subject"]
    return found


@pytest.mark.parametrize("reference", ["Patient/maria", f"{BASE}/Patient/maria", "Patient/maria/_history/3"])
def test_the_person_leaves_by_ssin_however_she_was_referred_to(reference: str) -> None:
    assert left(reference) == {"type": "Patient", "identifier": {"system": logical.SSIN, "value": MARIA}}


def test_a_resource_at_the_hub_leaves_by_its_node() -> None:
    assert {"system": logical.NODE, "value": f"/subject/{MARIA}/Goal/1"} == left("Goal/walk")["identifier"]


def test_what_has_no_name_outside_leaves_by_its_own_url() -> None:
    assert {"system": "urn:ietf:rfc:3986", "value": f"{BASE}/Goal/new"} == left("Goal/new")["identifier"]


def test_a_reference_to_another_server_leaves_by_its_url() -> None:
    elsewhere = "https://elsewhere.example/fhir/Goal/1"
    assert {"identifier": {"system": "urn:ietf:rfc:3986", "value": elsewhere}} == left(elsewhere)


def test_an_identifier_the_writer_gave_is_used_when_there_is_none_of_ours() -> None:
    given_by_writer = {"system": NIHDI, "value": "49999144401"}
    assert given_by_writer == left("Practitioner/unknown", identifier=given_by_writer)["identifier"]


def test_the_display_leaves_as_sent() -> None:
    assert left("Patient/maria", display="Maria P.")["display"] == "Maria P."


def test_a_reference_inside_the_resource_stays() -> None:
    assert left("#carer") == {"reference": "#carer"}


def test_a_reference_within_an_identifier_leaves_by_identifier_too() -> None:
    assigned = {"system": "x", "value": "1", "assigner": {"reference": "Organization/ocmw"}}
    leaving = left("Practitioner/unknown", identifier=assigned)
    assert leaving["identifier"]["assigner"]["identifier"]["system"] == CBE


def test_id_and_server_meta_stay_home_and_labels_leave() -> None:
    label = {"system": f"{BASE}/CodeSystem/data-category", "code": "sensitive"}
    served = {
        "resourceType": "Goal",
        "id": "walk",
        "meta": {"versionId": "3", "lastUpdated": "2026-01-01T00:00:00Z", "security": [label]},
    }
    assert {"resourceType": "Goal", "meta": {"security": [label]}} == logical.outgoing(served, NAMES, BASE)


def test_decimals_leave_to_the_last_zero() -> None:
    body = (
        b'{"resourceType":"Goal","target":[{"detailQuantity":{"value":1.10}},{"n":100000000000000000.001}]}'
    )
    assert body == logical.dump(logical.outgoing(parse(body).value, NAMES, BASE))


def test_a_logical_reference_of_gp_software_becomes_literal_when_we_know_whom_it_means() -> None:
    sent = {"owner": {"identifier": {"system": NIHDI, "value": "19999816004"}, "type": "Practitioner"}}
    assert logical.incoming(sent, KNOWN, BASE) == {"owner": {"reference": "Practitioner/dr"}}


def test_a_logical_reference_to_somebody_unknown_stays_as_sent() -> None:
    sent = {"owner": {"identifier": {"system": NIHDI, "value": "49999144401"}, "display": "Thuiszorg"}}
    assert sent == logical.incoming(sent, KNOWN, BASE)


def test_a_reference_that_left_before_its_target_had_a_node_comes_back_too() -> None:
    before = logical.outgoing({"resourceType": "CarePlan", "goal": [{"reference": "Goal/walk"}]}, {}, BASE)
    assert logical.incoming(before, KNOWN, BASE)["goal"] == [{"reference": "Goal/walk"}]


def test_identifiers_that_are_no_references_are_left_alone() -> None:
    resource = {"groupIdentifier": {"system": NIHDI, "value": "19999816004", "use": "official"}}
    assert resource == logical.incoming(resource, KNOWN, BASE)


LITERALS = st.sampled_from(
    [
        *NAMES,
        "Goal/new",
        "RelatedPerson/lies",
        f"{BASE}/Goal/walk",
        "Goal/walk/_history/2",
        "https://elsewhere.example/fhir/Goal/1",
        "urn:uuid:7c9f8d1a-6f0d-4f5e-9d37-1f6a52d0f7a1",
        "#contained",
    ]
)
REFERENCES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"reference": LITERALS},
    optional={
        "display": st.text(max_size=5),
        "type": st.sampled_from(["Patient", "Goal"]),
        "identifier": st.fixed_dictionaries({"system": st.just("urn:x"), "value": st.text("ab", min_size=1)}),
    },
)
SCALARS = st.text(max_size=5) | st.booleans() | st.integers() | st.decimals(-1000, 1000, places=3)
VALUES = st.recursive(
    SCALARS | REFERENCES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["note", "activity", "extension", "detail"]), inner, max_size=3)
    ),
    max_leaves=12,
)
RESOURCES = st.dictionaries(st.sampled_from(["subject", "goal", "author", "owner"]), VALUES, max_size=4)


@given(RESOURCES)
def test_what_leaves_holds_no_literal_reference(resource: dict[str, Any]) -> None:
    leaving = logical.outgoing({"resourceType": "Goal", **resource}, NAMES, BASE)
    assert frozenset() == logical.literals(leaving, BASE)
    assert '"reference": "Goal/' not in json.dumps(leaving, default=str)


@given(RESOURCES)
def test_what_the_partner_did_not_touch_comes_back_to_the_same(resource: dict[str, Any]) -> None:
    local = {"resourceType": "Goal", **resource}
    leaving = logical.outgoing(local, NAMES, BASE)
    back = logical.incoming(leaving, KNOWN, BASE, local, NAMES)
    assert leaving == logical.outgoing(back, NAMES, BASE)


@given(st.lists(st.sampled_from([*NAMES, "Goal/new", "RelatedPerson/lies"]), max_size=5))
def test_plain_references_come_back_without_our_own_version_at_hand(references: list[str]) -> None:
    local = {"resourceType": "CarePlan", "goal": [{"reference": reference} for reference in references]}
    assert local == logical.incoming(logical.outgoing(local, NAMES, BASE), KNOWN, BASE)


DISTINCT = st.lists(
    REFERENCES, unique_by=lambda element: json.dumps(left(**element), sort_keys=True), max_size=5
)


@given(DISTINCT)
def test_each_distinct_reference_comes_back_exactly_as_written(references: list[dict[str, Any]]) -> None:
    local = {"resourceType": "CarePlan", "goal": references}
    leaving = logical.outgoing(local, NAMES, BASE)
    assert local == logical.incoming(leaving, KNOWN, BASE, local, NAMES)
