"""PATCH: JSON Patch and FHIRPath Patch, under the rules of an update. https://hl7.org/fhir/R4/http.html#patch"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from persons import Person, refused
from resources import DZOP, Resource, bundle, entity, goal, ref

from dzop.access.proposal import Proposal
from dzop.fhir.json import parse

JSON_PATCH = "application/json-patch+json"
CATEGORY = f"{DZOP}/CodeSystem/data-category"
SYSTEM = "https://gp.example/goal"
WRITERS = 40


def patch(client: httpx.Client, url: str, *operations: Resource, **headers: str) -> httpx.Response:
    """Sends a JSON Patch."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(url, content=json.dumps(operations), headers={"Content-Type": JSON_PATCH, **named})


def op(name: str, path: str, **more: Any) -> Resource:
    return {"op": name, "path": path, **more}


def parameters(type: str, path: str, **parts: Resource) -> Resource:
    """A FHIRPath Patch of one operation."""
    given: list[Resource] = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    given += [{"name": name, **value} for name, value in parts.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": given}]}


def where(answer: httpx.Response) -> tuple[int, str | None]:
    """(status, expression) of a refusal."""
    (issue,) = answer.json()["issue"]
    return answer.status_code, (issue.get("expression") or [None])[0]


@pytest.fixture
def care(person: Person) -> str:
    """A goal that the general practitioner wrote, in its first version."""
    reference = person.ref("Goal", "of-gp")
    identifier = [{"system": SYSTEM, "value": person.mark}]
    body = goal(
        reference,
        person.patient,
        expressedBy=ref(person.who("gp")),
        identifier=identifier,
        note=[{"text": "x"}],
    )
    assert person.client("gp").put(reference, json=body).status_code == 201
    return reference


RENAMED = op("replace", "/description/text", value="Anders")


def test_a_json_patch_makes_the_next_version(person: Person, care: str) -> None:
    answer = patch(person.client("gp"), care, RENAMED)
    assert (answer.status_code, answer.headers["ETag"], answer.json()["description"]["text"]) == (
        200, 'W/"2"', "Anders",
    )  # fmt: skip


def test_a_fhirpath_patch_makes_the_next_version(person: Person, care: str) -> None:
    body = parameters("replace", "Goal.description.text", value={"valueString": "Anders"})
    answer = person.client("gp").patch(care, json=body)
    assert (answer.status_code, answer.headers["ETag"], answer.json()["description"]["text"]) == (
        200, 'W/"2"', "Anders",
    )  # fmt: skip


def test_a_fhirpath_patch_may_be_written_in_xml(person: Person, care: str) -> None:
    body = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>'
        '<part><name value="type"/><valueCode value="delete"/></part>'
        '<part><name value="path"/><valueString value="Goal.note"/></part></parameter></Parameters>'
    )
    gp = person.client("gp")
    answer = gp.patch(care, content=body, headers={"Content-Type": "application/fhir+xml"})
    assert (answer.status_code, "note" in gp.get(care).json()) == (200, False)


def test_what_a_patch_does_not_touch_keeps_every_byte(person: Person) -> None:
    gp = person.client("gp")
    inner = '"lifecycleStatus" : "active",  "description":{"text":"caf\\u00e9 \\/ 1"},\n"subject":{"reference":"%s"},'
    inner = inner % person.patient + '"extension":[{"url":"https://other.example/x","valueDecimal":1.10e2}]'
    created = gp.post("/Goal", content=('{"resourceType":"Goal",' + inner + "}").encode())
    reference = f"/Goal/{created.json()['id']}"
    patch(gp, reference, op("add", "/startDate", value="2026-01-01"))
    assert inner in gp.get(reference).text


def test_a_patch_may_ask_for_the_version_it_was_made_for(person: Person, care: str) -> None:
    asked = op("test", "/meta/versionId", value="1")
    gp = person.client("gp")
    assert [patch(gp, care, asked, RENAMED).status_code for _ in range(2)] == [200, 422]


@pytest.mark.parametrize(("version", "status"), [(1, 200), (2, 412)])
def test_a_patch_honours_if_match(person: Person, care: str, version: int, status: int) -> None:
    assert patch(person.client("gp"), care, RENAMED, If_Match=f'W/"{version}"').status_code == status


