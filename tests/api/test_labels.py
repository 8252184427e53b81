"""Labels: computed by the server, sensitive by whoever may, lifted by few. https://hl7.org/fhir/R4/resource-operation-meta-add.html"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from persons import Person, refused
from resources import DZOP, Resource, communication, concept, consent, entity, goal, provision, ref

from dzop.access.labelling import NOT_LIFTED

CATEGORY = f"{DZOP}/CodeSystem/data-category"
SENSITIVE = {"system": CATEGORY, "code": "sensitive"}
TAG = {"system": "https://gp.example/tag", "code": "follow-up"}
PATIENT_WILL = "https://www.ehealth.fgov.be/standards/fhir/patientwill/CodeSystem/be-cs-patientwill-category"
PROFILE = "https://gp.example/StructureDefinition/goal"


def changing(client: httpx.Client, reference: str, operation: str, **meta: Any) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}
    return client.post(f"{reference}/${operation}", json=body)


def labelled(client: httpx.Client, reference: str) -> httpx.Response:
    return changing(client, reference, "meta-add", security=[SENSITIVE])


def lifted(client: httpx.Client, reference: str) -> httpx.Response:
    return changing(client, reference, "meta-delete", security=[SENSITIVE])


def labels(client: httpx.Client, reference: str) -> list[str]:
    security = client.get(reference).json()["meta"].get("security", [])
    return [each["code"] for each in security if each["system"] == CATEGORY]


def of(answer: httpx.Response) -> Resource:
    """The Meta that an operation returned."""
    assert answer.status_code == 200, answer.text
    (returned,) = answer.json()["parameter"]
    assert returned["name"] == "return"
    found: Resource = returned["valueMeta"]
    return found


@pytest.fixture
def care(person: Person) -> str:
    """A goal of care that the general practitioner wrote."""
    reference = person.ref("Goal", "of-gp")
    body = goal(reference, person.patient, expressedBy=ref(person.who("gp")))
    assert person.client("gp").put(reference, json=body).status_code == 201
    return reference


@pytest.mark.parametrize("name", ["gp", "person"])
def test_an_author_and_the_person_label_an_entry_sensitive(person: Person, care: str, name: str) -> None:
    meta = of(labelled(person.client(name), care))
    assert [each["code"] for each in meta["security"]] == ["care-goal", "sensitive"]


def test_a_representative_labels_an_entry_sensitive(person: Person, care: str) -> None:
    person.store(mandate(person))
    assert "sensitive" in [each["code"] for each in of(labelled(person.client("cousin"), care))["security"]]


def mandate(person: Person) -> Resource:
    return consent(
        person.ref("Consent", "mandate"), "mandate", person.patient, provision("permit", (person.who("cousin"),)),
        sourceReference=ref(person.ref("DocumentReference", "report")),
    )  # fmt: skip


def test_who_may_neither_update_nor_is_the_author_labels_nothing(person: Person, care: str) -> None:
    answer = labelled(person.client("nurse"), care)
    assert (refused(answer), labels(person.client("gp"), care)) == ((403, "forbidden"), ["care-goal"])


def test_the_person_labels_what_the_person_may_not_update(person: Person) -> None:
    note = person.ref("Communication", "note")
    client = person.client("person")
    update = client.put(note, json=client.get(note).json()).status_code
    assert (update, labelled(client, note).status_code, labels(client, note)) == (
        403,
        200,
        ["shared-note", "sensitive"],
    )


def test_whoever_may_update_labels_by_an_update(person: Person, care: str) -> None:
    gp = person.client("gp")
    body = gp.get(care).json()
    answer = gp.put(care, json={**body, "meta": {"security": [SENSITIVE]}})
    assert (answer.status_code, labels(gp, care)) == (200, ["care-goal", "sensitive"])


def test_the_label_closes_the_entry_for_who_may_not_read_what_is_sensitive(person: Person, care: str) -> None:
    nurse = person.client("nurse")
    before = nurse.get(care).status_code
    labelled(person.client("person"), care)
    assert (before, nurse.get(care).status_code) == (200, 404)


def test_the_label_stays_when_an_update_leaves_it_out(person: Person, care: str) -> None:
    gp = person.client("gp")
    labelled(gp, care)
    body = {name: value for name, value in gp.get(care).json().items() if name != "meta"}
    assert (gp.put(care, json=body).status_code, labels(gp, care)) == (200, ["care-goal", "sensitive"])


@pytest.mark.parametrize("name", ["gp", "person"])
def test_the_author_and_the_person_lift_the_label(person: Person, care: str, name: str) -> None:
    labelled(person.client("gp"), care)
    meta = of(lifted(person.client(name), care))
    assert ([each["code"] for each in meta["security"]], person.client("nurse").get(care).status_code) == (
        ["care-goal"],
        200,
    )


def test_nobody_else_lifts_the_label(person: Person) -> None:
    secret = person.ref("Goal", "secret")
    person.store({**goal(secret, person.patient), "meta": {"security": [SENSITIVE]}})
    answer = lifted(person.client("gp"), secret)
    assert (refused(answer), answer.json()["issue"][0]["diagnostics"]) == ((403, "forbidden"), NOT_LIFTED)


def test_for_who_may_not_see_an_entry_it_has_no_labels(person: Person, care: str) -> None:
    labelled(person.client("gp"), care)
    nurse = person.client("nurse")
    answers = [
        lifted(nurse, care),
        labelled(nurse, care),
        nurse.get(f"{care}/$meta"),
        nurse.get(f"{care}-free/$meta"),
    ]
    assert [refused(each) for each in answers] == [(404, "not-found")] * 4


def test_each_change_of_labels_is_a_version(person: Person, care: str) -> None:
    gp = person.client("gp")
    versions = [of(each)["versionId"] for each in (labelled(gp, care), lifted(gp, care))]
    assert (versions, gp.get(care).json()["meta"]["versionId"]) == (["2", "3"], "3")


def test_a_change_of_labels_leaves_the_body_as_it_was(person: Person, care: str) -> None:
    gp = person.client("gp")
    before = gp.get(care).json()
    labelled(gp, care)
    after = gp.get(care).json()
    assert {**before, "meta": None} == {**after, "meta": None}


def test_a_change_of_labels_of_another_version_is_refused(person: Person, care: str) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [TAG]}}]}
    answer = person.client("gp").post(f"{care}/$meta-add", json=body, headers={"If-Match": 'W/"7"'})
    assert refused(answer)[0] == 412


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_labels_are_asked_for_by_themselves(person: Person, care: str, method: str) -> None:
    gp = person.client("gp")
    assert of(gp.request(method, f"{care}/$meta")) == gp.get(care).json()["meta"]


def test_tags_and_profiles_are_added_and_taken_out(person: Person, care: str) -> None:
    gp = person.client("gp")
    first = of(changing(gp, care, "meta-add", tag=[TAG], profile=[PROFILE]))
    again = of(changing(gp, care, "meta-add", tag=[{**TAG, "display": "Opvolgen"}]))
    last = of(changing(gp, care, "meta-delete", tag=[TAG]))
    assert (first["tag"], first["profile"], again["tag"], "tag" in last, last["profile"]) == (
        [TAG],
        [PROFILE],
        [TAG],
        False,
        [PROFILE],
    )


def test_tags_are_for_who_may_update(person: Person, care: str) -> None:
    answer = changing(person.client("nurse"), care, "meta-add", tag=[TAG])
    assert (refused(answer)[0], "tag" in person.client("gp").get(care).json()["meta"]) == (403, False)


def test_a_label_does_not_carry_a_tag_past_who_may_update(person: Person) -> None:
    note = person.ref("Communication", "note")
    answer = changing(person.client("person"), note, "meta-add", security=[SENSITIVE], tag=[TAG])
    assert (refused(answer)[0], labels(person.client("person"), note)) == (403, ["shared-note"])


def test_who_labels_an_entry_out_of_the_own_sight_is_shown_nothing(person: Person) -> None:
    carer = person.client("carer")
    made = carer.post(
        "/Goal", json=goal("Goal/x", person.patient, expressedBy=ref(person.who("carer")))
    ).json()
    answer = labelled(carer, f"Goal/{made['id']}")
    assert (answer.status_code, answer.content, carer.get(f"Goal/{made['id']}").status_code) == (
        200,
        b"",
        404,
    )


def test_what_is_sensitive_by_its_code_stays_so(person: Person) -> None:
    will = entity(
        person.ref("Consent", "will"),
        status="active",
        scope={"text": "wilsverklaring"},
category=[concept(PATIENT_WILL, "hospitalisation")],
        patient=ref(person.patient),
        policyRule={"text": "OPTIN"},
    )  # fmt: skip
    person.store(will)
    client = person.client("person")
    answer = lifted(client, person.ref("Consent", "will"))
    assert (answer.status_code, labels(client, person.ref("Consent", "will"))) == (
        200,
        ["document", "sensitive"],
    )


@pytest.mark.parametrize("operation", ["meta-add", "meta-delete"])
def test_the_categories_of_the_server_are_nobody_s_to_change(
    person: Person, care: str, operation: str
) -> None:
    forged = [{"system": CATEGORY, "code": code} for code in ("care-goal", "journal", "carer-burden")]
    answer = changing(person.client("gp"), care, operation, security=forged)
    assert (answer.status_code, labels(person.client("gp"), care)) == (200, ["care-goal"])


@pytest.mark.parametrize("code", ["life-goal", "carer-burden", "plan"])
def test_a_category_that_a_client_sends_counts_for_nothing(person: Person, code: str) -> None:
    gp, reference = person.client("gp"), person.ref("Goal", "forged")
    body = {**goal(reference, person.patient), "meta": {"security": [{"system": CATEGORY, "code": code}]}}
    assert (gp.put(reference, json=body).status_code, labels(gp, reference)) == (201, ["care-goal"])


def test_sending_back_what_was_read_changes_no_label(person: Person, care: str) -> None:
    gp = person.client("gp")
    changing(gp, care, "meta-add", tag=[TAG], security=[SENSITIVE])
    before = gp.get(care).json()
    answer = gp.put(care, json=before)
    same = {name: answer.json()["meta"].get(name) for name in ("security", "tag")}
    assert (answer.status_code, same) == (200, {name: before["meta"][name] for name in same})


@pytest.mark.parametrize("name", ["person", "gp", "nurse"])
def test_nobody_relabels_what_a_carer_said_of_the_burden(person: Person, name: str) -> None:
    burden = person.ref("Observation", "burden")
    answers = [operation(person.client(name), burden) for operation in (labelled, lifted)]
    assert ([each.status_code for each in answers], labels(person.client("carer"), burden)) == (
        [404, 404],
        ["carer-burden"],
    )


def test_whoever_a_carer_shares_the_burden_with_does_not_relabel_it(person: Person) -> None:
    share = consent(
        person.ref("Consent", "share"), "carer-share", person.patient, provision("permit", (person.who("nurse"),)),
        performer=[ref(person.who("carer"))],
    )  # fmt: skip
    person.store(share)
    nurse, burden = person.client("nurse"), person.ref("Observation", "burden")
    answers = [nurse.get(burden), labelled(nurse, burden), lifted(nurse, burden)]
    assert [each.status_code for each in answers] == [200, 403, 403]


def test_the_carer_labels_the_own_burden(person: Person) -> None:
    burden = person.ref("Observation", "burden")
    assert changing(person.client("carer"), burden, "meta-add", tag=[TAG]).status_code == 200


def test_a_label_of_the_team_is_for_who_decides_on_the_team(person: Person) -> None:
    team = person.ref("CareTeam", "team")
    answers = [changing(person.client(name), team, "meta-add", tag=[TAG]) for name in ("nurse", "person")]
    assert [each.status_code for each in answers] == [403, 200]


@pytest.mark.parametrize(
    ("parameter", "status"),
    [
        ([{"name": "meta", "valueMeta": {"tag": [TAG]}}] * 2, 400),
        ([{"name": "meta", "valueString": "x"}], 400),
        ([{"name": "other", "valueMeta": {"tag": [TAG]}}], 400),
        ([{"name": "meta", "valueMeta": {"tag": "x"}}], 422),
    ],
)
def test_labels_that_make_no_sense_are_refused(
    person: Person, care: str, parameter: list[Resource], status: int
) -> None:
    answer = person.client("gp").post(
        f"{care}/$meta-add", json={"resourceType": "Parameters", "parameter": parameter}
    )
    assert refused(answer)[0] == status


def test_a_provenance_is_as_closed_as_what_it_tells_of(person: Person) -> None:
    gp = person.client("gp")
    said = goal("Goal/x", person.patient, expressedBy=ref(person.patient))
    made = f"Goal/{gp.post('/Goal', json=said).json()['id']}"
    nurse = person.client("nurse")
    before = nurse.get("/Provenance", params={"target": made}).json()["total"]
    labelled(gp, made)
    assert (before, nurse.get("/Provenance", params={"target": made}).json()["total"]) == (1, 0)


def test_a_message_may_be_labelled_by_who_sent_it(person: Person) -> None:
    reference = person.ref("Communication", "sent")
    person.client("gp").put(
        reference,
        json=communication(reference, person.patient, "message", person.who("gp"), person.who("nurse")),
    )
    assert (labelled(person.client("gp"), reference).status_code, labels(person.client("gp"), reference)) == (
        200,
        ["message", "sensitive"],
    )
