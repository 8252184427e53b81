"""Attempts to change by a patch what a whole update may not change (attacks 25 to 28, 32)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, new_person
from resources import DZOP, SSIN, Resource, entity, goal, participant, ref, ssin
from serving import Server

JSON_PATCH = {"Content-Type": "application/json-patch+json"}
CATEGORY = f"{DZOP}/CodeSystem/data-category"


@pytest.fixture(scope="module")
def other(server: Server) -> Person:
    """Somebody to whom the doctor of `known` is a stranger."""
    return new_person(server)


def operation(kind: str, path: str, **value: Any) -> Resource:
    """The Parameters of one operation of a FHIRPath patch."""
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    part = [*parts, *([{"name": "value", **value}] if value else [])]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}


def patched(client: httpx.Client, at: str, body: Any) -> httpx.Response:
    return client.patch(f"/{at}", json=body, headers=JSON_PATCH if isinstance(body, list) else {})


# -- the subject (25) --------------------------------------------------------------------------------

MOVES: dict[str, Any] = {
    "replace the reference": [{"op": "replace", "path": "/subject/reference", "value": "{other}"}],
    "replace the subject": [{"op": "replace", "path": "/subject", "value": {"reference": "{other}"}}],
    "remove and add": [
        {"op": "remove", "path": "/subject"},
        {"op": "add", "path": "/subject", "value": {"reference": "{other}"}},
    ],
    "by a move": [
        {"op": "add", "path": "/addresses", "value": [{"reference": "{other}"}]},
        {"op": "move", "from": "/addresses/0/reference", "path": "/subject/reference"},
    ],
    "by a copy": [
        {"op": "add", "path": "/addresses", "value": [{"reference": "{other}"}]},
        {"op": "copy", "from": "/addresses/0", "path": "/subject"},
    ],
    "of another version": [{"op": "replace", "path": "/subject/reference", "value": "{other}/_history/1"}],
    "by an absolute URL": [{"op": "replace", "path": "/subject/reference", "value": "{base}/{other}"}],
    "by FHIRPath": operation("replace", "Goal.subject.reference", valueString="{other}"),
    "by FHIRPath, whole": operation("replace", "Goal.subject", valueReference=ref("{other}")),
    "the whole resource": [{"op": "replace", "path": "", "value": goal("Goal/{id}", "{other}")}],
}


def _filled(body: Any, **names: str) -> Any:
    if isinstance(body, str):
        for name, value in names.items():
            body = body.replace(f"{{{name}}}", value)
        return body
    if isinstance(body, dict):
        return {name: _filled(value, **names) for name, value in body.items()}
    return [_filled(each, **names) for each in body] if isinstance(body, list) else body


@pytest.mark.parametrize("way", MOVES)
@pytest.mark.parametrize("by_condition", [False, True])
def test_no_patch_moves_a_goal_to_another_person(
    known: Person, other: Person, way: str, by_condition: bool
) -> None:
    client, at = known.client("person"), known.ref("Goal", "care")
    body = _filled(MOVES[way], other=other.patient, base=known.server.fhir, id=f"care-{known.mark}")
    answer = patched(client, f"Goal?_id=care-{known.mark}" if by_condition else at, body)
    kept = client.get(f"/{at}")
    assert (answer.status_code // 100, kept.json()["subject"], kept.headers["ETag"]) == (
        4,
        ref(known.patient),
        'W/"1"',
    )


# -- what is not the writer's (26, 32) ---------------------------------------------------------------

AGREED = {"url": f"{DZOP}/StructureDefinition/member-agreement", "valueCode": "agreed"}
OWNED: dict[str, tuple[str, list[Resource]]] = {
    "the id": ("Goal/care", [{"op": "replace", "path": "/id", "value": "other"}]),
    "the type": ("Goal/care", [{"op": "replace", "path": "/resourceType", "value": "Task"}]),
    "the author of a plan": (
        "CarePlan/plan", [{"op": "replace", "path": "/author", "value": {"reference": "Practitioner/x"}}]
    ),
    "the sender of a message": (
        "Communication/message", [{"op": "replace", "path": "/sender", "value": {"reference": "Practitioner/x"}}]
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OWNED)
def test_no_patch_changes_what_is_not_the_writer_s(known: Person, what: str) -> None:
    at, body = OWNED[what]
    reference = known.ref(*at.split("/"))
    gp = known.client("gp")
    assert (patched(gp, reference, body).status_code // 100, gp.get(f"/{reference}").headers["ETag"]) == (
        4,
        'W/"1"',
    )


def test_no_patch_agrees_in_another_s_name(person: Person) -> None:
    joins = {**participant(person.who("stranger"), "general-practitioner"), "extension": [AGREED]}
    add = [{"op": "add", "path": "/participant/-", "value": joins}]
    patched(person.client("gp"), person.ref("CareTeam", "team"), add)
    assert person.client("stranger").get(f"/{person.ref('CarePlan', 'plan')}").status_code == 404


@pytest.mark.parametrize("path", ["/meta/versionId", "/meta/lastUpdated"])
def test_a_patch_of_what_the_server_owns_changes_nothing_of_it(person: Person, path: str) -> None:
    gp, at = person.client("gp"), person.ref("Task", "weigh")
    patched(gp, at, [{"op": "replace", "path": path, "value": "1999-01-01T00:00:00Z"}])
    assert gp.get(f"/{at}").json()["meta"]["versionId"] in ("1", "2")


@pytest.mark.parametrize("path", ["/meta/security", "/meta"])
def test_a_patch_takes_no_label_away_that_a_whole_update_would_not(person: Person, path: str) -> None:
    client, at = person.client("person"), person.ref("Goal", "care")
    sensitive = {"security": [{"system": CATEGORY, "code": "sensitive"}]}
    client.put(f"/{at}", json={**goal(at, person.patient), "meta": sensitive})
    patched(client, at, [{"op": "remove", "path": path}])
    assert "sensitive" in [each["code"] for each in client.get(f"/{at}").json()["meta"]["security"]]


def test_a_patch_tests_nothing_that_is_not_shown(known: Person) -> None:
    at, number = known.ref("Practitioner", "numbered"), ssin()
    known.store(entity(at, identifier=[{"system": SSIN, "value": number}], name=[{"family": "Test"}]))
    guesses = [
        [{"op": "test", "path": "/identifier/0/value", "value": each}] for each in (number, "00000000097")
    ]
    told = [patched(known.client("gp"), at, each) for each in guesses]
    assert (told[0].status_code // 100, told[0].text) == (4, told[1].text)