def test_a_patch_that_changes_nothing_is_a_version_like_an_update_that_changes_nothing(
    person: Person, care: str
) -> None:
    assert patch(person.client("gp"), care).headers["ETag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("operation", "expression"),
    [
        (op("replace", "/id", value="other"), "Goal.id"),
        (op("remove", "/id"), "Goal.id"),
        (op("replace", "/resourceType", value="Task"), "Goal.resourceType"),
        (op("remove", "/resourceType"), "Goal.resourceType"),
        (op("replace", "/meta/versionId", value="9"), "Goal.meta.versionId"),
        (op("replace", "/meta/lastUpdated", value="2020-01-01T00:00:00Z"), "Goal.meta.lastUpdated"),
        (op("remove", "/meta"), "Goal.meta.versionId"),
        (op("remove", "/meta/security"), "Goal.meta.security"),
        (op("add", "/meta/security/-", value={"system": CATEGORY, "code": "task"}), "Goal.meta.security"),
        (op("replace", "/lifecycleStatus", value="nonsense"), "Goal.lifecycleStatus"),
        (op("remove", "/description"), "Goal.description"),
        (op("replace", "/meta", value=[]), "Goal.meta"),
        (op("test", "/description/text", value="x"), "Goal.description.text"),
        (op("remove", "/target/0"), "Goal.target[0]"),
        (op("replace", "", value={"resourceType": "Goal"}), "Goal.id"),
    ],
)
def test_a_patch_whose_result_cannot_be_taken_changes_nothing(
    person: Person, care: str, operation: Resource, expression: str
) -> None:
    gp = person.client("gp")
    assert (where(patch(gp, care, operation)), gp.get(care).headers["ETag"]) == ((422, expression), 'W/"1"')


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/meta/tag", [{"system": "https://gp.example/tag", "code": "follow-up"}]),
        ("/meta/profile", ["https://gp.example/StructureDefinition/goal"]),
        ("/meta/security/-", {"system": "https://gp.example/label", "code": "x"}),
    ],
)
def test_what_is_the_client_s_own_in_meta_can_be_patched(
    person: Person, care: str, path: str, value: Any
) -> None:
    meta = patch(person.client("gp"), care, op("add", path, value=value)).json()["meta"]
    assert value in (meta[path.split("/")[2]], *meta["security"])


def test_the_label_sensitive_is_put_on_by_a_patch_and_not_taken_off(person: Person, care: str) -> None:
    client = person.client("gp")
    label = {"system": CATEGORY, "code": "sensitive"}
    put_on = patch(client, care, op("add", "/meta/security/-", value=label))
    taken_off = patch(client, care, op("remove", "/meta/security/1"))
    assert (put_on.status_code, where(taken_off)) == (200, (422, "Goal.meta.security"))


@pytest.mark.parametrize("value", ["Opnieuw naar de markt", "x"])
def test_a_test_is_no_way_to_find_out_what_is_hidden(person: Person, care: str, value: str) -> None:
    stranger = person.client("stranger")
    asked = op("test", "/description/text", value=value)
    hidden = patch(stranger, care, asked, If_Match='W/"1"')
    free = patch(stranger, f"Goal/free-{person.mark}", asked, If_Match='W/"1"')
    assert (hidden.status_code, hidden.text.replace("of-gp", "free")) == (404, free.text)


def test_who_may_read_and_not_update_is_refused(person: Person, care: str) -> None:
    nurse = person.client("nurse")
    assert (nurse.get(care).status_code, refused(patch(nurse, care, RENAMED))) == (200, (403, "forbidden"))


def test_what_is_deleted_is_gone(person: Person) -> None:
    client, journal = person.client("person"), person.ref("Communication", "journal")
    client.delete(journal)
    answer = patch(client, journal, op("replace", "/status", value="preparation"))
    assert refused(answer) == (410, "deleted")


@pytest.fixture
def other(person: Person) -> str:
    """Another person whom the general practitioner cares for too."""
    reference = person.ref("Patient", "other")
    members = [
        {
            "member": ref(person.who("gp")),
            "role": person.team()["participant"][0]["role"],
            "period": {"start": "2020-01-01"},
        }
    ]
    team = entity(
        person.ref("CareTeam", "other"), status="active", subject=ref(reference), participant=members
    )
    sharing = {
        **person.sharing(),
        "id": f"other-{person.mark}",
        "patient": ref(reference),
        "performer": [ref(reference)],
    }
    person.store(entity(reference, active=True), team, sharing)
    return reference


@pytest.mark.parametrize("form", ["{}", "{base}/{}", "{}/_history/1"])
def test_a_json_patch_brings_nothing_to_another_person(
    person: Person, care: str, other: str, form: str
) -> None:
    reference = form.format(other, base=person.server.fhir)
    answer = patch(person.client("gp"), care, op("replace", "/subject/reference", value=reference))
    assert where(answer) == (422, "Goal.subject")


@pytest.mark.parametrize("name", ["move", "copy"])
def test_no_detour_brings_a_resource_to_another_person(
    person: Person, care: str, other: str, name: str
) -> None:
    added = op("add", "/addresses", value=[ref(other)])
    answer = patch(
        person.client("gp"),
        care,
        added,
        op(name, "/subject", **{"from": "/addresses/0"}),
        op("remove", "/addresses"),
    )
    assert where(answer) == (422, "Goal.subject")


def test_a_fhirpath_patch_brings_nothing_to_another_person(person: Person, care: str, other: str) -> None:
    body = parameters("replace", "Goal.subject", value={"valueReference": ref(other)})
    assert where(person.client("gp").patch(care, json=body)) == (422, "Goal.subject")


def test_another_person_who_is_not_known_is_refused_in_the_same_words(
    person: Person, care: str, other: str
) -> None:
    gp = person.client("gp")
    answers = [
        patch(gp, care, op("replace", "/subject/reference", value=each)).text
        for each in (other, "Patient/nobody-at-all")
    ]
    assert answers[0] == answers[1]


def test_nobody_is_made_to_agree_by_a_patch(person: Person) -> None:
    team = person.ref("CareTeam", "team")
    gp = person.client("gp")
    member = {
        "member": ref(person.who("cousin")),
        "role": person.team()["participant"][0]["role"],
        "extension": [{"url": f"{DZOP}/StructureDefinition/member-agreement", "valueCode": "agreed"}],
    }
    patch(gp, team, op("add", "/participant/-", value=member))
    assert person.client("cousin").get(team).status_code == 404


def test_nobody_is_named_as_the_author_by_a_patch(person: Person, care: str) -> None:
    answer = patch(person.client("gp"), care, op("replace", "/expressedBy", value=ref(person.who("nurse"))))
    assert refused(answer) == (403, "forbidden")


def test_parallel_patches_are_all_kept(person: Person, care: str) -> None:
    gp = person.client("gp")

    def note(number: int) -> int:
        return patch(gp, care, op("add", "/note/-", value={"text": f"{number}"})).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(note, range(WRITERS)))
    texts = {each["text"] for each in gp.get(care).json()["note"]}
    assert (set(statuses), texts) == ({200}, {"x", *(f"{number}" for number in range(WRITERS))})


def test_parallel_patches_leave_no_gap_in_the_versions(person: Person, care: str) -> None:
    gp = person.client("gp")

    def note(number: int) -> str:
        return patch(gp, care, op("add", "/note/-", value={"text": f"{number}"})).headers["ETag"]

    with ThreadPoolExecutor(16) as pool:
        etags = sorted(pool.map(note, range(WRITERS)))
    assert etags == sorted(f'W/"{number}"' for number in range(2, WRITERS + 2))


def test_of_parallel_patches_of_one_version_one_is_carried_out(person: Person, care: str) -> None:
    gp = person.client("gp")

    def rename(number: int) -> int:
        renamed = op("replace", "/description/text", value=f"{number}")
        return patch(gp, care, renamed, If_Match='W/"1"').status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(rename, range(8))) == [200] + [412] * 7


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("identifier=https://gp.example/goal|{mark}", 200),
        ("identifier=https://gp.example/goal|none-{mark}", 404),
        ("patient=Patient/person-{mark}", 412),
        ("", 400),
        ("_count=1", 400),
        ("nonsense=1", 400),
    ],
)
def test_a_patch_may_name_its_resource_by_a_condition(
    person: Person, care: str, query: str, status: int
) -> None:
    answer = patch(person.client("gp"), f"Goal?{query.format(mark=person.mark)}", RENAMED)
    assert answer.status_code == status


def test_a_condition_finds_nothing_that_is_hidden(person: Person, care: str) -> None:
    answer = patch(person.client("stranger"), f"Goal?identifier={quote(SYSTEM)}|{person.mark}", RENAMED)
    assert refused(answer)[0] == 404


@pytest.mark.parametrize(
    ("preference", "kind"),
    [
        ("return=minimal", None),
        ("return=representation", "Goal"),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
def test_a_client_gets_the_answer_it_prefers(
    person: Person, care: str, preference: str, kind: str | None
) -> None:
    answer = patch(person.client("gp"), care, RENAMED, Prefer=preference)
    assert (answer.json()["resourceType"] if answer.content else None) == kind


@pytest.mark.parametrize("type", ["application/merge-patch+json", "text/plain", "application/xml-patch+xml"])
def test_a_patch_in_another_format_is_refused_with_those_there_are(known: Person, type: str) -> None:
    answer = known.client("gp").patch(
        known.ref("Goal", "care"), content=b"{}", headers={"Content-Type": type}
    )
    assert (answer.status_code, JSON_PATCH in answer.headers["Accept-Patch"]) == (415, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resourceType": "Goal"},
        {"resourceType": "Parameters", "parameter": [{"name": "x", "valueCode": "y"}]},
    ],
)
def test_a_resource_that_is_no_patch_is_refused(known: Person, body: Resource) -> None:
    assert known.client("gp").patch(known.ref("Goal", "care"), json=body).status_code == 400


def test_a_patch_without_a_body_is_refused(known: Person) -> None:
    assert refused(known.client("gp").patch(known.ref("Goal", "care")))[0] == 400


def test_a_token_that_may_not_update_may_not_patch(known: Person) -> None:
    client = known.client("gp", scope="user/Goal.rs")
    assert refused(patch(client, known.ref("Goal", "care"), RENAMED)) == (403, "forbidden")


def test_the_log_says_that_it_was_a_patch(person: Person, care: str) -> None:
    patch(person.client("gp"), care, RENAMED)
    log = person.client("person").get(f"/AuditEvent?patient={person.patient}&subtype=patch").json()
    assert [each["resource"]["action"] for each in log["entry"]] == ["U"]


def test_the_log_keeps_a_patch_that_was_refused(person: Person, care: str) -> None:
    patch(person.client("gp"), care, op("test", "/id", value="x"))
    log = person.client("person").get(f"/AuditEvent?patient={person.patient}&subtype=patch").json()
    assert [each["resource"]["outcome"] for each in log["entry"]] == ["4"]


def test_history_lists_a_patch_as_the_update_it_amounts_to(person: Person, care: str) -> None:
    gp = person.client("gp")
    patch(gp, care, RENAMED)
    entries = gp.get(f"{care}/_history").json()["entry"]
    assert [each["request"]["method"] for each in entries] == ["PUT", "PUT"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_both_formats_are_entries_of_a_bundle(person: Person, care: str, kind: str) -> None:
    operations = json.dumps([op("add", "/startDate", value="2026-01-01")]).encode()
    binary = {
        "resourceType": "Binary",
        "contentType": JSON_PATCH,
        "data": base64.b64encode(operations).decode(),
    }
    fhirpath = parameters("replace", "Goal.description.text", value={"valueString": "Anders"})
    gp, another = person.client("gp"), person.ref("Goal", "another")
    gp.put(another, json=goal(another, person.patient, expressedBy=ref(person.who("gp"))))
    entries = [
        {"resource": binary, "request": {"method": "PATCH", "url": care}},
        {"resource": fhirpath, "request": {"method": "PATCH", "url": another}},
    ]
    answer = gp.post("/", json=bundle(kind, *entries))
    assert [each["response"]["status"][:3] for each in answer.json()["entry"]] == ["200", "200"]


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({"contentType": "text/plain", "data": "W10="}, "415"),
        ({"contentType": JSON_PATCH, "data": "%%%"}, "400"),
        ({"contentType": JSON_PATCH}, "400"),
        ({"contentType": JSON_PATCH, "data": "e30="}, "400"),
    ],
)
def test_a_binary_that_holds_no_patch_is_refused(known: Person, elements: Resource, status: str) -> None:
    entry = {
        "resource": {"resourceType": "Binary", **elements},
        "request": {"method": "PATCH", "url": known.ref("Goal", "care")},
    }
    answer = known.client("gp").post("/", json=bundle("batch", entry))
    assert [each["response"]["status"][:3] for each in answer.json()["entry"]] == [status]


def test_numbers_that_are_kept_and_not_shown_survive_a_patch() -> None:
    hidden = {"system": "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin", "value": "1"}
    shown = {"system": "urn:nihdi", "value": "2"}
    kept, changed = (
        Proposal("Practitioner", "1", parse(json.dumps({"resourceType": "Practitioner", **more}).encode()))
        for more in ({"identifier": [hidden, shown]}, {"identifier": [shown], "active": False})
    )
    assert changed.with_withheld(kept).value["identifier"] == [shown, hidden]
